//! One line per call in the log, and nothing in it that belongs to a patient.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use http_body::Body as _;

use super::House;
use super::problem::OperatorText;
use crate::telemetry::correlation::Correlation;
use crate::telemetry::{self, metrics};

/// What only the handler of a call knows. It stands in the request's extensions, so that it also outlives a panic.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    service: OnceLock<String>,
    client: OnceLock<String>,
    bytes_in: AtomicUsize,
}

impl Noted {
    /// Notes the service. Only for one of ours: an id that is not could be anything.
    pub(super) fn service(&self, id: &str) {
        self.0.service.get_or_init(|| id.to_owned());
    }

    /// Notes the client. Only one whose token was found good: anybody can claim to be it.
    pub(super) fn client(&self, name: &str) {
        self.0.client.get_or_init(|| name.to_owned());
    }

    /// Notes how much of the body was read.
    pub(super) fn bytes_in(&self, bytes: usize) {
        self.0.bytes_in.store(bytes, Ordering::Relaxed);
    }
}

/// The outermost layer: it sees every request and every answer.
pub(super) async fn log<H: House>(State(house): State<Arc<H>>, mut request: Request, next: Next) -> Response {
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    let correlation = Correlation::traced(house.traces().call(request.headers()));
    metrics::request_begun();
    let mut line = Line {
        method: method(request.method()),
        route: request.extensions().get::<MatchedPath>().cloned(),
        noted,
        correlation: correlation.clone(),
        begun: Instant::now(),
        answered: false,
    };
    if let Some(span) = correlation.span() {
        span.request(line.method, line.route.as_ref().map(MatchedPath::as_str));
    }
    let response = correlation.around(next.run(request)).await;
    line.answered = true;
    line.write(&response);
    response
}

/// The line of one call. Dropped before the answer, it says that the client went away.
struct Line {
    method: &'static str,
    route: Option<MatchedPath>,
    noted: Noted,
    correlation: Correlation,
    begun: Instant,
    answered: bool,
}

impl Line {
    fn write(&self, response: &Response) {
        macro_rules! line {
            ($level:ident) => {{
                tracing::$level!(
                    target: telemetry::ACCESS,
                    method = self.method,
                    route = self.route.as_ref().map(MatchedPath::as_str),
                    status = response.status().as_u16(),
                    duration_ms = millis(self.begun.elapsed()),
                    hook_instance = self.correlation.hook_instance(),
                    jti = self.correlation.jti(),
                    trace_id = self.correlation.trace_id(),
                    bytes_in = self.noted.0.bytes_in.load(Ordering::Relaxed),
                    bytes_out = response.body().size_hint().exact(),
                    client = self.noted.0.client.get(),
                    service = self.noted.0.service.get(),
                    error = response.extensions().get::<OperatorText>().map(|text| text.0.as_str()),
                    "answered"
                );
            }};
        }
        match response.status() {
            status if status.is_server_error() => line!(error),
            status if status.is_client_error() && status != StatusCode::NOT_FOUND => line!(warn),
            _ => line!(info),
        }
        self.measure(Some(response.status().as_u16()));
    }

    fn measure(&self, status: Option<u16>) {
        let route = self.route.as_ref().map(MatchedPath::as_str);
        let service = self.noted.0.service.get().map(String::as_str);
        metrics::request_ended(self.method, route, status, service, self.begun.elapsed());
        if let Some(span) = self.correlation.span() {
            span.answer(status, service, self.noted.0.client.get().map(String::as_str));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.answered {
            tracing::warn!(
                target: telemetry::ACCESS,
                method = self.method,
                route = self.route.as_ref().map(MatchedPath::as_str),
                duration_ms = millis(self.begun.elapsed()),
                client = self.noted.0.client.get(),
                service = self.noted.0.service.get(),
                hook_instance = self.correlation.hook_instance(),
                jti = self.correlation.jti(),
                trace_id = self.correlation.trace_id(),
                "client went away"
            );
            self.measure(None);
        }
    }
}

/// To the microsecond: calls take a few milliseconds.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

/// A method of our own words: a client may send any text as one.
fn method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
