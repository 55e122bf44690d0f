//! The HTTP rim: routes, statuses and headers. Nothing below knows any of them.

mod access;
mod admission;
mod body;
mod cors;
mod hooks;
mod pages;
mod path;
mod platform;
mod problem;
mod serve;
#[cfg(test)]
mod tests;
mod tls;
mod turn;

pub use serve::serve;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::auth::{Auth, Pass};
use crate::clock::Clock;
use crate::config::Config;
use crate::feedback::NotTaken;
use crate::pipeline::CallError;
use crate::telemetry::traces::Traces;
use crate::web::{Site, SiteError};
use admission::Gate;
use problem::Problem;

/// What the rim needs of the house: [`App`] in earnest, in tests a fake that fails in every way there is.
trait House: Send + Sync + 'static {
    fn config(&self) -> &Config;
    fn discovery(&self) -> Bytes;
    fn service_exists(&self, id: &str) -> bool;
    fn clock(&self) -> Clock;
    fn traces(&self) -> &Traces;
    fn auth(&self) -> Option<&Auth>;
    fn answer(
        &self,
        pass: Option<&Pass>,
        service_id: &str,
        body: &[u8],
    ) -> impl Future<Output = Result<Bytes, CallError>> + Send;
    fn take_feedback(
        &self,
        pass: Option<&Pass>,
        service_id: &str,
        body: &[u8],
    ) -> impl Future<Output = Result<(), NotTaken>> + Send;
}

impl House for App {
    fn config(&self) -> &Config {
        &self.config
    }

    fn discovery(&self) -> Bytes {
        App::discovery(self)
    }

    fn service_exists(&self, id: &str) -> bool {
        App::service_exists(self, id)
    }

    fn clock(&self) -> Clock {
        self.clock
    }

    fn traces(&self) -> &Traces {
        App::traces(self)
    }

    fn auth(&self) -> Option<&Auth> {
        App::auth(self)
    }

    async fn answer(&self, pass: Option<&Pass>, service_id: &str, body: &[u8]) -> Result<Bytes, CallError> {
        App::answer(self, pass, service_id, body).await
    }

    async fn take_feedback(
        &self,
        pass: Option<&Pass>,
        service_id: &str,
        body: &[u8],
    ) -> Result<(), NotTaken> {
        App::take_feedback(self, service_id, pass.map(Pass::name), body).await
    }
}

/// Everything that clients reach, ready to be served or called without a socket.
///
/// # Errors
/// Where the web pages cannot be written.
pub fn router(app: Arc<App>) -> Result<Router, SiteError> {
    let extra = extra_routes(&app)?;
    Ok(rim(app, extra))
}

/// Routes beside CDS Hooks: the guidance pages and the sandbox. They get the rim's layers.
fn extra_routes(app: &Arc<App>) -> Result<Router, SiteError> {
    Ok(pages::routes(app.clone(), Site::new(app)?))
}

/// The routes of CDS Hooks and `extra`, in the layers that every answer passes.
fn rim<H: House>(house: Arc<H>, extra: Router) -> Router {
    // What only clients reach. A route that is added here asks for a token too.
    let of_clients = Router::new()
        .route("/cds-services", get(hooks::discovery::<H>))
        .route("/cds-services/{id}", post(hooks::call::<H>))
        .route("/cds-services/{id}/feedback", post(hooks::feedback::<H>))
        .route_layer(middleware::from_fn_with_state(Gate::new(house.clone()), admission::admit::<H>));
    // The first is the outermost. A preflight is answered without a token, and a refusal needs the headers for browsers
    // too. One layer of all, because the router boxes what each adds to a call.
    let around = (
        middleware::from_fn_with_state(house.clone(), access::log::<H>),
        header_layer(header::REFERRER_POLICY, "no-referrer"),
        header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        cors::layer(&house.config().cors),
        CatchPanicLayer::custom(|_| Problem::Panic.into_response()),
        middleware::from_fn_with_state(house.clone(), admission::check_url::<H>),
    );
    let routes = Router::new()
        .merge(of_clients)
        .merge(extra.with_state(()))
        .fallback(hooks::no_route::<H>)
        .method_not_allowed_fallback(hooks::wrong_method::<H>)
        .layer(around)
        .with_state(house);
    // Around the router, because it must see the tidy path.
    Router::new().fallback_service(MapRequestLayer::new(path::normalise).layer(routes))
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// A JSON answer.
fn json(body: impl Into<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}
