//! What only shows on a real connection.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::OnceLock;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::super::serve::{Terms, run};
use super::*;

pub(super) struct Served {
    pub(super) address: SocketAddr,
    platform: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

/// What most of these tests connect under.
pub(super) fn terms() -> Terms {
    Terms {
        header_timeout: Duration::from_millis(500),
        delay: Duration::ZERO,
        grace: Duration::ZERO,
        head: 8 * 1024,
        connections: 16,
        proxies: Vec::new(),
        tls: None,
    }
}

async fn serve(grace: Duration) -> Served {
    serve_under(fake(), Terms { grace, ..terms() }).await
}

pub(super) async fn serve_under(router: Router, terms: Terms) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let platform = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, platform_address) = (listener.local_addr().unwrap(), platform.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(run(router, listener, Some(platform), terms, None, async {
        let _ = stopped.await;
    }));
    Served { address, platform: platform_address, stop, ended }
}

pub(super) async fn connect(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

pub(super) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    let reading = stream.read_to_string(&mut text);
    tokio::time::timeout(Duration::from_secs(5), reading).await.expect("the connection is closed").unwrap();
    text
}

pub(super) fn call(service: &str, headers: &str) -> String {
    format!("POST /cds-services/{service} HTTP/1.1\r\nHost: x\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_connection_is_kept_for_more_calls_and_closed_when_idle() {
    let served = serve(Duration::ZERO).await;
    let calls = format!("{}{{}}", call("ok", "Content-Length: 2\r\n")).repeat(2);
    let text = rest(&mut connect(served.address, &calls).await).await;
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 2, "{text}");
    assert!(!text.to_ascii_lowercase().contains("\nserver:"), "{text}");
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let served = serve(Duration::ZERO).await;
    let text = rest(&mut connect(served.address, "POST /cds-services/ok HTTP/1.1\r\nHost").await).await;
    assert!(!text.contains("200"), "{text}");
}

#[tokio::test]
async fn a_body_without_end_is_refused_and_the_connection_closed() {
    let served = serve(Duration::ZERO).await;
    let mut stream = connect(served.address, &call("ok", "Transfer-Encoding: chunked\r\n")).await;
    let chunk = format!("{:x}\r\n{}\r\n", 1024, " ".repeat(1024));
    let (mut reader, mut writer) = stream.split();
    let endless = async {
        while writer.write_all(chunk.as_bytes()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        std::future::pending::<()>().await;
    };
    let mut head = vec![0; 64];
    tokio::select! {
        read = reader.read(&mut head) => { read.unwrap(); }
        () = endless => {}
    }
    assert!(
        String::from_utf8_lossy(&head).starts_with("HTTP/1.1 413 "),
        "{}",
        String::from_utf8_lossy(&head)
    );
    drop(served.stop);
    // Not held open by the client that never ends.
    served.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_sends_a_little_too_much_reads_the_answer_and_goes_on() {
    let served = serve(Duration::ZERO).await;
    for (path, status, length) in [("ok", 413, BODY_LIMIT + 9), ("unknown", 404, BODY_LIMIT)] {
        let head = call(path, &format!("Content-Length: {length}\r\n"));
        let mut stream = connect(served.address, &(head + &" ".repeat(length - 9))).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let end = format!("{}{}", " ".repeat(9), call("ok", "Content-Length: 0\r\n"));
        stream.write_all(end.as_bytes()).await.unwrap();
        let text = rest(&mut stream).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {text}");
        assert!(text.contains("OperationOutcome"), "{path}: {text}");
        assert!(text.contains(CARDS), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_not_told_to_send_too_much() {
    let served = serve(Duration::ZERO).await;
    let head = call("ok", "Content-Length: 99999999\r\nExpect: 100-continue\r\n");
    let text = rest(&mut connect(served.address, &head).await).await;
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(text.contains("connection: close"), "{text}");
}

#[tokio::test]
async fn the_stop_waits_for_calls_in_flight() {
    let served = serve(Duration::from_secs(5)).await;
    let mut idle = connect(served.address, "").await;
    let mut slow = connect(served.address, &call("slow", "Content-Length: 0\r\n")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(served.address).await.is_err(), "new connections are refused");
    let ready = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(rest(&mut connect(served.platform, ready).await).await.contains("stopping"));
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut slow).await.contains(CARDS));
    served.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_stop_does_not_wait_for_ever() {
    let served = serve(Duration::from_millis(50)).await;
    let mut endless = connect(served.address, &call("endless", "Content-Length: 0\r\n")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.stop.send(()).unwrap();
    served.ended.await.unwrap().unwrap();
    assert_eq!(rest(&mut endless).await, "");
}

#[tokio::test]
async fn a_large_head_is_431_and_a_longer_url_than_http_has_414() {
    let served = serve(Duration::ZERO).await;
    let header =
        |size: usize| format!("X-Large: {}\r\nContent-Length: 0\r\nConnection: close\r\n", "x".repeat(size));
    let small = rest(&mut connect(served.address, &call("ok", &header(7_000))).await).await;
    assert!(small.starts_with("HTTP/1.1 200 "), "{small}");
    let large = rest(&mut connect(served.address, &call("ok", &header(9_000))).await).await;
    assert!(large.starts_with("HTTP/1.1 431 "), "{large}");
    let long = call(&"x".repeat(5_000), "Content-Length: 0\r\nConnection: close\r\n");
    let long = rest(&mut connect(served.address, &long).await).await;
    assert!(long.starts_with("HTTP/1.1 414 ") && long.contains("OperationOutcome"), "{long}");
}

#[tokio::test]
async fn the_platform_is_answered_when_clients_hold_every_connection() {
    let terms = Terms { connections: 2, header_timeout: Duration::from_secs(4), ..terms() };
    let served = serve_under(fake(), terms).await;
    let _idle = [connect(served.address, "GET").await, connect(served.address, "GET").await];
    let mut third = connect(served.address, &call("ok", "Content-Length: 0\r\nConnection: close\r\n")).await;
    let live = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let begun = std::time::Instant::now();
    let live = rest(&mut connect(served.platform, live).await).await;
    assert!(live.starts_with("HTTP/1.1 200 ") && begun.elapsed() < Duration::from_millis(3500), "{live}");
    // Slow senders lose their places after a while, and others get them.
    assert!(rest(&mut third).await.contains(CARDS));
}

/// This test has one thread for calls, which asks whether the service lives while it judges a chart, and does nothing else.
#[tokio::test]
async fn the_platform_is_answered_while_every_thread_of_calls_is_busy() {
    let address = Arc::new(OnceLock::<SocketAddr>::new());
    let platform = Arc::clone(&address);
    let busy = Router::new().route(
        "/busy",
        get(async move || {
            let mut stream = std::net::TcpStream::connect(platform.get().unwrap()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).map_or_else(|error| error.to_string(), |_| text)
        }),
    );
    let served = serve_under(busy, terms()).await;
    address.set(served.platform).unwrap();
    let call = "GET /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let text = rest(&mut connect(served.address, call).await).await;
    assert!(text.contains(r#"{"status":"ok"}"#), "{text}");
}

#[tokio::test]
async fn only_trusted_proxies_and_this_machine_may_connect() {
    let terms = |networks: &[&str]| Terms {
        proxies: networks.iter().map(|network| network.parse().unwrap()).collect(),
        ..terms()
    };
    for (networks, peer, expected) in [
        (&[][..], "203.0.113.9", true),
        (&["10.1.2.0/24"], "10.1.2.7", true),
        (&["10.1.2.0/24"], "::ffff:10.1.2.7", true),
        (&["10.1.2.0/24"], "10.1.3.7", false),
        (&["10.1.2.0/24", "fd00::/8"], "fd00::1", true),
        (&["10.1.2.0/24"], "2001:db8::1", false),
        (&["10.1.2.0/24"], "127.0.0.1", true),
    ] {
        assert_eq!(terms(networks).admit(peer.parse().unwrap()), expected, "{networks:?} {peer}");
    }
}

/// A proxy that asks `/readyz` has time to notice, and keeps no connection that is about to be closed.
#[tokio::test]
async fn a_service_that_is_to_stop_takes_calls_for_a_while_and_closes_their_connections() {
    let served = serve_under(fake(), Terms { delay: Duration::from_secs(2), ..terms() }).await;
    served.stop.send(()).unwrap();
    let ask = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    while !rest(&mut connect(served.platform, ask).await).await.starts_with("HTTP/1.1 503") {
        tokio::task::yield_now().await;
    }
    let calls = format!("{}{{}}", call("ok", "Content-Length: 2\r\n")).repeat(2);
    let text = rest(&mut connect(served.address, &calls).await).await;
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 1, "{text}");
    assert!(text.to_ascii_lowercase().contains("connection: close"), "{text}");
    served.ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
}
