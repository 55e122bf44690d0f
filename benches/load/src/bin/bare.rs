//! Bare handlers for comparison: axum, and as little as can be done with the body of a hook call.
//!
//! They answer with two fixed cards, check nothing, log nothing and count nothing. What the service takes more than
//! `typed` is the price of all that it does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use clap::{Parser, ValueEnum};
use serde::Deserialize;
use tokio::net::TcpListener;

/// Serves one bare handler at `/cds-services/leg-pain-patient-view`.
#[derive(Parser)]
struct Arguments {
    /// The handler.
    handler: Handler,
    /// Where to listen.
    listen: SocketAddr,
}

#[derive(Clone, Copy, ValueEnum)]
enum Handler {
    /// Reads the body to its end and does not look at it.
    Read,
    /// Parses it into structs that borrow from it.
    Typed,
    /// Parses it into `serde_json::Value`.
    Value,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { handler, listen } = Arguments::parse();
    let answer = match handler {
        Handler::Read => post(|_: Bytes| async { cards() }),
        Handler::Typed => post(|body: Bytes| async move { typed(&body) }),
        Handler::Value => post(|body: Bytes| async move { value(&body) }),
    };
    let routes = Router::new()
        .route("/cds-services/leg-pain-patient-view", answer)
        .route("/cds-services", get(|| async { "{}" }))
        .layer(DefaultBodyLimit::disable());
    axum::serve(TcpListener::bind(listen).await?, routes).await?;
    Ok(())
}

fn cards() -> Response {
    const CARDS: &str = r#"{"cards":[{"uuid":"4e0a3a1e-3283-4575-ab82-028d55fe2719","summary":"LDL cholesterol above target: 138 mg/dL","indicator":"info","source":{"label":"A source"}},{"uuid":"4e0a3a1e-3283-4575-ab82-028d55fe2720","summary":"HbA1c above target: 8.1 %","indicator":"info","source":{"label":"A source"}}]}"#;
    ([(header::CONTENT_TYPE, "application/json")], CARDS).into_response()
}

fn typed(body: &[u8]) -> Response {
    match serde_json::from_slice::<Call<'_>>(body) {
        // Looked at, so that nothing of it is left out by the compiler.
        Ok(call) if std::hint::black_box(&call).hook.0 == "patient-view" => cards(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn value(body: &[u8]) -> Response {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(call) if call.get("hook").is_some() => cards(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Borrowed unless it holds an escape.
#[derive(Deserialize, Default, PartialEq, Eq, Hash)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    hook: Text<'a>,
    #[serde(borrow, rename = "hookInstance")]
    _hook_instance: Text<'a>,
    #[serde(borrow, rename = "context")]
    _context: Context<'a>,
    #[serde(borrow, default, rename = "prefetch")]
    _prefetch: HashMap<Text<'a>, Option<Answer<'a>>>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow, rename = "userId")]
    _user_id: Text<'a>,
    #[serde(borrow, rename = "patientId")]
    _patient_id: Text<'a>,
}

/// A Bundle, or a resource by itself.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default, rename = "entry")]
    _entry: Vec<Entry<'a>>,
    #[serde(borrow, default, rename = "birthDate")]
    _birth_date: Option<Text<'a>>,
    #[serde(borrow, default, rename = "gender")]
    _gender: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, rename = "resource")]
    _resource: Resource<'a>,
}

/// What a rule could want of a Condition or an Observation.
#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, rename = "resourceType")]
    _resource_type: Text<'a>,
    #[serde(borrow, default, rename = "id")]
    _id: Text<'a>,
    #[serde(borrow, default, rename = "status")]
    _status: Option<Text<'a>>,
    #[serde(borrow, default, rename = "clinicalStatus")]
    _clinical_status: Option<Concept<'a>>,
    #[serde(borrow, default, rename = "verificationStatus")]
    _verification_status: Option<Concept<'a>>,
    #[serde(borrow, default, rename = "code")]
    _code: Option<Concept<'a>>,
    #[serde(borrow, default, rename = "subject")]
    _subject: Option<Reference<'a>>,
    #[serde(borrow, default, rename = "effectiveDateTime")]
    _effective: Option<Text<'a>>,
    #[serde(borrow, default, rename = "onsetDateTime")]
    _onset: Option<Text<'a>>,
    #[serde(borrow, default, rename = "valueQuantity")]
    _value: Option<Quantity<'a>>,
}

#[derive(Deserialize)]
struct Concept<'a> {
    #[serde(borrow, default, rename = "coding")]
    _coding: Vec<Coding<'a>>,
    #[serde(borrow, default, rename = "text")]
    _text: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Coding<'a> {
    #[serde(borrow, default, rename = "system")]
    _system: Option<Text<'a>>,
    #[serde(borrow, default, rename = "code")]
    _code: Option<Text<'a>>,
    #[serde(borrow, default, rename = "display")]
    _display: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default, rename = "reference")]
    _reference: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Quantity<'a> {
    #[serde(default, rename = "value")]
    _value: Option<f64>,
    #[serde(borrow, default, rename = "unit")]
    _unit: Option<Text<'a>>,
    #[serde(borrow, default, rename = "code")]
    _code: Option<Text<'a>>,
}
