//! Medications that something refers to and that did not come with it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::product::Medications;
use crate::fhir::json::{Str, read, read_object};
use crate::fhir::reference::{Reference, Target, same_base, target};
use crate::fhir::{Acquired, Drafts, Resource};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referring<'a> {
    #[serde(borrow, default)]
    status: Str<'a>,
    #[serde(borrow)]
    medication_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    medication_reference: Option<&'a RawValue>,
    #[serde(borrow)]
    contained: Option<&'a RawValue>,
}

/// The ids of Medications on `server` that drafts and medicines refer to and that are not there, each once: those of
/// drafts first, then those of medicines in use, then the others.
pub(in crate::fhir) fn unread_medications(
    acquired: &Acquired<'_>,
    drafts: &Drafts<'_>,
    server: &str,
) -> Vec<String> {
    let known = Medications::of(acquired, drafts);
    let (mut first, mut then) = (Vec::new(), Vec::new());
    let drafted: Vec<Resource<'_>> = drafts.orders.iter().map(|draft| Resource::split(draft.raw)).collect();
    let drafted = drafted.iter().map(|resource| (resource, true));
    let supplied =
        acquired.supplies.iter().flat_map(|supply| &supply.resources).map(|resource| (resource, false));
    for (resource, is_draft) in drafted.chain(supplied) {
        let of_medicines = ["MedicationRequest", "MedicationStatement", "MedicationOrder"];
        if !resource.kind().is_some_and(|kind| of_medicines.contains(&kind)) {
            continue;
        }
        let Some(found) = resource.read::<Referring<'_>>() else { continue };
        let Some(id) = id_on(server, &found, &known) else { continue };
        let in_use = matches!(found.status.get(), Some("active" | "intended" | "on-hold"));
        if is_draft || in_use { first.push(id) } else { then.push(id) }
    }
    let mut unread: Vec<String> = Vec::new();
    for id in first.into_iter().chain(then) {
        if !unread.contains(&id) {
            unread.push(id);
        }
    }
    unread
}

fn id_on(server: &str, found: &Referring<'_>, known: &Medications<'_>) -> Option<String> {
    if found.medication_codeable_concept.is_some() {
        return None;
    }
    let reference: Reference<'_> = read_object(found.medication_reference).ok()?;
    let pointer = reference.reference.get()?;
    let contained: Vec<&RawValue> = read(found.contained).ok().unwrap_or_default();
    if known.find(pointer, &contained).is_some() {
        return None;
    }
    match target(pointer)? {
        Target::Resource { base, kind: Some("Medication"), id }
            if base.is_empty() || same_base(base, server) =>
        {
            Some(id.to_owned())
        }
        _ => None,
    }
}
