//! Accepting connections, and stopping without dropping calls.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{platform, router};
use crate::app::App;
use crate::feedback::Feedback;
use crate::telemetry;

/// How long to wait after a connection could not be accepted: the cause is mostly too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves clients on `listener` and the platform on `platform` until `shutdown`, then finishes the calls in flight for
/// as long as the settings allow.
///
/// # Errors
/// Where a listener has no address, or the web pages cannot be written.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    platform: Option<TcpListener>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let timing =
        Timing { header_timeout: app.config.limits.header_timeout, grace: app.config.server.shutdown_grace };
    let feedback = app.feedback().clone();
    let router = router(app).map_err(io::Error::other)?;
    let served = tokio::select! {
        served = run(router, listener, platform, timing, Some(feedback.clone()), shutdown) => served,
        () = feedback.keep_up() => Ok(()),
    };
    // What was counted since the last time; where it cannot be written, that is logged.
    let _ = feedback.flush().await;
    served
}

/// What the settings say about time.
#[derive(Clone, Copy)]
pub(super) struct Timing {
    pub(super) header_timeout: Duration,
    pub(super) grace: Duration,
}

pub(super) async fn run(
    router: Router,
    listener: TcpListener,
    platform: Option<TcpListener>,
    timing: Timing,
    feedback: Option<Arc<Feedback>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let clients = listen(listener, router, timing, async {
        shutdown.await;
        stop.send_replace(true);
    });
    match platform {
        // The platform may ask until the last call is finished.
        Some(platform) => tokio::select! {
            result = clients => result,
            result = listen(platform, platform::router(stopping, feedback), timing, pending()) => result,
        },
        None => clients.await,
    }
}

async fn listen(
    listener: TcpListener,
    router: Router,
    timing: Timing,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    tracing::info!(listen = %listener.local_addr()?, "listening");
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timing.header_timeout);
    let in_flight = GracefulShutdown::new();
    // Dropped with this function, it ends what is still open after the grace.
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(error = telemetry::chain(&error), "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are written whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let connection = in_flight.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = telemetry::chain(&error), "a connection broke");
            }
        });
    }
    // New connections are refused from here on and go to another replica.
    drop(listener);
    if timeout(timing.grace, in_flight.shutdown()).await.is_err() {
        tracing::warn!("stopped before all calls were finished");
    }
    Ok(())
}
