//! What a chart leaves open is said to be open: neither taken for harmless nor for harmful.

use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Setting};
use serde_json::{Value, json};
use time::macros::datetime;

/// A recorded call of `leg-pain-order-sign`.
fn recorded(name: &str) -> Value {
    recorded_of("leg-pain-order-sign", name)
}

fn recorded_of(service: &str, name: &str) -> Value {
    let path = format!("fixtures/hooks/{service}/{name}/request.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The summaries of the cards that answer `call`.
fn told(knowledge: &Knowledge, call: &Value) -> Vec<String> {
    told_by("leg-pain-order-sign", knowledge, call)
}

fn told_by(service: &str, knowledge: &Knowledge, call: &Value) -> Vec<String> {
    let answer = answered(service, knowledge, call);
    let cards = answer["cards"].as_array().unwrap();
    cards.iter().map(|card| card["summary"].as_str().unwrap().to_owned()).collect()
}

fn answered(service: &str, knowledge: &Knowledge, call: &Value) -> Value {
    let setting =
        Setting { knowledge, now: datetime!(2026-03-01 09:00 UTC), public_url: "https://cds.example" };
    let response = pipeline::answer(&setting, service, call.to_string().as_bytes()).unwrap();
    serde_json::to_value(&response).unwrap()
}

/// A server that holds something back may hold back the newest result.
#[test]
fn a_normal_result_decides_nothing_where_others_did_not_come() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let mut call = recorded("contrast-mra-egfr-30");
    assert!(told(&knowledge, &call).is_empty());
    for (severity, code) in [("error", "timeout"), ("warning", "suppressed")] {
        let outcome =
            json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": severity, "code": code }] });
        let entries = call["prefetch"]["egfr"]["entry"].as_array_mut().unwrap();
        entries.truncate(1);
        entries.push(json!({ "resource": outcome, "search": { "mode": "outcome" } }));
        let told = told(&knowledge, &call);
        assert!(told.len() == 1 && told[0].contains("could not be checked"), "{code}: {told:?}");
    }
}

#[test]
fn two_results_that_disagree_decide_nothing_where_a_month_does_not_tell_which_is_newer() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let egfr = |value: f64, on: &str| {
        let mut entry = recorded("contrast-mra-egfr-30")["prefetch"]["egfr"]["entry"][0].clone();
        entry["resource"]["id"] = json!(format!("egfr-{on}"));
        entry["resource"]["effectiveDateTime"] = json!(on);
        entry["resource"]["valueQuantity"]["value"] = json!(value);
        entry
    };
    for (what, results, expected) in [
        (
            "the month may be later",
            [egfr(45.0, "2026-02-10"), egfr(22.0, "2026-02")],
            Some("could not be checked"),
        ),
        (
            "the year may be later",
            [egfr(22.0, "2026-02-10"), egfr(45.0, "2026")],
            Some("could not be checked"),
        ),
        ("both say the same", [egfr(45.0, "2026-02-10"), egfr(50.0, "2026-02")], None),
        (
            "both say the same",
            [egfr(22.0, "2026-02-10"), egfr(25.0, "2026-02")],
            Some("severe renal failure"),
        ),
        ("the month before", [egfr(45.0, "2026-02-10"), egfr(22.0, "2026-01")], None),
    ] {
        let mut call = recorded("contrast-mra-egfr-30");
        call["prefetch"]["egfr"]["entry"] = json!(results);
        let told = told(&knowledge, &call);
        assert_eq!(told.len(), usize::from(expected.is_some()), "{what}: {told:?}");
        assert!(told.iter().all(|told| told.contains(expected.unwrap())), "{what}: {told:?}");
    }
}

#[test]
fn an_egfr_that_is_worked_out_decides_nothing_where_newer_creatinine_may_exist() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let mut call = recorded("contrast-mra-egfr-30");
    let mut creatinine = call["prefetch"]["egfr"]["entry"][0].clone();
    creatinine["resource"]["code"]["coding"][0]["code"] = json!("2160-0");
    creatinine["resource"]["valueQuantity"] =
        json!({ "value": 0.9, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL" });
    call["prefetch"]["egfr"]["entry"] = json!([]);
    call["prefetch"]["creatinine"]["entry"] = json!([creatinine]);
    assert!(told(&knowledge, &call).is_empty());
    call["prefetch"]["creatinine"]["link"] =
        json!([{ "relation": "next", "url": "https://ehr.example/fhir?page=2" }]);
    let told = told(&knowledge, &call);
    assert!(told.len() == 1 && told[0].contains("could not be checked"), "{told:?}");
}

#[test]
fn a_coded_diagnosis_that_cannot_be_used_may_be_what_a_rule_looks_for() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let recorded = recorded("cilostazol-in-heart-failure");
    assert!(told(&knowledge, &recorded).iter().any(|told| told.contains("contraindicated")));
    let local = json!({ "coding": [{ "system": "urn:local", "code": "A" }] });
    for (member, value) in [
        ("modifierExtension", json!([{ "url": "urn:local:negated", "valueBoolean": true }])),
        ("clinicalStatus", local.clone()),
        ("verificationStatus", local),
    ] {
        let mut call = recorded.clone();
        for entry in call["prefetch"]["conditions"]["entry"].as_array_mut().unwrap() {
            entry["resource"][member] = value.clone();
        }
        let told = told(&knowledge, &call);
        assert!(told.iter().any(|told| told.contains("heart failure")), "{member}: {told:?}");
        assert!(!told.iter().any(|told| told.contains("contraindicated")), "{member}: {told:?}");
    }
}

#[test]
fn an_nsaid_is_not_ordered_in_silence_where_the_allergies_could_not_be_read() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let mut call = recorded("nsaid-with-kidney-disease-and-anticoagulant");
    let patient =
        json!({ "reference": format!("Patient/{}", call["context"]["patientId"].as_str().unwrap()) });
    let peanuts = json!({
        "resourceType": "AllergyIntolerance", "id": "peanuts", "patient": patient,
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "91935009" }] }
    });
    let mut of_no_type = peanuts.clone();
    of_no_type.as_object_mut().unwrap().remove("resourceType");
    let held_back = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "forbidden" }] });
    let bundle = |entry: Value| json!({ "resourceType": "Bundle", "type": "searchset", "entry": [{ "resource": entry }] });
    for (what, allergies, unread) in [
        ("another allergy", bundle(peanuts), false),
        ("an entry of no type", bundle(of_no_type), true),
        ("held back", bundle(held_back), true),
        ("asked for and none there", Value::Null, false),
    ] {
        call["prefetch"]["allergies"] = allergies;
        let answer = answered("leg-pain-order-sign", &knowledge, &call).to_string();
        assert_eq!(answer.contains("a list that could not be read"), unread, "{what}: {answer}");
    }
}

/// Many records hold no beginning of a problem, and all of them when it was written down.
#[test]
fn a_problem_without_a_beginning_has_lasted_since_it_was_written_down() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    for (onset, recorded, cards) in [
        (Some("2025-12-01"), None, 1),
        (None, None, 1),
        (None, Some("2025-12-01T08:00:00+01:00"), 1),
        (None, Some("2024-11-30"), 0),
        (None, Some("2025"), 1),
        (None, Some("2024"), 0),
        (None, Some("long ago"), 1),
        // It came back, or was written down late: what is said of its beginning decides.
        (Some("2025-12-01"), Some("2020-01-01"), 1),
        (Some("2020-01-01"), Some("2025-12-01"), 0),
    ] {
        let mut call = recorded_of("leg-pain-patient-view", "patellofemoral-pain");
        let condition = &mut call["prefetch"]["conditions"]["entry"][0]["resource"];
        for (name, date) in [("onsetDateTime", onset), ("recordedDate", recorded)] {
            condition.as_object_mut().unwrap().remove(name);
            if let Some(date) = date {
                condition[name] = json!(date);
            }
        }
        let told = told_by("leg-pain-patient-view", &knowledge, &call);
        assert_eq!(told.len(), cards, "onset {onset:?}, recorded {recorded:?}: {told:?}");
    }
}
