//! Rules over a chart: pure, three-valued, explained.
//!
//! Nothing here does I/O or can fail, and nothing here knows FHIR, JSON or HTTP. Judging allocates nothing for a rule
//! that stays silent; the reasons are worked out only for what is shown or explained.

mod evidence;
mod judge;
mod reason;

pub use evidence::{Evidence, Sink};
pub use judge::{Strictness, judge};
pub(crate) use judge::{drafts, in_use};
pub use reason::{Reason, in_words, reason};

use crate::chart::{Chart, Truth};
use crate::knowledge::{Knowledge, Rule, RuleId, Service};

/// What came of every rule of a service, in the order of the rules.
#[derive(Debug)]
pub struct Findings<'k> {
    /// One for each rule that the service shows.
    pub findings: Vec<Finding<'k>>,
}

/// What came of one rule.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'k> {
    /// The rule, by position.
    pub id: RuleId,
    /// The rule.
    pub rule: &'k Rule,
    /// Its condition.
    pub truth: Truth,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It fires.
    Fires,
    /// It does not apply.
    Silent,
    /// The chart does not tell.
    Unknown,
    /// It would fire or could not be judged, and a graver rule fires.
    SilencedBy(RuleId),
    /// The patient is recorded as dead: nothing is judged.
    PatientDeceased,
}

/// Judges every rule of `service` on `chart`.
#[must_use]
pub fn evaluate<'k>(knowledge: &'k Knowledge, service: &'k Service, chart: &Chart) -> Findings<'k> {
    let rules = |ids: &'k [RuleId]| ids.iter().filter_map(|id| Some((*id, knowledge.rule(*id)?)));
    if chart.patient.deceased {
        let outcome = Outcome::PatientDeceased;
        let findings =
            rules(&service.shows).map(|(id, rule)| Finding { id, rule, truth: Truth::Unknown, outcome });
        return Findings { findings: findings.collect() };
    }
    let mut findings: Vec<Finding<'k>> = Vec::with_capacity(service.shows.len());
    findings.extend(rules(&service.shows).map(|(id, rule)| {
        let truth = judge(&rule.when, chart, Strictness::Plain, &mut ());
        let outcome = match truth {
            Truth::True => Outcome::Fires,
            Truth::False => Outcome::Silent,
            Truth::Unknown => Outcome::Unknown,
        };
        Finding { id, rule, truth, outcome }
    }));
    let heard = rules(&service.listens)
        .filter(|(_, rule)| judge(&rule.when, chart, Strictness::Plain, &mut ()).is_true());
    let fired = findings.iter().filter(|finding| finding.truth.is_true()).map(|f| (f.id, f.rule));
    // A rule on trial changes nothing that is shown.
    let graver: Vec<(RuleId, &Rule)> =
        fired.chain(heard).filter(|(_, rule)| !rule.trial && !rule.silences.is_empty()).collect();
    for finding in findings.iter_mut().filter(|finding| finding.outcome != Outcome::Silent) {
        if let Some((id, _)) = graver.iter().find(|(_, rule)| rule.silences.contains(&finding.id)) {
            finding.outcome = Outcome::SilencedBy(*id);
        }
    }
    Findings { findings }
}
