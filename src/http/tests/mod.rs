//! The rim against a fake house that fails in every way there is.

mod contract;
mod cors;
mod log;
mod measured;
mod refusals;
mod socket;
mod tls;

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::config::Overrides;
use crate::wire::RequestError;

const CARDS: &str = "{\"cards\":[]}";
const BODY_LIMIT: usize = 64 * 1024;
/// Stands for everything that must never come back or be logged.
const SECRET: &str = "Mustermann-4711";

/// A house in which the id of a service says what happens.
struct Fake(Config);

impl House for Fake {
    fn config(&self) -> &Config {
        &self.0
    }

    fn discovery(&self) -> Bytes {
        Bytes::from_static(b"{\"services\":[]}")
    }

    fn service_exists(&self, id: &str) -> bool {
        id != SECRET && !id.starts_with("unknown")
    }

    fn clock(&self) -> Clock {
        Clock::Fixed(time::macros::datetime!(2026-03-01 09:00 UTC))
    }

    fn traces(&self) -> &Traces {
        static OFF: Traces = Traces::off();
        &OFF
    }

    fn auth(&self) -> Option<&Auth> {
        None
    }

    async fn answer(&self, _: Option<&Pass>, service_id: &str, body: &[u8]) -> Result<Bytes, CallError> {
        match service_id {
            "ok" | "pad assess" => Ok(Bytes::from_static(CARDS.as_bytes())),
            "length" => Ok(body.len().to_string().into()),
            "panic" => panic!("{SECRET}"),
            "slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(Bytes::from_static(CARDS.as_bytes()))
            }
            "endless" => std::future::pending().await,
            "not-json" => Err(RequestError::NotJson { line: 3, column: 7 }.into()),
            "not-object" => Err(RequestError::NotAnObject.into()),
            "missing" => Err(RequestError::Missing("context.patientId").into()),
            "type" => Err(RequestError::WrongType("context").into()),
            "invalid" => Err(RequestError::Invalid { member: "hook", problem: "is odd" }.into()),
            "hook" => Err(CallError::HookMismatch),
            "patient" => Err(CallError::PatientMismatch(crate::fhir::PatientMismatch::Prefetch)),
            "unobtainable" => {
                Err(CallError::Unobtainable { keys: vec!["patient".to_owned(), "labs".to_owned()] })
            }
            "vanished" => Err(CallError::UnknownService),
            other => panic!("no behaviour for {other}"),
        }
    }

    async fn take_feedback(&self, _: Option<&Pass>, service_id: &str, body: &[u8]) -> Result<(), NotTaken> {
        match service_id {
            "gone" => Err(NotTaken::NotKept(crate::feedback::StoreError::Database {
                attempt: "writing feedback",
                source: sqlx::Error::PoolTimedOut,
            })),
            _ => Ok(crate::wire::read_feedback(body, self.clock().now()).map(|_| ())?),
        }
    }
}

fn fake_with(settings: &[(&str, &str)]) -> Router {
    let limit = ("GAITKEEPER__LIMITS__BODY", "64 KiB");
    let settings =
        settings.iter().chain([&limit]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    rim(Arc::new(Fake(Config::load(None, settings, &Overrides::default()).unwrap())), Router::new())
}

fn fake() -> Router {
    fake_with(&[])
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// An OperationOutcome as every refusal must be; its code and text.
    fn outcome(&self) -> (String, String) {
        let json = self.json();
        assert_eq!(json["resourceType"], "OperationOutcome");
        assert_eq!(json["issue"].as_array().unwrap().len(), 1);
        assert_eq!(json["issue"][0]["severity"], "error");
        assert_nothing_empty(&json);
        let text = String::from_utf8(self.body.to_vec()).unwrap();
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.len() < 400, "{text}");
        assert_eq!(self.header("access-control-allow-origin"), Some("*"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        let issue = &json["issue"][0];
        (issue["code"].as_str().unwrap().to_owned(), issue["details"]["text"].as_str().unwrap().to_owned())
    }
}

fn assert_nothing_empty(json: &Value) {
    match json {
        Value::Null => panic!("null"),
        Value::String(text) => assert!(!text.is_empty()),
        Value::Array(items) => {
            assert!(!items.is_empty());
            items.iter().for_each(assert_nothing_empty);
        }
        Value::Object(members) => {
            assert!(!members.is_empty());
            members.values().for_each(assert_nothing_empty);
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
}

async fn ask(method: &str, path: &str) -> Answer {
    send(fake(), request(method, path).body(Body::empty()).unwrap()).await
}

/// A call with a body that must not come back.
async fn post(path: &str) -> Answer {
    let request = request("POST", path).header("content-type", "application/json");
    send(fake(), request.body(Body::from(format!("{{\"hook\":\"{SECRET}\"}}"))).unwrap()).await
}

fn request(method: &str, path: &str) -> Builder {
    Request::builder().method(method).uri(path)
}
