//! The package as a whole: its catalogue, its value sets, what a site lays over it, and how quiet it is.

use std::collections::BTreeMap;
use std::fs;

use gaitkeeper::knowledge::catalogue::catalogue;
use gaitkeeper::knowledge::files::ReviewState;
use gaitkeeper::knowledge::{Deployment, Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Setting};
use gaitkeeper::rehearsal::{Rehearsal, Synthetics, request_of_record};
use gaitkeeper::wire::Hook;
use serde_json::{Value, json};
use time::macros::datetime;

fn package() -> Knowledge {
    Knowledge::load(&PackageSource::embedded()).unwrap()
}

fn deployed(overlay: &str, minimum_review: ReviewState) -> Result<Knowledge, String> {
    let overlay = PackageSource::of_texts([("overlay.yaml", overlay)]);
    let deployment = Deployment { overlay: Some(overlay), minimum_review, ..Deployment::default() };
    Knowledge::deployed(&PackageSource::embedded(), &deployment).map_err(|problems| problems.to_string())
}

#[test]
fn the_catalogue_is_that_of_the_package() {
    let written = fs::read_to_string("cds-services/CATALOGUE.md").unwrap();
    assert!(written == catalogue(&package()), "CATALOGUE.md is out of date: `make generate`");
}

#[test]
fn every_row_of_the_matrix_is_there() {
    let knowledge = package();
    let sections = [
        ("GEN", 2),
        ("PAD", 15),
        ("PFP", 7),
        ("MSK", 9),
        ("HEEL", 7),
        ("HAG", 3),
        ("CRAMP", 3),
        ("MOD", 3),
        ("PIT", 7),
        ("REF", 4),
        ("SAF", 25),
        ("PAGE", 11),
    ];
    let counted =
        sections.into_iter().flat_map(|(name, last)| (1..=last).map(move |n| format!("{name}-{n:02}")));
    let from_zero = [("DX", 5), ("EM", 7)];
    let from_zero =
        from_zero.into_iter().flat_map(|(name, last)| (0..=last).map(move |n| format!("{name}-{n:02}")));
    let mut expected: Vec<String> = counted.chain(from_zero).collect();
    let mut found: Vec<String> = knowledge.matrix.iter().map(|row| row.id.text.clone()).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(knowledge.statements.len(), 74 + 25);
}

#[test]
fn every_value_set_says_where_its_codes_come_from_and_on_what_terms() {
    let owners = [
        ("http://snomed.info/sct", "SNOMED"),
        ("http://loinc.org", "LOINC"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"),
        ("http://www.ama-assn.org/go/cpt", "CPT"),
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "HCPCS"),
    ];
    let source = PackageSource::embedded();
    let mut mistakes = Vec::new();
    for (path, text) in source.under("value-sets/").filter(|(path, _)| path.ends_with(".json")) {
        let set: Value = serde_json::from_str(text).unwrap();
        for member in ["description", "version", "date"] {
            if set[member].as_str().is_none_or(str::is_empty) {
                mistakes.push(format!("{path}: no `{member}`"));
            }
        }
        let copyright = set["copyright"].as_str().unwrap_or_default();
        let entries = set["expansion"]["contains"].as_array().cloned().unwrap_or_default();
        for (system, owner) in owners {
            let used = entries.iter().any(|entry| entry["system"] == system);
            if used && !copyright.contains(owner) {
                mistakes.push(format!("{path}: `copyright` does not name {owner}"));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn a_site_changes_numbers_rules_reviews_links_and_codes() {
    let knowledge = deployed(
        "site: A hospital\n\
         reviews: { pad: { state: approved, date: 2026-02-01, by: the vascular board } }\n\
         thresholds: { gadolinium-egfr-floor: { value: 40, because: radiology } }\n\
         rules-off: [ { rule: SAF-03, because: the pharmacy calls } ]\n\
         links: [ { statement: PAD-01, label: Book exercise, url: 'https://intranet.example/x' } ]\n\
         codes: [ { value-set: ankle-brachial-index, system: 'http://loinc.org', code: 99999-9, display: x, because: y } ]\n",
        ReviewState::Submitted,
    )
    .unwrap();
    let limit = knowledge.limits.iter().find(|limit| limit.name == "gadolinium-egfr-floor").unwrap();
    assert!((limit.value - 40.0).abs() < f64::EPSILON);
    let off = knowledge.rules.iter().find(|rule| rule.name == "SAF-03").unwrap();
    assert!(!off.judged);
    let id = knowledge.rules.iter().position(|rule| rule.name == "SAF-03").unwrap();
    assert!(
        knowledge.services.iter().all(|service| service.shows.iter().all(|shown| usize::from(shown.0) != id))
    );
    let pad = knowledge.topics.iter().find(|topic| topic.id == "pad").unwrap();
    assert_eq!(pad.review.state, ReviewState::Approved);
    let codes = knowledge.value_sets.codes("ankle-brachial-index").unwrap();
    assert!(codes.iter().any(|code| code.code == "99999-9"));
    assert_eq!(knowledge.overlay.unwrap().changes.len(), 5);
}

#[test]
fn mistakes_of_an_overlay_are_told() {
    for (overlay, expected) in [
        (
            "site: x\nthresholds: { nothing: { value: 1, because: y } }\n",
            "`nothing` is not a known threshold",
        ),
        ("site: x\nrules-off: [ { rule: NO-01, because: y } ]\n", "`NO-01` is not a known rule"),
        ("site: x\nreviews: { feet: { state: approved, date: d, by: b } }\n", "`feet` is not a known topic"),
        (
            "site: x\nlinks: [ { statement: NO-01, label: l, url: 'https://a.example' } ]\n",
            "`NO-01` is not a known statement",
        ),
        (
            "site: x\nlinks: [ { statement: PAD-01, label: l, url: 'http://a.example' } ]\n",
            "is no `https` address",
        ),
        (
            "site: x\ncodes: [ { value-set: no, system: 'http://loinc.org', code: a, display: b, because: c } ]\n",
            "`no` is not a known value set",
        ),
        ("site: x\nthreshold: {}\n", "threshold"),
    ] {
        let told = deployed(overlay, ReviewState::Submitted).unwrap_err();
        assert!(told.contains(expected), "{overlay}: {told}");
    }
}

#[test]
fn what_is_less_than_approved_is_not_shown_where_a_site_asks_for_approval() {
    let none = Knowledge::deployed(
        &PackageSource::embedded(),
        &Deployment { minimum_review: ReviewState::Approved, ..Deployment::default() },
    )
    .unwrap();
    assert!(none.services.iter().all(|service| service.shows.is_empty()));
    assert!(none.topics.iter().all(|topic| !topic.shown));
    let approved = "site: x\nreviews: { imaging: { state: approved, date: 2026-02-01, by: radiology } }\n";
    let some = deployed(approved, ReviewState::Approved).unwrap();
    let shown = some.services.iter().flat_map(|service| &service.shows);
    let topics: Vec<&str> = shown
        .filter_map(|id| some.topics.get(some.rule(*id)?.topic))
        .map(|topic| topic.id.as_str())
        .collect();
    assert!(!topics.is_empty() && topics.iter().all(|topic| *topic == "imaging"), "{topics:?}");
}

/// Cards for each synthetic patient at a hook, after `change` was made to the call.
fn cards(hook: Hook, change: impl Fn(&mut Value)) -> BTreeMap<String, usize> {
    let knowledge = package();
    let synthetics = Synthetics::embedded().unwrap();
    let now = datetime!(2026-03-01 09:00 UTC);
    let setting = Setting { knowledge: &knowledge, now, public_url: "https://cds.example" };
    let service = knowledge.services.iter().find(|service| service.hook == hook).unwrap();
    let patients = synthetics.patients.iter().map(|patient| {
        let record = synthetics.patient(&patient.slug).unwrap();
        let rehearsal = Rehearsal { service, user: "Practitioner/x", drafts: &[] };
        let body = request_of_record(record.as_bytes(), &rehearsal).unwrap();
        let mut call: Value = serde_json::from_slice(&body).unwrap();
        change(&mut call);
        let body = serde_json::to_vec(&call).unwrap();
        let response = pipeline::answer(&setting, &service.id, &body).unwrap();
        (patient.slug.clone(), response.cards.len())
    });
    patients.collect()
}

fn put(resource: Value) -> Value {
    json!({ "resourceType": "Bundle", "entry": [{ "resource": resource }] })
}

#[test]
fn an_order_that_has_nothing_to_do_with_it_gives_no_card() {
    for hook in [Hook::OrderSelect, Hook::OrderSign] {
        let quiet = cards(hook, |call| {
            let patient = call["context"]["patientId"].as_str().unwrap().to_owned();
            call["context"]["selections"] = json!(["MedicationRequest/amoxicillin"]);
            call["context"]["draftOrders"] = put(json!({
                "resourceType": "MedicationRequest", "id": "amoxicillin", "status": "draft", "intent": "order",
                "medicationCodeableConcept": { "coding": [
                    { "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "723", "display": "amoxicillin" }
                ] },
                "subject": { "reference": format!("Patient/{patient}") }
            }));
        });
        assert!(quiet.values().all(|cards| *cards == 0), "{hook}: {quiet:?}");
    }
}

#[test]
fn a_problem_that_has_nothing_to_do_with_it_gives_no_card() {
    let quiet = cards(Hook::ProblemListItemCreate, |call| {
        let patient = call["context"]["patientId"].as_str().unwrap().to_owned();
        call["context"]["conditions"] = put(json!({
            "resourceType": "Condition", "id": "cold",
            "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J06.9" }] },
            "subject": { "reference": format!("Patient/{patient}") }
        }));
    });
    assert!(quiet.values().all(|cards| *cards == 0), "{quiet:?}");
}

#[test]
fn opening_a_chart_gives_few_cards_and_none_where_nothing_is_to_be_done() {
    let view = cards(Hook::PatientView, |_| {});
    assert!(view.values().all(|cards| *cards <= 3), "{view:?}");
    for quiet in ["healthy-no-leg-problem", "patient-with-diabetes-only", "claudication-well-treated"] {
        assert_eq!(view[quiet], 0, "{quiet}");
    }
    let discharge = cards(Hook::EncounterDischarge, |_| {});
    assert!(discharge.values().all(|cards| *cards <= 2), "{discharge:?}");
    let none = discharge.values().filter(|cards| **cards == 0).count();
    assert!(2 * none > discharge.len(), "most go home without a card: {discharge:?}");
}
