//! What is proposed, as typed FHIR.

use gaitkeeper_fhir_writer as writer;
use serde_json::value::RawValue;

use crate::knowledge::files::{
    CodingText, DeviceOrderText, DosageText, MedicationOrderText, PriorityText, ProblemText,
    ServiceOrderText, TimingText, UnitOfTime,
};

/// What every proposed resource has.
pub(super) struct Frame<'a> {
    pub(super) id: &'a str,
    pub(super) subject: &'a str,
    pub(super) encounter: Option<&'a str>,
    pub(super) requester: Option<&'a str>,
    pub(super) now: Option<&'a str>,
    pub(super) reasons: Vec<&'a str>,
}

impl Frame<'_> {
    pub(super) fn service_request(
        &self,
        text: &ServiceOrderText,
    ) -> Result<Box<RawValue>, writer::WriteError> {
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

    pub(super) fn medication_request(
        &self,
        text: &MedicationOrderText,
    ) -> Result<Box<RawValue>, writer::WriteError> {
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

    pub(super) fn device_request(
        &self,
        text: &DeviceOrderText,
        until: Option<&str>,
    ) -> Result<Box<RawValue>, writer::WriteError> {
        let today = self.now.and_then(|now| now.split('T').next());
        writer::device_request(&writer::DeviceOrder {
            id: Some(self.id),
            code: concept(&text.codes, &text.text),
            subject: self.subject,
            encounter: self.encounter,
            requester: self.requester,
            authored_on: self.now,
            period: until.map(|until| writer::Period { start: today, end: Some(until) }),
            reason_references: self.reasons.clone(),
            notes: text.note.iter().map(String::as_str).collect(),
        })
    }

    pub(super) fn condition(&self, text: &ProblemText) -> Result<Box<RawValue>, writer::WriteError> {
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
