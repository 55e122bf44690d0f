//! Where keys come from, and how often they are asked for.

use std::time::Duration;

use gaitkeeper::auth::{Auth, Denial};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

/// A client whose keys are at `url`; of the sandbox, because the servers of these tests are on this machine.
fn auth(urls: &[&str], more: &str) -> Auth {
    let settings = format!("dialect = \"sandbox\"\nkey_set_urls = {urls:?}\n");
    Auth::new(&config(&format!("{more}\n{}", named_client("ehr", ISSUER, &settings)), true)).unwrap().unwrap()
}

async fn admit(auth: &Auth, token: &str) -> Result<(), Denial> {
    auth.admit(token, &[SERVICE.to_owned()], NOW).await.map(drop)
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn now_answers(server: &MockServer, answer: ResponseTemplate) {
    server.reset().await;
    Mock::given(any()).respond_with(answer).mount(server).await;
}

fn set(keys: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))
}

async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let key = Signer::p384("k");
    let server = server(set(&[key.jwk()])).await;
    let auth = auth(&[&server.uri()], "");
    // All at once, before there are any keys.
    let calls = (0..20).map(|_| async { admit(&auth, &key.token(&claims())).await });
    for admitted in futures_util::future::join_all(calls).await {
        assert_eq!(admitted, Ok(()));
    }
    assert_eq!(asked(&server).await, 1);
    let request = &server.received_requests().await.unwrap()[0];
    assert!(request.headers.get("authorization").is_none());
}

#[tokio::test]
async fn keys_are_read_at_the_start() {
    let key = Signer::p384("k");
    let server = server(set(&[key.jwk()])).await;
    let auth = auth(&[&format!("{}/one", server.uri()), &format!("{}/two", server.uri())], "");
    auth.get_ready().await;
    auth.get_ready().await;
    assert_eq!(asked(&server).await, 2);
    assert_eq!(admit(&auth, &key.token(&claims())).await, Ok(()));
    assert_eq!(asked(&server).await, 2);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_asks_once() {
    let (key, stranger) = (Signer::p384("k"), Signer::p384("unknown"));
    let server = server(set(&[key.jwk()]).set_delay(Duration::from_millis(50))).await;
    let auth = auth(&[&server.uri()], "");
    for _ in 0..3 {
        let calls = (0..50).map(|_| async { admit(&auth, &stranger.token(&claims())).await });
        for admitted in futures_util::future::join_all(calls).await {
            assert_eq!(admitted, Err(Denial::UnknownKid));
        }
    }
    assert_eq!(admit(&auth, &key.token(&claims())).await, Ok(()));
    assert_eq!(asked(&server).await, 1);
}

#[tokio::test]
async fn a_new_key_is_found_after_the_pause_and_the_old_ones_stay_until_then() {
    let (old, new) = (Signer::p384("old"), Signer::p384("new"));
    let server = server(set(&[old.jwk()])).await;
    let auth = auth(&[&server.uri()], "auth.key_set_pause = \"400 ms\"");
    assert_eq!(admit(&auth, &old.token(&claims())).await, Ok(()));

    // What is not good changes nothing.
    for broken in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(302).insert_header("location", "/elsewhere"),
        ResponseTemplate::new(200).set_body_string("<html>"),
        set(&[]),
        set(&[json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "new", "alg": "HS256" })]),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 300 * 1024]),
    ] {
        now_answers(&server, broken).await;
        tokio::time::sleep(Duration::from_millis(410)).await;
        assert_eq!(admit(&auth, &new.token(&claims())).await, Err(Denial::UnknownKid));
        assert_eq!(asked(&server).await, 1, "no redirect is followed, nothing is tried twice");
        assert_eq!(admit(&auth, &old.token(&claims())).await, Ok(()));
    }
    now_answers(&server, set(&[new.jwk()])).await;
    assert_eq!(admit(&auth, &new.token(&claims())).await, Err(Denial::UnknownKid), "too early");
    tokio::time::sleep(Duration::from_millis(410)).await;
    assert_eq!(admit(&auth, &new.token(&claims())).await, Ok(()));
    // It was taken back.
    assert_eq!(admit(&auth, &old.token(&claims())).await, Err(Denial::UnknownKid));
}

#[tokio::test]
async fn old_keys_are_renewed_beside_the_calls() {
    let (old, new) = (Signer::p384("old"), Signer::p384("new"));
    let server = server(set(&[old.jwk()])).await;
    let auth = auth(&[&server.uri()], "auth.key_set_age = \"50 ms\"\nauth.key_set_pause = \"1 ms\"");
    assert_eq!(admit(&auth, &old.token(&claims())).await, Ok(()));
    now_answers(&server, set(&[new.jwk()])).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(admit(&auth, &old.token(&claims())).await, Ok(()), "once more, while they are renewed");
    tokio::time::timeout(Duration::from_secs(5), async {
        while asked(&server).await == 0 || admit(&auth, &old.token(&claims())).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the key that was taken back is good no more");
}

#[tokio::test]
async fn one_bad_key_does_not_spoil_the_set() {
    let key = Signer::p384("good");
    let bad = [
        json!({ "kty": "EC", "crv": "P-384", "kid": 7, "x": "AA", "y": "AA" }),
        json!({ "kty": "EC", "crv": "P-521", "kid": "p521", "x": "AA", "y": "AA" }),
        json!({ "kty": "EC", "crv": "secp256k1", "kid": "k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "RSA", "kid": "x5c", "n": "AQAB", "e": "AQAB", "x5c": "text" }),
        json!({ "kty": "unheard-of", "kid": "u" }),
        json!({ "kty": "oct", "kid": "good", "k": "c2VjcmV0" }),
        json!("text"),
        json!(null),
        json!([]),
    ];
    for place in [0, bad.len()] {
        let mut keys = bad.to_vec();
        keys.insert(place, key.jwk());
        let server = server(set(&keys)).await;
        assert_eq!(admit(&auth(&[&server.uri()], ""), &key.token(&claims())).await, Ok(()), "{place}");
    }
}

#[tokio::test]
async fn a_jku_is_asked_only_where_it_equals_a_listed_url() {
    let (first, second) = (Signer::p384("k"), Signer::p384("k"));
    let (one, two) = (server(set(&[first.jwk()])).await, server(set(&[second.jwk()])).await);
    let evil = server(set(&[first.jwk()])).await;
    let (one_url, two_url) = (format!("{}/one", one.uri()), format!("{}/two", two.uri()));
    let auth = auth(&[&one_url, &two_url], "");
    let with = |key: &Signer, jku: Option<&str>| {
        let mut header = key.header();
        if let Some(jku) = jku {
            header["jku"] = json!(jku);
        }
        key.sign(&header, &claims())
    };
    assert_eq!(admit(&auth, &with(&first, None)).await, Ok(()));
    assert_eq!(admit(&auth, &with(&first, Some(&one_url))).await, Ok(()));
    assert_eq!(admit(&auth, &with(&second, Some(&two_url))).await, Ok(()));
    assert_eq!(admit(&auth, &with(&second, Some(&one_url))).await, Err(Denial::Signature));
    let port = evil.address().port();
    for jku in [
        evil.uri(),
        format!("{}/one", evil.uri()),
        format!("{one_url}/"),
        format!("{one_url}?x"),
        format!("{one_url}#x"),
        format!("{one_url}/../one"),
        one_url.to_uppercase(),
        format!("http://localhost:{port}/one"),
        format!("http://2130706433:{port}/one"),
        format!("http://0x7f000001:{port}/one"),
        format!("http://0177.0.0.1:{port}/one"),
        format!("http://127.1:{port}/one"),
        format!("http://[::1]:{port}/one"),
        format!("http://[::ffff:127.0.0.1]:{port}/one"),
        format!("{}@127.0.0.1:{port}/one", one.uri()),
        "file:///etc/passwd".to_owned(),
        String::new(),
    ] {
        assert_eq!(admit(&auth, &with(&first, Some(&jku))).await, Err(Denial::Jku), "{jku}");
    }
    assert_eq!((asked(&evil).await, asked(&one).await, asked(&two).await), (0, 1, 1));
}

/// Not even a connection is made, unless the settings say that the address is private.
#[tokio::test]
async fn keys_are_not_fetched_from_private_addresses() {
    let key = Signer::p384("k");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let reached = async |host: &str, private: bool| {
        let urls = format!("key_set_urls = [\"https://{host}:{port}/\"]\nprivate_key_sets = {private}");
        let text = format!("auth.key_set_deadline = \"3 s\"\n{}", named_client("ehr", ISSUER, &urls));
        let auth = Auth::new(&config(&text, false)).unwrap().unwrap();
        let token = key.token(&claims());
        tokio::select! {
            refused = admit(&auth, &token) => {
                assert_eq!(refused, Err(Denial::NoKeys), "{host}");
                false
            }
            accepted = listener.accept() => accepted.is_ok(),
        }
    };
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "0"] {
        assert!(!reached(host, false).await, "{host}");
    }
    assert!(reached("localhost", true).await, "the listener would have been reached");
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes() {
    let (old, new) = (Signer::p384("old"), Signer::p384("new"));
    let file = temporary("json");
    let write = |key: &Signer| fs::write(&file, json!({ "keys": [key.jwk()] }).to_string()).unwrap();
    write(&old);
    let settings = format!("key_set_file = {:?}", file.display().to_string());
    let text = format!("auth.key_set_pause = \"1 ms\"\n{}", named_client("ehr", ISSUER, &settings));
    let auth = Auth::new(&config(&text, false)).unwrap().unwrap();
    assert_eq!(admit(&auth, &old.token(&claims())).await, Ok(()));
    write(&new);
    assert_eq!(admit(&auth, &new.token(&claims())).await, Ok(()));
    fs::write(&file, "{").unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(admit(&auth, &old.token(&claims())).await, Err(Denial::UnknownKid));
    assert_eq!(admit(&auth, &new.token(&claims())).await, Ok(()), "the last good ones stay");
}

#[test]
fn keys_in_the_settings_that_cannot_be_used_are_told_at_the_start() {
    let set = json!({ "keys": [{ "kty": "EC", "crv": "P-521", "kid": "1", "x": "AA", "y": "AA" }] });
    let text = named_client("ehr", ISSUER, &format!("key_set = '{set}'"));
    let error = Auth::new(&config(&text, false)).unwrap_err();
    let error = gaitkeeper::telemetry::chain(&error);
    assert!(error.starts_with("using the keys of the client `ehr`: no key of 1 can be used"), "{error}");
}
