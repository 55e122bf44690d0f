//! How much of a list there is, from what came for each need that gives it.

use crate::chart::{Coverage, Lack};
use crate::fhir::{Gives, Need, Supply};

/// The coverage of a list from all needs that give it: the worst of them; some of it where only one fails.
pub(super) fn listed<'s>(
    supplied: impl Iterator<Item = (&'s Need, Coverage)>,
    gives: impl Fn(&Gives) -> bool,
) -> Coverage {
    let each = supplied.filter(|(need, _)| gives(&need.gives)).map(|(_, coverage)| coverage);
    each.fold(Coverage::NotAsked, together)
}

pub(super) fn together(one: Coverage, other: Coverage) -> Coverage {
    match (one, other) {
        (Coverage::NotAsked, coverage) | (coverage, Coverage::NotAsked) => coverage,
        (Coverage::Complete, Coverage::Complete) => Coverage::Complete,
        (Coverage::Unavailable(lack), Coverage::Unavailable(_)) => Coverage::Unavailable(lack),
        (one, other) => one.lack().or(other.lack()).map_or(Coverage::Complete, Coverage::Partial),
    }
}

/// The coverage of a list that also comes as resources that many servers do not have. That they were not sent, or are
/// not offered, takes nothing from the list; where they exist and could not be read, something may be missing.
pub(super) fn listed_beside<'s>(
    supplied: impl Iterator<Item = (&'s Need, Coverage)> + Clone,
    gives: impl Fn(&Gives) -> bool,
    also: impl Fn(&Gives) -> bool,
) -> Coverage {
    match (listed(supplied.clone(), gives), listed(supplied, also)) {
        (
            main @ (Coverage::Complete | Coverage::Partial(_)),
            Coverage::Unavailable(Lack::NotSent | Lack::NotSupported),
        ) => main,
        (main, beside) => together(main, beside),
    }
}

/// Is what came only a first page?
pub(super) fn has_more_pages(supply: &Supply<'_>) -> bool {
    matches!(supply.coverage, Coverage::Partial(Lack::MorePages | Lack::FetchFailed | Lack::TooLarge))
}
