//! What a service asks of the chart: one need for each prefetch key.

use crate::chart::{AnswerId, MeasurementId};

/// One prefetch key of a service, with the query behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The prefetch key.
    pub key: String,
    /// The FHIR read or search, with `{{context.patientId}}` for the patient.
    pub template: String,
    /// What it gives.
    pub gives: Gives,
    /// Without it the service has nothing to say: where it can be had from nowhere, the call is answered `412`.
    pub required: bool,
}

/// What a prefetch key gives to the chart.
#[derive(Debug, Clone, PartialEq)]
pub enum Gives {
    /// The Patient resource.
    Patient,
    /// Condition resources.
    Conditions,
    /// MedicationRequest resources.
    MedicationRequests,
    /// MedicationRequest resources that are completed or stopped.
    PastMedicationRequests,
    /// MedicationStatement resources. Many servers have none, so their absence alone makes no list incomplete.
    MedicationStatements,
    /// AllergyIntolerance resources.
    Allergies,
    /// Procedure resources.
    Procedures,
    /// ServiceRequest resources.
    ServiceRequests,
    /// DeviceRequest resources. Many servers have none, so their absence alone makes no list incomplete.
    DeviceRequests,
    /// QuestionnaireResponse resources for these facts with a coded answer.
    QuestionnaireResponses {
        /// The facts that a question of a form answers.
        answers: Vec<AnswerId>,
    },
    /// Observation resources for these facts.
    Observations {
        /// The measured facts.
        measurements: Vec<MeasurementId>,
        /// The facts with a coded answer.
        answers: Vec<AnswerId>,
    },
}

impl Gives {
    /// The FHIR resource type that is expected under the key.
    #[must_use]
    pub fn resource_type(&self) -> &'static str {
        match self {
            Gives::Patient => "Patient",
            Gives::Conditions => "Condition",
            Gives::MedicationRequests | Gives::PastMedicationRequests => "MedicationRequest",
            Gives::MedicationStatements => "MedicationStatement",
            Gives::Allergies => "AllergyIntolerance",
            Gives::Procedures => "Procedure",
            Gives::ServiceRequests => "ServiceRequest",
            Gives::DeviceRequests => "DeviceRequest",
            Gives::QuestionnaireResponses { .. } => "QuestionnaireResponse",
            Gives::Observations { .. } => "Observation",
        }
    }
}
