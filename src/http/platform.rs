//! The second listener: what the platform asks, never what clients ask.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::problem::Problem;
use crate::telemetry::metrics;

/// Why no new calls should be sent here; `None`: they should. Asked at each `/readyz`.
pub(super) type Check = Arc<dyn Fn() -> Option<&'static str> + Send + Sync>;

/// What `/readyz` looks at.
#[derive(Clone)]
pub(super) struct Readiness {
    /// Turns true once no new calls should be sent here.
    pub(super) stopping: watch::Receiver<bool>,
    /// What else must be well.
    pub(super) checks: Vec<Check>,
    /// What operators read beside it; it makes nothing unready.
    pub(super) detail: Option<Detail>,
}

/// What operators read of a service that is ready or not. Asked at each `/readyz`.
pub(super) type Detail = Arc<dyn Fn() -> Map<String, Value> + Send + Sync>;

impl Readiness {
    fn reasons(&self) -> Vec<&'static str> {
        let stopping = self.stopping.borrow().then_some("stopping");
        stopping.into_iter().chain(self.checks.iter().filter_map(|check| check())).collect()
    }
}

/// The platform is answered from the moment on when the knowledge is loaded and clients can be served.
pub(super) fn router(readiness: Readiness) -> Router {
    Router::new()
        .route("/livez", get(async || status(StatusCode::OK, "ok", &[])))
        .route("/startupz", get(async || status(StatusCode::OK, "started", &[])))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .fallback(async || Problem::NoRoute)
        .method_not_allowed_fallback(async || Problem::Method)
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let detail = readiness.detail.as_ref().map(|detail| detail()).unwrap_or_default();
    match readiness.reasons().as_slice() {
        [] => told(StatusCode::OK, "ready", &[], detail),
        reasons => told(StatusCode::SERVICE_UNAVAILABLE, "not ready", reasons, detail),
    }
}

async fn scrape() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render()).into_response()
}

fn status(code: StatusCode, state: &'static str, reasons: &[&'static str]) -> Response {
    told(code, state, reasons, Map::new())
}

fn told(
    code: StatusCode,
    state: &'static str,
    reasons: &[&'static str],
    mut body: Map<String, Value>,
) -> Response {
    body.insert("status".to_owned(), json!(state));
    if !reasons.is_empty() {
        body.insert("reasons".to_owned(), json!(reasons));
    }
    let mut response = (code, super::json(Value::Object(body).to_string())).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readiness_says_every_reason_and_liveness_stays() {
        let (stop, stopping) = watch::channel(false);
        let sick: Check = std::sync::Arc::new(|| Some("the store does not answer"));
        let well: Check = std::sync::Arc::new(|| None);
        let alone =
            router(Readiness { stopping: stopping.clone(), checks: vec![well.clone()], detail: None });
        let both = router(Readiness { stopping, checks: vec![well, sick], detail: None });
        assert_eq!(ask(&alone, "/readyz").await, (200, r#"{"status":"ready"}"#.into()));
        let reason = r#"{"reasons":["the store does not answer"],"status":"not ready"}"#;
        assert_eq!(ask(&both, "/readyz").await, (503, reason.into()));
        stop.send_replace(true);
        let reasons = r#"{"reasons":["stopping","the store does not answer"],"status":"not ready"}"#;
        assert_eq!(ask(&both, "/readyz").await, (503, reasons.into()));
        for path in ["/livez", "/startupz", "/metrics"] {
            assert_eq!(ask(&both, path).await.0, 200, "{path}");
        }
    }
}
