//! What has been done or asked for, and what is being ordered now.

use super::{ConceptSet, Medication, ResourceRef, Route, Side, When};

/// A procedure, a service request or a plan of the chart that stands for a concept of the knowledge.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What it stands for.
    pub concepts: ConceptSet,
    /// Its name in the chart, for showing only.
    pub label: String,
    /// How far it has come.
    pub stage: Stage,
    /// When it was asked for, or began.
    pub when: Option<When>,
    /// When it ended, where written.
    pub until: Option<When>,
    /// Where it stands in the chart.
    pub source: ResourceRef,
}

/// How far a service has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Ordered, scheduled or under way.
    Open,
    /// Done.
    Completed,
    /// Given up, refused or not done.
    Stopped,
}

/// An order that is being written and is not yet signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The codes of what is ordered, of drugs by ingredient.
    pub concepts: ConceptSet,
    /// Its name in the draft, for showing only.
    pub label: String,
    /// Is this hook about it? In `order-select` only what was just selected is; in `order-sign` everything.
    pub in_focus: bool,
    /// For a drug: what, how and how much.
    pub medication: Option<Medication>,
    /// The body site, by concept: from its code, or from the words of the order.
    pub sites: ConceptSet,
    /// Is any body site stated, known here or not?
    pub site_said: bool,
    /// The side of the body, where said.
    pub side: Option<Side>,
    /// From when.
    pub from: Option<When>,
    /// Until when.
    pub until: Option<When>,
    /// It holds no code that is known here, so what it is cannot be told.
    pub uncoded: bool,
    /// It ends or forbids what it names, and asks for nothing.
    pub stops: bool,
    /// The draft, as `Type/id`.
    pub source: ResourceRef,
}

impl Order {
    /// Does it stand for one of `concepts`, given by none of the routes in `except`?
    #[must_use]
    pub fn is(&self, concepts: ConceptSet, except: &[Route]) -> bool {
        let route = self.medication.as_ref().and_then(|medication| medication.route);
        self.concepts.meets(concepts) && !route.is_some_and(|route| except.contains(&route))
    }
}
