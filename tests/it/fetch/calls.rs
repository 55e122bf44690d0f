//! Whole calls: what was prefetched and what is fetched beside it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use gaitkeeper::app::App;
use gaitkeeper::clock::Clock;
use gaitkeeper::config::{Config, Overrides};
use gaitkeeper::knowledge::Service;
use gaitkeeper::telemetry::fields::VOCABULARY;
use http_body_util::BodyExt;

use super::*;
use crate::golden::{folders, settle};
use crate::leak_watch;

const VIEW: &str = "leg-pain-patient-view";
const SIGN: &str = "leg-pain-order-sign";

fn app(sandbox: bool, deadline: &str) -> Arc<App> {
    let overrides = Overrides { sandbox, ..Overrides::default() };
    let setting = ("GAITKEEPER__FHIR__DEADLINE".to_owned(), deadline.to_owned());
    let config = Config::load(None, [setting], &overrides).unwrap();
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    Arc::new(App::new(config, Clock::Fixed(datetime!(2026-03-01 09:00 UTC)), knowledge).unwrap())
}

async fn call(app: &Arc<App>, service: &str, body: &Value) -> (u16, Value) {
    let request = axum::http::Request::post(format!("/cds-services/{service}"));
    let request = request.header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = leak_watch::ask(gaitkeeper::http::router(Arc::clone(app)).unwrap(), request).await;
    let status = response.status().as_u16();
    let mut answer =
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    settle(&mut answer);
    (status, answer)
}

fn recorded(service: &str, scenario: &str) -> Value {
    let path = format!("fixtures/hooks/{service}/{scenario}/request.json");
    whole(service, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
}

/// The call of a client that honours every template: what its record has nothing of is `null`.
fn whole(service: &str, mut call: Value) -> Value {
    let prefetch = call["prefetch"].as_object_mut().unwrap();
    for service in KNOWLEDGE.services.iter().filter(|other| other.id == service) {
        for need in &service.needs {
            prefetch.entry(&need.key).or_insert(Value::Null);
        }
    }
    call
}

/// The call with a server and a token, and without what the client would have prefetched.
fn unfetched(call: &Value, server: &str) -> Value {
    let mut call = call.clone();
    call["prefetch"] = json!({});
    authorised(call, server)
}

fn authorised(mut call: Value, server: &str) -> Value {
    call["fhirServer"] = json!(server);
    call["fhirAuthorization"] = json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "gaitkeeper" });
    call
}

fn service<'a>(app: &'a App, id: &str) -> &'a Service {
    app.knowledge.services.iter().find(|service| service.id == id).unwrap()
}

/// A FHIR server that answers each template with what the client would have prefetched by it, and else 404.
async fn server_of(app: &App, service_id: &str, call: &Value) -> MockServer {
    let patient = call["context"]["patientId"].as_str().unwrap();
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    for need in &service(app, service_id).needs {
        let target = format!("/r4/{}", need.template.replace("{{context.patientId}}", patient));
        let sent = match &call["prefetch"][&need.key] {
            Value::Null => json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 }),
            sent => sent.clone(),
        };
        answers.insert(target, sent);
    }
    let answer = move |request: &Request| match answers.get(&request.url[url::Position::BeforePath..]) {
        Some(answer) => ok(answer),
        None => ResponseTemplate::new(404),
    };
    fhir_server(answer).await
}

#[tokio::test]
async fn the_cards_are_the_same_with_prefetch_and_without() {
    let app = app(true, "3 s");
    for (service, folder) in folders() {
        let sent: Value = serde_json::from_slice(&fs::read(folder.join("request.json")).unwrap()).unwrap();
        let sent = whole(&service, sent);
        let server = server_of(&app, &service, &sent).await;
        let with = call(&app, &service, &sent).await;
        let without = call(&app, &service, &unfetched(&sent, &base(&server))).await;
        assert_eq!(with, without, "{}", folder.display());
        let needs = &self::service(&app, &service).needs;
        // Beside them, a Medication that something refers to is read alone.
        let asked = targets(&server).await;
        let of_needs = asked.iter().filter(|target| !target.starts_with("/r4/Medication/"));
        assert_eq!(of_needs.count(), needs.len(), "{}", folder.display());
    }
}

#[tokio::test]
async fn a_server_that_drops_parameters_gives_the_same_cards() {
    let app = app(true, "3 s");
    for scenario in ["claudication-untreated", "limb-threatening-ischaemia", "messy-chart"] {
        let sent = recorded(VIEW, scenario);
        // The server looks at the type and at nothing else, and always gives all that it has.
        let mut of_type: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for resource in sent["prefetch"].as_object().unwrap().values() {
            let entries = resource["entry"].as_array().into_iter().flatten();
            for entry in entries {
                let kind = entry["resource"]["resourceType"].as_str().unwrap().to_owned();
                of_type.entry(kind).or_default().push(entry.clone());
            }
        }
        let patient = sent["prefetch"]["patient"].clone();
        let answer = move |request: &Request| match request.url.path().strip_prefix("/r4/").unwrap() {
            path if path.starts_with("Patient/") => ok(&patient),
            kind => ok(&json!({ "resourceType": "Bundle", "type": "searchset", "entry": of_type.get(kind) })),
        };
        let server = fhir_server(answer).await;
        let with = call(&app, VIEW, &sent).await;
        assert_eq!(with, call(&app, VIEW, &unfetched(&sent, &base(&server))).await, "{scenario}");
    }
}

#[tokio::test]
async fn only_what_was_not_sent_is_fetched() {
    let app = app(true, "3 s");
    let sent = recorded(VIEW, "claudication-untreated");
    let server = server_of(&app, VIEW, &sent).await;
    let mut part = authorised(sent.clone(), &base(&server));
    let prefetch = part["prefetch"].as_object_mut().unwrap();
    prefetch.remove("ldl");
    // Asked and not there, tried and failed: neither is asked again.
    prefetch.insert("procedures".to_owned(), Value::Null);
    let failed = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "exception" }] });
    prefetch.insert("allergies".to_owned(), failed);
    let (status, _) = call(&app, VIEW, &part).await;
    assert_eq!(status, 200);
    let targets = targets(&server).await;
    assert!(matches!(targets.as_slice(), [ldl] if ldl.contains("2089-1")), "{targets:?}");
}

/// The required key `conditions`, which `leg-pain-patient-view` cannot do without, in every state.
#[tokio::test]
async fn the_412_matrix() {
    let failed = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "exception" }] });
    let conditions = recorded(VIEW, "claudication-untreated")["prefetch"]["conditions"].clone();
    let good = || ok(&conditions);
    let (status, nobody) = (ResponseTemplate::new, || ResponseTemplate::new(418));
    let late = good().set_delay(Duration::from_secs(30));
    for (what, sent, token, sandbox, answer, expected) in [
        ("absent, no token", None, false, true, nobody(), (412, 0)),
        ("absent, a token", None, true, true, good(), (200, 1)),
        ("absent, a token, not listed", None, true, false, nobody(), (412, 0)),
        ("absent, a token, 401", None, true, true, status(401), (412, 1)),
        ("absent, a token, 403", None, true, true, status(403), (412, 1)),
        ("absent, a token, 404", None, true, true, status(404), (412, 1)),
        ("absent, a token, 500", None, true, true, status(500), (412, 1)),
        ("absent, a token, late", None, true, true, late, (412, 1)),
        ("absent, a token, an outcome", None, true, true, ok(&failed), (412, 1)),
        (
            "absent, a token, nothing there",
            None,
            true,
            true,
            ok(&json!({ "resourceType": "Bundle" })),
            (200, 1),
        ),
        ("null", Some(Value::Null), false, true, nobody(), (200, 0)),
        ("null, a token", Some(Value::Null), true, true, nobody(), (200, 0)),
        ("failed, no token", Some(failed.clone()), false, true, nobody(), (412, 0)),
        ("failed, a token", Some(failed.clone()), true, true, good(), (200, 1)),
        ("failed, a token, failed again", Some(failed.clone()), true, true, status(403), (412, 1)),
        ("a text, a token", Some(json!("Condition/1")), true, true, good(), (200, 1)),
        ("there", Some(conditions.clone()), true, true, nobody(), (200, 0)),
    ] {
        let server = fhir_server(answer).await;
        let mut request = recorded(VIEW, "claudication-untreated");
        if token {
            request = authorised(request, &base(&server));
        }
        let prefetch = request["prefetch"].as_object_mut().unwrap();
        prefetch.remove("conditions");
        prefetch.extend(sent.map(|sent| ("conditions".to_owned(), sent)));
        let (status, answer) = call(&app(sandbox, "400 ms"), VIEW, &request).await;
        assert_eq!((status, requests(&server).await.len()), expected, "{what}");
        if status == 412 {
            assert!(answer.to_string().contains("conditions"), "{what}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_is_not_required_is_a_gap_that_the_card_says() {
    let sent = recorded(SIGN, "contrast-mra-egfr-29");
    let mut part = sent.clone();
    part["prefetch"].as_object_mut().unwrap().remove("egfr");
    let broken = fhir_server(ResponseTemplate::new(500)).await;
    let (status, answer) = call(&app(true, "3 s"), SIGN, &authorised(part, &base(&broken))).await;
    assert_eq!(status, 200);
    let cards = answer["cards"].to_string();
    assert!(cards.contains("could not be fetched"), "{cards}");
}

#[tokio::test]
async fn older_pages_are_not_asked_for_where_the_newest_result_is_known() {
    let app = app(true, "3 s");
    let sent = recorded(VIEW, "claudication-untreated");
    let mut more = sent.clone();
    let results = &mut more["prefetch"]["bloodPressure"];
    assert!(results["entry"].as_array().unwrap().len() > 1, "one entry proves no order");
    results["link"] = json!([{ "relation": "next", "url": "?page=2" }]);
    let broken = fhir_server(ResponseTemplate::new(500)).await;
    let answer = call(&app, VIEW, &authorised(more, &base(&broken))).await;
    assert_eq!(answer, call(&app, VIEW, &sent).await);
    assert!(requests(&broken).await.is_empty());
}

#[tokio::test]
async fn another_patient_is_refused_before_the_token_is_used_and_after() {
    let app = app(true, "3 s");
    let sent = recorded(VIEW, "claudication-untreated");
    let server = server_of(&app, VIEW, &sent).await;
    let mut other = unfetched(&sent, &base(&server));
    other["fhirAuthorization"]["patient"] = json!("someone-else");
    assert_eq!(call(&app, VIEW, &other).await.0, 400);
    assert!(requests(&server).await.is_empty());

    let mut strange = sent.clone();
    strange["prefetch"]["patient"]["id"] = json!("someone-else");
    let server = server_of(&app, VIEW, &strange).await;
    assert_eq!(call(&app, VIEW, &unfetched(&sent, &base(&server))).await.0, 400);
}

/// What was logged.
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

#[tokio::test]
async fn one_line_per_wave_without_token_patient_or_url() {
    let app = app(true, "3 s");
    let sent = recorded(VIEW, "claudication-untreated");
    let patient = sent["context"]["patientId"].as_str().unwrap();
    let server = server_of(&app, VIEW, &sent).await;
    let elsewhere =
        fhir_server(ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/")).await;

    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let mut part = authorised(sent.clone(), &base(&server));
    part["prefetch"].as_object_mut().unwrap().remove("ldl");
    call(&app, VIEW, &part).await;
    call(&app, VIEW, &unfetched(&sent, &base(&elsewhere))).await;
    call(&app, VIEW, &unfetched(&sent, &format!("http://10.0.0.1/{TOKEN}"))).await;
    call(&app, VIEW, &sent).await;
    drop(guard);

    let bytes = written.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    for secret in [TOKEN, patient, "patient=", "/r4/", &server.uri()] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<Value> = lines.filter(|line| line["target"] == "gaitkeeper::fetch").collect();
    let [one, all, refused] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!((&one["message"], &one["level"]), (&json!("fetched"), &json!("INFO")));
    assert_eq!((&one["keys"], &one["incomplete"], &one["pages"]), (&json!(1), &json!(0), &json!(1)));
    assert_eq!(one["answers"], "ldl 200");
    assert!(one["duration_ms"].as_f64().unwrap() > 0.0 && one["bytes_fetched"].as_u64().unwrap() > 0);
    assert_eq!(all["incomplete"], all["keys"]);
    assert!(all["answers"].as_str().unwrap().starts_with("patient 302, conditions 302, "), "{all}");
    assert_eq!((&refused["message"], &refused["level"]), (&json!("not fetched"), &json!("WARN")));
    let known = |name: &str| VOCABULARY.iter().any(|(known, _)| *known == name);
    for name in lines.iter().flat_map(|line| line.as_object().unwrap().keys()) {
        assert!(known(name) || ["timestamp", "level", "target"].contains(&name.as_str()), "{name}");
    }
}
