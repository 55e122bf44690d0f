//! What the client sent for each need, told apart: there, empty, partly there, failed, absent.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{Answer, Answered, Entry, readable};
use super::json::{Field, Str, read, read_object};
use super::{KeyNames, Need, Resource};
use crate::chart::{Coverage, Lack};
use crate::wire::{List, Object, Text};

/// One supply per need, in the order of the needs, borrowed from the body.
#[derive(Debug, Clone, Default)]
pub struct Acquired<'a> {
    /// What came for each need.
    pub supplies: Vec<Supply<'a>>,
    /// Medications that were read one by one, because something that came refers to them.
    pub medications: Vec<Resource<'a>>,
}

/// What came for one need.
#[derive(Debug, Clone)]
pub struct Supply<'a> {
    /// How much of it there is.
    pub coverage: Coverage,
    /// The resources: those of the Bundle's entries, or the one that was read.
    ///
    /// Of the expected type, or a Medication that such a resource may refer to, or of no type that can be told.
    pub resources: Vec<Resource<'a>>,
    /// `fullUrl` of each resource, where the Bundle gives one.
    pub full_urls: Vec<Option<Cow<'a, str>>>,
    /// How many there are, as far as the server says.
    pub total: Option<u64>,
    /// Where the next page is; empty where there is one, but its address cannot be read.
    pub next: Option<String>,
}

/// What may be fetched for one need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'s> {
    /// The place of the need.
    pub need: usize,
    /// Where the page after that of the client is; `None`: the whole.
    pub next: Option<&'s str>,
}

impl Acquired<'_> {
    /// How much there is of each need.
    #[must_use]
    pub fn coverages(&self) -> Vec<Coverage> {
        self.supplies.iter().map(|supply| supply.coverage).collect()
    }

    /// What may be fetched: keys that the client did not send or sent nothing usable under, and the pages after its
    /// own. What the client tried and could not read is tried again only where the service cannot do without.
    #[must_use]
    pub fn asks(&self, needs: &[Need]) -> Vec<Ask<'_>> {
        let supplies = self.supplies.iter().zip(needs).enumerate();
        let asks = supplies.filter_map(|(position, (supply, need))| match (supply.coverage, &supply.next) {
            (Coverage::Unavailable(Lack::NotSent | Lack::WrongShape), _) => {
                Some(Ask { need: position, next: None })
            }
            (Coverage::Unavailable(_), _) if need.required => Some(Ask { need: position, next: None }),
            (Coverage::Partial(_), Some(next)) if !next.is_empty() => {
                Some(Ask { need: position, next: Some(next) })
            }
            _ => None,
        });
        asks.collect()
    }
}

impl<'a> Supply<'a> {
    /// Nothing that can be used.
    #[must_use]
    pub fn lacking(coverage: Coverage) -> Supply<'a> {
        Supply { coverage, resources: Vec::new(), full_urls: Vec::new(), total: None, next: None }
    }

    /// Resources with their `fullUrl`.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Option<&str>, &Resource<'a>)> {
        let urls = self.full_urls.iter().map(Option::as_deref).chain(std::iter::repeat(None));
        urls.zip(&self.resources)
    }
}

/// Matches what the client prefetched to the needs of a service: by their own keys, else by the client's names for
/// them. Keys that no need has are ignored, and what was sent under one key is given to one need.
#[must_use]
pub fn from_prefetch<'a>(
    needs: &[Need],
    mut prefetch: Vec<(Text<'a>, Answer<'a>)>,
    names: &KeyNames,
) -> Acquired<'a> {
    let supplies = needs.iter().map(|need| match names.find(&need.key, &prefetch) {
        Some(place) => supply_of(need.gives.resource_type(), prefetch.remove(place).1),
        None => Supply::lacking(Coverage::Unavailable(Lack::NotSent)),
    });
    Acquired { supplies: supplies.collect(), medications: Vec::new() }
}

/// The decision table for one answer, prefetched or fetched.
///
/// | what | is |
/// |---|---|
/// | `null`, an empty Bundle, only outcomes that are no errors | complete, and nothing there |
/// | an OperationOutcome, or only outcomes with an error | the client failed; `not-supported` is not offered |
/// | resources and a `next` link, or a `total` above their number | the first page |
/// | an outcome that says something was held back | partly withheld, also where nothing else came |
/// | another type, a text, a number, a list, `{}`, entries of other types only | of the wrong shape |
/// | `{response, resource}` | what is in it |
#[must_use]
pub fn supply_of<'a>(expected_type: &str, answer: Answer<'a>) -> Supply<'a> {
    let answered = match answer.0 {
        Object::Absent => return Supply::lacking(Coverage::Complete),
        Object::Other => return wrong_shape(),
        Object::Is(answered) => answered,
    };
    match answered.rest.kind() {
        Some("Bundle") => bundle(expected_type, answered),
        Some("OperationOutcome") => Supply::lacking(Coverage::Unavailable(failure(&answered.rest))),
        Some(found) if found == expected_type => Supply {
            coverage: Coverage::Complete,
            resources: vec![answered.rest],
            full_urls: vec![None],
            total: None,
            next: None,
        },
        Some(_) => wrong_shape(),
        // The form before CDS Hooks 1.0. Unwrapped once: a wrapper in a wrapper is nobody's dialect.
        None => match answered.rest.member("resource").map(Answer::split) {
            Some(Answer(Object::Is(inner))) if inner.rest.kind().is_some() => {
                supply_of(expected_type, Answer(Object::Is(inner)))
            }
            _ => wrong_shape(),
        },
    }
}

fn wrong_shape<'a>() -> Supply<'a> {
    Supply::lacking(Coverage::Unavailable(Lack::WrongShape))
}

fn bundle<'a>(expected_type: &str, bundle: Answered<'a, Object<Resource<'a>>>) -> Supply<'a> {
    #[derive(Deserialize)]
    struct Whole<'a> {
        #[serde(borrow)]
        total: Option<&'a RawValue>,
        #[serde(borrow)]
        link: Option<&'a RawValue>,
    }
    let Some(whole) = bundle.rest.read::<Whole<'a>>() else { return wrong_shape() };
    let entries = match bundle.entry {
        List::Absent => Vec::new(),
        List::Is(entries) => entries,
        List::Other => return wrong_shape(),
    };
    let mut supply = Supply::lacking(Coverage::Complete);
    supply.resources.reserve(entries.len());
    supply.full_urls.reserve(entries.len());
    let mut matches = 0u64;
    let mut others = 0usize;
    let mut worst = None;
    for entry in entries {
        let Some(Entry { full_url, resource: Some(resource), search, .. }) = readable(entry) else {
            worst = worst.max(Some(Said::Unreadable));
            continue;
        };
        let resource = resource.ok().unwrap_or_default();
        match resource.kind() {
            Some(found) if found == expected_type => matches += 1,
            // A type that cannot be told is kept, so that reading can say that it could not be read.
            Some("Medication") | None => {}
            Some("OperationOutcome") => {
                worst = worst.max(said(&resource));
                continue;
            }
            Some(_) => {
                others += usize::from(!is_included(search));
                continue;
            }
        }
        supply.resources.push(resource);
        supply.full_urls.push(full_url.0.ok());
    }
    supply.next = next_link(whole.link);
    supply.total = read::<u64>(whole.total).ok();
    let nothing = supply.resources.is_empty();
    supply.coverage = match worst {
        Some(Said::Failed) if nothing => Coverage::Unavailable(Lack::ClientFailed),
        Some(Said::Failed) => Coverage::Partial(Lack::ClientFailed),
        Some(Said::Withheld) => Coverage::Partial(Lack::Withheld),
        // Entries of other types only: a record of another FHIR version, not a record without entries.
        _ if nothing && others > 0 => Coverage::Unavailable(Lack::WrongShape),
        Some(Said::Unreadable) => Coverage::Partial(Lack::WrongShape),
        None if supply.next.is_some() || supply.total.is_some_and(|total| total > matches) => {
            Coverage::Partial(Lack::MorePages)
        }
        None => Coverage::Complete,
    };
    supply
}

fn is_included(search: Option<&RawValue>) -> bool {
    #[derive(Deserialize)]
    struct Search<'a> {
        #[serde(borrow, default)]
        mode: Str<'a>,
    }
    read_object::<Search<'_>>(search).ok().is_some_and(|search| search.mode.get() == Some("include"))
}

/// Where the next page is. A list of links that cannot be read may hold one.
fn next_link(raw: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Link<'a> {
        #[serde(borrow, default)]
        relation: Str<'a>,
        #[serde(borrow, default)]
        url: Str<'a>,
    }
    match read::<Vec<Link<'_>>>(raw) {
        Field::Absent => None,
        Field::Bad => Some(String::new()),
        Field::Ok(links) => {
            let next = links.iter().find(|link| link.relation.get() == Some("next"))?;
            Some(next.url.get().unwrap_or_default().to_owned())
        }
    }
}

/// What an OperationOutcome among the entries says of their completeness, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// An entry could not be read.
    Unreadable,
    /// Something was held back.
    Withheld,
    /// Something went wrong.
    Failed,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    #[serde(borrow)]
    issue: Vec<Issue<'a>>,
}

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow, default)]
    severity: Str<'a>,
    #[serde(borrow, default)]
    code: Str<'a>,
}

/// What an OperationOutcome in the place of an answer says: only where its errors are all of one kind is it certain
/// that there was nothing to read.
fn failure(outcome: &Resource<'_>) -> Lack {
    let is_error = |issue: &&Issue<'_>| matches!(issue.severity.get(), Some("error" | "fatal"));
    let outcome = outcome.read::<Outcome<'_>>();
    let errors: Vec<&Issue<'_>> =
        outcome.iter().flat_map(|outcome| &outcome.issue).filter(is_error).collect();
    let unsupported = |issue: &&Issue<'_>| issue.code.get() == Some("not-supported");
    if !errors.is_empty() && errors.iter().all(unsupported) { Lack::NotSupported } else { Lack::ClientFailed }
}

fn said(outcome: &Resource<'_>) -> Option<Said> {
    // An outcome that cannot be read may be an error.
    let Some(outcome) = outcome.read::<Outcome<'_>>() else { return Some(Said::Failed) };
    let each = outcome.issue.iter().map(|issue| match (issue.severity.get(), issue.code.get()) {
        (Some("information" | "warning" | "success"), code) => match code {
            Some("suppressed" | "security" | "forbidden" | "login") => Some(Said::Withheld),
            Some("incomplete" | "timeout" | "too-costly" | "throttled") => Some(Said::Failed),
            _ => None,
        },
        _ => Some(Said::Failed),
    });
    each.max().flatten()
}

#[cfg(test)]
#[path = "acquire_tests.rs"]
mod tests;
