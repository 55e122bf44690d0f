//! Suggestions: what is proposed, as typed FHIR, and only where its exclusions are known to be absent.

use gaitkeeper_fhir_writer as writer;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::Rendering;
use crate::chart::Order as DraftOrder;
use crate::evaluate::{Strictness, drafts, judge};
use crate::feedback::Origin;
use crate::knowledge::files::{
    CodingText, DosageText, MedicationOrderText, OrderText, PriorityText, ProblemText, ServiceOrderText,
    TimingText, UnitOfTime,
};
use crate::knowledge::{ActionPlan, Coded, Order, Suggest};
use crate::wire::{Action, ActionType, Suggestion, Text, members};

impl Rendering<'_> {
    /// The suggestions that can be made for this chart.
    pub(super) fn suggestions(&self, suggest: &[&Suggest], card: &Origin) -> Vec<Suggestion> {
        let options = suggest.iter().flat_map(|suggest| &suggest.options);
        let offered = options.filter(|option| match &option.when {
            Some(when) => judge(when, self.chart, Strictness::Strict, &mut ()).is_true(),
            None => true,
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
            let origin = Origin { suggestion: Some(option.label.clone()), ..card.clone() };
            Some(Suggestion {
                label: option.label.clone(),
                uuid: origin.uuid().to_string(),
                is_recommended: option.recommended,
                actions,
            })
        });
        suggestions.collect()
    }

    fn actions(&self, plan: &ActionPlan) -> Vec<Action> {
        match plan {
            ActionPlan::Create(order) => self.create(order).into_iter().collect(),
            ActionPlan::Remove(kind) => self
                .drafts_of(kind)
                .map(|draft| Action {
                    kind: ActionType::Delete,
                    description: format!("Remove the order \"{}\"", draft.label),
                    resource: None,
                    resource_id: Some(draft.source.as_str().to_owned()),
                })
                .collect(),
            ActionPlan::Change { medicine, to, description } => {
                let changed = self.drafts_of(medicine).filter_map(|draft| self.changed(draft, to));
                changed
                    .map(|resource| Action {
                        kind: ActionType::Update,
                        description: description.clone(),
                        resource: Some(resource),
                        resource_id: None,
                    })
                    .collect()
            }
        }
    }

    fn drafts_of<'s>(&'s self, kind: &'s Coded) -> impl Iterator<Item = &'s DraftOrder> {
        self.chart.orders.iter().filter(|order| order.in_focus && drafts(order, kind))
    }

    fn create(&self, order: &Order) -> Option<Action> {
        let description = match &order.text {
            OrderText::ServiceRequest(text) => &text.description,
            OrderText::MedicationRequest(text) => &text.description,
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
        let subject = format!("Patient/{}", self.context.patient_id);
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
            OrderText::Condition(text) => frame.condition(text),
        };
        // The order's own text was checked at load; what is left to fail is an id of the client that is no FHIR id.
        written
            .inspect_err(|error| tracing::warn!(order = order.name, error = %error, "writing an order"))
            .ok()
    }

    /// The entries of the chart that an order rests on.
    fn reasons(&self, order: &Order) -> Vec<&str> {
        let conditions = self.chart.conditions.items.iter().filter(|condition| {
            condition.state.is_present()
                && order.reasons.iter().any(|reason| reason.matches(condition.concepts))
        });
        let results = order.evidence.iter().filter_map(|fact| self.chart.measured(fact.id));
        let results = results.flat_map(|results| results.newest_per_side());
        let sources =
            conditions.map(|condition| &condition.source).chain(results.map(|result| &result.source));
        sources.map(crate::chart::ResourceRef::as_str).collect()
    }

    /// The client's draft as it is, with product and dosage of another order in the place of its own.
    fn changed(&self, draft: &DraftOrder, to: &Order) -> Option<Box<RawValue>> {
        let raw = self.drafts.get(draft.source.as_str())?.raw;
        let written = self.written(to)?;
        let taken = members(&written)?;
        let taken = taken.into_iter().filter(|(name, _)| CHANGED.contains(&name.as_ref())).collect();
        to_raw_value(&WithMembers { of: members(raw)?, taken }).ok()
    }
}

/// What a change of product and dosage replaces.
const CHANGED: [&str; 3] = ["medicationCodeableConcept", "medicationReference", "dosageInstruction"];

/// An object with some members replaced, all others byte for byte as they were and in their order.
struct WithMembers<'a> {
    of: Vec<(Text<'a>, &'a RawValue)>,
    taken: Vec<(Text<'a>, &'a RawValue)>,
}

impl Serialize for WithMembers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = self.of.iter().filter(|(name, _)| !CHANGED.contains(&name.as_ref()));
        serializer.collect_map(kept.chain(&self.taken).map(|(name, value)| (name.as_ref(), *value)))
    }
}

/// What every proposed resource has.
struct Frame<'a> {
    id: &'a str,
    subject: &'a str,
    encounter: Option<&'a str>,
    requester: Option<&'a str>,
    now: Option<&'a str>,
    reasons: Vec<&'a str>,
}

impl Frame<'_> {
    fn service_request(&self, text: &ServiceOrderText) -> Result<Box<RawValue>, writer::WriteError> {
        writer::service_request(&writer::ServiceOrder {
            id: Some(self.id),
            code: concept(&text.codes, &text.text),
            priority: match text.priority {
                PriorityText::Routine => writer::Priority::Routine,
                PriorityText::Urgent => writer::Priority::Urgent,
                PriorityText::Asap => writer::Priority::Asap,
                PriorityText::Stat => writer::Priority::Stat,
            },
            subject: self.subject,
            encounter: self.encounter,
            requester: self.requester,
            authored_on: self.now,
            timing: text.timing.as_ref().map(timing_of),
            reason_references: self.reasons.clone(),
            notes: text.note.iter().map(String::as_str).collect(),
            patient_instruction: text.patient_instruction.as_deref(),
            ..writer::ServiceOrder::default()
        })
    }

    fn medication_request(&self, text: &MedicationOrderText) -> Result<Box<RawValue>, writer::WriteError> {
        writer::medication_request(&writer::MedicationOrder {
            id: Some(self.id),
            medication: concept(&text.codes, &text.text),
            subject: self.subject,
            encounter: self.encounter,
            requester: self.requester,
            authored_on: self.now,
            reason_references: self.reasons.clone(),
            notes: text.note.iter().map(String::as_str).collect(),
            dosage: text.dosage.iter().map(dosage_of).collect(),
            ..writer::MedicationOrder::default()
        })
    }

    fn condition(&self, text: &ProblemText) -> Result<Box<RawValue>, writer::WriteError> {
        writer::condition(&writer::ProblemEntry {
            id: Some(self.id),
            code: concept(&text.codes, &text.text),
            subject: self.subject,
            encounter: self.encounter,
            evidence_references: self.reasons.clone(),
            recorded_date: self.now,
            ..writer::ProblemEntry::default()
        })
    }
}

fn coding(text: &CodingText) -> writer::Coding<'_> {
    writer::Coding { system: text.system.as_str(), code: &text.code, display: Some(&text.display) }
}

fn concept<'a>(codes: &'a [CodingText], text: &'a str) -> writer::Concept<'a> {
    writer::Concept { codings: codes.iter().map(coding).collect(), text: Some(text) }
}

fn dosage_of(text: &DosageText) -> writer::Dosage<'_> {
    writer::Dosage {
        text: &text.text,
        dose: Some((text.dose, &text.unit)),
        timing: Some(timing_of(&text.timing)),
        as_needed: text.as_needed,
        route: text.route.as_ref().map(|route| writer::Concept { codings: vec![coding(route)], text: None }),
        patient_instruction: text.patient_instruction.as_deref(),
        max_per_day: None,
    }
}

fn timing_of(text: &TimingText) -> writer::Timing {
    let minutes = text.minutes_from.map(|min| writer::SessionLength {
        min,
        max: text.minutes_to,
        unit: writer::TimeUnit::Minute,
    });
    writer::Timing {
        frequency: text.frequency,
        period: text.period,
        period_unit: unit_of(text.period_unit),
        duration: minutes,
        bounds_duration: text.for_period.zip(text.for_unit).map(|(length, unit)| (length, unit_of(unit))),
        ..writer::Timing::default()
    }
}

fn unit_of(unit: UnitOfTime) -> writer::TimeUnit {
    match unit {
        UnitOfTime::Hour => writer::TimeUnit::Hour,
        UnitOfTime::Day => writer::TimeUnit::Day,
        UnitOfTime::Week => writer::TimeUnit::Week,
        UnitOfTime::Month => writer::TimeUnit::Month,
    }
}
