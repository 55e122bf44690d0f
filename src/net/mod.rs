//! Connections that this service makes: how far they may reach, whoever names the server.

mod address;
#[cfg(test)]
pub(crate) mod line;

pub use address::{Reach, Resolver};

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{self, ClientConfig};
use url::Url;

const AGENT: &str = concat!("gaitkeeper/", env!("CARGO_PKG_VERSION"));

/// Why no connections can be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No server could prove who it is.
    #[error("reading the root certificates of this machine")]
    Roots(#[source] rustls::Error),
    /// The headers, or what TLS is done with, cannot be used.
    #[error("preparing an HTTP client")]
    Client(#[source] reqwest::Error),
}

/// An HTTP client that reaches so far and no further. It follows no redirect, asks no proxy, keeps no cookie and tries
/// nothing twice.
///
/// # Errors
/// Where this machine has no root certificates, so that no server could prove who it is.
pub fn client(
    reach: Reach,
    connect_timeout: Duration,
    headers: HeaderMap,
) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls().map_err(ClientError::Roots)?)
        .user_agent(AGENT)
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .connect_timeout(connect_timeout)
        .dns_resolver(Resolver(reach))
        .build()
        .map_err(ClientError::Client)
}

/// TLS as every client does it. The root certificates are read once: each client with its own copy would take longer to
/// make, and hold more, than all else of it.
fn tls() -> Result<ClientConfig, rustls::Error> {
    static SHARED: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(shared) = SHARED.get() {
        return Ok(shared.clone());
    }
    let mut made = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    made.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(SHARED.get_or_init(|| made).clone())
}

/// May this URL be asked, as far as it can be told before its name is resolved? An address in it is never resolved.
#[must_use]
pub fn admits(reach: Reach, url: &Url) -> bool {
    let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    literal.is_none_or(|address| reach.admits(address))
}
