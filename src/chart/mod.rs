//! Clinical facts: dates, quantities, codes, diagnoses, medicines, orders.
//!
//! Nothing here knows JSON, FHIR or HTTP. A chart always exists: what could not be read is a [`Gap`], what was not
//! given is a [`Coverage`], and neither is ever mistaken for a normal finding.

mod code;
mod condition;
mod date;
mod gap;
mod measurement;
mod medication;
mod order;
mod patient;
mod quantity;
mod truth;

pub use code::{ConceptId, ConceptSet, System, Vocabulary};
pub use condition::{Allergy, Condition, ConditionState};
pub use date::{UnreadableDate, When};
pub use gap::{Coverage, Gap, Lack, ResourceRef, Unusable, UnusableEntry};
pub use measurement::{Answer, AnswerId, Answers, Computed, Measurement, MeasurementId, Measurements, Side};
pub use medication::{Dose, Dosing, Ingredient, Medication, Range, Route, Usage};
pub use order::{Order, Service, Stage};
pub use patient::{Patient, Sex};
pub use quantity::{Bounded, Comparator, trimmed};
pub use truth::Truth;

use time::Date;

/// One patient's chart, as far as the rules of a service ask for it, on one day.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The day the chart is judged on.
    pub today: Date,
    /// Who it is about.
    pub patient: Patient,
    /// Measured facts, by [`MeasurementId`].
    pub measurements: Vec<Measurements>,
    /// Facts with a coded answer, by [`AnswerId`].
    pub answers: Vec<Answers>,
    /// Problems and diagnoses.
    pub conditions: Listed<Condition>,
    /// Medicines in use, and those once in use that stand among them.
    pub medications: Listed<Medication>,
    /// Medicines once in use, asked for only where a rule looks back.
    pub past_medications: Listed<Medication>,
    /// Allergies and intolerances.
    pub allergies: Listed<Allergy>,
    /// What has been done or asked for.
    pub services: Listed<Service>,
    /// What is being ordered now.
    pub orders: Vec<Order>,
    /// What could not be read and belongs to no list above.
    pub gaps: Vec<Gap>,
}

/// A list of the chart, with what is known about its completeness.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// What stands for a concept of the knowledge.
    pub items: Vec<T>,
    /// What is there and could not be used, entries without a known code among them.
    pub unusable: Vec<UnusableEntry>,
    /// How much of it the chart gave.
    pub coverage: Coverage,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed { items: Vec::new(), unusable: Vec::new(), coverage: Coverage::NotAsked }
    }
}

impl Chart {
    /// An empty chart of `measurements` and `answers` facts, nothing of it asked for yet.
    #[must_use]
    pub fn empty(today: Date, measurements: usize, answers: usize) -> Chart {
        Chart {
            today,
            patient: Patient::default(),
            measurements: vec![Measurements::default(); measurements],
            answers: vec![Answers::default(); answers],
            conditions: Listed::default(),
            medications: Listed::default(),
            past_medications: Listed::default(),
            allergies: Listed::default(),
            services: Listed::default(),
            orders: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// The results of one measured fact.
    #[must_use]
    pub fn measured(&self, id: MeasurementId) -> Option<&Measurements> {
        self.measurements.get(usize::from(id.0))
    }

    /// The answers to one coded fact.
    #[must_use]
    pub fn answered(&self, id: AnswerId) -> Option<&Answers> {
        self.answers.get(usize::from(id.0))
    }
}
