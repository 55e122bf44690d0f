//! `DeviceRequest`: a brace, an orthosis, a boot.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Concept, Period, WriteError,
    concept::{self, CodeableConcept},
    reference::{self, Reference},
    text::{self, Annotation},
    timing::{self, CheckedPeriod, DateTime},
};

/// A device to be used (`DeviceRequest`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeviceOrder<'a> {
    /// `id`.
    pub id: Option<&'a str>,
    /// `codeCodeableConcept`: the device, required.
    pub code: Concept<'a>,
    /// `subject`: reference to a `Patient`, required.
    pub subject: &'a str,
    /// `encounter`: reference to an `Encounter`.
    pub encounter: Option<&'a str>,
    /// `requester`: reference; left out unless to a `Practitioner` or `PractitionerRole`.
    pub requester: Option<&'a str>,
    /// `authoredOn`: a FHIR dateTime.
    pub authored_on: Option<&'a str>,
    /// `occurrencePeriod`: from when until when it is to be used.
    pub period: Option<Period<'a>>,
    /// `reasonReference`, and `supportingInfo` for what R4 does not accept as a reason.
    pub reason_references: Vec<&'a str>,
    /// `note`, one for each text; Markdown.
    pub notes: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceRequest<'a> {
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    status: &'static str,
    intent: &'static str,
    code_codeable_concept: CodeableConcept<'a>,
    subject: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encounter: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence_period: Option<CheckedPeriod<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authored_on: Option<DateTime<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reason_reference: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supporting_info: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    note: Vec<Annotation<'a>>,
}

/// Writes a `DeviceRequest`: status `draft`, intent `proposal`.
///
/// # Errors
/// [`WriteError`] if the order would not be valid FHIR R4.
pub fn device_request(order: &DeviceOrder<'_>) -> Result<Box<RawValue>, WriteError> {
    let reasons = reference::reasons(
        &order.reason_references,
        reference::ORDER_REASONS,
        "DeviceRequest.reasonReference",
    )?;
    crate::write(&DeviceRequest {
        resource_type: "DeviceRequest",
        id: text::id(order.id)?,
        status: "draft",
        intent: "proposal",
        code_codeable_concept: concept::required(&order.code, "DeviceRequest.codeCodeableConcept")?,
        subject: reference::subject(order.subject, "DeviceRequest.subject")?,
        encounter: reference::encounter(order.encounter, "DeviceRequest.encounter")?,
        occurrence_period: timing::period(order.period, "DeviceRequest.occurrencePeriod")?,
        authored_on: timing::optional_date_time(order.authored_on, "DeviceRequest.authoredOn")?,
        requester: reference::requester(order.requester, "DeviceRequest.requester")?,
        reason_reference: reasons.accepted,
        supporting_info: reasons.supporting,
        note: text::notes(&order.notes),
    })
}
