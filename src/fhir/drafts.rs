//! What the context of a call is about, kept raw: draft orders, for reading them and for sending them back changed, and
//! problems being added.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Resource;
use super::answer::{readable, undivided};
use super::json::Str;
use super::reference::{Target, target};
use crate::wire::{Hook, List, RequestError, Text};

/// The draft orders of a call, or the problems that it adds.
#[derive(Debug, Clone, Default)]
pub struct Drafts<'a> {
    /// The orders, in the order of the Bundle.
    pub orders: Vec<Draft<'a>>,
    /// The Conditions being added, in `problem-list-item-create`.
    pub(super) problems: Vec<&'a RawValue>,
    /// Were drafts selected that are not among the orders? All are in focus then.
    pub selected_none: bool,
    /// Medications that an order may refer to, with their `fullUrl`.
    pub(super) medications: Vec<(Option<Cow<'a, str>>, Resource<'a>)>,
    /// Places in `orders` by the `Type/id` that the client gave; none where it gave the same to two.
    named: HashMap<String, Option<usize>>,
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
    /// Is this hook about it? In `order-select` only what was just selected is, unless that names no order; in
    /// `order-sign` everything.
    pub in_focus: bool,
}

impl<'a> Drafts<'a> {
    /// No drafts, for hooks without orders.
    #[must_use]
    pub fn none() -> Drafts<'a> {
        Drafts::default()
    }

    /// Splits the Bundle of `context.draftOrders`, or takes the one order that stands there bare.
    ///
    /// Neither a Bundle `type` nor a `fullUrl` is asked for: most clients leave them out.
    ///
    /// # Errors
    /// Where it is neither, or holds what is no resource. That may be an order, perhaps of another patient, and an answer
    /// without it would say that it was looked at.
    pub fn read(
        draft_orders: Option<&'a RawValue>,
        selections: &[Text<'a>],
        hook: Hook,
    ) -> Result<Drafts<'a>, RequestError> {
        const MEMBER: &str = "context.draftOrders";
        let mut drafts = Drafts::none();
        let Some(raw) = draft_orders.filter(|raw| raw.get() != "null") else { return Ok(drafts) };
        let selected = Selections::of(selections);
        let problem = "is neither a Bundle nor an order";
        for (place, given) in given(raw, is_order, MEMBER, problem)?.into_iter().enumerate() {
            let Given { full_url, raw, kind, resource } = given;
            if kind == "Medication" {
                drafts.medications.push((full_url, resource));
                continue;
            }
            if !is_order(&kind) {
                continue;
            }
            let own = resource.read::<Named<'a>>().ok_or(no_resource(MEMBER))?.id;
            let own = own.get().filter(|id| !id.starts_with('#'));
            let id = own.map_or_else(|| format!("{kind}/#{place}"), |id| format!("{kind}/{id}"));
            if own.is_some() {
                let here = Some(drafts.orders.len());
                drafts.named.entry(id.clone()).and_modify(|place| *place = None).or_insert(here);
            }
            let in_focus =
                hook != Hook::OrderSelect || selections.is_empty() || selected.name(&id, full_url.as_deref());
            drafts.orders.push(Draft { id, resource_type: kind, raw, in_focus });
        }
        // Something was selected, and which of the orders it is cannot be told: it may be any of them.
        if !drafts.orders.is_empty() && drafts.orders.iter().all(|draft| !draft.in_focus) {
            drafts.selected_none = true;
            drafts.orders.iter_mut().for_each(|draft| draft.in_focus = true);
        }
        Ok(drafts)
    }

    /// Takes the Conditions of `context.conditions`: of a Bundle, whatever its type, or one that stands there bare.
    ///
    /// # Errors
    /// Where it is neither, or holds what is no resource.
    pub fn adding(mut self, conditions: Option<&'a RawValue>) -> Result<Drafts<'a>, RequestError> {
        let Some(raw) = conditions.filter(|raw| raw.get() != "null") else { return Ok(self) };
        let is_problem = |kind: &str| kind == "Condition";
        let given = given(raw, is_problem, "context.conditions", "is neither a Bundle nor a Condition")?;
        self.problems
            .extend(given.into_iter().filter(|given| is_problem(&given.kind)).map(|given| given.raw));
        Ok(self)
    }

    /// The one draft that the client gave this `Type/id`: what is changed or deleted by it is that draft and no other.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Draft<'a>> {
        let place = self.named.get(id).copied().flatten()?;
        self.orders.get(place)
    }
}

/// One resource of the context.
struct Given<'a> {
    full_url: Option<Cow<'a, str>>,
    raw: &'a RawValue,
    kind: String,
    resource: Resource<'a>,
}

/// The resources of a Bundle, or one that stands there bare where it `may_be_bare`.
fn given<'a>(
    raw: &'a RawValue,
    may_be_bare: impl Fn(&str) -> bool,
    member: &'static str,
    problem: &'static str,
) -> Result<Vec<Given<'a>>, RequestError> {
    let neither = RequestError::Invalid { member, problem };
    let Some(whole) = undivided(raw) else { return Err(neither) };
    match whole.rest.kind() {
        Some("Bundle") => {}
        // Entries make a Bundle where nothing says what it is.
        None if whole.rest.member("resourceType").is_none() && matches!(whole.entry, List::Is(_)) => {}
        Some(kind) if may_be_bare(kind) => {
            let kind = kind.to_owned();
            return Ok(vec![Given { full_url: None, raw, kind, resource: whole.rest }]);
        }
        _ => return Err(neither),
    }
    let entries = match whole.entry {
        List::Absent => Vec::new(),
        List::Is(entries) => entries,
        List::Other => return Err(neither),
    };
    let each = entries.into_iter().map(|entry| {
        let entry = readable(entry)?;
        let raw = entry.resource?;
        let resource = Resource::split(raw);
        let kind = resource.kind()?.to_owned();
        Some(Given { full_url: entry.full_url.0.ok(), raw, kind, resource })
    });
    each.collect::<Option<_>>().ok_or(no_resource(member))
}

fn no_resource(member: &'static str) -> RequestError {
    RequestError::Invalid { member, problem: "holds an entry that is not a FHIR resource" }
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
        {"resource":{"resourceType":"DeviceRequest"}}]}"#;

    fn read<'a>(json: &'a str) -> Result<Drafts<'a>, RequestError> {
        Drafts::read(Some(raw(json)), &[], Hook::OrderSign)
    }

    fn focus(selections: &[&str], hook: Hook) -> Vec<bool> {
        let selections: Vec<Text<'_>> = selections.iter().map(|text| Text((*text).into())).collect();
        let drafts = Drafts::read(Some(raw(BUNDLE)), &selections, hook).unwrap();
        drafts.orders.iter().map(|draft| draft.in_focus).collect()
    }

    #[test]
    fn only_orders_are_orders() {
        let drafts = read(BUNDLE).unwrap();
        let ids: Vec<&str> = drafts.orders.iter().map(|draft| draft.id.as_str()).collect();
        assert_eq!(ids.len(), 3);
        assert_eq!((ids[0], ids[2]), ("ServiceRequest/a", "DeviceRequest/#4"));
        assert_eq!(drafts.medications.len(), 1);
        assert!(drafts.get("ServiceRequest/a").is_some());
        assert!(drafts.get("ServiceRequest/b").is_none());
    }

    #[test]
    fn only_what_the_client_named_and_named_once_is_found_by_its_name() {
        for (ids, found) in [
            (["", r#""id":"b""#], [false, true]),
            ([r#""id":"a""#, r#""id":"b""#], [true, true]),
            ([r#""id":"b""#, r#""id":"b""#], [false, false]),
            ([r##""id":"#1""##, r#""id":" ""#], [false, false]),
            ([r#""id":7"#, r#""id":null"#], [false, false]),
        ] {
            let entries: Vec<String> = ids
                .iter()
                .map(|id| {
                    format!(
                        r#"{{"resource":{{{id}{}"resourceType":"Task"}}}}"#,
                        if id.is_empty() { "" } else { "," }
                    )
                })
                .collect();
            let json = format!(r#"{{"entry":[{}]}}"#, entries.join(","));
            let drafts = read(&json).unwrap();
            let each: Vec<bool> = drafts.orders.iter().map(|draft| drafts.get(&draft.id).is_some()).collect();
            assert_eq!(each, found, "{json}");
        }
    }

    #[test]
    fn an_order_that_stands_there_bare_is_one_draft() {
        for (json, ids) in [
            (r#"{"id":"a","resourceType":"ServiceRequest"}"#, &["ServiceRequest/a"][..]),
            (r#"{"resourceType":"MedicationRequest"}"#, &["MedicationRequest/#0"]),
            (r#"{"entry":[{"resource":{"resourceType":"ServiceRequest","id":"a"}}]}"#, &["ServiceRequest/a"]),
            (r#"{"resourceType":"Bundle"}"#, &[]),
            (r#"{"resourceType":"Bundle","entry":null}"#, &[]),
        ] {
            let drafts = read(json).unwrap_or_else(|error| panic!("{json}: {error}"));
            assert_eq!(drafts.orders.iter().map(|draft| &draft.id).collect::<Vec<_>>(), ids, "{json}");
        }
    }

    /// Each was answered as if there were no such order.
    #[test]
    fn a_draft_that_is_no_resource_is_no_answer_without_it() {
        let neither = "`context.draftOrders` is neither a Bundle nor an order";
        for json in [
            "[]",
            "7",
            "{}",
            r#"{"resourceType":"Patient"}"#,
            r#"{"resourceType":"Medication"}"#,
            r#"{"resourceType":7,"entry":[]}"#,
            r#"{"resourceType":"Bundle","entry":{}}"#,
            r#"{"resourceType":"Bundle","entry":[],"entry":[]}"#,
            r#"{"resourceType":"Bundle","resourceType":"Bundle","entry":[]}"#,
            r#"{"resource":{"resourceType":"ServiceRequest"}}"#,
        ] {
            assert_eq!(read(json).unwrap_err().to_string(), neither, "{json}");
        }
        for entry in [
            "7",
            "null",
            "{}",
            r#"{"fullUrl":"urn:uuid:1"}"#,
            r#"{"resource":null}"#,
            r#"{"resource":[1]}"#,
            r#"{"resource":{"id":"a"}}"#,
            r#"{"resource":{"resourceType":null}}"#,
            r#"{"resource":{"resourceType":"Task","resourceType":"ServiceRequest"}}"#,
            r#"{"resource":{"resourceType":"Task"},"resource":{"resourceType":"Task"}}"#,
            r#"{"resource":{"resourceType":"Task","id":"a","id":"b"}}"#,
        ] {
            let beside = BUNDLE.trim_end_matches("]}");
            let json = format!("{beside},{entry}]}}");
            let told = read(&json).unwrap_err().to_string();
            assert_eq!(told, "`context.draftOrders` holds an entry that is not a FHIR resource", "{entry}");
            let problems = format!(r#"{{"entry":[{entry}]}}"#);
            // Of an id that is there twice, reading the Condition tells.
            if !entry.contains("\"b\"") {
                let told = Drafts::none().adding(Some(raw(&problems))).unwrap_err().to_string();
                assert!(told.starts_with("`context.conditions` holds an entry"), "{entry}");
            }
        }
        let told = Drafts::none().adding(Some(raw(r#"{"resourceType":"Patient"}"#))).unwrap_err();
        assert_eq!(told.to_string(), "`context.conditions` is neither a Bundle nor a Condition");
    }

    /// Compared one with the other, these would take minutes.
    #[test]
    fn many_drafts_and_many_selections_take_no_longer_than_both_take_to_read() {
        let entry = |n| format!(r#"{{"resource":{{"resourceType":"ServiceRequest","id":"{n}"}}}}"#);
        let entries: Vec<String> = (0..20_000).map(entry).collect();
        let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
        let selections: Vec<Text<'_>> =
            (19_999..100_000).map(|n| Text(format!("ServiceRequest/{n}").into())).collect();
        let drafts = Drafts::read(Some(raw(&bundle)), &selections, Hook::OrderSelect).unwrap();
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
        assert_eq!(focus(&[], Hook::OrderSelect), [true, true, true]);
        assert_eq!(focus(&["ServiceRequest/a"], Hook::OrderSign), [true, true, true]);
        assert_eq!(focus(&["ServiceRequest/a", "ServiceRequest/z"], Hook::OrderSelect), [true, false, false]);
    }

    /// It is one of them under another name, and silence would say that it was looked at.
    #[test]
    fn a_selection_that_names_no_draft_leaves_all_of_them_in_focus() {
        for (selection, selected_none) in [
            ("MedicationRequest/a", true),
            ("Medication/m", true),
            ("ServiceRequest/z", true),
            ("", true),
            ("ServiceRequest/a", false),
        ] {
            let selections = [Text(selection.into())];
            let drafts = Drafts::read(Some(raw(BUNDLE)), &selections, Hook::OrderSelect).unwrap();
            let all = drafts.orders.iter().all(|draft| draft.in_focus);
            assert_eq!((drafts.selected_none, all), (selected_none, selected_none), "{selection}");
        }
        let empty = Drafts::read(Some(raw("{\"entry\":[]}")), &[Text("Task/1".into())], Hook::OrderSelect);
        assert!(!empty.unwrap().selected_none);
    }
}
