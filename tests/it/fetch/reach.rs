//! No server that a call names makes us connect to where we should not: `fhirServer`, the next page, a redirect.
//! What counts is the connection, not the answer. `jku` is tested where keys are fetched.

use gaitkeeper::fhir::fetch::AllowedBase;
use tokio::net::TcpListener;

use super::*;

/// This machine, in every form in which its address can be written.
const FORMS: [&str; 13] = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "127.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",
];

struct Listener(TcpListener);

impl Listener {
    async fn new() -> Listener {
        Listener(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Does anybody connect while this is done?
    async fn reached_by(&self, done: impl Future<Output = ()>) -> bool {
        tokio::select! {
            accepted = self.0.accept() => accepted.is_ok(),
            () = done => false,
        }
    }
}

/// A site that lists this base, and is no sandbox.
fn listing(url: &str, allow_private: bool) -> FetchPolicy {
    let allowed_bases = vec![AllowedBase { url: url::Url::parse(url).unwrap(), allow_private }];
    FetchPolicy { allowed_bases, sandbox: false, ..policy() }
}

async fn fetch(policy: &FetchPolicy, server: &str) {
    search(policy, server).await;
}

#[tokio::test]
async fn a_fhir_server_with_a_private_address_is_not_connected_to_in_any_form() {
    let listener = Listener::new().await;
    for form in FORMS {
        let server = format!("https://{form}:{}/r4", listener.port());
        // Somebody listed it, and did not say that it is private.
        assert!(!listener.reached_by(fetch(&listing(&server, false), &server)).await, "{form}");
        // Nobody listed it.
        let other = listing("https://ehr.example/r4", false);
        assert!(!listener.reached_by(fetch(&other, &server)).await, "{form}");
    }
    let private = format!("https://localhost:{}/r4", listener.port());
    assert!(
        listener.reached_by(fetch(&listing(&private, true), &private)).await,
        "it would have been reached"
    );
}

#[tokio::test]
async fn a_next_page_is_not_connected_to_elsewhere_in_any_form() {
    let listener = Listener::new().await;
    for form in FORMS {
        let next = format!("http://{form}:{}/r4?page=2", listener.port());
        let server = fhir_server(ok(&page(&["1".to_owned()], Some(&next)))).await;
        let (policy, base) = (policy(), base(&server));
        assert!(!listener.reached_by(fetch(&policy, &base)).await, "{form}");
        assert_eq!(requests(&server).await.len(), 1, "{form}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_connected_to_in_any_form() {
    let listener = Listener::new().await;
    for (form, status) in FORMS.into_iter().zip([301, 302, 303, 307, 308].into_iter().cycle()) {
        let location = format!("http://{form}:{}/r4", listener.port());
        let server = fhir_server(ResponseTemplate::new(status).insert_header("location", location)).await;
        let (policy, base) = (policy(), base(&server));
        assert!(!listener.reached_by(fetch(&policy, &base)).await, "{form} {status}");
        assert_eq!(requests(&server).await.len(), 1, "{form} {status}");
    }
}
