//! Problems and diagnoses.

use super::{ConceptSet, ResourceRef, Side, When};

/// A diagnosis or problem of the chart that stands for a concept of the knowledge.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What it stands for.
    pub concepts: ConceptSet,
    /// Its name in the chart, for showing only.
    pub label: String,
    /// Does it hold now?
    pub state: ConditionState,
    /// When it began, as far as written.
    pub onset: Option<When>,
    /// When it was first written down: it had begun by then.
    pub recorded: Option<When>,
    /// Which leg, where the code or body site says so.
    pub side: Option<Side>,
    /// It is being added to the problem list by the call itself.
    pub being_added: bool,
    /// Where it stands in the chart.
    pub source: ResourceRef,
}

/// Whether a condition holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionState {
    /// Active, recurring or relapsed.
    Active,
    /// Nothing says whether it is still active: it counts, and the card says so.
    ActiveUnstated,
    /// Suspected: provisional, differential or unconfirmed.
    Suspected,
    /// Resolved, inactive, in remission, or ended before now.
    Past,
}

impl ConditionState {
    /// Does it count as a present diagnosis?
    #[must_use]
    pub fn is_present(self) -> bool {
        matches!(self, ConditionState::Active | ConditionState::ActiveUnstated)
    }
}

/// An allergy or intolerance that stands for a concept of the knowledge.
#[derive(Debug, Clone, PartialEq)]
pub struct Allergy {
    /// What it stands for.
    pub concepts: ConceptSet,
    /// Its name in the chart, for showing only.
    pub label: String,
    /// Recorded as an intolerance, not as an allergy.
    pub intolerance: bool,
    /// Recorded with high criticality.
    pub high_criticality: bool,
    /// Where it stands in the chart.
    pub source: ResourceRef,
}
