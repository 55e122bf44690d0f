//! The one way in which tests ask a service: after every answer it is looked for what belongs to the caller, or to
//! whom the call is about, in all that was logged meanwhile by any test, in the metrics, and in the body of a refusal.

use std::io;
use std::sync::{Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use axum::response::Response;
use gaitkeeper::telemetry::metrics;
use http_body::Body as _;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// Shorter texts are also parts of our own words.
const SHORTEST: usize = 6;

/// How every JWT begins: `{"` in base64url.
const TOKEN: &str = "eyJ";

/// What every test of this process logs, but for those that catch the lines of their own thread and look themselves.
static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Catches lines and counts, from the first call on.
fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        // All lines of our own; of libraries what the service lets them say.
        let said =
            Targets::new().with_default(LevelFilter::WARN).with_target("gaitkeeper", LevelFilter::TRACE);
        let lines = tracing_subscriber::fmt::layer().json().with_writer(|| Log).with_filter(said);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).unwrap();
        metrics::init().unwrap();
    });
}

/// Asks the service and looks for leaks.
///
/// # Panics
/// Where something has leaked.
pub(crate) async fn ask(service: Router, request: Request<Body>) -> Response {
    listen();
    let logged_before = LOGGED.lock().unwrap().len();
    let (head, body) = request.into_parts();
    let mut secret = Vec::new();
    for sent in head.headers.get_all(header::AUTHORIZATION) {
        let parts = sent.to_str().unwrap_or_default().split([' ', '.']);
        secret.extend(parts.filter(|part| *part != "Bearer").map(str::to_owned));
    }
    // A body without a length may never end.
    let body = match body.size_hint().exact() {
        Some(_) => {
            let body = body.collect().await.unwrap().to_bytes();
            if let Ok(call) = serde_json::from_slice::<Value>(&body) {
                secrets(&call, &mut secret);
            }
            Body::from(body)
        }
        None => body,
    };
    // Ids of calls are logged where they are UUIDs, so that lines of a call can be found.
    secret.retain(|text| text.chars().count() >= SHORTEST && uuid::Uuid::parse_str(text).is_err());
    secret.push(TOKEN.to_owned());

    let response = service.oneshot(Request::from_parts(head, body)).await.unwrap();
    let (head, body) = response.into_parts();
    let mut told = Bytes::new();
    let body = if head.status.is_success() {
        body
    } else {
        told = body.collect().await.unwrap().to_bytes();
        Body::from(told.clone())
    };
    let logged =
        LOGGED.lock().unwrap().get(logged_before..).map(String::from_utf8_lossy).unwrap().into_owned();
    let places = [
        ("logged", logged),
        ("counted", metrics::render()),
        ("told to the client", String::from_utf8_lossy(&told).into_owned()),
    ];
    for (place, text) in &places {
        for secret in &secret {
            assert!(!text.contains(secret.as_str()), "{place}: {secret}");
        }
    }
    Response::from_parts(head, body)
}

/// Every text of a call that tells something of somebody: ids, references, names, dates, values in words, tokens, and
/// the FHIR server.
pub(crate) fn secrets(call: &Value, found: &mut Vec<String>) {
    const TELLING: [&str; 15] = [
        "id",
        "patientId",
        "userId",
        "hookInstance",
        "reference",
        "family",
        "given",
        "birthDate",
        "text",
        "authoredOn",
        "effectiveDateTime",
        "recordedDate",
        "fullUrl",
        "access_token",
        "fhirServer",
    ];
    fn all(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| all(item, found)),
            _ => {}
        }
    }
    match call {
        Value::Object(members) => {
            for (name, value) in members {
                if TELLING.contains(&name.as_str()) {
                    all(value, found);
                }
                secrets(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| secrets(item, found)),
        _ => {}
    }
}

/// The watch is no good if it cannot bark: one service for each way to leak.
mod barks {
    use axum::http::StatusCode;
    use axum::routing::post;

    use super::*;

    const NAME: &str = "Undichterin";

    async fn ask_with_name(service: Router) {
        let body = format!("{{\"family\":\"{NAME}\"}}");
        ask(service, Request::post("/").body(Body::from(body)).unwrap()).await;
    }

    #[tokio::test]
    async fn nothing_is_said_of_a_service_that_keeps_quiet() {
        ask_with_name(Router::new().route("/", post(|| async { StatusCode::BAD_REQUEST }))).await;
    }

    #[tokio::test]
    #[should_panic(expected = "told to the client: Undichterin")]
    async fn a_name_in_a_refusal_is_found() {
        let echo = |body: String| async { (StatusCode::BAD_REQUEST, body) };
        ask_with_name(Router::new().route("/", post(echo))).await;
    }

    #[tokio::test]
    #[should_panic(expected = "logged: Geschwaetzig")]
    async fn a_name_in_the_log_is_found() {
        let chatty = |body: String| async move { tracing::debug!(target: "gaitkeeper::test", body) };
        let body = Body::from("{\"family\":\"Geschwaetzig\"}");
        ask(Router::new().route("/", post(chatty)), Request::post("/").body(body).unwrap()).await;
    }

    #[tokio::test]
    #[should_panic(expected = "told to the client: eyJ")]
    async fn a_token_in_a_refusal_is_found() {
        let leaky = || async { (StatusCode::UNAUTHORIZED, "eyJhbGciOiJFUzM4NCJ9") };
        ask_with_name(Router::new().route("/", post(leaky))).await;
    }

    #[tokio::test]
    #[should_panic(expected = "counted: gezaehlter")]
    async fn an_id_in_the_metrics_is_found() {
        let counting =
            |body: String| async move { metrics::feedback(body.get(7..20).unwrap_or_default(), "accepted") };
        let body = Body::from("{\"id\":\"gezaehlter-id\"}");
        ask(Router::new().route("/", post(counting)), Request::post("/").body(body).unwrap()).await;
    }
}
