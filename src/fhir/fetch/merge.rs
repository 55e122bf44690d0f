//! What was fetched, beside what was sent.

use super::Gathered;
use crate::chart::{Coverage, Lack};
use crate::fhir::{Acquired, Answer, Need, Resource, Supply, supply_of};
use crate::wire::Object;

impl<'a> Acquired<'a> {
    /// Lays what was fetched beside what the client sent: after its first page, or in place of nothing.
    #[must_use]
    pub fn with(mut self, needs: &[Need], gathered: &'a Gathered) -> Acquired<'a> {
        let medications = gathered.medications.iter();
        self.medications.extend(
            medications.filter_map(|body| serde_json::from_slice::<Object<Resource<'a>>>(body).ok()?.ok()),
        );
        for fetched in &gathered.answers {
            let place = self.supplies.get_mut(fetched.need).zip(needs.get(fetched.need));
            let Some((supply, need)) = place else { continue };
            let expected = need.gives.resource_type();
            let sent = match supply.coverage {
                Coverage::Unavailable(_) => None,
                _ => Some(std::mem::replace(supply, Supply::lacking(supply.coverage))),
            };
            let read = |body: &'a bytes::Bytes| match serde_json::from_slice::<Answer<'a>>(body) {
                Ok(answer) => supply_of(expected, answer),
                Err(_) => Supply::lacking(Coverage::Unavailable(Lack::FetchFailed)),
            };
            let pages = sent.into_iter().chain(fetched.bodies.iter().map(read));
            *supply = joined(expected, pages, fetched.lack);
        }
        self
    }
}

/// One supply of the pages of one search. That there are more pages is no lack of a page that was followed.
pub(super) fn joined<'a>(
    expected: &str,
    mut pages: impl Iterator<Item = Supply<'a>>,
    stopped: Option<Lack>,
) -> Supply<'a> {
    let Some(mut all) = pages.next() else {
        return Supply::lacking(Coverage::Unavailable(stopped.unwrap_or(Lack::FetchFailed)));
    };
    let nothing = matches!(all.coverage, Coverage::Unavailable(_));
    let of_page = |supply: &Supply<'_>| supply.coverage.lack().filter(|lack| *lack != Lack::MorePages);
    let mut lack = of_page(&all);
    for page in pages {
        lack = lack.or(of_page(&page));
        all.resources.extend(page.resources);
        all.full_urls.extend(page.full_urls);
        all.total = page.total.or(all.total);
        all.next = page.next;
    }
    let is_match = |resource: &&Resource<'_>| resource.kind() == Some(expected);
    let is_short = |total: u64| (all.resources.iter().filter(|raw| is_match(raw)).count() as u64) < total;
    let short = all.total.is_some_and(is_short).then_some(Lack::MorePages);
    all.coverage = match lack.or(stopped).or(short) {
        None => Coverage::Complete,
        Some(lack) if nothing && all.resources.is_empty() => Coverage::Unavailable(lack),
        Some(lack) => Coverage::Partial(lack),
    };
    all
}
