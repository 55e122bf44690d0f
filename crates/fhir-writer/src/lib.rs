//! The FHIR resources Gaitkeeper proposes: plain structs in, JSON text out.
//!
//! Each resource is a struct of the members that are proposed, and no other. That what is written is FHIR is tested with
//! the models of fhir-sdk, which read it and must write the same again.
//!
//! | in | out |
//! |---|---|
//! | [`ServiceOrder`] | `ServiceRequest`, [`service_request`] |
//! | [`MedicationOrder`] | `MedicationRequest`, [`medication_request`] |
//! | [`Dosage`] | the array for `MedicationRequest.dosageInstruction`, [`dosage_instructions`] |
//! | [`DeviceOrder`] | `DeviceRequest`, [`device_request`] |
//! | [`ProblemEntry`] | `Condition`, [`condition()`] |
//!
//! What is written is valid FHIR R4 (4.0.1). The same rules hold everywhere:
//! - Every order is a proposal and a draft: the clinician decides.
//! - An optional text that is blank, and an empty list, is left out; a required one is an error.
//! - A `requester` is written when it is a `Practitioner` or a `PractitionerRole`, and otherwise left out: a patient who
//!   reads a card orders nothing.
//! - `reason_references` of a type that R4 does not accept as a reason go to `supportingInfo`
//!   (`supportingInformation` in a `MedicationRequest`), which takes any type: nothing is lost.
//! - Numbers are finite and above zero.
//! - An error names the element, never its content: contents can be patient data.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod concept;
mod condition;
mod device;
mod dosage;
mod error;
mod medication;
mod quantity;
mod reference;
mod service;
mod text;
mod timing;

pub use concept::{Coding, Concept};
pub use condition::{ProblemEntry, Verification, condition};
pub use device::{DeviceOrder, device_request};
pub use dosage::{Dosage, dosage_instructions};
pub use error::WriteError;
pub use medication::{MedicationOrder, medication_request};
pub use quantity::TimeUnit;
pub use service::{Priority, ServiceOrder, service_request};
pub use timing::{Period, SessionLength, Timing};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// The JSON text of one resource, or of a part of one.
fn write<T: Serialize>(written: &T) -> Result<Box<RawValue>, WriteError> {
    to_raw_value(written).map_err(WriteError::Json)
}
