//! The routes of CDS Hooks.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::access::Noted;
use super::admission::Admitted;
use super::body::{self, Rest};
use super::problem::Problem;
use super::{House, json};
use crate::auth::Pass;
use crate::pipeline::CallError;

/// `GET /cds-services`
pub(super) async fn discovery<H: House>(State(house): State<Arc<H>>) -> Response {
    json(house.discovery())
}

/// `POST /cds-services/{id}`
pub(super) async fn call<H: House>(
    State(house): State<Arc<H>>,
    Extension(noted): Extension<Noted>,
    Extension(Admitted { pass, deadline }): Extension<Admitted>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (id, body) = match sent(&*house, &noted, pass.as_ref(), deadline, id, request).await {
        Ok(sent) => sent,
        Err(refusal) => return refusal,
    };
    match timeout_at(deadline, house.answer(pass.as_ref(), &id, &body)).await {
        Ok(Ok(cards)) => {
            let mut response = json(cards);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(Err(error)) => Problem::Call(error).into_response(),
        Err(_) => Problem::Deadline.into_response(),
    }
}

/// `POST /cds-services/{id}/feedback`. CDS Hooks says nothing of the answer; an empty object is enough.
pub(super) async fn feedback<H: House>(
    State(house): State<Arc<H>>,
    Extension(noted): Extension<Noted>,
    Extension(Admitted { pass, deadline }): Extension<Admitted>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (id, body) = match sent(&*house, &noted, pass.as_ref(), deadline, id, request).await {
        Ok(sent) => sent,
        Err(refusal) => return refusal,
    };
    match timeout_at(deadline, house.take_feedback(pass.as_ref(), &id, &body)).await {
        Ok(Ok(())) => json("{}"),
        Ok(Err(error)) => Problem::Feedback(error).into_response(),
        Err(_) => Problem::Deadline.into_response(),
    }
}

/// The body that was sent to a service which this client may call.
async fn sent<H: House>(
    house: &H,
    noted: &Noted,
    pass: Option<&Pass>,
    deadline: Instant,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<(String, Bytes), Response> {
    let limits = &house.config().limits;
    let accepted = body::check_media_type(request.headers());
    let mut rest = Rest::from(request);
    // An id that cannot be decoded is that of no service.
    let Some(Path(id)) = id.ok().filter(|Path(id)| house.service_exists(id)) else {
        return Err(body::refuse(Problem::Call(CallError::UnknownService), rest, limits.body).await);
    };
    noted.service(&id);
    if pass.is_some_and(|pass| !pass.allows(&id)) {
        return Err(body::refuse(Problem::NotForClient, rest, limits.body).await);
    }
    if let Err(problem) = accepted {
        return Err(body::refuse(problem, rest, limits.body).await);
    }
    let body = match rest.read(limits.body, deadline).await {
        Ok(body) => body,
        Err(problem) => return Err(body::refuse(problem, rest, limits.body).await),
    };
    noted.bytes_in(body.len());
    Ok((id, body))
}

/// Any path that is not ours.
pub(super) async fn no_route<H: House>(State(house): State<Arc<H>>, request: Request) -> Response {
    body::refuse(Problem::NoRoute, request.into(), house.config().limits.body).await
}

/// A path of ours with a method that it does not support; the router adds `Allow`.
pub(super) async fn wrong_method<H: House>(State(house): State<Arc<H>>, request: Request) -> Response {
    body::refuse(Problem::Method, request.into(), house.config().limits.body).await
}
