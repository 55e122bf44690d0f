//! What is logged, traced and told in errors, over every recorded call and many ways to break it: nothing of a patient, a
//! user, a token or a body.

use std::io;
use std::sync::Mutex;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::golden::folders;
use crate::leak_watch::secrets;
use crate::traces::Receiver;

/// What must never be seen again.
const ACCESS_TOKEN: &str = "geheim-4711";

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The call and what may be wrong with it.
fn variants(call: &Value, server: &str) -> Vec<String> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut call = call.clone();
        change(&mut call);
        call.to_string()
    };
    let whole = call.to_string();
    let half = whole.char_indices().nth(whole.chars().count() / 2).map_or(0, |(at, _)| at);
    vec![
        whole[..half].to_owned(),
        with(&|call| call["hook"] = call["context"]["patientId"].clone()),
        with(&|call| call["context"] = call["context"]["patientId"].clone()),
        with(&|call| call["context"]["patientId"] = Value::Null),
        with(&|call| call["context"]["userId"] = json!(7)),
        with(&|call| call["prefetch"] = call["prefetch"]["patient"]["id"].clone()),
        with(&|call| call["prefetch"]["patient"]["id"] = json!("somebody-else")),
        with(&|call| call["prefetch"] = json!({})),
        with(&|call| call["fhirAuthorization"] = json!({ "access_token": ACCESS_TOKEN })),
        with(&|call| {
            call["prefetch"] = json!({});
            call["fhirServer"] = json!(server);
            call["fhirAuthorization"] = json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer" });
        }),
        with(&|call| {
            call["fhirServer"] = json!(format!("https://{ACCESS_TOKEN}.example/r4"));
            call["fhirAuthorization"] = json!({ "access_token": ACCESS_TOKEN, "patient": "somebody-else" });
        }),
        whole,
    ]
}

#[tokio::test]
async fn logs_and_errors_hold_nothing_of_anybody() {
    let (key, stranger) = (Signer::p384("k"), Signer::p384("k"));
    // Its answers are not to be repeated either.
    let broken = MockServer::start().await;
    let answer = ResponseTemplate::new(500).set_body_string(ACCESS_TOKEN);
    Mock::given(any()).respond_with(answer).mount(&broken).await;
    let server = format!("{}/r4", broken.uri());
    let receiver = Receiver::start().await;
    let clients = client(&[&key], "calls_per_second = 100000");
    let text = format!("telemetry.otlp_endpoint = \"{}\"\n{}", receiver.base(), site(&clients));
    let app = app(config(&text, true));
    app.traces().begin_sending();
    let router = router(&app);

    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let (mut told, mut secret, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
    // Logged where they are UUIDs, so that lines of a call can be found; never told.
    let mut ids = Vec::new();
    for (service, folder) in folders() {
        let call: Value = serde_json::from_slice(&fs::read(folder.join("request.json")).unwrap()).unwrap();
        secrets(&call, &mut secret);
        ids.push(call["hookInstance"].as_str().unwrap().to_owned());
        let mut of_service = claims();
        of_service["aud"] = json!(format!("https://cds.example/cds-services/{service}"));
        of_service["sub"] = call["context"]["userId"].clone();
        for (number, body) in variants(&call, &server).into_iter().enumerate() {
            of_service["jti"] = json!(unique());
            let signer = if number % 5 == 0 { &stranger } else { &key };
            let token = signer.token(&of_service);
            let request = Request::post(format!("/cds-services/{service}?{ACCESS_TOKEN}"))
                .header("authorization", format!("Bearer {token}"))
                .body(Body::from(body))
                .unwrap();
            let answer = send(router.clone(), request).await;
            ids.push(of_service["jti"].as_str().unwrap().to_owned());
            secret.extend(token.split('.').map(str::to_owned));
            statuses.push(answer.status);
            if answer.status != 200 {
                told.push(answer.body.to_string());
            }
        }
    }
    drop(guard);
    app.traces().finish_sending().await;

    for status in [200, 400, 401, 412] {
        assert!(statuses.contains(&status), "no {status}: the calls are not broken enough");
    }
    secret.push(ACCESS_TOKEN.to_owned());
    // Shorter ones are also parts of our own words.
    secret.retain(|text| text.chars().count() >= 6);
    secret.retain(|text| !ids.contains(text));
    secret.sort();
    secret.dedup();
    assert!(ids.iter().all(|id| !told.iter().any(|body| body.contains(id))));
    assert!(secret.len() > 200 && secret.iter().any(|text| text == "Testpatient"), "{}", secret.len());
    let logs = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(logs.lines().count() > statuses.len());
    let traces = receiver.everything().await;
    let spans = receiver.spans().await;
    let named = |name: &str| spans.iter().filter(|span| span.name == name).count();
    assert_eq!(named("authenticate"), statuses.len());
    assert!(named("fetch") > 0 && traces.contains("gaitkeeper.client"));
    // In traces not even the ids by which a line is found.
    assert!(ids.iter().all(|id| !traces.contains(id)));
    for text in secret {
        assert!(!traces.contains(&text), "traced: {text}");
        assert!(!logs.contains(&text), "logged: {text}");
        assert!(!told.iter().any(|body| body.contains(&text)), "told to the client: {text}");
    }
}

#[tokio::test]
async fn the_line_of_a_call_names_its_client() {
    let (key, stranger) = (Signer::p384("k"), Signer::p384("k"));
    let router = router(&app(config(&site(&client(&[&key], "")), false)));
    let written = Written::default();
    let writer = written.clone();
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    for signer in [&key, &stranger] {
        call(&router, &signer.token(&claims())).await;
    }
    drop(guard);
    let logs = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines = logs.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<Value> = lines.filter(|line| line["target"] == "gaitkeeper::access").collect();
    let [good, refused] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!((&good["client"], &good["service"]), (&json!("ehr"), &json!(VIEW)));
    // Anybody can say that they are somebody: only a good signature makes it so.
    assert!(refused.get("client").is_none());
    assert_eq!(refused["error"], "the call is not authenticated: the signature is wrong");
}
