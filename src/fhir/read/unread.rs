//! Medications that something refers to and that did not come with it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::product::{Beside, Medications};
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

/// The ids of Medications on `server` that drafts and medicines refer to and that are not there, each once and `most` of
/// them: those of drafts first, then those of medicines in use, then the others.
pub(in crate::fhir) fn unread_medications(
    acquired: &Acquired<'_>,
    drafts: &Drafts<'_>,
    server: &str,
    most: usize,
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
        let Some(id) = id_on(server, &found, &known, is_draft) else { continue };
        let in_use = matches!(found.status.get(), Some("active" | "intended" | "on-hold"));
        let unread: &mut Vec<String> = if is_draft || in_use { &mut first } else { &mut then };
        // Few, so that looking through them costs little; twice as many, because the other list may hold half of them.
        if unread.len() < 2 * most && !unread.contains(&id) {
            unread.push(id);
        }
        if first.len() == most {
            return first;
        }
    }
    then.retain(|id| !first.contains(id));
    first.append(&mut then);
    first.truncate(most);
    first
}

fn id_on(server: &str, found: &Referring<'_>, known: &Medications<'_>, is_draft: bool) -> Option<String> {
    if found.medication_codeable_concept.is_some() {
        return None;
    }
    let reference: Reference<'_> = read_object(found.medication_reference).ok()?;
    let pointer = reference.reference.get()?;
    let contained: Vec<&RawValue> = read(found.contained).ok().unwrap_or_default();
    let beside = if is_draft { Beside::Drafts } else { Beside::Chart };
    if known.find(pointer, &contained, beside, Some(server)).is_some() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Answer;
    use crate::fhir::{Gives, KeyNames, Need, from_prefetch};
    use crate::wire::Text;

    const SERVER: &str = "https://ehr.example/r4";

    fn unread(requests: &[String], most: usize) -> Vec<String> {
        let needs = [Need {
            key: "medications".to_owned(),
            template: String::new(),
            gives: Gives::MedicationRequests,
            required: false,
        }];
        let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, requests.join(","));
        let raw: &RawValue = serde_json::from_str(&bundle).unwrap();
        let prefetch = vec![(Text("medications".into()), Answer::split(raw))];
        let acquired = from_prefetch(&needs, prefetch, &KeyNames::default());
        unread_medications(&acquired, &Drafts::none(), SERVER, most)
    }

    fn request(status: &str, reference: &str) -> String {
        format!(
            r#"{{"resource":{{"resourceType":"MedicationRequest","status":"{status}","medicationReference":{{"reference":"{reference}"}}}}}}"#
        )
    }

    #[test]
    fn what_is_in_use_is_read_first_and_each_once() {
        let requests = [
            request("stopped", "Medication/old"),
            request("active", "Medication/one"),
            request("stopped", "Medication/one"),
            request("active", "https://ehr.example/r4/Medication/two"),
            request("active", "https://other.example/r4/Medication/three"),
            request("active", "Medication/one"),
        ];
        assert_eq!(unread(&requests, 20), ["one", "two", "old"]);
        assert_eq!(unread(&requests, 3), ["one", "two", "old"]);
        assert_eq!(unread(&requests, 2), ["one", "two"]);
    }

    /// Each of many thousands was once compared with all before it, whether or not any could be read.
    #[test]
    fn references_beyond_those_that_are_read_cost_nothing_more() {
        let mut requests: Vec<String> =
            (0..30_000).map(|n| request("stopped", &format!("Medication/s{n}"))).collect();
        assert_eq!(unread(&requests, 20).len(), 20);
        requests.extend((0..30_000).map(|n| request("active", &format!("Medication/a{n}"))));
        let expected: Vec<String> = (0..20).map(|n| format!("a{n}")).collect();
        assert_eq!(unread(&requests, 20), expected);
    }
}
