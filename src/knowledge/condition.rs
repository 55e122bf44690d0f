//! Conditions, compiled: every name resolved.

use std::sync::Arc;

use super::fact::{Answered, Coded, Limit, Measured};
use super::files::WhoseDose;
use crate::chart::{Stage, Truth};

/// A condition. See [`super::files::ConditionText`] for what each word means.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Every one of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// Known to be true.
    Known(Box<Condition>),
    /// A present diagnosis.
    Has(Arc<Coded>),
    /// A diagnosis that may hold.
    Suspected(Arc<Coded>),
    /// A past diagnosis.
    Had(Arc<Coded>),
    /// A diagnosis being added.
    Adding(Arc<Coded>),
    /// A value against a limit.
    Compare {
        /// The measured fact.
        fact: Arc<Measured>,
        /// How they are compared.
        comparison: Comparison,
        /// The limit.
        limit: Arc<Limit>,
    },
    /// A usable value that is not old.
    OnRecord(Arc<Measured>),
    /// One of these answers.
    Answer {
        /// The coded fact.
        fact: Arc<Answered>,
        /// Positions of the answers that count.
        accepted: Vec<usize>,
    },
    /// A medicine in use.
    Takes(Arc<Coded>),
    /// A medicine in use or among the drafts.
    TakesOrOrders(Arc<Coded>),
    /// A medicine in use, or once in use.
    Took(Arc<Coded>),
    /// A draft in focus.
    Ordering(Arc<Coded>),
    /// A draft in focus for a body site.
    OrderingAt {
        /// The kind of draft.
        kind: Arc<Coded>,
        /// The site.
        site: Arc<Coded>,
    },
    /// A draft in focus that lasts so long.
    OrderedFor {
        /// The kind of draft.
        kind: Arc<Coded>,
        /// How long.
        length: Length,
    },
    /// A draft in focus that stops something.
    Stopping(Arc<Coded>),
    /// An allergy; with `truly`, not an intolerance only.
    AllergicTo {
        /// The allergy.
        allergy: Arc<Coded>,
        /// An intolerance does not count.
        truly: bool,
    },
    /// A service on record.
    Service {
        /// The service.
        service: Arc<Coded>,
        /// How far it must have come.
        stage: Option<Stage>,
    },
    /// A medicine in use so long.
    TakenFor {
        /// The medicine.
        medicine: Arc<Coded>,
        /// How long.
        length: Length,
    },
    /// A course of a medicine, going on or over, that lasted so long.
    TookFor {
        /// The medicine.
        medicine: Arc<Coded>,
        /// How long.
        length: Length,
    },
    /// A service that lasts so long.
    ServiceFor {
        /// The service.
        service: Arc<Coded>,
        /// How long.
        length: Length,
    },
    /// A diagnosis present so long.
    HasFor {
        /// The diagnosis.
        diagnosis: Arc<Coded>,
        /// How long.
        length: Length,
    },
    /// An amount of a medicine above a limit.
    Dose {
        /// The medicine.
        medicine: Arc<Coded>,
        /// In a day, not at a time.
        per_day: bool,
        /// The limit.
        above: Arc<Limit>,
        /// Where it is looked up.
        within: WhoseDose,
    },
    /// Age in completed years.
    AgeAtLeast(Arc<Limit>),
    /// A draft in focus without a known code.
    OrderingUncoded,
}

/// A length of time that something must reach, pass or keep to.
#[derive(Debug, Clone)]
pub struct Length {
    /// The comparison.
    pub comparison: Comparison,
    /// The length; its unit is one of time.
    pub limit: Arc<Limit>,
}

/// How a value is compared with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Below; the limit itself is not.
    Below,
    /// At most.
    AtMost,
    /// At least.
    AtLeast,
    /// Above; the limit itself is not.
    Above,
}

impl Comparison {
    /// Is a value that may be anything from `low` to `high` so, compared with `limit`?
    #[must_use]
    pub fn of_range(self, low: f64, high: f64, limit: f64) -> Truth {
        let (all, any) = match self {
            Comparison::Below => (high < limit, low < limit),
            Comparison::AtMost => (high <= limit, low <= limit),
            Comparison::AtLeast => (low >= limit, high >= limit),
            Comparison::Above => (low > limit, high > limit),
        };
        match (all, any) {
            (true, _) => Truth::True,
            (false, false) => Truth::False,
            (false, true) => Truth::Unknown,
        }
    }

    /// In words, after the value.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Comparison::Below => "below",
            Comparison::AtMost => "at most",
            Comparison::AtLeast => "at least",
            Comparison::Above => "above",
        }
    }
}

impl Condition {
    /// The conditions directly inside this one.
    #[must_use]
    pub fn children(&self) -> &[Condition] {
        match self {
            Condition::All(conditions) | Condition::Any(conditions) => conditions,
            Condition::Not(condition) | Condition::Known(condition) => std::slice::from_ref(condition),
            _ => &[],
        }
    }

    /// Calls `visit` for this condition and all inside it.
    pub fn walk(&self, visit: &mut impl FnMut(&Condition)) {
        visit(self);
        for condition in self.children() {
            condition.walk(visit);
        }
    }
}
