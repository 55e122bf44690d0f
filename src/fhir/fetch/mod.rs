//! Fetching what the client did not prefetch, with the token that came with the call.
//!
//! One wave: everything is asked for at once, under one deadline; then, while there is time left, the Medications that
//! what came refers to. Nothing here is an error: what does not come is a
//! gap. The token is sent to the client's FHIR server only, below the base that was given, and is neither kept nor
//! logged; the same holds for URLs, which name the patient.

mod medication;
mod merge;
mod policy;
mod request;
mod wanted;

use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};

use tokio::time::Instant;
use url::Url;

use self::policy::Base;
use self::request::{Outcome, Wave};
use super::{Answer, Ask, Need, supply_of};
use crate::chart::Lack;
use crate::net::{self, Reach};
use crate::telemetry;
use crate::telemetry::correlation::Correlation;
use crate::telemetry::traces::Step;

pub use policy::{AllowedBase, FetchPolicy, Refusal};
pub use wanted::Wanted;

/// Servers answer XML to those who do not say what they read.
const ACCEPTED: &str = "application/fhir+json, application/json;q=0.9";

/// The token of one call. It has no `Debug` and no `Display`.
#[derive(Clone, Copy)]
pub struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    /// The `access_token` of a call.
    #[must_use]
    pub fn new(access_token: &'a str) -> Token<'a> {
        Token(access_token)
    }

    fn header(self) -> Option<HeaderValue> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", self.0.trim())).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// All that came.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What came for each need that was asked for.
    pub answers: Vec<Fetched>,
    /// Medications that were read one by one, as they came.
    pub medications: Vec<Bytes>,
}

impl Gathered {
    /// Did nothing come, and was nothing asked for?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.medications.is_empty()
    }
}

/// What came for one need.
#[derive(Debug)]
pub struct Fetched {
    /// The place of the need.
    pub need: usize,
    /// The pages, as they came.
    pub bodies: Vec<Bytes>,
    /// Why there may be more than these pages.
    pub lack: Option<Lack>,
    outcomes: Vec<Outcome>,
}

/// Asks FHIR servers. One for the whole process, so that connections are used again.
#[derive(Debug)]
pub struct Fetcher {
    public: reqwest::Client,
    sandbox: reqwest::Client,
    private: reqwest::Client,
}

impl Fetcher {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// Where this machine has no root certificates, so that no server could prove who it is.
    pub fn new(connect_timeout: std::time::Duration) -> Result<Fetcher, net::ClientError> {
        let client = |reach| {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(ACCEPTED))]);
            net::client(reach, connect_timeout, headers)
        };
        Ok(Fetcher {
            public: client(Reach::Public)?,
            sandbox: client(Reach::Sandbox)?,
            private: client(Reach::Private)?,
        })
    }

    /// Fetches what is wanted, all at once. Empty where the policy does not let the server be asked.
    pub async fn fetch(
        &self,
        policy: &FetchPolicy,
        server: &str,
        token: Token<'_>,
        wanted: &Wanted<'_, '_>,
    ) -> Gathered {
        let asks = wanted.asks();
        if asks.is_empty() && wanted.medications(wanted.acquired, server).is_empty() {
            return Gathered::default();
        }
        let base = match policy.admit(server) {
            Ok(base) => base,
            Err(refusal) => {
                tracing::warn!(target: telemetry::FETCH, error = %refusal, "not fetched");
                return Gathered::default();
            }
        };
        let Some(authorization) = token.header() else {
            tracing::warn!(target: telemetry::FETCH, error = "the token cannot be sent in a header", "not fetched");
            return Gathered::default();
        };
        let start = Instant::now();
        let step = Step::begin("fetch");
        let wave = Wave { authorization, deadline: start + policy.deadline, patience: policy.deadline, step };
        let http = match base.reach {
            Reach::Public => &self.public,
            Reach::Sandbox => &self.sandbox,
            Reach::Private => &self.private,
        };
        let chains = asks.iter().filter_map(|ask| {
            let need = wanted.needs.get(ask.need)?;
            Some(chain(http, policy, &base, &wave, need, ask, wanted))
        });
        let mut gathered = Gathered { answers: join_all(chains).await, medications: Vec::new() };
        let there = wanted.acquired.clone().with(wanted.needs, &gathered);
        let ids = wanted.medications(&there, server);
        let (medications, outcomes) = medication::read(http, policy, &base, &wave, &ids).await;
        gathered.medications = medications;
        log(wanted.needs, &gathered, &outcomes, start);
        gathered
    }
}

/// Reads page after page, until there is no more or something stops it.
async fn chain(
    http: &reqwest::Client,
    policy: &FetchPolicy,
    base: &Base,
    wave: &Wave,
    need: &Need,
    ask: &Ask<'_>,
    wanted: &Wanted<'_, '_>,
) -> Fetched {
    let mut fetched = Fetched { need: ask.need, bodies: Vec::new(), lack: None, outcomes: Vec::new() };
    let Some(first) = expand(&need.template, wanted.subject.patient_id).and_then(|query| base.query(&query))
    else {
        fetched.outcomes.push(Outcome::NoUrl);
        fetched.lack = Some(Lack::FetchFailed);
        return fetched;
    };
    let mut seen: Vec<Url> = Vec::new();
    let mut entries = 0;
    let mut room = policy.most_bytes;
    let mut at = match ask.next {
        None => Some(first),
        Some(next) => {
            seen.push(first);
            seen.first().and_then(|first| base.next_page(first, next))
        }
    };
    loop {
        // No page beyond the limits, of another server or tenant, or for the second time.
        let Some(url) = at.filter(|url| !seen.contains(url)) else {
            fetched.lack = Some(Lack::MorePages);
            return fetched;
        };
        if fetched.bodies.len() >= policy.most_pages || entries >= policy.most_entries {
            fetched.lack = Some(Lack::MorePages);
            return fetched;
        }
        let body = match request::page(http, wave, &url, room, &mut fetched.outcomes).await {
            Ok(body) => body,
            Err(outcome) => {
                let is_search =
                    fetched.bodies.is_empty() && ask.next.is_none() && need.template.contains('?');
                fetched.lack = Some(match outcome {
                    Outcome::TooLarge => Lack::TooLarge,
                    // By FHIR, what a server answers to a search for a type that it does not have.
                    Outcome::Status(404 | 405 | 501) if is_search => Lack::NotSupported,
                    _ => Lack::FetchFailed,
                });
                return fetched;
            }
        };
        room -= body.len().min(room);
        let Some((count, next)) = outline(need, &body) else {
            fetched.outcomes.push(Outcome::NotJson);
            fetched.lack = Some(Lack::FetchFailed);
            return fetched;
        };
        entries += count;
        fetched.bodies.push(body);
        match next {
            None => return fetched,
            Some(_) if wanted.is_enough(ask, &fetched.bodies) => {
                fetched.lack = Some(Lack::MorePages);
                return fetched;
            }
            Some(next) => {
                at = Some(next).filter(|next| !next.is_empty()).and_then(|next| base.next_page(&url, &next))
            }
        }
        seen.push(url);
    }
}

/// The number of resources on a page, and where the next one is; `None` where the page is no JSON object.
fn outline(need: &Need, body: &[u8]) -> Option<(usize, Option<String>)> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    let supply = answer.is_object().then(|| supply_of(need.gives.resource_type(), answer))?;
    Some((supply.resources.len(), supply.next))
}

/// Puts the patient into a template; `None` where something is left to put in, or the id would be read as a path.
fn expand(template: &str, patient_id: &str) -> Option<String> {
    let query = template.replace("{{context.patientId}}", &encoded(patient_id)?);
    (!query.contains("{{")).then_some(query)
}

/// An id as one segment of a path; `None` where it would be read as more.
fn encoded(id: &str) -> Option<String> {
    if matches!(id, "" | "." | "..") {
        return None;
    }
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                segment.push(char::from(byte));
            }
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(segment)
}

/// One line per wave. Prefetch keys are our own words; URLs are not logged.
fn log(needs: &[Need], gathered: &Gathered, medications: &[Outcome], start: Instant) {
    let fetched = &gathered.answers;
    let each = fetched.iter().filter_map(|fetched| {
        let mut line = needs.get(fetched.need)?.key.clone();
        for outcome in &fetched.outcomes {
            line.push(' ');
            line.push_str(&outcome.to_string());
        }
        Some(line)
    });
    let alone = medications.iter().map(|outcome| format!("Medication {outcome}"));
    let answers = each.chain(alone).collect::<Vec<_>>().join(", ");
    let pages = fetched.iter().flat_map(|fetched| &fetched.bodies).chain(&gathered.medications);
    tracing::info!(
        target: telemetry::FETCH,
        keys = fetched.len(),
        incomplete = fetched.iter().filter(|fetched| fetched.lack.is_some()).count(),
        pages = pages.clone().count(),
        bytes_fetched = pages.map(Bytes::len).sum::<usize>(),
        duration_ms = start.elapsed().as_secs_f64() * 1e3,
        answers,
        hook_instance = Correlation::current().hook_instance(),
        trace_id = Correlation::current().trace_id(),
        "fetched"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_with_an_id_that_stays_one() {
        const SEARCH: &str = "Condition?patient={{context.patientId}}";
        for (template, id, expected) in [
            (SEARCH, "a.B-c_1", Some("Condition?patient=a.B-c_1")),
            (SEARCH, "1&code=2", Some("Condition?patient=1%26code%3D2")),
            ("Patient/{{context.patientId}}", "../../admin", Some("Patient/..%2F..%2Fadmin")),
            ("Patient/{{context.patientId}}", "..", None),
            ("Patient/{{context.patientId}}", "", None),
            ("Encounter/{{context.encounterId}}", "1", None),
        ] {
            assert_eq!(expand(template, id).as_deref(), expected, "{template} {id}");
        }
    }

    #[test]
    fn a_token_that_is_no_header_is_not_sent() {
        assert!(Token::new("ey.J-9_").header().unwrap().is_sensitive());
        assert!(Token::new("a\r\nhost: evil").header().is_none());
    }
}
