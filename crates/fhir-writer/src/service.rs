//! `ServiceRequest`: a test, a referral, an exercise programme, counselling.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Concept, Timing, WriteError,
    concept::{self, CodeableConcept},
    reference::{self, Reference},
    text::{self, Annotation},
    timing::{self, CheckedTiming, DateTime},
};

/// How soon an order is to be done (`priority`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// `routine`: in the normal order.
    #[default]
    Routine,
    /// `urgent`: promptly.
    Urgent,
    /// `asap`: as soon as possible, before what is urgent.
    Asap,
    /// `stat`: at once.
    Stat,
}

/// Something to be done for the patient (`ServiceRequest`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceOrder<'a> {
    /// `id`.
    pub id: Option<&'a str>,
    /// `code`: what is to be done, required.
    pub code: Concept<'a>,
    /// `priority`.
    pub priority: Priority,
    /// `subject`: reference to a `Patient`, required.
    pub subject: &'a str,
    /// `encounter`: reference to an `Encounter`.
    pub encounter: Option<&'a str>,
    /// `requester`: reference; left out unless to a `Practitioner` or `PractitionerRole`.
    pub requester: Option<&'a str>,
    /// `authoredOn`: a FHIR dateTime.
    pub authored_on: Option<&'a str>,
    /// `occurrenceTiming`: how often and how long.
    pub timing: Option<Timing>,
    /// `reasonReference`, and `supportingInfo` for what R4 does not accept as a reason.
    pub reason_references: Vec<&'a str>,
    /// `bodySite`.
    pub body_site: Vec<Concept<'a>>,
    /// `note`, one for each text; Markdown.
    pub notes: Vec<&'a str>,
    /// `patientInstruction`: in words for the patient.
    pub patient_instruction: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceRequest<'a> {
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    status: &'static str,
    intent: &'static str,
    priority: Priority,
    code: CodeableConcept<'a>,
    subject: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encounter: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence_timing: Option<CheckedTiming>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authored_on: Option<DateTime<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reason_reference: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supporting_info: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    body_site: Vec<CodeableConcept<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    note: Vec<Annotation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_instruction: Option<&'a str>,
}

/// Writes a `ServiceRequest`: status `draft`, intent `proposal`.
///
/// # Errors
/// [`WriteError`] if the order would not be valid FHIR R4.
pub fn service_request(order: &ServiceOrder<'_>) -> Result<Box<RawValue>, WriteError> {
    let reasons = reference::reasons(
        &order.reason_references,
        reference::ORDER_REASONS,
        "ServiceRequest.reasonReference",
    )?;
    crate::write(&ServiceRequest {
        resource_type: "ServiceRequest",
        id: text::id(order.id)?,
        status: "draft",
        intent: "proposal",
        priority: order.priority,
        code: concept::required(&order.code, "ServiceRequest.code")?,
        subject: reference::subject(order.subject, "ServiceRequest.subject")?,
        encounter: reference::encounter(order.encounter, "ServiceRequest.encounter")?,
        occurrence_timing: order.timing.as_ref().map(timing::timing).transpose()?,
        authored_on: timing::optional_date_time(order.authored_on, "ServiceRequest.authoredOn")?,
        requester: reference::requester(order.requester, "ServiceRequest.requester")?,
        reason_reference: reasons.accepted,
        supporting_info: reasons.supporting,
        body_site: concept::list(&order.body_site)?,
        note: text::notes(&order.notes),
        patient_instruction: text::optional(order.patient_instruction),
    })
}
