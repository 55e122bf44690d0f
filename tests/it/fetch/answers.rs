//! One question, and every answer to it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| format!("c{id}")).collect()
}

#[tokio::test]
async fn a_search_is_sent_as_published_with_the_token_and_its_answer_is_read() {
    let server = fhir_server(ok(&page(&ids(0..3), None))).await;
    assert_eq!(search(&policy(), &base(&server)).await, (Coverage::Complete, 3));
    let requests = requests(&server).await;
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(targets(&server).await, ["/r4/Condition?patient=p-1"]);
    assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(request.headers["accept"], "application/fhir+json, application/json;q=0.9");
    assert!(request.headers["user-agent"].to_str().unwrap().starts_with("gaitkeeper/"));
    for absent in ["accept-encoding", "cookie", "referer"] {
        assert!(!request.headers.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn a_status_that_is_no_success_is_a_gap_and_not_asked_again() {
    for status in [201, 204, 206, 301, 302, 307, 400, 401, 403, 404, 405, 410, 422, 429, 500, 501] {
        let body = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [] });
        let server = fhir_server(ResponseTemplate::new(status).set_body_json(body)).await;
        let lack = match status {
            404 | 405 | 501 => Lack::NotSupported,
            _ => Lack::FetchFailed,
        };
        assert_eq!(search(&policy(), &base(&server)).await, (Coverage::Unavailable(lack), 0), "{status}");
        assert_eq!(requests(&server).await.len(), 1, "{status}");
    }
}

/// Answers `status` a number of times, with a `Retry-After`, and then as asked.
fn busy(status: u16, times: usize, retry_after: Option<&'static str>) -> impl Respond {
    let asked = AtomicUsize::new(0);
    move |_: &Request| {
        if asked.fetch_add(1, Ordering::SeqCst) >= times {
            return ok(&page(&ids(0..2), None));
        }
        let answer = ResponseTemplate::new(status);
        match retry_after {
            Some(value) => answer.insert_header("retry-after", value),
            None => answer,
        }
    }
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_once_more() {
    let (all, none) = ((Coverage::Complete, 2), (NOTHING, 0));
    for (status, times, retry_after, expected, asked) in [
        (502, 1, None, all, 2),
        (503, 1, Some("0"), all, 2),
        (504, 1, None, all, 2),
        (503, 2, None, none, 2),
        // More than is left, and a date.
        (503, 1, Some("30"), none, 1),
        (503, 1, Some("Sun, 01 Mar 2026 09:00:00 GMT"), none, 1),
    ] {
        let server = fhir_server(busy(status, times, retry_after)).await;
        assert_eq!(search(&policy(), &base(&server)).await, expected, "{status} {times} {retry_after:?}");
        assert_eq!(requests(&server).await.len(), asked, "{status} {times} {retry_after:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_busy_late_is_not_asked_again() {
    let server = fhir_server(ResponseTemplate::new(503).set_delay(Duration::from_millis(450))).await;
    assert_eq!(search(&policy(), &base(&server)).await, (NOTHING, 0));
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_json_object_is_a_gap() {
    let whole = page(&ids(0..3), None).to_string();
    let (half, _) = whole.split_at(whole.len() / 2);
    for (kind, body) in [
        (
            "application/fhir+xml",
            "<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"searchset\"/></Bundle>",
        ),
        ("text/html", "<!DOCTYPE html><html><body>404 - File or directory not found.</body></html>"),
        ("application/fhir+json", half),
        ("application/fhir+json", ""),
        ("application/fhir+json", "null"),
        ("application/fhir+json", "[]"),
        ("application/fhir+json", "\"Bundle\""),
        ("application/fhir+json", "{\"resourceType\":\"Bundle\"}{}"),
    ] {
        let server = fhir_server(ResponseTemplate::new(200).set_body_raw(body, kind)).await;
        assert_eq!(search(&policy(), &base(&server)).await, (NOTHING, 0), "{kind} {body}");
    }
    let latin = ResponseTemplate::new(200)
        .set_body_bytes(b"{\"resourceType\":\"Bundle\",\"id\":\"\xe9\"}".as_slice());
    assert_eq!(search(&policy(), &base(&fhir_server(latin).await)).await, (NOTHING, 0));
}

#[tokio::test]
async fn json_is_read_as_servers_label_it() {
    let body = page(&ids(0..1), None).to_string();
    for kind in
        ["application/json", "application/json+fhir", "text/plain", "application/fhir+json; fhirVersion=4.0"]
    {
        let server = fhir_server(ResponseTemplate::new(200).set_body_raw(body.clone(), kind)).await;
        assert_eq!(search(&policy(), &base(&server)).await, (Coverage::Complete, 1), "{kind}");
    }
}

#[tokio::test]
async fn an_outcome_or_another_type_is_judged_as_in_prefetch() {
    let outcome = |severity: &str, code: &str| json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": severity, "code": code }] });
    let only = |resource: Value| json!({ "resourceType": "Bundle", "entry": [{ "resource": resource }] });
    for (what, body, expected) in [
        ("an outcome", outcome("error", "forbidden"), Coverage::Unavailable(Lack::ClientFailed)),
        (
            "an outcome among entries",
            only(outcome("error", "exception")),
            Coverage::Unavailable(Lack::ClientFailed),
        ),
        ("something withheld", only(outcome("warning", "suppressed")), Coverage::Partial(Lack::Withheld)),
        ("no results, with a warning", only(outcome("warning", "processing")), Coverage::Complete),
        ("no entries", json!({ "resourceType": "Bundle", "total": 0 }), Coverage::Complete),
        (
            "another type",
            json!({ "resourceType": "CapabilityStatement" }),
            Coverage::Unavailable(Lack::WrongShape),
        ),
        ("an empty object", json!({}), Coverage::Unavailable(Lack::WrongShape)),
    ] {
        let server = fhir_server(ok(&body)).await;
        assert_eq!(search(&policy(), &base(&server)).await, (expected, 0), "{what}");
    }
}

#[tokio::test]
async fn a_slow_server_is_waited_for_and_a_hanging_one_is_not() {
    let answer = ok(&page(&ids(0..1), None));
    let slow = fhir_server(answer.clone().set_delay(Duration::from_millis(250))).await;
    assert_eq!(search(&policy(), &base(&slow)).await, (Coverage::Complete, 1));

    let start = Instant::now();
    let hanging = fhir_server(answer.set_delay(Duration::from_secs(30))).await;
    assert_eq!(search(&policy(), &base(&hanging)).await, (NOTHING, 0));
    let silent = raw_server(Bytes::new(), Duration::from_secs(30)).await;
    assert_eq!(search(&policy(), &silent).await, (NOTHING, 0));
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"resourceType\":";
    let stuck = raw_server(Bytes::from(head), Duration::from_secs(30)).await;
    assert_eq!(search(&policy(), &stuck).await, (NOTHING, 0));
    // Long before the servers would have answered.
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_gap() {
    let whole = page(&ids(0..1), None).to_string();
    for answer in [
        String::new(),
        "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{whole}", whole.len() + 1),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{whole}\r\n", whole.len()),
    ] {
        let server = raw_server(Bytes::from(answer.clone()), Duration::ZERO).await;
        assert_eq!(search(&policy(), &server).await, (NOTHING, 0), "{answer}");
    }
    assert_eq!(search(&policy(), "http://127.0.0.1:1/r4").await, (NOTHING, 0));
    assert_eq!(search(&policy(), "http://no-such-host.invalid/r4").await, (NOTHING, 0));
}

#[tokio::test]
async fn fifty_megabytes_are_not_read() {
    // Time enough to see that it is the size that ends it, not the deadline.
    let patient = FetchPolicy { deadline: Duration::from_secs(20), ..policy() };
    let too_large = (Coverage::Unavailable(Lack::TooLarge), 0);
    let announced = fhir_server(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 50 << 20])).await;
    assert_eq!(search(&patient, &base(&announced)).await, too_large);

    // Without a length, in chunks of 64 KiB for ever.
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let flood = raw_server(Bytes::from(head + &chunk.repeat(800)), Duration::from_secs(30)).await;
    assert_eq!(search(&patient, &flood).await, too_large);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = any_server().await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/r4/Condition?patient=p-1", elsewhere.uri());
        let server = fhir_server(ResponseTemplate::new(status).insert_header("location", location)).await;
        assert_eq!(search(&policy(), &base(&server)).await, (NOTHING, 0), "{status}");
    }
    assert!(requests(&elsewhere).await.is_empty());
}

#[tokio::test]
async fn all_needs_are_asked_at_once_under_one_deadline() {
    let answer = |request: &Request| {
        let slow = request.url.query().is_some_and(|query| query.contains("slow"));
        ok(&page(&ids(0..1), None)).set_delay(Duration::from_millis(if slow { 30_000 } else { 200 }))
    };
    let server = fhir_server(answer).await;
    let keys = ["a", "b", "c", "d", "e", "f", "g", "slow-1", "slow-2"];
    let needs = keys.map(|key| Need {
        template: format!("Condition?patient={{{{context.patientId}}}}&{key}"),
        ..need(key)
    });
    let acquired = fhir::from_prefetch(&needs, Vec::new(), &fhir::KeyNames::default());
    let start = Instant::now();
    let fetched = ask(&policy(), &base(&server), &needs, &acquired).await;
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
    let acquired = acquired.with(&needs, &fetched);
    for (supply, key) in acquired.supplies.iter().zip(keys) {
        let expected = if key.starts_with("slow") { NOTHING } else { Coverage::Complete };
        assert_eq!(supply.coverage, expected, "{key}");
    }
}

#[tokio::test]
async fn servers_that_are_not_listed_get_no_request() {
    let server = any_server().await;
    let closed = FetchPolicy { sandbox: false, ..policy() };
    let not_fetched = (Coverage::Unavailable(Lack::NotSent), 0);
    assert_eq!(search(&closed, &base(&server)).await, not_fetched);
    let user = base(&server).replace("http://", "http://user@");
    assert_eq!(search(&policy(), &user).await, not_fetched);
    assert_eq!(search(&policy(), "http://169.254.169.254/latest").await, not_fetched);
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_token_that_is_no_header_is_not_sent() {
    let server = any_server().await;
    let needs = [need("conditions")];
    let acquired = fhir::from_prefetch(&needs, Vec::new(), &fhir::KeyNames::default());
    let token = Token::new("a\r\nx: y");
    let fetched = ask_as(token, &policy(), &base(&server), &needs, &acquired).await;
    assert!(fetched.is_empty() && requests(&server).await.is_empty());
}

#[tokio::test]
async fn an_https_server_that_cannot_prove_who_it_is_sees_no_request() {
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}/r4", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let length = connection.read(&mut bytes).await.unwrap();
        bytes.truncate(length);
        bytes
    });
    assert_eq!(search(&policy(), &base).await, (NOTHING, 0));
    let heard = heard.await.unwrap();
    assert_eq!(heard[..2], [22, 3], "the beginning of a TLS handshake");
    assert!(!heard.windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes()));
}
