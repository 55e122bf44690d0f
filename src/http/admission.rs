//! Who is let in, and how many at once. Nothing of a body is read before.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::House;
use super::access::Noted;
use super::body;
use super::problem::Problem;
use crate::auth::{self, Pass};
use crate::config::{Client, Discovery};
use crate::telemetry::traces::Step;

/// What is known of a call before its body.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    /// Who calls; none where there are no clients.
    pub(super) pass: Option<Pass>,
    /// When it must be answered.
    pub(super) deadline: Instant,
}

/// Where calls come in.
#[derive(Debug)]
pub(super) struct Gate<H> {
    house: Arc<H>,
    in_flight: Semaphore,
    /// In the order of the settings.
    lanes: Vec<Lane>,
}

/// How much one client may ask for.
#[derive(Debug)]
struct Lane {
    in_flight: Semaphore,
    rate: RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>,
}

impl Lane {
    fn of(client: &Client) -> Lane {
        let second = NonZeroU32::new(client.calls_per_second).unwrap_or(NonZeroU32::MIN);
        let quota =
            Quota::per_second(second).allow_burst(second.saturating_mul(NonZeroU32::MIN.saturating_add(1)));
        Lane {
            in_flight: Semaphore::new(client.concurrent_calls.min(Semaphore::MAX_PERMITS)),
            rate: RateLimiter::direct_with_clock(quota, MonotonicClock),
        }
    }

    fn check_rate(&self) -> Result<(), Problem> {
        self.rate
            .check()
            .map_err(|until| Problem::TooOften { wait: until.wait_time_from(MonotonicClock.now()) })
    }
}

impl<H: House> Gate<H> {
    pub(super) fn new(house: Arc<H>) -> Arc<Gate<H>> {
        let config = house.config();
        Arc::new(Gate {
            in_flight: Semaphore::new(config.limits.concurrent_calls.min(Semaphore::MAX_PERMITS)),
            lanes: config.clients.iter().map(Lane::of).collect(),
            house,
        })
    }

    /// Who calls, where there are clients and the route is theirs alone.
    async fn recognise(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Pass>, Problem> {
        let config = self.house.config();
        let open = config.auth.discovery == Discovery::All && *method != Method::POST;
        let Some(auth) = self.house.auth().filter(|_| !open) else { return Ok(None) };
        let sent = headers.get_all(header::AUTHORIZATION).iter();
        let token = auth::bearer(sent.map(|value| value.as_bytes())).map_err(Problem::Stranger)?;
        let urls = called(&config.server.public_url, path);
        let pass = auth.admit(token, &urls, self.house.clock().now()).await;
        pass.map(Some).map_err(Problem::Stranger)
    }
}

/// What the client may call the URL of a call. Feedback belongs to a service, so that a token for the one is good for
/// the other.
fn called(public_url: &str, path: &str) -> Vec<String> {
    let service = path.strip_suffix("/feedback");
    std::iter::once(path).chain(service).map(|path| format!("{public_url}{path}")).collect()
}

/// The layer around the routes of CDS Hooks.
pub(super) async fn admit<H: House>(
    State(gate): State<Arc<Gate<H>>>,
    Extension(noted): Extension<Noted>,
    mut request: Request,
    next: Next,
) -> Response {
    let limits = &gate.house.config().limits;
    let deadline = Instant::now() + limits.request_deadline;
    // A proxy says how it was reached; without TLS the chart and the token were read on the way.
    let proxied = !gate.house.config().server.trusted_proxies.is_empty();
    let clear = |how: &HeaderValue| how.as_bytes().eq_ignore_ascii_case(b"http");
    if proxied && request.headers().get_all("x-forwarded-proto").iter().any(clear) {
        return body::refuse(Problem::InTheClear, request.into(), limits.body).await;
    }
    // Held until the call is answered.
    let Ok(_in_flight) = gate.in_flight.try_acquire() else {
        return body::refuse(Problem::TooMany, request.into(), 0).await;
    };
    let authenticating = gate.house.auth().map(|_| Step::begin("authenticate"));
    let pass = match gate.recognise(request.method(), request.uri().path(), request.headers()).await {
        Ok(pass) => pass,
        Err(problem) => return body::refuse(problem, request.into(), limits.body).await,
    };
    drop(authenticating);
    let lane = pass.as_ref().and_then(|pass| gate.lanes.get(pass.place()));
    let mut _of_client = None;
    if let Some(lane) = lane {
        let Ok(place) = lane.in_flight.try_acquire() else {
            return body::refuse(Problem::TooManyOfClient, request.into(), limits.body).await;
        };
        _of_client = Some(place);
        if let Err(problem) = lane.check_rate() {
            return body::refuse(problem, request.into(), limits.body).await;
        }
    }
    if let Some(pass) = &pass {
        noted.client(pass.name());
        // Last, so that a call that came too often may come again with its token.
        if let Err(denial) = pass.spend(gate.house.clock().now()).await {
            return body::refuse(Problem::Stranger(denial), request.into(), limits.body).await;
        }
    }
    request.extensions_mut().insert(Admitted { pass, deadline });
    next.run(request).await
}

/// The layer around everything.
pub(super) async fn check_url<H: House>(
    State(house): State<Arc<H>>,
    request: Request,
    next: Next,
) -> Response {
    let limits = &house.config().limits;
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > limits.url {
        return body::refuse(Problem::LongUrl { limit: limits.url }, request.into(), limits.body).await;
    }
    next.run(request).await
}
