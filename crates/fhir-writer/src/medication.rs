//! `MedicationRequest`: a medicine.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Concept, Dosage, Period, Priority, TimeUnit, WriteError,
    concept::{self, CodeableConcept},
    dosage::{self, CheckedDosage},
    quantity::{self, Quantity},
    reference::{self, Reference},
    text::{self, Annotation},
    timing::{self, CheckedPeriod, DateTime},
};

/// A medicine to be taken (`MedicationRequest`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MedicationOrder<'a> {
    /// `id`.
    pub id: Option<&'a str>,
    /// `medicationCodeableConcept`: the medicine, required.
    pub medication: Concept<'a>,
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
    /// `reasonReference`, and `supportingInformation` for what R4 does not accept as a reason.
    pub reason_references: Vec<&'a str>,
    /// `note`, one for each text; Markdown.
    pub notes: Vec<&'a str>,
    /// `dosageInstruction`.
    pub dosage: Vec<Dosage<'a>>,
    /// `dispenseRequest.expectedSupplyDuration`: how long the supply lasts, in days.
    pub dispense_days: Option<u32>,
    /// `dispenseRequest.validityPeriod`: when it may be dispensed.
    pub validity: Option<Period<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MedicationRequest<'a> {
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    status: &'static str,
    intent: &'static str,
    priority: Priority,
    medication_codeable_concept: CodeableConcept<'a>,
    subject: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encounter: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supporting_information: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authored_on: Option<DateTime<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reason_reference: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    note: Vec<Annotation<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dosage_instruction: Vec<CheckedDosage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispense_request: Option<DispenseRequest<'a>>,
}

/// `MedicationRequest.dispenseRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DispenseRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    validity_period: Option<CheckedPeriod<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_supply_duration: Option<Quantity<'static>>,
}

/// Writes a `MedicationRequest`: status `draft`, intent `proposal`.
///
/// # Errors
/// [`WriteError`] if the order would not be valid FHIR R4.
pub fn medication_request(order: &MedicationOrder<'_>) -> Result<Box<RawValue>, WriteError> {
    let medication = concept::required(&order.medication, "MedicationRequest.medicationCodeableConcept")?;
    let reasons = reference::reasons(
        &order.reason_references,
        reference::MEDICATION_REASONS,
        "MedicationRequest.reasonReference",
    )?;
    crate::write(&MedicationRequest {
        resource_type: "MedicationRequest",
        id: text::id(order.id)?,
        status: "draft",
        intent: "proposal",
        priority: order.priority,
        medication_codeable_concept: medication,
        subject: reference::subject(order.subject, "MedicationRequest.subject")?,
        encounter: reference::encounter(order.encounter, "MedicationRequest.encounter")?,
        supporting_information: reasons.supporting,
        authored_on: timing::optional_date_time(order.authored_on, "MedicationRequest.authoredOn")?,
        requester: reference::requester(order.requester, "MedicationRequest.requester")?,
        reason_reference: reasons.accepted,
        note: text::notes(&order.notes),
        dosage_instruction: dosage::list(&order.dosage)?,
        dispense_request: dispense(order)?,
    })
}

/// `dispenseRequest`, or nothing if the order says nothing about it.
fn dispense<'a>(order: &MedicationOrder<'a>) -> Result<Option<DispenseRequest<'a>>, WriteError> {
    let element = "MedicationRequest.dispenseRequest.validityPeriod";
    let validity_period = timing::period(order.validity, element)?;
    let element = "MedicationRequest.dispenseRequest.expectedSupplyDuration";
    let days = order.dispense_days;
    let expected_supply_duration =
        days.map(|days| quantity::duration(f64::from(days), TimeUnit::Day, element)).transpose()?;
    let says_something = validity_period.is_some() || expected_supply_duration.is_some();
    Ok(says_something.then_some(DispenseRequest { validity_period, expected_supply_duration }))
}
