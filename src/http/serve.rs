//! Accepting connections, and stopping without dropping calls.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use serde_json::{Map, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::util::MapResponseLayer;

use super::platform::{Detail, Readiness};
use super::tls::Tls;
use super::turn::in_long_turns;
use super::{platform, router};
use crate::app::App;
use crate::telemetry;

/// Bytes that are read from a connection at once, at most: each connection that sends a large body holds as many.
const READ_BUFFER: usize = 32 * 1024;

/// How long to wait after a connection could not be accepted: the cause is mostly too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Open connections of the platform.
const PLATFORM_CONNECTIONS: usize = 64;

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
    let config = &app.config;
    let tls = config.tls.as_ref().map(Tls::load).transpose().map_err(io::Error::other)?;
    let terms = Terms {
        header_timeout: config.limits.header_timeout,
        delay: config.server.shutdown_delay,
        grace: config.server.shutdown_grace,
        head: config.limits.head,
        connections: config.limits.connections,
        proxies: config.server.trusted_proxies.clone(),
        tls: tls.map(Arc::new),
    };
    let feedback = app.feedback().clone();
    let detail = detail(&app);
    let house = Arc::clone(&app);
    let router = router(app).map_err(io::Error::other)?;
    house.traces().begin_sending();
    let served = tokio::select! {
        served = run(router, listener, platform, terms, Some(detail), shutdown) => served,
        () = feedback.keep_up() => Ok(()),
    };
    // What was counted since the last time; where it cannot be written, that is logged.
    let _ = feedback.flush().await;
    house.traces().finish_sending().await;
    served
}

/// Which knowledge is served, what the site changed of it, and whether feedback can be kept: without its database
/// hook calls go on, so that the service stays ready and says so.
fn detail(app: &Arc<App>) -> Detail {
    let app = Arc::clone(app);
    Arc::new(move || {
        let package = &app.knowledge.package;
        let mut detail = Map::new();
        let mut knowledge = json!({
            "package": package.id,
            "version": package.version,
            "review": package.review.state.words(),
        });
        if let (Some(overlay), Some(members)) = (&app.knowledge.overlay, knowledge.as_object_mut()) {
            members.insert("overlay".to_owned(), json!({ "site": overlay.site, "changes": overlay.changes }));
        }
        detail.insert("knowledge".to_owned(), knowledge);
        if !app.feedback().is_available() {
            detail.insert("feedback".to_owned(), json!("unavailable"));
        }
        detail
    })
}

/// What the settings say about connections.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) header_timeout: Duration,
    /// From the moment when readiness ends to that when no connection is accepted.
    pub(super) delay: Duration,
    pub(super) grace: Duration,
    /// Largest head of a request, in bytes.
    pub(super) head: usize,
    /// How many may be open.
    pub(super) connections: usize,
    /// Who may connect from outside this machine; empty: everybody.
    pub(super) proxies: Vec<IpNet>,
    pub(super) tls: Option<Arc<Tls>>,
}

impl Terms {
    /// The platform is on our side of all this. It has places of its own, so that it is answered however many
    /// clients there are.
    fn of_platform(&self) -> Terms {
        Terms { connections: PLATFORM_CONNECTIONS, proxies: Vec::new(), tls: None, ..self.clone() }
    }

    /// May this peer connect?
    pub(super) fn admit(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.proxies.is_empty() || peer.is_loopback() || self.proxies.iter().any(|net| net.contains(&peer))
    }
}

pub(super) async fn run(
    router: Router,
    listener: TcpListener,
    platform: Option<TcpListener>,
    terms: Terms,
    detail: Option<Detail>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let closing = stopping.clone();
    let router = router.layer(MapResponseLayer::new(move |answer| close_when_stopping(&closing, answer)));
    let clients = listen(listener, router, &terms, async {
        shutdown.await;
        telemetry::metrics::stopping();
        stop.send_replace(true);
        sleep(terms.delay).await;
    });
    let clients = async {
        match &terms.tls {
            Some(tls) => tokio::select! {
                result = clients => result,
                () = tls.watch() => Ok(()),
            },
            None => clients.await,
        }
    };
    let Some(platform) = platform else { return clients.await };
    // The platform may ask until the last call is finished.
    let (_finished, until) = oneshot::channel();
    let router = platform::router(Readiness { stopping, checks: Vec::new(), detail });
    answer_apart(platform, router, terms.of_platform(), until)?;
    clients.await
}

/// Answers the platform on a thread of its own, until nobody holds the other end of `until`. A chart is read and judged
/// without a pause: where all threads of calls do that, `/livez` must not wait for one of them.
fn answer_apart(
    listener: TcpListener,
    router: Router,
    terms: Terms,
    until: oneshot::Receiver<()>,
) -> io::Result<()> {
    let listener = listener.into_std()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let serve = async move {
        let until = async { drop(until.await) };
        listen(TcpListener::from_std(listener)?, router, &terms, until).await
    };
    thread::Builder::new().name("platform".to_owned()).spawn(move || {
        if let Err(error) = runtime.block_on(serve) {
            tracing::error!(error = telemetry::chain(&error), "the platform is not answered");
        }
    })?;
    Ok(())
}

/// A connection that a proxy keeps must not be there to be used when it is closed.
fn close_when_stopping(stopping: &watch::Receiver<bool>, mut response: Response) -> Response {
    if *stopping.borrow() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn listen(
    listener: TcpListener,
    router: Router,
    terms: &Terms,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    tracing::info!(listen = %listener.local_addr()?, "listening");
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(terms.header_timeout).max_header_size(terms.head);
    // A body is copied out of it as it comes; as large as a body it would be held twice.
    http.max_buf_size(terms.head.max(READ_BUFFER));
    let in_flight = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(terms.connections.min(Semaphore::MAX_PERMITS)));
    // Dropped with this function, it ends what is still open after the grace.
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = telemetry::chain(&error), "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if !terms.admit(peer) {
            tracing::warn!("refused a connection that does not come from `server.trusted_proxies`");
            continue;
        }
        // Answers are written whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let (http, service, watcher) = (http.clone(), service.clone(), in_flight.watcher());
        let acceptor = terms.tls.as_ref().map(|tls| tls.acceptor());
        connections.spawn(in_long_turns(async move {
            let _place = place;
            let ended = match acceptor {
                None => watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await,
                Some(acceptor) => match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await
                    }
                    Ok(Err(error)) => {
                        tracing::debug!(error = telemetry::chain(&error), "no TLS");
                        return;
                    }
                    Err(_) => return,
                },
            };
            if let Err(error) = ended {
                tracing::debug!(error = telemetry::chain(&error), "a connection broke");
            }
        }));
    }
    // New connections are refused from here on and go to another replica.
    drop(listener);
    if timeout(terms.grace, in_flight.shutdown()).await.is_err() {
        tracing::warn!("stopped before all calls were finished");
    }
    Ok(())
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer.ip(), place))
}
