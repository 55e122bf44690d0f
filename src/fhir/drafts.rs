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
#[path = "drafts_tests.rs"]
mod tests;
