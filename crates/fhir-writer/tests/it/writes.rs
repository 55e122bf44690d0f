//! One complete example for each function, compared as JSON values.
#![allow(clippy::unwrap_used, reason = "a helper of tests")]

use gaitkeeper_fhir_oracle as oracle;
use gaitkeeper_fhir_writer::{
    Coding, Concept, DeviceOrder, Dosage, MedicationOrder, Period, Priority, ProblemEntry, ServiceOrder,
    SessionLength, TimeUnit, Timing, Verification, condition, device_request, dosage_instructions,
    medication_request, service_request,
};
use serde_json::{Value, json, value::RawValue};

const SNOMED: &str = "http://snomed.info/sct";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const HCPCS: &str = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets";

fn concept<'a>(system: &'a str, code: &'a str, display: &'a str) -> Concept<'a> {
    Concept { codings: vec![Coding { system, code, display: Some(display) }], text: Some(display) }
}

/// What was written; a resource only where the models of fhir-sdk read it and write the same.
fn value(raw: &RawValue) -> Value {
    let written: Value = serde_json::from_str(raw.get()).unwrap();
    if written.get("resourceType").is_some() {
        assert_eq!(oracle::written_again(raw.get().as_bytes()).as_ref(), Ok(&written));
    }
    written
}

fn cilostazol_dosage() -> Dosage<'static> {
    Dosage {
        text: "100 mg by mouth twice a day, half an hour before or two hours after a meal",
        dose: Some((100.0, "mg")),
        timing: Some(Timing { frequency: 2, period: 1.0, ..Timing::default() }),
        as_needed: false,
        route: Some(concept(SNOMED, "26643006", "Oral route")),
        patient_instruction: Some("Take it on an empty stomach."),
        max_per_day: Some((200.0, "mg")),
    }
}

fn cilostazol_dosage_json() -> Value {
    json!({
        "text": "100 mg by mouth twice a day, half an hour before or two hours after a meal",
        "patientInstruction": "Take it on an empty stomach.",
        "timing": { "repeat": { "frequency": 2, "period": 1.0, "periodUnit": "d" } },
        "route": {
            "coding": [{ "system": SNOMED, "code": "26643006", "display": "Oral route" }],
            "text": "Oral route"
        },
        "doseAndRate": [{
            "doseQuantity":
                { "value": 100.0, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg" }
        }],
        "maxDosePerPeriod": {
            "numerator": { "value": 200.0, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg" },
            "denominator": { "value": 1.0, "unit": "day", "system": "http://unitsofmeasure.org", "code": "d" }
        }
    })
}

#[test]
fn a_complete_service_request() {
    let order = ServiceOrder {
        id: Some("set-1"),
        code: Concept {
            codings: vec![
                Coding { system: SNOMED, code: "229065009", display: Some("Exercise therapy") },
                Coding { system: "http://www.ama-assn.org/go/cpt", code: "93668", display: None },
            ],
            text: Some("Supervised exercise therapy"),
        },
        priority: Priority::Urgent,
        subject: "Patient/p1",
        encounter: Some("Encounter/e1"),
        requester: Some("PractitionerRole/r1"),
        authored_on: Some("2026-03-01T09:30:00+01:00"),
        timing: Some(Timing {
            frequency: 3,
            frequency_max: Some(5),
            period: 1.0,
            period_max: Some(2.0),
            period_unit: TimeUnit::Week,
            duration: Some(SessionLength { min: 30.0, max: Some(60.0), unit: TimeUnit::Minute }),
            bounds_duration: Some((12.0, TimeUnit::Week)),
            count: Some(36),
        }),
        reason_references: vec!["Condition/c1", "Procedure/x1", "https://ehr.example/fhir/Observation/o1"],
        body_site: vec![concept(SNOMED, "30021000", "Lower leg")],
        notes: vec!["Three sessions a week.", "Stop at rest pain."],
        patient_instruction: Some("Walk until it hurts, rest, walk again."),
    };
    let expected = json!({
        "resourceType": "ServiceRequest",
        "id": "set-1",
        "status": "draft",
        "intent": "proposal",
        "priority": "urgent",
        "code": {
            "coding": [
                { "system": SNOMED, "code": "229065009", "display": "Exercise therapy" },
                { "system": "http://www.ama-assn.org/go/cpt", "code": "93668" }
            ],
            "text": "Supervised exercise therapy"
        },
        "subject": { "reference": "Patient/p1" },
        "encounter": { "reference": "Encounter/e1" },
        "occurrenceTiming": { "repeat": {
            "boundsDuration":
                { "value": 12.0, "unit": "weeks", "system": "http://unitsofmeasure.org", "code": "wk" },
            "count": 36,
            "duration": 30.0,
            "durationMax": 60.0,
            "durationUnit": "min",
            "frequency": 3,
            "frequencyMax": 5,
            "period": 1.0,
            "periodMax": 2.0,
            "periodUnit": "wk"
        } },
        "authoredOn": "2026-03-01T09:30:00+01:00",
        "requester": { "reference": "PractitionerRole/r1" },
        "reasonReference": [
            { "reference": "Condition/c1" },
            { "reference": "https://ehr.example/fhir/Observation/o1" }
        ],
        "supportingInfo": [{ "reference": "Procedure/x1" }],
        "bodySite": [{
            "coding": [{ "system": SNOMED, "code": "30021000", "display": "Lower leg" }],
            "text": "Lower leg"
        }],
        "note": [{ "text": "Three sessions a week." }, { "text": "Stop at rest pain." }],
        "patientInstruction": "Walk until it hurts, rest, walk again."
    });
    assert_eq!(value(&service_request(&order).unwrap()), expected);
}

#[test]
fn a_complete_medication_request() {
    let order = MedicationOrder {
        id: Some("cilostazol-1"),
        medication: concept(RXNORM, "242461", "cilostazol 100 MG Oral Tablet"),
        priority: Priority::Routine,
        subject: "Patient/p1",
        encounter: Some("Encounter/e1"),
        requester: Some("https://ehr.example/fhir/Practitioner/d1"),
        authored_on: Some("2026-03-01"),
        reason_references: vec!["Condition/c1", "DiagnosticReport/r1"],
        notes: vec!["Not in heart failure of any severity."],
        dosage: vec![cilostazol_dosage()],
        dispense_days: Some(90),
        validity: Some(Period { start: Some("2026-03-01"), end: Some("2026-05-30") }),
    };
    let expected = json!({
        "resourceType": "MedicationRequest",
        "id": "cilostazol-1",
        "status": "draft",
        "intent": "proposal",
        "priority": "routine",
        "medicationCodeableConcept": {
            "coding": [{ "system": RXNORM, "code": "242461", "display": "cilostazol 100 MG Oral Tablet" }],
            "text": "cilostazol 100 MG Oral Tablet"
        },
        "subject": { "reference": "Patient/p1" },
        "encounter": { "reference": "Encounter/e1" },
        "supportingInformation": [{ "reference": "DiagnosticReport/r1" }],
        "authoredOn": "2026-03-01",
        "requester": { "reference": "https://ehr.example/fhir/Practitioner/d1" },
        "reasonReference": [{ "reference": "Condition/c1" }],
        "note": [{ "text": "Not in heart failure of any severity." }],
        "dosageInstruction": [cilostazol_dosage_json()],
        "dispenseRequest": {
            "validityPeriod": { "start": "2026-03-01", "end": "2026-05-30" },
            "expectedSupplyDuration":
                { "value": 90.0, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d" }
        }
    });
    assert_eq!(value(&medication_request(&order).unwrap()), expected);
}

#[test]
fn dosages_for_an_existing_draft() {
    let patch = Dosage {
        text: "Up to three patches for 12 hours, as needed",
        dose: Some((3.0, "patch")),
        timing: Some(Timing {
            frequency: 1,
            period: 4.0,
            period_max: Some(6.0),
            period_unit: TimeUnit::Hour,
            bounds_duration: Some((1.0, TimeUnit::Month)),
            ..Timing::default()
        }),
        as_needed: true,
        ..Dosage::default()
    };
    let expected = json!([cilostazol_dosage_json(), {
        "text": "Up to three patches for 12 hours, as needed",
        "timing": { "repeat": {
            "boundsDuration":
                { "value": 1.0, "unit": "month", "system": "http://unitsofmeasure.org", "code": "mo" },
            "frequency": 1, "period": 4.0, "periodMax": 6.0, "periodUnit": "h"
        } },
        "asNeededBoolean": true,
        "doseAndRate": [{ "doseQuantity": { "value": 3.0, "unit": "patch" } }]
    }]);
    assert_eq!(value(&dosage_instructions(&[cilostazol_dosage(), patch]).unwrap()), expected);
}

#[test]
fn a_complete_device_request() {
    let order = DeviceOrder {
        id: Some("brace-1"),
        code: concept(HCPCS, "L1902", "Ankle brace"),
        subject: "Patient/p1",
        encounter: Some("Encounter/e1"),
        requester: Some("Practitioner/d1"),
        authored_on: Some("2026-03-01T09:30:00Z"),
        period: Some(Period { start: Some("2026-03-01"), end: Some("2026-04-12") }),
        reason_references: vec!["Condition/c1", "Encounter/e1"],
        notes: vec!["Four to six weeks."],
    };
    let expected = json!({
        "resourceType": "DeviceRequest",
        "id": "brace-1",
        "status": "draft",
        "intent": "proposal",
        "codeCodeableConcept": {
            "coding": [{ "system": HCPCS, "code": "L1902", "display": "Ankle brace" }],
            "text": "Ankle brace"
        },
        "subject": { "reference": "Patient/p1" },
        "encounter": { "reference": "Encounter/e1" },
        "occurrencePeriod": { "start": "2026-03-01", "end": "2026-04-12" },
        "authoredOn": "2026-03-01T09:30:00Z",
        "requester": { "reference": "Practitioner/d1" },
        "reasonReference": [{ "reference": "Condition/c1" }],
        "supportingInfo": [{ "reference": "Encounter/e1" }],
        "note": [{ "text": "Four to six weeks." }]
    });
    assert_eq!(value(&device_request(&order).unwrap()), expected);
}

#[test]
fn a_complete_condition() {
    let entry = ProblemEntry {
        id: Some("radicular-1"),
        verification: Verification::Confirmed,
        code: concept(SNOMED, "128196005", "Lumbar radiculopathy"),
        subject: "Patient/p1",
        encounter: Some("Encounter/e1"),
        evidence_references: vec!["Observation/o1", "MedicationStatement/m1"],
        notes: vec!["In place of a bare \"sciatica\"."],
        recorded_date: Some("2026-03"),
    };
    let expected = json!({
        "resourceType": "Condition",
        "id": "radicular-1",
        "clinicalStatus": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
            "code": "active", "display": "Active"
        }] },
        "verificationStatus": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
            "code": "confirmed", "display": "Confirmed"
        }] },
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-category",
            "code": "problem-list-item", "display": "Problem List Item"
        }] }],
        "code": {
            "coding": [{ "system": SNOMED, "code": "128196005", "display": "Lumbar radiculopathy" }],
            "text": "Lumbar radiculopathy"
        },
        "subject": { "reference": "Patient/p1" },
        "encounter": { "reference": "Encounter/e1" },
        "recordedDate": "2026-03",
        "evidence": [{ "detail": [
            { "reference": "Observation/o1" },
            { "reference": "MedicationStatement/m1" }
        ] }],
        "note": [{ "text": "In place of a bare \"sciatica\"." }]
    });
    assert_eq!(value(&condition(&entry).unwrap()), expected);
}

/// Blank texts, empty lists and empty concepts leave no trace, and a patient is no requester.
#[test]
fn what_is_not_given_is_not_written() {
    let order = ServiceOrder {
        code: Concept { codings: Vec::new(), text: Some("Ankle-brachial index") },
        subject: "Patient/p1",
        requester: Some("Patient/p1"),
        body_site: vec![Concept::default()],
        notes: vec![" "],
        patient_instruction: Some(""),
        ..ServiceOrder::default()
    };
    let expected = json!({
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "priority": "routine",
        "code": { "text": "Ankle-brachial index" },
        "subject": { "reference": "Patient/p1" }
    });
    assert_eq!(value(&service_request(&order).unwrap()), expected);

    let entry = ProblemEntry { code: order.code, subject: "Patient/p1", ..ProblemEntry::default() };
    let written = value(&condition(&entry).unwrap());
    assert_eq!(written["verificationStatus"]["coding"][0]["code"], "provisional");
    assert!(written.get("evidence").is_none() && written.get("note").is_none());
}
