//! Suggestions: what is proposed, as typed FHIR, and only where its exclusions are known to be absent.

mod written;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use time::Duration;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::Rendering;
use crate::chart::{Order as DraftOrder, ResourceRef};
use crate::evaluate::{Strictness, drafts, judge};
use crate::feedback::Origin;
use crate::fhir::Draft;
use crate::knowledge::files::OrderText;
use crate::knowledge::{ActionPlan, Coded, Limit, Order, Suggest};
use crate::wire::{Action, ActionType, Suggestion, Text, members};
use written::Frame;

impl Rendering<'_> {
    /// The suggestions that can be made for this chart.
    pub(super) fn suggestions(&self, suggest: &[&Suggest], card: Origin<&str>) -> Vec<Suggestion> {
        let options = suggest.iter().flat_map(|suggest| &suggest.options);
        let offered = options.filter(|option| match &option.when {
            Some(when) => judge(when, self.chart, Strictness::Strict, &mut ()).is_true(),
            None => true,
        });
        // Several rows of a table may propose the same: it is offered once, else it could be ordered twice.
        let mut labels: Vec<&str> = Vec::new();
        let offered = offered.filter(|option| {
            let is_new = !labels.contains(&option.label.as_str());
            labels.push(&option.label);
            is_new
        });
        let suggestions = offered.filter_map(|option| {
            let mut actions = Vec::new();
            for plan in &option.actions {
                let planned = self.actions(plan);
                // All actions of a suggestion belong together: where one has nothing to act on, it is not offered.
                if planned.is_empty() {
                    return None;
                }
                actions.extend(planned);
            }
            let origin = Origin { suggestion: Some(option.label.as_str()), ..card };
            Some(Suggestion {
                label: option.label.clone(),
                uuid: origin.id().uuid().to_string(),
                is_recommended: option.recommended,
                actions,
            })
        });
        suggestions.collect()
    }

    fn actions(&self, plan: &ActionPlan) -> Vec<Action> {
        match plan {
            ActionPlan::Create(order) => self.create(order).into_iter().collect(),
            ActionPlan::Remove(kind) => {
                let remove = |(order, _): (&DraftOrder, &Draft<'_>)| Action {
                    kind: ActionType::Delete,
                    description: format!("Remove the order \"{}\"", order.label),
                    resource: None,
                    resource_id: Some(order.source.as_str().to_owned()),
                };
                self.drafts_of(kind).into_iter().map(remove).collect()
            }
            ActionPlan::Limit { order, to, description } => {
                let limited = self.drafts_of(order).into_iter();
                limited
                    .filter_map(|(order, draft)| Some(update(description, self.limited(order, draft, to)?)))
                    .collect()
            }
            ActionPlan::Change { medicine, to, description } => {
                let changed = self.drafts_of(medicine).into_iter();
                changed.filter_map(|(_, draft)| Some(update(description, self.changed(draft, to)?))).collect()
            }
        }
    }

    /// The drafts in focus of this kind. None where one of them has no id of its own: it could be neither changed nor
    /// removed, and to do so with the others alone is not what is proposed.
    fn drafts_of(&self, kind: &Coded) -> Vec<(&DraftOrder, &Draft<'_>)> {
        let orders = self.chart.orders.iter().filter(|order| order.in_focus && drafts(order, kind));
        let named = orders.map(|order| Some((order, self.drafts.get(order.source.as_str())?)));
        named.collect::<Option<_>>().unwrap_or_default()
    }

    fn create(&self, order: &Order) -> Option<Action> {
        let description = match &order.text {
            OrderText::ServiceRequest(text) => &text.description,
            OrderText::MedicationRequest(text) => &text.description,
            OrderText::DeviceRequest(text) => &text.description,
            OrderText::Condition(text) => &text.description,
        };
        Some(Action {
            kind: ActionType::Create,
            description: description.clone(),
            resource: Some(self.written(order)?),
            resource_id: None,
        })
    }

    /// The order as typed FHIR.
    fn written(&self, order: &Order) -> Option<Box<RawValue>> {
        let id = format!("gaitkeeper-{}", Uuid::new_v4());
        let subject = format!("Patient/{}", self.context.patient_id.0);
        let encounter = self.context.encounter_id.as_ref().map(|id| format!("Encounter/{}", id.0));
        let now = self.now.replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok());
        let frame = Frame {
            id: &id,
            subject: &subject,
            encounter: encounter.as_deref(),
            requester: Some(self.context.user_id.as_ref()),
            now: now.as_deref(),
            reasons: self.reasons(order),
        };
        let written = match &order.text {
            OrderText::ServiceRequest(text) => frame.service_request(text),
            OrderText::MedicationRequest(text) => frame.medication_request(text),
            OrderText::DeviceRequest(text) => frame.device_request(text, self.until(order).as_deref()),
            OrderText::Condition(text) => frame.condition(text),
        };
        // The order's own text was checked at load; what is left to fail is an id of the client that is no FHIR id.
        written
            .inspect_err(|error| tracing::warn!(order = order.name, error = %error, "writing an order"))
            .ok()
    }

    /// The entries of the chart that an order rests on.
    fn reasons(&self, order: &Order) -> Vec<&str> {
        // What is being added may not be on the server yet, so that no order can refer to it.
        let conditions = self.chart.conditions.items.iter().filter(|condition| {
            condition.state.is_present()
                && !condition.being_added
                && order.reasons.iter().any(|reason| reason.matches(condition.concepts))
        });
        let results = order.evidence.iter().filter_map(|fact| self.chart.measured(fact.id));
        let results = results.flat_map(|results| results.newest_per_side());
        let sources =
            conditions.map(|condition| &condition.source).chain(results.map(|result| &result.source));
        sources.map(ResourceRef::as_str).filter(|source| can_be_referred_to(source)).collect()
    }

    /// The client's draft as it is, with product and dosage of another order in the place of its own.
    fn changed(&self, draft: &Draft<'_>, to: &Order) -> Option<Box<RawValue>> {
        let written = self.written(to)?;
        let taken = members(&written)?;
        let taken = taken.into_iter().filter(|(name, _)| CHANGED.contains(&name.as_ref())).collect();
        to_raw_value(&WithMembers { of: members(draft.raw)?, replaced: &CHANGED, taken }).ok()
    }

    /// The client's draft as it is, with an end that lies so long after its start.
    fn limited(&self, order: &DraftOrder, draft: &Draft<'_>, to: &Limit) -> Option<Box<RawValue>> {
        let start = order.from.map_or(self.now.date(), |from| from.first());
        let end = start.checked_add(Duration::days(to.days()?))?;
        let period = format!(r#"{{"start":"{start}","end":"{end}"}}"#);
        let period = RawValue::from_string(period).ok()?;
        let taken = vec![(Text("occurrencePeriod".into()), &*period)];
        to_raw_value(&WithMembers { of: members(draft.raw)?, replaced: &LIMITED, taken }).ok()
    }

    /// Until when a device is to be used, counted from today.
    fn until(&self, order: &Order) -> Option<String> {
        let days = order.lasting.as_ref()?.days()?;
        Some(self.now.date().checked_add(Duration::days(days))?.to_string())
    }
}

/// Is it the reference of a resource? One without an id is named by its place, which is a name to us alone.
fn can_be_referred_to(source: &str) -> bool {
    let is_id = |id: &str| !id.is_empty() && !id.contains(|c: char| c.is_whitespace() || "#/?".contains(c));
    source.split_once('/').is_some_and(|(_, id)| is_id(id))
}

fn update(description: &str, resource: Box<RawValue>) -> Action {
    Action {
        kind: ActionType::Update,
        description: description.to_owned(),
        resource: Some(resource),
        resource_id: None,
    }
}

/// What an end replaces: all that says when.
const LIMITED: [&str; 3] = ["occurrencePeriod", "occurrenceDateTime", "occurrenceTiming"];

/// What a change of product and dosage replaces.
const CHANGED: [&str; 3] = ["medicationCodeableConcept", "medicationReference", "dosageInstruction"];

/// An object with some members replaced, all others byte for byte as they were and in their order.
struct WithMembers<'a> {
    of: Vec<(Text<'a>, &'a RawValue)>,
    replaced: &'a [&'a str],
    taken: Vec<(Text<'a>, &'a RawValue)>,
}

impl Serialize for WithMembers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = self.of.iter().filter(|(name, _)| !self.replaced.contains(&name.as_ref()));
        serializer.collect_map(kept.chain(&self.taken).map(|(name, value)| (name.as_ref(), *value)))
    }
}
