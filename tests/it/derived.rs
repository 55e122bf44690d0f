//! What the served knowledge makes of results: units, and what is worked out.

use gaitkeeper::chart::{Chart, Side, Unusable};
use gaitkeeper::fhir::{self, Drafts, Subject};
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::wire::Text;
use serde_json::{Value, json};
use time::macros::datetime;

/// Reads Observations, whatever key they would come under.
fn read(knowledge: &Knowledge, observations: &[Value]) -> Chart {
    let service = knowledge.services.iter().find(|service| service.id == "leg-pain-patient-view").unwrap();
    let entries: Vec<Value> = observations.iter().map(|resource| json!({ "resource": resource })).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries }).to_string();
    let raw: &serde_json::value::RawValue = serde_json::from_str(&bundle).unwrap();
    let acquired = fhir::from_prefetch(
        &service.needs,
        vec![(Text("bloodPressure".into()), fhir::Answer::split(raw))],
        &fhir::KeyNames::default(),
    );
    let now = datetime!(2026-03-01 09:00 UTC);
    let subject = Subject { patient_id: "1", today: now.date(), now, fhir_server: None };
    fhir::chart(&knowledge.plan, &service.needs, &acquired, &Drafts::none(), &subject)
}

fn pressure(id: &str, code: &str, value: u32, site: Option<&str>) -> Value {
    let mut resource = json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": "Patient/1" }, "effectiveDateTime": "2026-02-01",
        "valueQuantity": { "value": value, "unit": "mm[Hg]" },
    });
    if let Some(site) = site {
        resource["bodySite"] = json!({ "coding": [{ "system": "http://snomed.info/sct", "code": site }] });
    }
    resource
}

#[test]
fn an_index_is_worked_out_from_pressures_and_none_of_them_is_the_blood_pressure() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let fact = |name: &str| knowledge.measured.iter().find(|fact| fact.name == name).unwrap().id;
    let chart = read(
        &knowledge,
        &[
            pressure("left-tibial", "8480-6", 84, Some("214912001")),
            pressure("left-pedal", "8550-6", 70, None),
            pressure("right-pedal", "8551-4", 154, None),
            pressure("arm", "8480-6", 140, Some("723962009")),
            pressure("thigh", "8480-6", 150, Some("61396006")),
        ],
    );
    let abi = chart.measured(fact("abi")).unwrap();
    let index =
        |side| abi.newest_of(side).map(|found| (found.value.number, found.source.as_str().to_owned()));
    assert_eq!(index(Side::Left), Some((0.6, "Observation/left-tibial".to_owned())));
    assert_eq!(index(Side::Right), Some((1.1, "Observation/right-pedal".to_owned())));
    let how = abi.newest_of(Side::Left).unwrap().computed.as_ref().unwrap();
    assert!(how.equation.contains("AHA 2012") && how.inputs.contains("84 mmHg"), "{how:?}");
    let ordinary = &chart.measured(fact("systolic-bp")).unwrap().newest_first;
    let ordinary: Vec<&str> = ordinary.iter().map(|result| result.source.as_str()).collect();
    assert_eq!(ordinary, ["Observation/arm"]);
}

#[test]
fn what_is_worked_out_from_is_asked_for() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let needs = || knowledge.services.iter().flat_map(|service| &service.needs);
    for (key, code) in [
        ("bloodPressure", "8480-6"),
        ("bloodPressure", "8550-6"),
        ("bloodPressure", "85354-9"),
        ("egfr", "50383-9"),
        ("egfr", "98979-8"),
        ("creatinine", "2160-0"),
    ] {
        let templates: Vec<&str> =
            needs().filter(|need| need.key == key).map(|need| need.template.as_str()).collect();
        assert!(
            !templates.is_empty() && templates.iter().all(|template| template.contains(code)),
            "{key} {code}"
        );
    }
}

#[test]
fn units_are_those_of_each_result() {
    use Unusable::{Implausible, NoUnit, Related, UnknownUnit};
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    for (fact, code, value, unit, expected) in [
        ("hba1c", "4548-4", 8.1, "%", Ok(8.1)),
        ("hba1c", "59261-8", 65.0, "mmol/mol", Ok(8.1)),
        ("hba1c", "4548-4", 65.0, "mmol/mol", Ok(8.1)),
        ("hba1c", "4548-4", 0.081, "{fraction}", Ok(8.1)),
        ("hba1c", "4548-4", 8.1, "", Err(NoUnit)),
        ("hba1c", "4548-4", 8.1, "mmol/L", Err(UnknownUnit)),
        ("hba1c", "4548-4", 65.0, "%", Err(Implausible)),
        ("creatinine", "2160-0", 1.2, "mg/dL", Ok(1.2)),
        ("creatinine", "2160-0", 88.42, "µmol/L", Ok(1.0)),
        ("creatinine", "2160-0", 88.42, "mcmol/L", Ok(1.0)),
        ("creatinine", "2160-0", 0.08842, "mmol/L", Ok(1.0)),
        ("creatinine", "2160-0", 1.2, "g/L", Err(UnknownUnit)),
        ("ldl", "13457-7", 100.0, "mg/dL", Ok(100.0)),
        ("ldl", "13457-7", 3.0, "mmol/L", Ok(116.01)),
        ("egfr", "98979-8", 41.0, "mL/min/{1.73_m2}", Ok(41.0)),
        ("egfr", "98979-8", 41.0, "mL/min/1.73 m²", Ok(41.0)),
        ("egfr", "98979-8", 41.0, "ML/MIN/1.73M2", Ok(41.0)),
        ("egfr", "33914-3", 41.0, "mL/min", Ok(41.0)),
        ("egfr", "33914-3", 41.0, "", Ok(41.0)),
        ("egfr", "98979-8", 0.5, "mL/s/{1.73_m2}", Ok(30.0)),
        ("egfr", "98979-8", 41.0, "mL", Err(UnknownUnit)),
        ("egfr", "50383-9", 41.0, "mL/min", Err(Related)),
        ("egfr", "2164-2", 41.0, "mL/min", Err(Related)),
        ("abi", "77194-9", 0.62, "", Ok(0.62)),
        ("abi", "77194-9", 0.62, "{ratio}", Ok(0.62)),
        ("abi", "77194-9", 62.0, "%", Ok(0.62)),
        ("abi", "77194-9", 62.0, "", Err(Implausible)),
        ("abi", "77194-9", 0.62, "mm[Hg]", Err(UnknownUnit)),
    ] {
        let mut resource = pressure("x", code, 0, None);
        resource["valueQuantity"] = json!({ "value": value, "unit": unit });
        let chart = read(&knowledge, &[resource]);
        let id = knowledge.measured.iter().find(|measured| measured.name == fact).unwrap().id;
        let results = chart.measured(id).unwrap();
        let found = match (results.newest(), results.unusable.first()) {
            (Some(newest), None) => Ok((newest.value.number * 100.0).round() / 100.0),
            (None, Some(gap)) => Err(gap.why),
            other => panic!("{fact} {code} {value} {unit}: {other:?}"),
        };
        let expected = expected.map(|number: f64| (number * 100.0).round() / 100.0);
        assert_eq!(found, expected, "{fact} {code} {value} {unit}");
    }
}
