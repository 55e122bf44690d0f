//! The routes of the web pages.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use tokio::time::Instant;

use super::body::{self, Rest};
use super::json;
use super::problem::Problem;
use crate::app::App;
use crate::pipeline::CallError;
use crate::web::{self, NoCall, Reader, Site};

/// A page runs its own scripts and nothing else, talks to this service only, and stands in no frame.
const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct Pages {
    app: Arc<App>,
    site: Site,
}

type Shared = State<Arc<Pages>>;
/// Segments of a path; one that cannot be decoded names nothing of ours.
type Segments<T> = Result<Path<T>, PathRejection>;
type Asked = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The guidance, and the sandbox where it is on.
pub(super) fn routes(app: Arc<App>, site: Site) -> Router {
    let mut routes = Router::new()
        .route("/guidance/search", get(search))
        .route("/guidance/{package}", get(package))
        .route("/guidance/{package}/{topic}", get(topic))
        .route("/guidance/{package}/questionnaires/{questionnaire}", get(questionnaire))
        .route("/assets/{name}", get(asset));
    if site.sandbox().is_some() {
        routes = routes
            .route("/", get(sandbox))
            .route("/sandbox/patients", get(patients))
            .route("/sandbox/patients/{patient}", get(patient))
            .route("/sandbox/orders", get(orders))
            .route("/sandbox/orders/{order}", get(order))
            .route("/sandbox/problems/{problem}", get(problem))
            .route("/sandbox/explanations/{service}", post(explanation))
            .route("/sandbox/calls/{patient}/{service}", get(call));
    }
    routes.with_state(Arc::new(Pages { app, site }))
}

async fn package(State(pages): Shared, segments: Segments<String>, asked: Asked) -> Response {
    let found = segments.ok().and_then(|Path(package)| pages.site.guidance(&package, None, reader(asked)));
    page(found)
}

async fn topic(State(pages): Shared, segments: Segments<(String, String)>, asked: Asked) -> Response {
    let segments = segments.ok();
    page(
        segments
            .and_then(|Path((package, topic))| pages.site.guidance(&package, Some(&topic), reader(asked))),
    )
}

/// A question is words about leg pain; it is neither logged nor kept.
async fn search(State(pages): Shared, headers: HeaderMap, asked: Asked) -> Response {
    let of = |name: &str| {
        let Query(asked) = asked.as_ref().ok()?;
        asked.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let as_json = accept.starts_with("application/json") || of("format").as_deref() == Some("json");
    let question = of("q").unwrap_or_default();
    let (knowledge, reader) = (&pages.app.knowledge, reader(asked));
    let mut response = if as_json {
        found(pages.site.search_json(knowledge, &question, reader).ok().map(json))
    } else {
        page(pages.site.search(knowledge, &question, reader).ok())
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn questionnaire(State(pages): Shared, segments: Segments<(String, String)>) -> Response {
    let knowledge = &pages.app.knowledge;
    found(segments.ok().and_then(|Path((package, id))| {
        let questionnaire = knowledge.questionnaires.iter().find(|questionnaire| questionnaire.id == id)?;
        let body = Bytes::copy_from_slice(questionnaire.json.as_bytes());
        (package == knowledge.package.id).then(|| typed("application/fhir+json", body))
    }))
}

async fn asset(segments: Segments<String>) -> Response {
    match segments.ok().and_then(|Path(name)| web::asset(&name)) {
        Some(asset) => typed(asset.media_type, asset.text),
        None => Problem::NoRoute.into_response(),
    }
}

async fn sandbox(State(pages): Shared) -> Response {
    page(pages.site.sandbox().map(web::Sandbox::page))
}

async fn patients(State(pages): Shared) -> Response {
    found(pages.site.sandbox().map(web::Sandbox::patients).map(json))
}

async fn orders(State(pages): Shared) -> Response {
    found(pages.site.sandbox().map(web::Sandbox::orders).map(json))
}

async fn patient(State(pages): Shared, segments: Segments<String>, asked: Asked) -> Response {
    let (Some(sandbox), Ok(Path(slug))) = (pages.site.sandbox(), segments) else {
        return Problem::NoRoute.into_response();
    };
    let Query(asked) = asked.unwrap_or_default();
    match sandbox.patient(&slug, pages.app.clock.now().date(), &asked) {
        Ok(record) => typed("application/fhir+json", record.into_owned()),
        Err(refused) => no_call(refused),
    }
}

async fn order(State(pages): Shared, segments: Segments<String>) -> Response {
    let order = segments.ok().and_then(|Path(slug)| pages.site.sandbox()?.order(&slug));
    found(order.map(|order| typed("application/fhir+json", order)))
}

async fn problem(State(pages): Shared, segments: Segments<String>) -> Response {
    let problem = segments.ok().and_then(|Path(slug)| pages.site.sandbox()?.problem(&slug));
    found(problem.map(|problem| typed("application/fhir+json", problem)))
}

/// Takes the body of a service call and says what every rule makes of it.
async fn explanation(State(pages): Shared, segments: Segments<String>, request: Request) -> Response {
    let limits = &pages.app.config.limits;
    let deadline = Instant::now() + limits.request_deadline;
    let accepted = body::check_media_type(request.headers());
    let mut rest = Rest::from(request);
    let Ok(Path(service)) = segments else {
        return body::refuse(Problem::NoRoute, rest, limits.body).await;
    };
    if let Err(problem) = accepted {
        return body::refuse(problem, rest, limits.body).await;
    }
    let body = match rest.read(limits.body, deadline).await {
        Ok(body) => body,
        Err(problem) => return body::refuse(problem, rest, limits.body).await,
    };
    match pages.app.explain(&service, &body) {
        Ok(report) => {
            let mut response = json(report);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => Problem::Call(error).into_response(),
    }
}

async fn call(State(pages): Shared, segments: Segments<(String, String)>, asked: Asked) -> Response {
    let (Some(sandbox), Ok(Path((patient, service)))) = (pages.site.sandbox(), segments) else {
        return Problem::NoRoute.into_response();
    };
    let Query(asked) = asked.unwrap_or_default();
    let today = pages.app.clock.now().date();
    match sandbox.call(&pages.app.knowledge, today, (&patient, &service), &asked) {
        Ok(body) => {
            let mut response = json(body);
            // Tomorrow its dates are others.
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(refused) => no_call(refused),
    }
}

fn no_call(refused: NoCall) -> Response {
    match refused {
        NoCall::Unknown => Problem::NoRoute.into_response(),
        NoCall::Query(error) => Problem::Call(CallError::Request(error)).into_response(),
    }
}

fn reader(asked: Asked) -> Reader {
    let patient = |Query(asked): Query<Vec<(String, String)>>| {
        asked.iter().any(|(name, value)| name == "for" && value == "patient")
    };
    if asked.is_ok_and(patient) { Reader::Patient } else { Reader::Clinician }
}

fn found(response: Option<Response>) -> Response {
    response.unwrap_or_else(|| Problem::NoRoute.into_response())
}

fn page(page: Option<Bytes>) -> Response {
    found(page.map(|page| {
        let mut response = typed("text/html; charset=utf-8", page);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        response
    }))
}

/// What is inside the binary is asked for again each time, because the next version of it may differ.
fn typed(media_type: &'static str, body: impl Into<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")], body.into()).into_response()
}
