//! Where a client's token may be sent, and how much is read there.

use std::time::Duration;

use url::Url;

use crate::config;
use crate::net::{self, Reach};

/// What may be fetched for a client. `fhirServer` comes with the call, so that it is believed only where it is listed.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    /// The FHIR servers that may be asked.
    pub allowed_bases: Vec<AllowedBase>,
    /// In the sandbox no list is needed, and plain HTTP and this machine are allowed.
    pub sandbox: bool,
    /// All that one call fetches, from its first request to its last answer.
    pub deadline: Duration,
    /// Pages that are read for one need.
    pub most_pages: usize,
    /// Once so many resources came for one need, no further page is asked for.
    pub most_entries: usize,
    /// Bytes that are read for one need.
    pub most_bytes: usize,
}

/// A base URL that may be asked, and every base below it.
#[derive(Debug, Clone)]
pub struct AllowedBase {
    /// The base URL.
    pub url: Url,
    /// May its name resolve to an address that is not public?
    pub allow_private: bool,
}

/// Why a FHIR server is not asked. The text is for operators and names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text is not a URL with a host.
    #[error("`fhirServer` is not a URL")]
    NotAUrl,
    /// Neither `https` nor, in the sandbox, `http`.
    #[error("`fhirServer` is not an `https` URL")]
    Scheme,
    /// It holds a user or a password.
    #[error("`fhirServer` holds a user or a password")]
    User,
    /// It holds a query, a fragment, or a path that may be read in two ways.
    #[error("`fhirServer` is not a base URL")]
    NotABase,
    /// It is not on the list.
    #[error(
        "`fhirServer` is not among the FHIR servers that may be asked (`fhir.bases`, or `fhir_bases` of the client)"
    )]
    NotListed,
    /// It is an address that is not public.
    #[error(
        "`fhirServer` is a private address (`fhir.private_bases`, or `fhir_private_bases` of the client)"
    )]
    Private,
}

impl FetchPolicy {
    /// The policy of the settings, for calls of nobody in particular.
    #[must_use]
    pub fn of(fhir: &config::Fhir, sandbox: bool) -> FetchPolicy {
        FetchPolicy::new(fhir, sandbox, (&fhir.bases, &fhir.private_bases), fhir.deadline)
    }

    /// The policy of the settings for one client.
    #[must_use]
    pub fn of_client(fhir: &config::Fhir, sandbox: bool, client: &config::Client) -> FetchPolicy {
        let deadline = client.fhir_deadline.unwrap_or(fhir.deadline);
        FetchPolicy::new(fhir, sandbox, (&client.fhir_bases, &client.fhir_private_bases), deadline)
    }

    fn new(
        fhir: &config::Fhir,
        sandbox: bool,
        (bases, private_bases): (&[Url], &[Url]),
        deadline: Duration,
    ) -> FetchPolicy {
        let listed = |bases: &[Url], allow_private| -> Vec<AllowedBase> {
            bases.iter().map(|url| AllowedBase { url: url.clone(), allow_private }).collect()
        };
        FetchPolicy {
            allowed_bases: [listed(private_bases, true), listed(bases, false)].concat(),
            sandbox,
            deadline,
            most_pages: fhir.most_pages,
            most_entries: fhir.most_entries,
            most_bytes: fhir.most_bytes,
        }
    }

    /// Takes the `fhirServer` of a call for a server that may be asked.
    pub(super) fn admit(&self, server: &str) -> Result<Base, Refusal> {
        let url = Url::parse(server.trim()).map_err(|_| Refusal::NotAUrl)?;
        if url.host().is_none() {
            return Err(Refusal::NotAUrl);
        }
        if url.scheme() != "https" && !(self.sandbox && url.scheme() == "http") {
            return Err(Refusal::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::User);
        }
        if url.query().is_some() || url.fragment().is_some() || is_ambiguous(url.path()) {
            return Err(Refusal::NotABase);
        }
        let listed: Vec<&AllowedBase> =
            self.allowed_bases.iter().filter(|base| is_within(&base.url, &url)).collect();
        let reach = match listed.as_slice() {
            listed if listed.iter().any(|base| base.allow_private) => Reach::Private,
            _ if self.sandbox => Reach::Sandbox,
            [] => return Err(Refusal::NotListed),
            _ => Reach::Public,
        };
        if !net::admits(reach, &url) {
            return Err(Refusal::Private);
        }
        Ok(Base { url, reach })
    }
}

/// A FHIR server that may be asked.
#[derive(Debug)]
pub(super) struct Base {
    url: Url,
    /// How far its name may reach.
    pub(super) reach: Reach,
}

impl Base {
    /// The URL of a read or search on this server; `None` where it would leave the base.
    pub(super) fn query(&self, read_or_search: &str) -> Option<Url> {
        let base = self.url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{read_or_search}")).ok().filter(|url| self.holds(url))
    }

    /// The next page of `page`. It must be on the same server *and* below the same base: another path of the host may
    /// be another tenant, for whom the token is not meant.
    pub(super) fn next_page(&self, page: &Url, next: &str) -> Option<Url> {
        page.join(next).ok().filter(|url| self.holds(url))
    }

    fn holds(&self, url: &Url) -> bool {
        is_within(&self.url, url)
            && url.username().is_empty()
            && url.password().is_none()
            && !is_ambiguous(url.path())
    }
}

/// Is `url` the base or below it, on a boundary between segments?
fn is_within(base: &Url, url: &Url) -> bool {
    let below = url.path().strip_prefix(base.path().trim_end_matches('/'));
    base.origin() == url.origin() && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// May a server or proxy read this path as another one? `Url` has resolved `..` already; what is left are slashes,
/// percent signs and dots that are decoded later, and `..;`, which some servers take for `..`.
fn is_ambiguous(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.contains("//")
        || ["%2f", "%5c", "%25", "%2e"].iter().any(|hidden| path.contains(hidden))
        || path.split('/').any(|segment| segment.starts_with(".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(sandbox: bool) -> FetchPolicy {
        let base = |url: &str, allow_private| AllowedBase { url: Url::parse(url).unwrap(), allow_private };
        FetchPolicy {
            allowed_bases: vec![
                base("https://ehr.example/fhir/r4/", false),
                base("https://intern.example:8443", true),
                base("https://10.0.0.7/r4", true),
                base("https://10.0.0.8/r4", false),
            ],
            sandbox,
            deadline: Duration::from_secs(1),
            most_pages: 1,
            most_entries: 1,
            most_bytes: 1,
        }
    }

    #[test]
    fn only_listed_servers_are_asked() {
        for (server, expected) in [
            ("https://ehr.example/fhir/r4", Ok(Reach::Public)),
            (" https://EHR.example:443/fhir/r4/ ", Ok(Reach::Public)),
            ("https://ehr.example/fhir/r4/tenant-1", Ok(Reach::Public)),
            ("https://ehr.example/fhir/other/../r4", Ok(Reach::Public)),
            ("https://intern.example:8443", Ok(Reach::Private)),
            ("https://intern.example:8443/any", Ok(Reach::Private)),
            ("https://10.0.0.7/r4", Ok(Reach::Private)),
            ("https://0x0a000007/r4", Ok(Reach::Private)),
            ("https://10.0.0.8/r4", Err(Refusal::Private)),
            ("https://ehr.example/fhir/r4b", Err(Refusal::NotListed)),
            ("https://ehr.example/fhir", Err(Refusal::NotListed)),
            ("https://ehr.example/fhir/r4/../r5", Err(Refusal::NotListed)),
            ("https://ehr.example/fhir/r4/%2e%2e/r5", Err(Refusal::NotListed)),
            ("https://ehr.example/FHIR/r4", Err(Refusal::NotListed)),
            ("https://ehr.example:8443/fhir/r4", Err(Refusal::NotListed)),
            ("https://ehr.example./fhir/r4", Err(Refusal::NotListed)),
            ("https://ehr.example.evil.example/fhir/r4", Err(Refusal::NotListed)),
            ("https://evil.example/https://ehr.example/fhir/r4", Err(Refusal::NotABase)),
            ("https://intern.example/any", Err(Refusal::NotListed)),
            ("https://127.0.0.1/r4", Err(Refusal::NotListed)),
            ("https://ehr.example/fhir/r4/..%2fr5", Err(Refusal::NotABase)),
            ("https://ehr.example/fhir/r4/%252e%252e/r5", Err(Refusal::NotABase)),
            ("https://ehr.example/fhir/r4/..;/r5", Err(Refusal::NotABase)),
            ("https://ehr.example/fhir/r4//", Err(Refusal::NotABase)),
            ("https://ehr.example/fhir/r4?tenant=2", Err(Refusal::NotABase)),
            ("https://ehr.example/fhir/r4#x", Err(Refusal::NotABase)),
            ("https://user@ehr.example/fhir/r4", Err(Refusal::User)),
            ("https://ehr.example@evil.example/fhir/r4", Err(Refusal::User)),
            ("http://ehr.example/fhir/r4", Err(Refusal::Scheme)),
            ("file:///etc/passwd", Err(Refusal::NotAUrl)),
            ("ftp://ehr.example/fhir/r4", Err(Refusal::Scheme)),
            ("ehr.example/fhir/r4", Err(Refusal::NotAUrl)),
            ("", Err(Refusal::NotAUrl)),
        ] {
            assert_eq!(policy(false).admit(server).map(|base| base.reach), expected, "{server}");
        }
    }

    #[test]
    fn the_sandbox_needs_no_list_and_keeps_out_of_private_networks() {
        for (server, expected) in [
            ("http://localhost:8080/fhir", Ok(Reach::Sandbox)),
            ("http://127.0.0.1:8080/fhir", Ok(Reach::Sandbox)),
            ("http://[::1]:8080/fhir", Ok(Reach::Sandbox)),
            ("http://hapi.fhir.org/baseR4", Ok(Reach::Sandbox)),
            ("https://ehr.example/fhir/r4", Ok(Reach::Sandbox)),
            ("https://10.0.0.7/r4", Ok(Reach::Private)),
            ("http://10.0.0.1/fhir", Err(Refusal::Private)),
            ("http://169.254.169.254/latest", Err(Refusal::Private)),
            ("http://[::ffff:127.0.0.1]/fhir", Err(Refusal::Private)),
            ("http://0.0.0.0:8080/fhir", Err(Refusal::Private)),
            ("http://0/fhir", Err(Refusal::Private)),
            ("http://user@localhost/fhir", Err(Refusal::User)),
            ("gopher://localhost/fhir", Err(Refusal::Scheme)),
        ] {
            assert_eq!(policy(true).admit(server).map(|base| base.reach), expected, "{server}");
        }
    }

    #[test]
    fn pages_stay_below_the_base() {
        let base = policy(false).admit("https://ehr.example/fhir/r4").unwrap();
        let page = base.query("Condition?patient=1").unwrap();
        assert_eq!(page.as_str(), "https://ehr.example/fhir/r4/Condition?patient=1");
        for (next, expected) in [
            ("https://ehr.example/fhir/r4?_getpages=7", Some("https://ehr.example/fhir/r4?_getpages=7")),
            (
                "https://ehr.example:443/fhir/r4/Condition?p=2",
                Some("https://ehr.example/fhir/r4/Condition?p=2"),
            ),
            ("?p=2", Some("https://ehr.example/fhir/r4/Condition?p=2")),
            ("Condition?p=2", Some("https://ehr.example/fhir/r4/Condition?p=2")),
            ("/fhir/r4/Condition?p=2", Some("https://ehr.example/fhir/r4/Condition?p=2")),
            ("//ehr.example/fhir/r4/Condition?p=2", Some("https://ehr.example/fhir/r4/Condition?p=2")),
            ("/fhir/other/Condition?p=2", None),
            ("../r5/Condition?p=2", None),
            ("/fhir/r4evil?p=2", None),
            ("https://evil.example/fhir/r4?p=2", None),
            ("//evil.example/fhir/r4", None),
            ("http://ehr.example/fhir/r4?p=2", None),
            ("https://ehr.example:8443/fhir/r4?p=2", None),
            ("https://u:p@ehr.example/fhir/r4?p=2", None),
            ("/fhir/r4/..%2fother?p=2", None),
            ("javascript:alert(1)", None),
        ] {
            let found = base.next_page(&page, next).map(|url| url.to_string());
            assert_eq!(found.as_deref(), expected, "{next}");
        }
    }
}
