//! The second listener: what the platform asks, never what clients ask.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;

use super::json;
use super::problem::Problem;
use crate::feedback::Feedback;

/// `stopping` turns true once no new calls should be sent here.
pub(super) fn router(stopping: watch::Receiver<bool>, feedback: Option<Arc<Feedback>>) -> Router {
    Router::new()
        .route("/livez", get(async || status(StatusCode::OK, "{\"status\":\"ok\"}")))
        .route("/readyz", get(ready))
        .fallback(async || Problem::NoRoute)
        .method_not_allowed_fallback(async || Problem::Method)
        .with_state((stopping, feedback))
}

/// Without its feedback database the service goes on answering hook calls, so that it stays ready and says so.
async fn ready(
    State((stopping, feedback)): State<(watch::Receiver<bool>, Option<Arc<Feedback>>)>,
) -> Response {
    if *stopping.borrow() {
        return status(StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"stopping\"}");
    }
    match feedback.map(|feedback| feedback.is_available()) {
        Some(false) => status(StatusCode::OK, "{\"status\":\"ready\",\"feedback\":\"unavailable\"}"),
        _ => status(StatusCode::OK, "{\"status\":\"ready\"}"),
    }
}

fn status(code: StatusCode, body: &'static str) -> Response {
    let mut response = (code, json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
