//! One answer of results that are dated, and what its end says of the results that did not come.

use serde_json::value::RawValue;

use super::{Reader, has_more_pages, together};
use crate::chart::{AnswerId, Coverage, MeasurementId, Side, When};
use crate::fhir::Supply;

impl<'a> Reader<'_, 'a> {
    /// Reads with `read`, and says how complete it leaves the facts that the answer gives.
    pub(super) fn page(
        &mut self,
        supply: &Supply<'a>,
        measurements: &[MeasurementId],
        answers: &[AnswerId],
        dated: fn(&RawValue) -> Option<When>,
        read: impl FnOnce(&mut Self),
    ) {
        let measured = |reader: &Self, id| reader.chart.measured(id).map_or(0, |m| m.newest_first.len());
        let answered = |reader: &Self, id| reader.chart.answered(id).map_or(0, |a| a.newest_first.len());
        let before: Vec<usize> = measurements.iter().map(|id| measured(self, *id)).collect();
        let before_answers: Vec<usize> = answers.iter().map(|id| answered(self, *id)).collect();
        read(self);
        // On a page in descending order the newest result of a fact is the newest there is, whatever follows.
        let newest_known = has_more_pages(supply) && is_descending(&supply.resources, dated);
        for (id, before) in measurements.iter().zip(before) {
            let per_leg = self.plan.measurements.get(usize::from(id.0)).is_some_and(|plan| plan.per_leg);
            let Some(results) = self.chart.measurements.get_mut(usize::from(id.0)) else { continue };
            let on_page = results.newest_first.get(before..).unwrap_or_default();
            let has = |side| on_page.iter().any(|result| result.side == Some(side));
            let found = if per_leg { has(Side::Left) && has(Side::Right) } else { !on_page.is_empty() };
            let coverage = if newest_known && found { Coverage::Complete } else { supply.coverage };
            results.coverage = together(results.coverage, coverage);
        }
        for (id, before) in answers.iter().zip(before_answers) {
            let Some(given) = self.chart.answers.get_mut(usize::from(id.0)) else { continue };
            let found = given.newest_first.len() > before;
            let coverage = if newest_known && found { Coverage::Complete } else { supply.coverage };
            given.coverage = together(given.coverage, coverage);
        }
    }
}

/// Do the dates fall, and not only stay the same? A page of one entry, or of one day, proves no order.
fn is_descending(resources: &[&RawValue], dated: fn(&RawValue) -> Option<When>) -> bool {
    let dates: Vec<When> = resources.iter().filter_map(|raw| dated(raw)).collect();
    let not_after = |pair: &[When]| match pair {
        [one, next] => match (one.instant(), next.instant()) {
            (Some(one), Some(next)) => next <= one,
            _ => next.first() <= one.first(),
        },
        _ => true,
    };
    let falls = dates.first().zip(dates.last()).is_some_and(|(first, last)| last.first() < first.first());
    falls && dates.windows(2).all(not_after)
}
