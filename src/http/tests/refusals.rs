use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::*;

/// A body that does not say how long it is, and perhaps never ends.
struct Chunks {
    left: VecDeque<Bytes>,
    ends: bool,
}

impl Chunks {
    fn of(chunks: impl Into<VecDeque<Bytes>>) -> Chunks {
        Chunks { left: chunks.into(), ends: true }
    }

    fn endless() -> Chunks {
        Chunks { left: VecDeque::new(), ends: false }
    }
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        match self.left.pop_front() {
            Some(chunk) => Poll::Ready(Some(Ok(http_body::Frame::data(chunk)))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn each_failure_of_a_call_has_its_status() {
    for (service, status, code, text) in [
        (
            "unknown",
            404,
            "not-found",
            "there is no service with this id; the services are listed at /cds-services",
        ),
        (
            "vanished",
            404,
            "not-found",
            "there is no service with this id; the services are listed at /cds-services",
        ),
        (
            "%FF%FE",
            404,
            "not-found",
            "there is no service with this id; the services are listed at /cds-services",
        ),
        ("not-json", 400, "structure", "the body is not JSON (line 3, column 7)"),
        ("not-object", 400, "structure", "the body is not a JSON object"),
        ("missing", 400, "required", "`context.patientId` is missing"),
        ("type", 400, "structure", "`context` is not of the expected type"),
        ("invalid", 400, "value", "`hook` is odd"),
        ("hook", 400, "invalid", "this service is not offered for the hook of the call"),
        ("patient", 400, "invalid", "the Patient resource is not the patient of the context"),
        ("panic", 500, "exception", "the service failed"),
    ] {
        let answer = post(&format!("/cds-services/{service}")).await;
        assert_eq!(answer.status, status, "{service}");
        assert_eq!(answer.outcome(), (code.to_owned(), text.to_owned()), "{service}");
        assert_eq!(answer.header("connection"), None, "{service}");
    }
}

#[tokio::test]
async fn unobtainable_data_is_412_with_the_prefetch_keys() {
    let answer = post("/cds-services/unobtainable").await;
    assert_eq!(answer.status, 412);
    assert_eq!(answer.outcome().0, "incomplete");
    assert_eq!(answer.json()["issue"][0]["diagnostics"], "prefetch keys: patient, labs");
}

#[tokio::test]
async fn feedback_is_taken_or_refused_with_its_entry_or_asked_for_again() {
    let good =
        r#"{"feedback":[{"card":"a","outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}]}"#;
    let bad = format!(r#"{{"feedback":[{{"card":"{SECRET}","outcome":"{SECRET}"}}]}}"#);
    for (service, body, status, code, text) in [
        ("ok", bad.as_str(), 400, "value", "`feedback[0]`: `outcome` is neither"),
        ("ok", "{}", 400, "required", "`feedback` is missing"),
        ("ok", "{", 400, "structure", "not JSON"),
        ("gone", good, 503, "transient", "send it again"),
    ] {
        let path = format!("/cds-services/{service}/feedback");
        let answer = send(fake(), request("POST", &path).body(Body::from(body.to_owned())).unwrap()).await;
        assert_eq!(answer.status, status, "{body}");
        let (told, details) = answer.outcome();
        assert!(told == code && details.contains(text), "{told} {details}");
    }
    let taken = request("POST", "/cds-services/ok/feedback").body(Body::from(good)).unwrap();
    let answer = send(fake(), taken).await;
    assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::OK, b"{}".as_slice()));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_503() {
    let answer = post("/cds-services/endless").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.outcome().0, "timeout");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_408_and_the_end_of_the_connection() {
    let answer =
        send(fake(), request("POST", "/cds-services/ok").body(Body::new(Chunks::endless())).unwrap()).await;
    assert_eq!(answer.status, 408);
    assert_eq!(answer.outcome().0, "timeout");
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for (method, path, allow) in [
        ("POST", "/cds-services", "GET,HEAD"),
        ("DELETE", "/cds-services/", "GET,HEAD"),
        ("GET", "/cds-services/ok", "POST"),
        ("PUT", "/cds-services/ok", "POST"),
        (SECRET, "/cds-services/ok", "POST"),
        ("GET", "/cds-services/ok/feedback", "POST"),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        assert_eq!(answer.outcome().0, "not-supported");
    }
    let head = ask("HEAD", "/cds-services/ok").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::METHOD_NOT_ALLOWED, 0));
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/nowhere"),
        ("POST", "/cds-services/unknown/feedback"),
        ("POST", "/cds-services/feedback/feedback/feedback"),
        ("GET", "/livez"),
        ("GET", "*"),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_eq!(answer.outcome().0, "not-found");
    }
}

#[tokio::test]
async fn other_media_types_are_415() {
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-type", "application/xml"),
        ("content-type", "application/json-patch+json"),
        ("content-type", "application/json; charset=iso-8859-1"),
        ("content-type", ""),
        ("content-encoding", "gzip"),
        ("content-encoding", "identity, br"),
    ] {
        let request = request("POST", "/cds-services/ok").header(name, value);
        let answer = send(fake(), request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.status, 415, "{name}: {value}");
        assert_eq!(answer.outcome().0, "not-supported");
    }
    let twice = request("POST", "/cds-services/ok")
        .header("content-type", "application/json")
        .header("content-type", "text/plain");
    assert_eq!(send(fake(), twice.body(Body::from("{}")).unwrap()).await.status, 415);
}

#[tokio::test]
async fn too_much_is_413_whether_announced_or_not() {
    let announced = Body::from(vec![b' '; BODY_LIMIT + 1]);
    let chunks = Chunks::of([Bytes::from(vec![b' '; BODY_LIMIT]), Bytes::from_static(b" ")]);
    let chunked = Body::new(chunks);
    for body in [announced, chunked] {
        let answer = send(fake(), request("POST", "/cds-services/ok").body(body).unwrap()).await;
        assert_eq!(answer.status, 413);
        let text = format!("the body must not be larger than {BODY_LIMIT} bytes");
        assert_eq!(answer.outcome(), ("too-long".to_owned(), text));
    }
}

#[tokio::test]
async fn what_reached_a_proxy_without_tls_is_refused() {
    for (proxies, how, expected) in
        [("10.0.0.0/8", "http", 403), ("10.0.0.0/8", "https", 200), ("", "http", 200)]
    {
        let router = fake_with(&[("GAITKEEPER__SERVER__TRUSTED_PROXIES", proxies)]);
        let request = request("POST", "/cds-services/ok").header("x-forwarded-proto", how);
        let answer = send(router, request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.status, expected, "{proxies} {how}");
    }
}
