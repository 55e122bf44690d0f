//! Facts and thresholds, compiled: what conditions and texts refer to.

use std::sync::Arc;

use crate::chart::{AnswerId, ConceptSet, MeasurementId, Route, trimmed};

use super::files::{ServiceResource, WhenOld};

/// A measured fact.
#[derive(Debug)]
pub struct Measured {
    /// Its position in a chart.
    pub id: MeasurementId,
    /// Its name in the package.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// The UCUM unit of its limits.
    pub unit: String,
    /// The unit as people read it.
    pub unit_shown: String,
    /// Decimals shown.
    pub decimals: usize,
    /// Days after which a value is old.
    pub current_for_days: u32,
    /// What an old value is worth in a comparison.
    pub when_old: WhenOld,
    /// Told per leg.
    pub per_leg: bool,
    /// The prefetch key it is asked for under.
    pub prefetch_key: String,
    /// What it is asked for by: its codes and the panels that hold it.
    pub asked_by: Vec<String>,
    /// The facts it may be computed from.
    pub computed_from: Vec<MeasurementId>,
}

/// A fact with a coded answer.
#[derive(Debug)]
pub struct Answered {
    /// Its position in a chart.
    pub id: AnswerId,
    /// Its name in the package.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// The answers, in the order of their positions.
    pub answers: Vec<Choice>,
    /// Days after which an answer is old.
    pub current_for_days: u32,
    /// What an old answer is worth.
    pub when_old: WhenOld,
    /// The value sets it is asked for by.
    pub asked_by: Vec<String>,
    /// The questionnaire it is a question of, where it is no Observation.
    pub questionnaire: Option<String>,
}

/// One answer to a coded fact.
#[derive(Debug)]
pub struct Choice {
    /// Its name in the package.
    pub name: String,
    /// The words for it.
    pub title: String,
    /// It says that nobody knows.
    pub undecided: bool,
}

/// A fact that is there or not: a diagnosis, an allergy, a service, an order.
#[derive(Debug)]
pub struct Coded {
    /// Its name in the package.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// What counts as it.
    pub concepts: ConceptSet,
    /// What takes an entry out again.
    pub except: ConceptSet,
    /// Routes by which a medicine does not count.
    pub except_routes: Vec<Route>,
    /// Days it is looked back for.
    pub within_days: Option<u32>,
    /// The value sets it is asked for by.
    pub asked_by: Vec<String>,
    /// For a service: the resource types it is looked for in.
    pub resources: Vec<ServiceResource>,
}

impl Coded {
    /// Does an entry that stands for `concepts` count as this fact?
    #[must_use]
    pub fn matches(&self, concepts: ConceptSet) -> bool {
        self.concepts.meets(concepts) && !self.except.meets(concepts)
    }
}

/// A number that a rule uses.
#[derive(Debug, Clone)]
pub struct Limit {
    /// Its name in the package.
    pub name: String,
    /// What it is.
    pub title: String,
    /// The number.
    pub value: f64,
    /// Its UCUM unit.
    pub unit: String,
    /// The unit as people read it.
    pub unit_shown: String,
}

impl Limit {
    /// The number with its unit.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{} {}", trimmed(self.value, 3), self.unit_shown).trim_end().to_owned()
    }

    /// A length of time in days: a week is 7, a month 30.
    #[must_use]
    pub fn days(&self) -> Option<i64> {
        let days = match self.unit.as_str() {
            "d" => self.value,
            "wk" => self.value * 7.0,
            "mo" => self.value * 30.0,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "look-backs are a few years at most")]
        Some(days.round() as i64)
    }
}

/// A fact or number that a text may name.
#[derive(Debug, Clone)]
pub enum Named {
    /// A measured fact.
    Measured(Arc<Measured>),
    /// A coded answer.
    Answered(Arc<Answered>),
    /// A diagnosis.
    Diagnosis(Arc<Coded>),
    /// A medicine.
    Medicine(Arc<Coded>),
    /// An allergy.
    Allergy(Arc<Coded>),
    /// A service.
    Service(Arc<Coded>),
    /// An order.
    Order(Arc<Coded>),
    /// The rows of a group that are missed.
    Missed,
}
