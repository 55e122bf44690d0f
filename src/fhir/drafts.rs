//! What the context of a call is about, kept raw: draft orders, for reading them and for sending them back changed, and
//! problems being added.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Resource;
use super::answer::entries;
use super::json::Str;
use super::reference::{Target, target};
use crate::chart::{Gap, ResourceRef, Unusable};
use crate::wire::{Hook, Text};

/// The draft orders of a call, or the problems that it adds.
#[derive(Debug, Clone, Default)]
pub struct Drafts<'a> {
    /// The orders, in the order of the Bundle.
    pub orders: Vec<Draft<'a>>,
    /// The Conditions being added, in `problem-list-item-create`.
    pub(super) problems: Vec<&'a RawValue>,
    /// Medications that an order may refer to, with their `fullUrl`.
    pub(super) medications: Vec<(Option<Cow<'a, str>>, Resource<'a>)>,
    /// What could not even be named.
    pub(super) unreadable: Vec<Gap>,
}

/// One draft order.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// `Type/id`; where the draft has no id, by its place (`ServiceRequest/#2`).
    pub id: String,
    /// Its type.
    pub resource_type: String,
    /// The draft as the client sent it.
    pub raw: &'a RawValue,
    /// Is this hook about it? In `order-select` only what was just selected is; in `order-sign` everything.
    pub in_focus: bool,
}

impl<'a> Drafts<'a> {
    /// No drafts, for hooks without orders.
    #[must_use]
    pub fn none() -> Drafts<'a> {
        Drafts::default()
    }

    /// Splits the Bundle of `context.draftOrders`.
    ///
    /// Neither a Bundle `type` nor a `fullUrl` is asked for: most clients leave them out.
    #[must_use]
    pub fn read(draft_orders: Option<&'a RawValue>, selections: &[Text<'a>], hook: Hook) -> Drafts<'a> {
        let mut drafts = Drafts::none();
        let Some(raw) = draft_orders.filter(|raw| raw.get() != "null") else { return drafts };
        let Some(entries) = entries(raw) else {
            drafts.unreadable("Bundle/draftOrders", Unusable::Malformed);
            return drafts;
        };
        let selected = Selections::of(selections);
        for (place, entry) in entries.into_iter().enumerate() {
            let found = entry.and_then(|entry| {
                let raw = entry.resource?;
                let resource = Resource::split(raw);
                let kind = resource.kind()?.to_owned();
                Some((entry.full_url.0.ok(), raw, kind, resource.read::<Named<'a>>()?.id, resource))
            });
            let Some((full_url, raw, kind, id, resource)) = found else {
                drafts.unreadable(&format!("Bundle/draftOrders#{place}"), Unusable::Malformed);
                continue;
            };
            if kind == "Medication" {
                drafts.medications.push((full_url, resource));
                continue;
            }
            if !is_order(&kind) {
                continue;
            }
            let id = id.get().map_or_else(|| format!("{kind}/#{place}"), |id| format!("{kind}/{id}"));
            let in_focus =
                hook != Hook::OrderSelect || selections.is_empty() || selected.name(&id, full_url.as_deref());
            drafts.orders.push(Draft { id, resource_type: kind, raw, in_focus });
        }
        drafts
    }

    /// Takes the Conditions of `context.conditions`: of a Bundle, whatever its type, or one that stands there bare.
    #[must_use]
    pub fn adding(mut self, conditions: Option<&'a RawValue>) -> Drafts<'a> {
        let Some(raw) = conditions.filter(|raw| raw.get() != "null") else { return self };
        if Resource::split(raw).kind() == Some("Condition") {
            self.problems.push(raw);
            return self;
        }
        let Some(entries) = entries(raw) else {
            self.unreadable("Bundle/conditions", Unusable::Malformed);
            return self;
        };
        for (place, entry) in entries.into_iter().enumerate() {
            let found = entry.and_then(|entry| {
                Some((Resource::split(entry.resource?).kind()?.to_owned(), entry.resource?))
            });
            match found {
                Some((kind, raw)) if kind == "Condition" => self.problems.push(raw),
                Some(_) => {}
                None => self.unreadable(&format!("Bundle/conditions#{place}"), Unusable::Malformed),
            }
        }
        self
    }

    /// The draft with this `Type/id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Draft<'a>> {
        self.orders.iter().find(|draft| draft.id == id)
    }

    fn unreadable(&mut self, place: &str, why: Unusable) {
        let (kind, id) = place.split_once('/').unwrap_or(("Bundle", place));
        self.unreadable.push(Gap { source: ResourceRef::new(kind, id), why });
    }
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
}

/// What is selected, as `Type/id`, as a bare id, as the URL of either, or by a `fullUrl`. Taken apart once: a client may
/// send many drafts and many selections.
#[derive(Default)]
struct Selections<'s> {
    whole: HashSet<&'s str>,
    typed: HashSet<(&'s str, &'s str)>,
    bare: HashSet<&'s str>,
}

impl<'s> Selections<'s> {
    fn of(selections: &'s [Text<'_>]) -> Selections<'s> {
        let mut taken = Selections::default();
        for selection in selections {
            let selection = selection.as_ref().trim();
            taken.whole.insert(selection);
            match target(selection) {
                Some(Target::Resource { kind: Some(kind), id, .. }) => _ = taken.typed.insert((kind, id)),
                Some(Target::Resource { kind: None, id, .. }) => _ = taken.bare.insert(id),
                Some(Target::Urn(urn)) => taken.bare.extend(urn.rsplit(':').next()),
                Some(Target::Contained(_)) | None => {}
            }
        }
        taken
    }

    /// Do they name this draft?
    fn name(&self, id: &str, full_url: Option<&str>) -> bool {
        let by_id = |(kind, bare)| self.typed.contains(&(kind, bare)) || self.bare.contains(bare);
        full_url.is_some_and(|url| self.whole.contains(url)) || id.split_once('/').is_some_and(by_id)
    }
}

/// Types that ask for something to be done, under their names in R4 and before.
fn is_order(kind: &str) -> bool {
    matches!(
        kind,
        "Appointment"
            | "CommunicationRequest"
            | "DeviceRequest"
            | "DeviceUseRequest"
            | "DiagnosticOrder"
            | "MedicationOrder"
            | "MedicationRequest"
            | "NutritionOrder"
            | "Procedure"
            | "ProcedureRequest"
            | "ReferralRequest"
            | "ServiceRequest"
            | "SupplyRequest"
            | "Task"
            | "VisionPrescription"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    const BUNDLE: &str = r#"{"resourceType":"Bundle","entry":[
        {"resource":{"resourceType":"ServiceRequest","id":"a"}},
        {"fullUrl":"urn:uuid:77","resource":{"resourceType":"MedicationRequest","id":"b.0-fqdS7T1234567890123456789012345678901234567890123456789012345678901234567890z0rE4"}},
        {"resource":{"resourceType":"Medication","id":"m"}},
        {"resource":{"resourceType":"Patient","id":"p"}},
        {"resource":{"resourceType":"DeviceRequest"}},
        7, {"resource":[1]}]}"#;

    fn focus(selections: &[&str], hook: Hook) -> Vec<bool> {
        let selections: Vec<Text<'_>> = selections.iter().map(|text| Text((*text).into())).collect();
        let drafts = Drafts::read(Some(raw(BUNDLE)), &selections, hook);
        drafts.orders.iter().map(|draft| draft.in_focus).collect()
    }

    #[test]
    fn only_orders_are_orders_and_what_is_broken_is_said() {
        let drafts = Drafts::read(Some(raw(BUNDLE)), &[], Hook::OrderSign);
        let ids: Vec<&str> = drafts.orders.iter().map(|draft| draft.id.as_str()).collect();
        assert_eq!(ids.len(), 3);
        assert_eq!((ids[0], ids[2]), ("ServiceRequest/a", "DeviceRequest/#4"));
        assert_eq!((drafts.medications.len(), drafts.unreadable.len()), (1, 2));
        assert!(drafts.get("ServiceRequest/a").is_some());
        assert!(drafts.get("ServiceRequest/b").is_none());
        for broken in ["[]", "7", r#"{"resourceType":"Bundle","entry":{}}"#] {
            let drafts = Drafts::read(Some(raw(broken)), &[], Hook::OrderSign);
            assert_eq!((drafts.orders.len(), drafts.unreadable.len()), (0, 1), "{broken}");
        }
    }

    /// Compared one with the other, these would take minutes.
    #[test]
    fn many_drafts_and_many_selections_take_no_longer_than_both_take_to_read() {
        let entry = |n| format!(r#"{{"resource":{{"resourceType":"ServiceRequest","id":"{n}"}}}}"#);
        let entries: Vec<String> = (0..20_000).map(entry).collect();
        let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
        let selections: Vec<Text<'_>> =
            (19_999..100_000).map(|n| Text(format!("ServiceRequest/{n}").into())).collect();
        let drafts = Drafts::read(Some(raw(&bundle)), &selections, Hook::OrderSelect);
        assert_eq!(drafts.orders.iter().filter(|draft| draft.in_focus).count(), 1);
    }

    #[test]
    fn a_selection_may_be_spelled_in_several_ways() {
        assert_eq!(focus(&["ServiceRequest/a"], Hook::OrderSelect), [true, false, false]);
        assert_eq!(focus(&["a"], Hook::OrderSelect), [true, false, false]);
        assert_eq!(
            focus(&["https://ehr.example/r4/ServiceRequest/a"], Hook::OrderSelect),
            [true, false, false]
        );
        assert_eq!(focus(&["urn:uuid:77"], Hook::OrderSelect), [false, true, false]);
        assert_eq!(focus(&["MedicationRequest/a"], Hook::OrderSelect), [false, false, false]);
        assert_eq!(focus(&[], Hook::OrderSelect), [true, true, true]);
        assert_eq!(focus(&["ServiceRequest/a"], Hook::OrderSign), [true, true, true]);
    }
}
