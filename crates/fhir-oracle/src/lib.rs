//! A second reader of FHIR for differential tests: what both this one and Gaitkeeper's own reader can read, both must
//! read alike; and what Gaitkeeper writes, this one must read and write again. A development dependency only.
//!
//! It reads through the models of fhir-sdk, with a single instance of their parser: each one more would cost its
//! compile time again.
//!
//! An error means that this reader says nothing about the resource. `None` is weaker than it looks: fhir-sdk reads a
//! `value[x]` or `effective[x]` it cannot understand as absent. A test compares the values both readers have; that
//! this one has none proves nothing.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

use fhir_sdk::{
    DateTime,
    r4b::{
        resources::{MedicationRequestMedication, ObservationEffective, ObservationValue, Resource},
        types::CodeableConcept,
    },
};

/// Value, `unit` and `code` of a `Quantity`.
pub type Quantity = (f64, Option<String>, Option<String>);

/// `system` and `code` of a `Coding`.
pub type SystemAndCode = (Option<String>, Option<String>);

/// The most characters of an error that are kept: fhir-sdk lists all types of resources in some.
const LONGEST_ERROR: usize = 200;

/// The only place where the parser is instantiated.
fn read(json: &[u8]) -> Result<Resource, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string().chars().take(LONGEST_ERROR).collect())
}

/// What an accessor says of a resource of another type.
fn other<T>(resource: &Resource) -> Result<T, String> {
    Err(format!("not compared: {}", resource.resource_type()))
}

/// `resourceType` of a resource that can be read.
///
/// # Errors
/// What fhir-sdk says of a resource it cannot read.
pub fn parse_resource(json: &[u8]) -> Result<String, String> {
    read(json).map(|resource| resource.resource_type().to_string())
}

/// A resource read into the model of its type and written from it: a member that the model does not know is lost.
///
/// # Errors
/// What fhir-sdk says of a resource it cannot read or write.
pub fn written_again(json: &[u8]) -> Result<serde_json::Value, String> {
    serde_json::to_value(read(json)?).map_err(|error| error.to_string())
}

/// `Observation.valueQuantity`: value, `unit` and `code`; `None` without a value.
///
/// # Errors
/// What fhir-sdk says of a resource it cannot read, or that it is not an Observation.
pub fn observation_quantity(json: &[u8]) -> Result<Option<Quantity>, String> {
    match read(json)? {
        Resource::Observation(mut observation) => match observation.value.take() {
            Some(ObservationValue::Quantity(quantity)) => {
                Ok(quantity.value.map(|value| (value, quantity.unit.clone(), quantity.code.clone())))
            }
            _ => Ok(None),
        },
        resource => other(&resource),
    }
}

/// `Observation.effective[x]` as FHIR text, times normalised by fhir-sdk (`…:00.500+00:00` becomes `…:00.5Z`).
/// A period is `start/end`, either side empty if open.
///
/// # Errors
/// What fhir-sdk says of a resource it cannot read or a date it cannot write, or that it is not an Observation, or
/// that the time is a `Timing`.
pub fn observation_effective(json: &[u8]) -> Result<Option<String>, String> {
    match read(json)? {
        Resource::Observation(mut observation) => match observation.effective.take() {
            None => Ok(None),
            Some(ObservationEffective::DateTime(at)) => text(&at).map(Some),
            Some(ObservationEffective::Instant(at)) => text(&DateTime::DateTime(at)).map(Some),
            Some(ObservationEffective::Period(period)) => {
                let side = |side: &Option<DateTime>| side.as_ref().map_or(Ok(String::new()), text);
                Ok(Some(format!("{}/{}", side(&period.start)?, side(&period.end)?)))
            }
            Some(ObservationEffective::Timing(_)) => Err("not compared: effectiveTiming".to_owned()),
        },
        resource => other(&resource),
    }
}

/// A date as fhir-sdk writes it.
fn text(at: &DateTime) -> Result<String, String> {
    match serde_json::to_value(at) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        Ok(_) => Err("a date that is not a text".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Every pair of `system` and `code` of a concept, in order.
fn pairs(concept: Option<&CodeableConcept>) -> Vec<SystemAndCode> {
    let codings = concept.map(|concept| concept.coding.iter().flatten()).into_iter().flatten();
    codings.map(|coding| (coding.system.clone(), coding.code.clone())).collect()
}

/// The codes of `Condition.clinicalStatus` and of `Condition.verificationStatus`.
///
/// # Errors
/// What fhir-sdk says of a resource it cannot read, or that it is not a Condition.
pub fn condition_status_codes(json: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let codes = |concept: &Option<CodeableConcept>| {
        pairs(concept.as_ref()).into_iter().filter_map(|(_, code)| code).collect()
    };
    match read(json)? {
        Resource::Condition(condition) => {
            Ok((codes(&condition.clinical_status), codes(&condition.verification_status)))
        }
        resource => other(&resource),
    }
}

/// System and code of every coding of `Observation.code`, `Condition.code` or
/// `MedicationRequest.medicationCodeableConcept`; none if the medication is a reference.
///
/// # Errors
/// What fhir-sdk says of a resource it cannot read, or that it is none of these three.
pub fn codings(json: &[u8]) -> Result<Vec<SystemAndCode>, String> {
    match read(json)? {
        Resource::Observation(observation) => Ok(pairs(Some(&observation.code))),
        Resource::Condition(condition) => Ok(pairs(condition.code.as_ref())),
        Resource::MedicationRequest(request) => match &request.medication {
            MedicationRequestMedication::CodeableConcept(concept) => Ok(pairs(Some(concept))),
            MedicationRequestMedication::Reference(_) => Ok(Vec::new()),
        },
        resource => other(&resource),
    }
}
