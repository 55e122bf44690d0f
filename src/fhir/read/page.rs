//! One answer of results that are dated, and what its end says of the results that did not come.

use super::coverage::{has_more_pages, together};
use super::{Reader, Subject};
use crate::chart::{AnswerId, Coverage, MeasurementId, Side, When};
use crate::fhir::{Gives, Need, ReadPlan, Resource, Supply};

impl<'a> Reader<'_, 'a> {
    /// Reads with `read`, and says how complete it leaves the facts that the answer gives.
    pub(super) fn page(
        &mut self,
        supply: &Supply<'a>,
        measurements: &[MeasurementId],
        answers: &[AnswerId],
        dated: fn(&Resource<'_>) -> Option<When>,
        read: impl FnOnce(&mut Self) -> Coverage,
    ) -> Coverage {
        let measured = |reader: &Self, id| reader.chart.measured(id).map_or(0, |m| m.newest_first.len());
        let answered = |reader: &Self, id| reader.chart.answered(id).map_or(0, |a| a.newest_first.len());
        let before: Vec<usize> = measurements.iter().map(|id| measured(self, *id)).collect();
        let before_answers: Vec<usize> = answers.iter().map(|id| answered(self, *id)).collect();
        let came = read(self);
        // On a page in descending order the newest result of a fact is the newest there is, whatever follows.
        let newest_known = has_more_pages(supply) && is_descending(&supply.resources, dated);
        for (id, before) in measurements.iter().zip(before) {
            let per_leg = self.plan.measurements.get(usize::from(id.0)).is_some_and(|plan| plan.per_leg);
            let Some(results) = self.chart.measurements.get_mut(usize::from(id.0)) else { continue };
            let on_page = results.newest_first.get(before..).unwrap_or_default();
            let has = |side| on_page.iter().any(|result| result.side == Some(side));
            let found = if per_leg { has(Side::Left) && has(Side::Right) } else { !on_page.is_empty() };
            let coverage = if newest_known && found { Coverage::Complete } else { came };
            results.coverage = together(results.coverage, coverage);
        }
        for (id, before) in answers.iter().zip(before_answers) {
            let Some(given) = self.chart.answers.get_mut(usize::from(id.0)) else { continue };
            let found = given.newest_first.len() > before;
            let coverage = if newest_known && found { Coverage::Complete } else { came };
            given.coverage = together(given.coverage, coverage);
        }
        came
    }
}

/// Does this first page, with more to follow, tell the newest result of every fact that its need gives?
///
/// Pressures that only an index is worked out from are not waited for: most patients have none.
pub(in crate::fhir) fn newest_is_known<'a>(
    plan: &ReadPlan,
    need: &Need,
    supply: &Supply<'a>,
    subject: &Subject<'_>,
) -> bool {
    let (measurements, answers): (&[MeasurementId], &[AnswerId]) = match &need.gives {
        Gives::Observations { measurements, answers } => (measurements, answers),
        Gives::QuestionnaireResponses { answers } => (&[], answers),
        _ => return false,
    };
    let mut reader = Reader::new(plan, subject);
    reader.supply(need, supply);
    let only_input =
        |id: &MeasurementId| plan.derive_abi.is_some_and(|inputs| inputs.ankle == *id || inputs.arm == *id);
    let waited_for: Vec<&MeasurementId> = measurements.iter().filter(|id| !only_input(id)).collect();
    if waited_for.is_empty() && answers.is_empty() {
        return false;
    }
    let measured = |id| reader.chart.measured(id).is_some_and(|results| results.coverage.is_complete());
    let answered = |id| reader.chart.answered(id).is_some_and(|given| given.coverage.is_complete());
    waited_for.into_iter().all(|id| measured(*id)) && answers.iter().all(|id| answered(*id))
}

/// Do the dates fall, and not only stay the same? A page of one entry, or of one day, proves no order.
fn is_descending(resources: &[Resource<'_>], dated: fn(&Resource<'_>) -> Option<When>) -> bool {
    let dates: Vec<When> = resources.iter().filter_map(dated).collect();
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
