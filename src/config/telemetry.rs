//! Where traces are sent.

use std::path::PathBuf;

use url::{Host, Url};

use super::layers::Layers;

/// Section `telemetry`.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Who receives traces; none: none are made.
    pub otlp: Option<Otlp>,
    /// Of a hundred calls that do not say themselves whether they are traced, how many are.
    pub sampled_percent: u8,
}

/// A receiver of traces.
#[derive(Debug, Clone)]
pub struct Otlp {
    /// Where spans are posted.
    pub traces: Url,
    /// How far its name may reach.
    pub place: Place,
    /// File with headers for each request, such as the one that authenticates.
    pub headers_file: Option<PathBuf>,
}

/// Where a receiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the internet, with TLS.
    Public,
    /// On this machine.
    Loopback,
    /// On a network of the site, which names it in the settings.
    Internal,
}

impl Telemetry {
    pub(super) fn read(layers: &mut Layers) -> Option<Telemetry> {
        let internal: Option<Vec<String>> = layers.read("telemetry.otlp_internal_hosts");
        let internal = internal?;
        let mut found = None;
        let endpoint = layers.read_if("telemetry.otlp_endpoint", |text: &String| {
            if !text.is_empty() {
                found = Some(receiver(text, &internal)?);
            }
            Ok(())
        });
        let headers: Option<String> = layers.read("telemetry.otlp_headers_file");
        let sampled = layers.read_if("telemetry.sampled_percent", |percent: &usize| match percent {
            0..=100 => Ok(()),
            _ => Err("expects a number from 0 to 100".to_owned()),
        });
        endpoint?;
        let headers_file = headers.map(|path| (!path.is_empty()).then(|| PathBuf::from(path)))?;
        Some(Telemetry {
            otlp: found.map(|(traces, place)| Otlp { traces, place, headers_file }),
            sampled_percent: u8::try_from(sampled?).ok()?,
        })
    }
}

/// The URL below a base where traces go, and where its server stands.
fn receiver(base: &str, internal: &[String]) -> Result<(Url, Place), String> {
    // The text is not repeated: it may hold a password.
    let url =
        Url::parse(base).map_err(|_| "expects a URL such as `https://otlp.example.org:4318`".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user or a password; headers belong into `telemetry.otlp_headers_file`".to_owned()
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expects a base URL without a query".to_owned());
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err("expects a URL with a host".to_owned()),
    };
    let listed = url.host_str().is_some_and(|host| {
        internal.iter().any(|listed| listed.trim_matches(['[', ']']) == host.trim_matches(['[', ']']))
    });
    let place = match (url.scheme(), loopback, listed) {
        ("http" | "https", true, _) => Place::Loopback,
        ("http" | "https", _, true) => Place::Internal,
        ("https", ..) => Place::Public,
        _ => {
            return Err("expects `https`; `http` only on the loopback or to a host of \
                        `telemetry.otlp_internal_hosts`"
                .to_owned());
        }
    };
    let traces = format!("{}/v1/traces", url.as_str().trim_end_matches('/'));
    Ok((Url::parse(&traces).map_err(|_| "expects a base URL".to_owned())?, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_go_with_tls_or_to_where_the_site_says() {
        let internal = ["collector.observability".to_owned(), "10.0.0.7".to_owned(), "fd12::1".to_owned()];
        for (base, expected) in [
            ("https://otlp.example.org", Some(("https://otlp.example.org/v1/traces", Place::Public))),
            ("https://otlp.example.org/a/", Some(("https://otlp.example.org/a/v1/traces", Place::Public))),
            ("http://127.0.0.1:4318", Some(("http://127.0.0.1:4318/v1/traces", Place::Loopback))),
            ("http://localhost:4318/", Some(("http://localhost:4318/v1/traces", Place::Loopback))),
            ("http://[::1]:4318", Some(("http://[::1]:4318/v1/traces", Place::Loopback))),
            (
                "http://collector.observability:4318",
                Some(("http://collector.observability:4318/v1/traces", Place::Internal)),
            ),
            ("http://10.0.0.7:4318", Some(("http://10.0.0.7:4318/v1/traces", Place::Internal))),
            ("https://[fd12::1]", Some(("https://[fd12::1]/v1/traces", Place::Internal))),
            ("http://otlp.example.org", None),
            ("http://10.0.0.8:4318", None),
            ("http://localhost.evil.example", None),
            ("https://user:geheim@otlp.example.org", None),
            ("https://otlp.example.org?key=geheim", None),
            ("grpc://localhost:4317", None),
            ("otlp.example.org:4318", None),
        ] {
            let found = receiver(base, &internal);
            assert_eq!(
                found.clone().ok(),
                expected.map(|(url, place)| (Url::parse(url).unwrap(), place)),
                "{base}"
            );
            assert!(!found.is_err_and(|told| told.contains("geheim")), "{base}");
        }
    }
}
