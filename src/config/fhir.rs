//! Which FHIR servers may be asked, and how much of them is read.

use std::time::Duration;

use url::Url;

use super::layers::Layers;
use super::limits::{Limits, positive};
use super::value::Size;

/// Section `fhir`.
#[derive(Debug, Clone)]
pub struct Fhir {
    /// Base URLs that may be asked where their addresses are public.
    pub bases: Vec<Url>,
    /// Base URLs that may be asked whatever their addresses are.
    pub private_bases: Vec<Url>,
    /// All that one call fetches, from its first request to its last answer.
    pub deadline: Duration,
    /// Until a connection is made.
    pub connect_timeout: Duration,
    /// Pages that are read for one prefetch key.
    pub most_pages: usize,
    /// Once so many resources came for one prefetch key, no further page is asked for.
    pub most_entries: usize,
    /// Bytes that are read for one prefetch key.
    pub most_bytes: usize,
}

impl Fhir {
    pub(super) fn read(layers: &mut Layers, sandbox: bool) -> Option<Fhir> {
        let bases = base_list(layers, "fhir.bases", sandbox);
        let private_bases = base_list(layers, "fhir.private_bases", sandbox);
        let mut time = |key| layers.read_if(key, |time: &Duration| positive(!time.is_zero()));
        let (deadline, connect_timeout) = (time("fhir.deadline"), time("fhir.connect_timeout"));
        let mut most = |key| layers.read_if(key, |most: &usize| positive(*most > 0));
        let (most_pages, most_entries) = (most("fhir.most_pages"), most("fhir.most_entries"));
        let most_bytes = layers.read_if("fhir.most_bytes", |size: &Size| positive(size.0 > 0));
        Some(Fhir {
            bases: bases?,
            private_bases: private_bases?,
            deadline: deadline?,
            connect_timeout: connect_timeout?,
            most_pages: most_pages?,
            most_entries: most_entries?,
            most_bytes: most_bytes?.0,
        })
    }

    /// A call must have time left for its cards after it waited for a FHIR server.
    pub(super) fn check(&self, layers: &mut Layers, limits: &Limits) {
        if self.deadline >= limits.request_deadline {
            layers.problem_with("fhir.deadline", "must be shorter than `limits.request_deadline`");
        }
        for (key, bases) in [("fhir.bases", &self.bases), ("fhir.private_bases", &self.private_bases)] {
            if !bases.is_empty() && !layers.clients().is_empty() {
                layers.problem_with(
                    key,
                    "is not used where there are `[[clients]]`; each has lists of its own",
                );
            }
        }
    }
}

pub(super) fn base_list(layers: &mut Layers, key: &str, sandbox: bool) -> Option<Vec<Url>> {
    let mut bases = Vec::new();
    layers.read_if(key, |texts: &Vec<String>| {
        for text in texts {
            bases.push(base(text, sandbox)?);
        }
        Ok(())
    })?;
    Some(bases)
}

/// The base URL of a FHIR server. Over plain HTTP everybody on the way reads the chart and the token, so that it is
/// left to the sandbox.
fn base(text: &str, sandbox: bool) -> Result<Url, String> {
    let Ok(url) = Url::parse(text.trim()) else {
        return Err(format!("expects base URLs such as `https://ehr.example.org/fhir/r4`, not `{text}`"));
    };
    // The text is not repeated: it may hold a password.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a URL with a user or a password".to_owned());
    }
    if url.scheme() != "https" && !(sandbox && url.scheme() == "http") {
        return Err(format!("expects `https` URLs, not `{text}`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("expects base URLs without a query, not `{text}`"));
    }
    Ok(url)
}
