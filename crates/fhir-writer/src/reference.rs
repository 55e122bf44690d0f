//! References, and which types R4 lets them point to.

use serde::Serialize;

use crate::WriteError;

/// What `ServiceRequest.reasonReference` and `DeviceRequest.reasonReference` accept in R4.
pub(crate) const ORDER_REASONS: &[&str] =
    &["Condition", "Observation", "DiagnosticReport", "DocumentReference"];
/// What `MedicationRequest.reasonReference` accepts in R4.
pub(crate) const MEDICATION_REASONS: &[&str] = &["Condition", "Observation"];
/// Who may be named as requester: R4 would accept more, but only these order.
const REQUESTERS: &[&str] = &["Practitioner", "PractitionerRole"];

/// `Reference`.
#[derive(Serialize)]
pub(crate) struct Reference<'a> {
    reference: &'a str,
}

/// Whether a reference, relative or absolute, is to one of these types.
fn is_to(reference: &str, allowed: &[&str]) -> bool {
    let resource = reference.split_once("/_history/").map_or(reference, |(resource, _)| resource);
    let mut backwards = resource.rsplit('/');
    let id = backwards.next().is_some_and(|id| !id.is_empty());
    id && backwards.next().is_some_and(|found| allowed.contains(&found))
}

/// A reference to a resource of any type. `#…` would point into this resource, which contains none.
fn any<'a>(reference: &'a str, element: &'static str) -> Result<Reference<'a>, WriteError> {
    if reference.is_empty() || reference.starts_with('#') || reference.contains(char::is_whitespace) {
        return Err(WriteError::Reference { element });
    }
    Ok(Reference { reference })
}

/// A reference to a resource of one type.
fn to<'a>(reference: &'a str, target: &str, element: &'static str) -> Result<Reference<'a>, WriteError> {
    if is_to(reference, &[target]) { any(reference, element) } else { Err(WriteError::Reference { element }) }
}

/// `subject`: a patient.
pub(crate) fn subject<'a>(reference: &'a str, element: &'static str) -> Result<Reference<'a>, WriteError> {
    to(reference, "Patient", element)
}

/// `encounter`.
pub(crate) fn encounter<'a>(
    reference: Option<&'a str>,
    element: &'static str,
) -> Result<Option<Reference<'a>>, WriteError> {
    reference.map(|reference| to(reference, "Encounter", element)).transpose()
}

/// `requester`, if it is one who orders.
pub(crate) fn requester<'a>(
    reference: Option<&'a str>,
    element: &'static str,
) -> Result<Option<Reference<'a>>, WriteError> {
    reference.filter(|one| is_to(one, REQUESTERS)).map(|one| any(one, element)).transpose()
}

/// A list of references to resources of any type.
pub(crate) fn list<'a>(
    references: &[&'a str],
    element: &'static str,
) -> Result<Vec<Reference<'a>>, WriteError> {
    references.iter().map(|one| any(one, element)).collect()
}

/// What led to an order.
pub(crate) struct Reasons<'a> {
    /// What R4 accepts as its reason.
    pub(crate) accepted: Vec<Reference<'a>>,
    /// All the rest, which supports it.
    pub(crate) supporting: Vec<Reference<'a>>,
}

/// Sorts what led to an order by what R4 accepts as its reason.
pub(crate) fn reasons<'a>(
    references: &[&'a str],
    accepted: &[&str],
    element: &'static str,
) -> Result<Reasons<'a>, WriteError> {
    let (reasons, supporting): (Vec<&str>, Vec<&str>) =
        references.iter().partition(|one| is_to(one, accepted));
    Ok(Reasons { accepted: list(&reasons, element)?, supporting: list(&supporting, element)? })
}
