//! A second reader: on what fhir-sdk's models accept, our reading and theirs agree.
//!
//! The models turn a value they cannot read into none, so that only a value they do give is compared.

use std::collections::BTreeMap;
use std::fs;

use gaitkeeper::chart::{Comparator, ResourceRef};
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Journey, Setting};
use gaitkeeper::rehearsal::{Rehearsal, request_of_record};
use gaitkeeper::wire::Hook;
use gaitkeeper_fhir_oracle as oracle;
use serde_json::Value;
use time::macros::datetime;

#[test]
fn our_reading_agrees_with_the_models_of_fhir_sdk() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let setting = Setting {
        knowledge: &knowledge,
        now: datetime!(2026-03-01 09:00 UTC),
        public_url: "https://cds.example",
    };
    let mut compared = 0;
    for entry in fs::read_dir("fixtures/patients").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") || path.ends_with("index.json") {
            continue;
        }
        let record = fs::read(&path).unwrap();
        let resources = resources(&record);
        // A record holds no problem that is only being added.
        let services =
            knowledge.services.iter().filter(|service| service.hook != Hook::ProblemListItemCreate);
        for service in services {
            let rehearsal = Rehearsal { service, user: "Practitioner/x", drafts: &[] };
            let body = request_of_record(&record, &rehearsal).unwrap();
            compared += pipeline::travel(&setting, &service.id, &body, |journey| {
                compare_results(&journey, &resources) + compare_conditions(&journey, &resources)
            })
            .unwrap();
        }
    }
    assert!(compared > 100, "only {compared} resources were compared");
}

/// What is proposed is FHIR as the models of fhir-sdk know it, to the last member.
#[test]
fn what_is_proposed_is_written_the_same_by_the_models_of_fhir_sdk() {
    let mut compared = BTreeMap::new();
    for folder in fs::read_dir("fixtures/hooks").unwrap() {
        for call in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = call.unwrap().path().join("response.json");
            let answer: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let list = |value: &Value, member: &str| value[member].as_array().cloned().unwrap_or_default();
            let cards = list(&answer, "cards");
            let suggestions = cards.iter().flat_map(|card| list(card, "suggestions"));
            for action in suggestions.flat_map(|suggestion| list(&suggestion, "actions")) {
                let Some(mut resource) = action.get("resource").cloned() else { continue };
                // Recorded without its random id, which would be a FHIR id.
                resource["id"] = "an-id".into();
                let again = oracle::written_again(resource.to_string().as_bytes());
                assert_eq!(again.as_ref(), Ok(&resource), "{}: {}", path.display(), action["description"]);
                *compared.entry(resource["resourceType"].to_string()).or_insert(0) += 1;
            }
        }
    }
    assert!(compared.len() >= 3 && compared.values().sum::<u32>() > 20, "{compared:?}");
}

/// The resources of a record, as bytes, by `Type/id`.
fn resources(record: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let bundle: Value = serde_json::from_slice(record).unwrap();
    let entries = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    let named = entries.map(|resource| {
        let name =
            format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        (name, serde_json::to_vec(resource).unwrap())
    });
    named.collect()
}

fn of<'r>(resources: &'r BTreeMap<String, Vec<u8>>, source: &ResourceRef) -> Option<&'r [u8]> {
    let resource = resources.get(source.as_str()).map(Vec::as_slice)?;
    oracle::parse_resource(resource).is_ok().then_some(resource)
}

fn compare_results(journey: &Journey<'_>, resources: &BTreeMap<String, Vec<u8>>) -> usize {
    let results = journey.chart.measurements.iter().flat_map(|measurements| &measurements.newest_first);
    let mut compared = 0;
    for result in results.filter(|result| result.computed.is_none()) {
        let Some(resource) = of(resources, &result.source) else { continue };
        if let Some(when) = oracle::observation_effective(resource).unwrap() {
            assert!(when.contains(&result.when.to_string()), "{}: {when}", result.source);
        }
        let Some((number, ..)) = oracle::observation_quantity(resource).unwrap() else { continue };
        if result.converted_from.is_none() && result.value.comparator == Comparator::Exactly {
            assert_eq!(result.value.number, number, "{}", result.source);
        }
        compared += 1;
    }
    compared
}

fn compare_conditions(journey: &Journey<'_>, resources: &BTreeMap<String, Vec<u8>>) -> usize {
    let mut compared = 0;
    for condition in &journey.chart.conditions.items {
        let Some(resource) = of(resources, &condition.source) else { continue };
        let (clinical, verification) = oracle::condition_status_codes(resource).unwrap();
        let active = clinical.iter().any(|code| ["active", "recurrence", "relapse"].contains(&code.as_str()));
        let dropped =
            verification.iter().any(|code| ["refuted", "entered-in-error"].contains(&code.as_str()));
        assert!(!dropped, "{} should not have been read", condition.source);
        if condition.state == gaitkeeper::chart::ConditionState::Active {
            assert!(active, "{}: {clinical:?}", condition.source);
        }
        assert!(!oracle::codings(resource).unwrap().is_empty(), "{}", condition.source);
        compared += 1;
    }
    compared
}
