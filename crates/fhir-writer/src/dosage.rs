//! `Dosage`: how a medicine is taken.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Concept, Timing, WriteError,
    concept::{self, CodeableConcept},
    quantity::{self, Quantity, Ratio},
    text,
    timing::{self, CheckedTiming},
};

/// How a medicine is taken (`Dosage`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dosage<'a> {
    /// `text`: the whole instruction in words, required: it is what a clinician reads.
    pub text: &'a str,
    /// `doseAndRate.doseQuantity`: amount each time, with its unit; `mg`, `mL` and the like are coded in UCUM.
    pub dose: Option<(f64, &'a str)>,
    /// `timing`.
    pub timing: Option<Timing>,
    /// `asNeededBoolean`: written only if true.
    pub as_needed: bool,
    /// `route`.
    pub route: Option<Concept<'a>>,
    /// `patientInstruction`: in words for the patient.
    pub patient_instruction: Option<&'a str>,
    /// `maxDosePerPeriod`: the most in one day, with its unit.
    pub max_per_day: Option<(f64, &'a str)>,
}

/// The JSON array for `MedicationRequest.dosageInstruction`, to replace the one of an existing draft.
///
/// # Errors
/// [`WriteError`], also if there is no dosage at all: FHIR has no empty arrays.
pub fn dosage_instructions(dosages: &[Dosage<'_>]) -> Result<Box<RawValue>, WriteError> {
    if dosages.is_empty() {
        return Err(WriteError::Missing { element: "MedicationRequest.dosageInstruction" });
    }
    crate::write(&list(dosages)?)
}

/// A `Dosage` with instructions in words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedDosage<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_instruction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timing: Option<CheckedTiming>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    as_needed_boolean: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<CodeableConcept<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dose_and_rate: Option<[DoseAndRate<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_dose_per_period: Option<Ratio<'a>>,
}

/// `Dosage.doseAndRate`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DoseAndRate<'a> {
    dose_quantity: Quantity<'a>,
}

/// A list of `Dosage`.
pub(crate) fn list<'a>(dosages: &[Dosage<'a>]) -> Result<Vec<CheckedDosage<'a>>, WriteError> {
    dosages.iter().map(one).collect()
}

/// One `Dosage`.
fn one<'a>(dosage: &Dosage<'a>) -> Result<CheckedDosage<'a>, WriteError> {
    let dose = dosage.dose.map(|(value, unit)| {
        let dose_quantity = quantity::dose(value, unit, "Dosage.doseAndRate.doseQuantity")?;
        Ok([DoseAndRate { dose_quantity }])
    });
    let most = dosage
        .max_per_day
        .map(|(value, unit)| quantity::dose_per_day(value, unit, "Dosage.maxDosePerPeriod"));
    Ok(CheckedDosage {
        text: text::required(dosage.text, "Dosage.text")?,
        patient_instruction: text::optional(dosage.patient_instruction),
        timing: dosage.timing.as_ref().map(timing::timing).transpose()?,
        as_needed_boolean: dosage.as_needed,
        route: dosage.route.as_ref().map(concept::optional).transpose()?.flatten(),
        dose_and_rate: dose.transpose()?,
        max_dose_per_period: most.transpose()?,
    })
}
