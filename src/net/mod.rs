//! Connections that this service makes: how far they may reach, whoever names the server.

mod address;

pub use address::{Reach, Resolver};

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect;
use url::Url;

const AGENT: &str = concat!("gaitkeeper/", env!("CARGO_PKG_VERSION"));

/// An HTTP client that reaches so far and no further. It follows no redirect, asks no proxy, keeps no cookie and tries
/// nothing twice.
///
/// # Errors
/// Where this machine has no root certificates, so that no server could prove who it is.
pub fn client(
    reach: Reach,
    connect_timeout: Duration,
    headers: HeaderMap,
) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
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
}

/// May this URL be asked, as far as it can be told before its name is resolved? An address in it is never resolved.
#[must_use]
pub fn admits(reach: Reach, url: &Url) -> bool {
    let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    literal.is_none_or(|address| reach.admits(address))
}
