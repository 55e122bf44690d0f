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
use crate::wire::{Hook, List, RequestError, Text, is_id};

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
    /// Has it an id that it may be selected by?
    has_id: bool,
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
        let mut found = HashSet::new();
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
            let own = own.get().filter(|id| is_id(id));
            let id = own.map_or_else(|| format!("{kind}/#{place}"), |id| format!("{kind}/{id}"));
            if own.is_some() {
                let here = Some(drafts.orders.len());
                drafts.named.entry(id.clone()).and_modify(|place| *place = None).or_insert(here);
            }
            let naming = selected.naming(&id, full_url.as_deref());
            let in_focus = hook != Hook::OrderSelect || selections.is_empty() || !naming.is_empty();
            found.extend(naming);
            drafts.orders.push(Draft { id, resource_type: kind, raw, in_focus, has_id: own.is_some() });
        }
        if hook == Hook::OrderSelect {
            drafts.widen_focus(&selected.kinds_without(&found));
        }
        Ok(drafts)
    }

    /// Where none of the orders is what was selected, it may be any of them; where one is, what was not found may be
    /// any order of its kind that has no id.
    fn widen_focus(&mut self, not_found: &HashSet<Option<&str>>) {
        if !self.orders.is_empty() && self.orders.iter().all(|draft| !draft.in_focus) {
            self.selected_none = true;
            self.orders.iter_mut().for_each(|draft| draft.in_focus = true);
        }
        for draft in self.orders.iter_mut().filter(|draft| !draft.has_id) {
            let kinds = [None, Some(draft.resource_type.as_str())];
            draft.in_focus |= kinds.iter().any(|kind| not_found.contains(kind));
        }
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
/// send many drafts and many selections. Each is known by its place.
#[derive(Default)]
struct Selections<'s> {
    whole: HashMap<&'s str, usize>,
    typed: HashMap<(&'s str, &'s str), usize>,
    bare: HashMap<&'s str, usize>,
    /// The type that each names.
    kinds: Vec<Option<&'s str>>,
}

impl<'s> Selections<'s> {
    fn of(selections: &'s [Text<'_>]) -> Selections<'s> {
        let mut taken = Selections::default();
        for selection in selections {
            let selection = selection.as_ref().trim();
            // What is selected twice, perhaps in two spellings, is one selection.
            let next = taken.kinds.len();
            let target = target(selection);
            let place = match target {
                Some(Target::Resource { kind: Some(kind), id, .. }) => {
                    *taken.typed.entry((kind, id)).or_insert(next)
                }
                Some(Target::Resource { kind: None, id, .. }) => *taken.bare.entry(id).or_insert(next),
                Some(Target::Urn(urn)) => {
                    *taken.bare.entry(urn.rsplit(':').next().unwrap_or(urn)).or_insert(next)
                }
                Some(Target::Contained(_)) | None => next,
            };
            let place = *taken.whole.entry(selection).or_insert(place);
            if place == next {
                taken.kinds.push(match target {
                    Some(Target::Resource { kind, .. }) => kind,
                    _ => None,
                });
            }
        }
        taken
    }

    /// The types of those that are not among `found`.
    fn kinds_without(&self, found: &HashSet<usize>) -> HashSet<Option<&'s str>> {
        let each = self.kinds.iter().enumerate().filter(|(place, _)| !found.contains(place));
        each.map(|(_, kind)| *kind).collect()
    }

    /// Those that name this draft.
    fn naming(&self, id: &str, full_url: Option<&str>) -> Vec<usize> {
        let by_id =
            id.split_once('/').map(|(kind, bare)| [self.typed.get(&(kind, bare)), self.bare.get(bare)]);
        let by_url = full_url.and_then(|url| self.whole.get(url));
        by_id.into_iter().flatten().flatten().chain(by_url).copied().collect()
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
