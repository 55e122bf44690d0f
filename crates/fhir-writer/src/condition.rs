//! `Condition`: an entry of the problem list.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Coding, Concept, WriteError,
    concept::{self, CodeableConcept},
    reference::{self, Reference},
    text::{self, Annotation},
    timing::{self, DateTime},
};

/// How sure the entry is (`verificationStatus`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Verification {
    /// `provisional`: a proposal the clinician has yet to confirm.
    #[default]
    Provisional,
    /// `confirmed`: the chart already says so.
    Confirmed,
}

/// An entry of the problem list (`Condition`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProblemEntry<'a> {
    /// `id`.
    pub id: Option<&'a str>,
    /// `verificationStatus`.
    pub verification: Verification,
    /// `code`: the problem, required.
    pub code: Concept<'a>,
    /// `subject`: reference to a `Patient`, required.
    pub subject: &'a str,
    /// `encounter`: reference to an `Encounter`.
    pub encounter: Option<&'a str>,
    /// `evidence.detail`: references to what speaks for it, of any type.
    pub evidence_references: Vec<&'a str>,
    /// `note`, one for each text; Markdown.
    pub notes: Vec<&'a str>,
    /// `recordedDate`: a FHIR dateTime.
    pub recorded_date: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Condition<'a> {
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    clinical_status: CodeableConcept<'static>,
    verification_status: CodeableConcept<'static>,
    category: [CodeableConcept<'static>; 1],
    code: CodeableConcept<'a>,
    subject: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encounter: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_date: Option<DateTime<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<[Evidence<'a>; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    note: Vec<Annotation<'a>>,
}

/// `Condition.evidence`.
#[derive(Serialize)]
struct Evidence<'a> {
    detail: Vec<Reference<'a>>,
}

/// A concept with one code.
fn coded(
    system: &'static str,
    code: &'static str,
    display: &'static str,
) -> Result<CodeableConcept<'static>, WriteError> {
    let codings = vec![Coding { system, code, display: Some(display) }];
    concept::required(&Concept { codings, text: None }, "CodeableConcept")
}

/// Writes a `Condition`: clinical status `active`, category `problem-list-item`.
///
/// # Errors
/// [`WriteError`] if the entry would not be valid FHIR R4.
pub fn condition(entry: &ProblemEntry<'_>) -> Result<Box<RawValue>, WriteError> {
    let (code, display) = match entry.verification {
        Verification::Provisional => ("provisional", "Provisional"),
        Verification::Confirmed => ("confirmed", "Confirmed"),
    };
    let detail = reference::list(&entry.evidence_references, "Condition.evidence.detail")?;
    crate::write(&Condition {
        resource_type: "Condition",
        id: text::id(entry.id)?,
        clinical_status: coded(
            "http://terminology.hl7.org/CodeSystem/condition-clinical",
            "active",
            "Active",
        )?,
        verification_status: coded(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status",
            code,
            display,
        )?,
        category: [coded(
            "http://terminology.hl7.org/CodeSystem/condition-category",
            "problem-list-item",
            "Problem List Item",
        )?],
        code: concept::required(&entry.code, "Condition.code")?,
        subject: reference::subject(entry.subject, "Condition.subject")?,
        encounter: reference::encounter(entry.encounter, "Condition.encounter")?,
        recorded_date: timing::optional_date_time(entry.recorded_date, "Condition.recordedDate")?,
        evidence: (!detail.is_empty()).then_some([Evidence { detail }]),
        note: text::notes(&entry.notes),
    })
}
