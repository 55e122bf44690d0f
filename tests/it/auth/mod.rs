//! Who is let in.

mod calls;
mod keys;
mod leaks;
mod limits;
mod matrix;
mod replicas;
mod signer;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use gaitkeeper::app::App;
use gaitkeeper::clock::Clock;
use gaitkeeper::config::{Config, Overrides};
use gaitkeeper::http;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::leak_watch;
use signer::Signer;

const NOW: OffsetDateTime = datetime!(2026-03-01 09:00 UTC);
const ISSUER: &str = "https://ehr.example/iss";
const VIEW: &str = "leg-pain-patient-view";
/// Where the service of the tests is reached.
const SERVICE: &str = "https://cds.example/cds-services/leg-pain-patient-view";

/// The settings of a file with this text.
fn config(text: &str, sandbox: bool) -> Config {
    let file = temporary("toml");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file), [], &Overrides { sandbox, ..Overrides::default() }).unwrap()
}

/// A new file of this test.
fn temporary(ending: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}.{ending}", std::process::id()))
}

/// One client with these keys, and more settings of it.
fn client(keys: &[&Signer], settings: &str) -> String {
    let set = json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() });
    named_client("ehr", ISSUER, &format!("key_set = '{set}'\n{settings}"))
}

fn named_client(name: &str, issuer: &str, settings: &str) -> String {
    format!("[[clients]]\nname = \"{name}\"\nissuer = \"{issuer}\"\n{settings}\n")
}

/// The whole of a file: where the service is reached, then its clients.
fn site(clients: &str) -> String {
    format!("server.public_url = \"https://cds.example/\"\n{clients}")
}

fn app(config: Config) -> Arc<App> {
    app_with(config, Clock::Fixed(NOW))
}

fn app_with(config: Config, clock: Clock) -> Arc<App> {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    Arc::new(App::new(config, clock, knowledge).unwrap())
}

/// What a good token claims.
fn claims() -> Value {
    let now = NOW.unix_timestamp();
    json!({ "iss": ISSUER, "aud": SERVICE, "iat": now, "exp": now + 300, "jti": unique() })
}

fn unique() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A call that the service answers with cards.
fn body() -> Value {
    let path = format!("fixtures/hooks/{VIEW}/claudication-untreated/request.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

async fn send(router: axum::Router, request: Request<Body>) -> Answer {
    let (parts, body) = leak_watch::ask(router, request).await.into_parts();
    let body = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap_or(Value::Null);
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A call of the service with this token.
async fn call(router: &axum::Router, token: &str) -> Answer {
    send(router.clone(), post(Some(token), &body())).await
}

fn post(token: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::post(format!("/cds-services/{VIEW}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::from(body.to_string())).unwrap()
}

fn router(app: &Arc<App>) -> axum::Router {
    http::router(Arc::clone(app)).unwrap()
}
