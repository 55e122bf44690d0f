//! A call without prefetch, and a FHIR server that takes its time.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client;
use crate::server::{Programs, Server, Target};
use crate::statistics::Spread;

/// What each answer of the FHIR server is held back for.
pub(crate) const DELAY: Duration = Duration::from_millis(20);
const CALLS: usize = 100;

pub(crate) struct Fetching {
    /// Prefetch keys of the service.
    pub keys: usize,
    /// Requests of a call.
    pub requests: Spread,
    /// Milliseconds from a call to its answer, less the slowest answer of the FHIR server.
    pub added: Spread,
    /// Milliseconds from the first request of a call to its last.
    pub spread_of_wave: Spread,
    /// The part of calls whose every request was in flight at once, one for each key.
    pub in_one_wave: f64,
}

/// What the FHIR server saw of one call.
#[derive(Clone, Default)]
struct Seen {
    requests: usize,
    in_flight: usize,
    most_in_flight: usize,
    slowest: Duration,
    first: Option<Instant>,
    last: Option<Instant>,
}

#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Seen>>);

impl Watch {
    fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) fn measure(programs: &Programs) -> Result<Fetching> {
    let watch = Watch::default();
    let runtime = tokio::runtime::Runtime::new().context("starting a runtime for the FHIR server")?;
    let fhir_server = runtime.block_on(serve(watch.clone()))?;
    let server = Server::start(programs, Target::Sandbox)?;
    let keys = keys(&server)?;
    let body = call(fhir_server)?;
    // Connections are made on first use and kept.
    once(&server, &watch, &body)?;
    let seen: Result<Vec<(f64, Seen)>> = (0..CALLS).map(|_| once(&server, &watch, &body)).collect();
    let seen = seen?;
    let one_wave =
        seen.iter().filter(|(_, seen)| seen.most_in_flight == seen.requests && seen.requests == keys);
    let wave = |seen: &Seen| Some(milliseconds(seen.last?.duration_since(seen.first?)));
    let fetching = Fetching {
        keys,
        requests: Spread::of(seen.iter().map(|(_, seen)| seen.requests as f64))?,
        added: Spread::of(seen.iter().map(|(added, _)| *added))?,
        spread_of_wave: Spread::of(seen.iter().filter_map(|(_, seen)| wave(seen)))?,
        in_one_wave: one_wave.count() as f64 / seen.len() as f64,
    };
    eprintln!(
        "without prefetch: {keys} keys, {:.0} requests, {:.2} ms added",
        fetching.requests.median, fetching.added.median
    );
    Ok(fetching)
}

/// Milliseconds that one call took beyond the slowest answer, and what the FHIR server saw of it.
fn once(server: &Server<'_>, watch: &Watch, body: &[u8]) -> Result<(f64, Seen)> {
    watch.with(|seen| *seen = Seen::default());
    let begin = Instant::now();
    let answer = client::call(server.address(), body, None)?;
    let passed = begin.elapsed();
    ensure!(answer.status == 200, "a call without prefetch is answered {}", answer.status);
    let seen = watch.with(|seen| seen.clone());
    ensure!(seen.requests > 0, "the service asked the FHIR server for nothing");
    Ok((milliseconds(passed) - milliseconds(seen.slowest), seen))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

async fn serve(watch: Watch) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listening as a FHIR server")?;
    let address = listener.local_addr().context("listening as a FHIR server")?;
    let routes = Router::new().fallback(answer).with_state(watch);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

async fn answer(State(watch): State<Watch>, asked: Uri) -> Response {
    let begin = Instant::now();
    watch.with(|seen| {
        seen.requests += 1;
        seen.in_flight += 1;
        seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
        seen.first.get_or_insert(begin);
        seen.last = Some(begin);
    });
    tokio::time::sleep(DELAY).await;
    watch.with(|seen| {
        seen.in_flight -= 1;
        seen.slowest = seen.slowest.max(begin.elapsed());
    });
    let resource = if asked.path().ends_with("/Patient/p") {
        json!({"resourceType": "Patient", "id": "p", "birthDate": "1958-04-01", "gender": "female"})
    } else {
        json!({"resourceType": "Bundle", "type": "searchset", "total": 0})
    };
    ([(header::CONTENT_TYPE, "application/fhir+json")], resource.to_string()).into_response()
}

fn call(fhir_server: SocketAddr) -> Result<Vec<u8>> {
    let call = json!({
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": format!("http://{fhir_server}/fhir"),
        "fhirAuthorization": {
            "access_token": "synthetic", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "load",
        },
        "context": {"userId": "Practitioner/1", "patientId": "p"},
    });
    serde_json::to_vec(&call).context("writing a call")
}

/// How many prefetch keys discovery gives the service.
fn keys(server: &Server<'_>) -> Result<usize> {
    let (answer, _) = client::discover(server.address())?;
    let discovery: Value = serde_json::from_slice(&answer.body).context("discovery is not JSON")?;
    let id = client::SERVICE.trim_start_matches("/cds-services/");
    let services =
        discovery.get("services").and_then(Value::as_array).context("discovery without services")?;
    let service = services.iter().find(|service| service.get("id").is_some_and(|it| it == id));
    let prefetch = service.and_then(|service| service.get("prefetch")).and_then(Value::as_object);
    Ok(prefetch.with_context(|| format!("discovery has no prefetch of {id}"))?.len())
}
