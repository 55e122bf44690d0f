use super::*;
use crate::chart::{Coverage, Lack, Sex};

fn hba1c(id: &str, date: &str, value: &str) -> String {
    observation("4548-4", &quantity(value, "%"))
        .replace(r#""id":"o""#, &format!(r#""id":"{id}""#))
        .replace("2026-01-10", date)
}

#[test]
fn q32_outcomes_among_the_entries_are_no_results_and_may_withhold_some() {
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"suppressed","diagnostics":"Client not authorized"}]}"#;
    let chart = results(&[&hba1c("a", "2026-01-10", "8.1"), outcome]);
    assert_eq!(of(&chart, HBA1C), (vec![8.1], vec![]));
    assert_eq!(chart.measured(HBA1C).unwrap().coverage, Coverage::Partial(Lack::Withheld));
}

fn first_page(resources: &[&str]) -> Chart {
    let next =
        r#""link":[{"relation":"next","url":"https://ehr.example/r4/Observation?-pageContext=A"}],"entry""#;
    read(&[("results", &bundle(resources).replacen(r#""entry""#, next, 1))])
}

#[test]
fn q33_a_next_page_leaves_open_what_was_not_found() {
    let more = Coverage::Partial(Lack::MorePages);
    let (new, old) = (hba1c("a", "2026-01-10", "8.1"), hba1c("b", "2025-01-10", "7.1"));
    let coverage = |chart: &Chart, id| chart.measured(id).unwrap().coverage;
    let descending = first_page(&[&new, &old]);
    assert_eq!(coverage(&descending, HBA1C), Coverage::Complete, "the newest is known");
    assert_eq!(coverage(&descending, EGFR), more, "it may be on the next page");
    assert_eq!(coverage(&first_page(&[&old, &new]), HBA1C), more, "not in descending order");
    assert_eq!(coverage(&first_page(&[&new]), HBA1C), more, "one entry proves no order");
    let unusable = new.replace(r#""code":"%""#, r#""code":"furlong""#);
    let chart =
        first_page(&[&unusable, &observation("2160-0", &quantity("1", "mg/dL")).replace("2026", "2025")]);
    assert_eq!(coverage(&chart, HBA1C), more, "no usable result on this page");
    assert_eq!(coverage(&chart, CREATININE), Coverage::Complete);
    // Of a fact told per leg, the newest of both legs must be there.
    let abi = |id: &str, site: &str, date: &str| {
        observation("77194-9", &format!(r#""bodySite":{{"text":"{site}"}},{}"#, quantity("0.6", "1")))
            .replace(r#""id":"o""#, &format!(r#""id":"{id}""#))
            .replace("2026-01-10", date)
    };
    let (left, right, older) =
        (abi("l", "left", "2026-01-10"), abi("r", "right", "2026-01-09"), abi("x", "left", "2025-01-09"));
    assert_eq!(coverage(&first_page(&[&left, &older]), ABI), more);
    assert_eq!(coverage(&first_page(&[&left, &right]), ABI), Coverage::Complete);
}

#[test]
fn q34_references_come_in_every_form() {
    let whose = |reference: &str| {
        let resource = hba1c("a", "2026-01-10", "8.1").replace(r#""Patient/1""#, reference);
        let chart = results(&[&resource]);
        (of(&chart, HBA1C), chart.gaps.first().map(|gap| gap.why))
    };
    let used = ((vec![8.1], vec![]), None);
    for reference in [
        r#""Patient/1""#,
        r#""Patient/1/_history/4""#,
        r#""https://ehr.example:443/v2/uscore/STU6/Patient/1""#,
        r#""urn:uuid:1""#,
        r##""#inside""##,
        r#"null,"identifier":{"value":"77"}"#,
        r#"null,"display":"Someone""#,
    ] {
        assert_eq!(whose(reference), used, "{reference}");
    }
    let other = ((vec![], vec![]), Some(Unusable::OtherPatient));
    for reference in
        [r#""Patient/2""#, r#""https://ehr.example/r4/Patient/2""#, r#""Group/1""#, r#""1","type":"Group""#]
    {
        assert_eq!(whose(reference), other, "{reference}");
    }
    assert_eq!(whose("7"), ((vec![], vec![Unusable::Malformed]), None));
    let long = format!("fqdS7T{}z0rE4.-x", "A".repeat(80));
    let chart = results(&[&hba1c(&long, "2026-01-10", "8.1")]);
    assert_eq!(
        chart.measured(HBA1C).unwrap().newest().unwrap().source.as_str(),
        format!("Observation/{long}")
    );
}

#[test]
fn q34_the_full_url_of_the_patient_is_the_patient() {
    let patient = r#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:99","resource":{"resourceType":"Patient","id":"1","gender":"female"}}]}"#;
    let result = hba1c("a", "2026-01-10", "8.1").replace("Patient/1", "urn:uuid:99");
    let chart = read(&[("patient", patient), ("results", &bundle(&[&result]))]);
    assert_eq!((of(&chart, HBA1C).0, chart.patient.sex), (vec![8.1], Some(Sex::Female)));
}

#[test]
fn q35_five_kinds_of_nothing_are_told_apart() {
    let failed = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden"}]}"#;
    for (json, expected) in [
        ("null", Coverage::Complete),
        (r#"{"resourceType":"Bundle","type":"searchset","total":0}"#, Coverage::Complete),
        ("{}", Coverage::Unavailable(Lack::WrongShape)),
        (failed, Coverage::Unavailable(Lack::ClientFailed)),
    ] {
        let chart = read(&[("conditions", json), ("results", json)]);
        assert_eq!(chart.conditions.coverage, expected, "{json}");
        assert_eq!(chart.measured(HBA1C).unwrap().coverage, expected, "{json}");
    }
    let chart = read(&[]);
    assert_eq!(chart.conditions.coverage, Coverage::Unavailable(Lack::NotSent));
    assert_eq!(chart.answered(SMOKING).unwrap().coverage, Coverage::Unavailable(Lack::NotSent));
}

#[test]
fn coverage_of_lists_that_come_under_two_keys() {
    let failed = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden"}]}"#;
    let coverage = |keys: &[(&str, &str)]| {
        let chart = read(keys);
        (chart.medications.coverage, chart.services.coverage)
    };
    let (complete, not_sent) = (Coverage::Complete, Coverage::Unavailable(Lack::NotSent));
    assert_eq!(coverage(&[("requests", "null"), ("statements", "null")]), (complete, not_sent));
    assert_eq!(coverage(&[("requests", "null")]), (complete, not_sent), "many servers have no statements");
    assert_eq!(
        coverage(&[("requests", "null"), ("statements", failed)]).0,
        Coverage::Partial(Lack::ClientFailed)
    );
    assert_eq!(coverage(&[("statements", "null")]).0, Coverage::Partial(Lack::NotSent));
    assert_eq!(coverage(&[("procedures", "null"), ("services", "null")]).1, complete);
    assert_eq!(
        coverage(&[("procedures", "null"), ("services", failed)]).1,
        Coverage::Partial(Lack::ClientFailed)
    );
}

#[test]
fn q36_members_may_stand_anywhere_and_unknown_ones_do_not_matter() {
    let plain = hba1c("a", "2026-01-10", "8.1");
    let last = plain.replace(r#""resourceType":"Observation","#, "").replacen(
        r#""id""#,
        &format!(
            r#""text":{{"status":"generated","div":"<div>{}</div>"}},"extension":[{{"url":"x"}}],"contained":[{{"resourceType":"Whatever"}}],"_status":{{"id":"x"}},"id""#,
            "x".repeat(100_000)
        ),
        1,
    );
    let last = format!(r#"{},"resourceType":"Observation"}}"#, last.strip_suffix('}').unwrap());
    assert_eq!(of(&results(&[&last]), HBA1C), (vec![8.1], vec![]));
    let nested =
        plain.replacen(r#""id""#, &format!(r#""deep":{}{},"id""#, "[".repeat(500), "]".repeat(500)), 1);
    assert_eq!(of(&results(&[&nested]), HBA1C), (vec![8.1], vec![]));
}

#[test]
fn q36_a_modifier_extension_forbids_use() {
    let modified = |members: &str| {
        let resource = hba1c("a", "2026-01-10", "8.1").replacen(r#""id""#, &format!(r#"{members},"id""#), 1);
        of(&results(&[&resource]), HBA1C)
    };
    let not_used = (vec![], vec![Unusable::ModifierExtension]);
    assert_eq!(modified(r#""modifierExtension":[{"url":"x","valueBoolean":true}]"#), not_used);
    assert_eq!(modified(r#""modifierExtension":7"#), not_used);
    assert_eq!(modified(r#""modifierExtension":[]"#), (vec![8.1], vec![]));
    let condition = r#"{"resourceType":"Condition","id":"c","modifierExtension":[{"url":"x"}],"code":{"coding":[{"system":"http://snomed.info/sct","code":"84114007"}]}}"#;
    let chart = read(&[("conditions", &bundle(&[condition]))]);
    assert!(chart.conditions.items.is_empty());
    assert_eq!(chart.conditions.unusable[0].gap.why, Unusable::ModifierExtension);
}

#[test]
fn q37_a_large_bundle_is_read_whole() {
    let many: Vec<String> = (0..1000).map(|n| hba1c(&n.to_string(), "2026-01-10", "8.1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(of(&results(&many), HBA1C).0.len(), 1000);
}

#[test]
fn q38_other_versions_of_fhir_do_not_crash_and_are_said() {
    let condition = r#"{"resourceType":"Condition","id":"c","clinicalStatus":"active","verificationStatus":"confirmed","patient":{"reference":"Patient/1"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"399957001"}]}}"#;
    let chart = read(&[("conditions", &bundle(&[condition]))]);
    assert_eq!(chart.conditions.items[0].state, crate::chart::ConditionState::Active);
    let refuted = condition.replace("confirmed", "refuted");
    assert!(read(&[("conditions", &bundle(&[&refuted]))]).conditions.items.is_empty());
    let order = r#"{"resourceType":"MedicationOrder","status":"active","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"21107"}]}}"#;
    let chart = read(&[("requests", &bundle(&[order])), ("statements", "null")]);
    assert_eq!(chart.medications.coverage, Coverage::Partial(Lack::WrongShape));
    let animal = r#"{"resourceType":"Patient","id":"1","animal":{"species":{}},"gender":"male"}"#;
    assert_eq!(read(&[("patient", animal)]).patient.sex, Some(Sex::Male));
}

#[test]
fn q39_of_a_patient_only_what_is_used_is_read() {
    let names = vec![r#"{"use":"official","family":"A"}"#; 24].join(",");
    let identifiers = vec![r#"{"value":"x"}"#; 300].join(",");
    for (gender, sex) in [
        (r#""female""#, Some(Sex::Female)),
        (r#""male""#, Some(Sex::Male)),
        (r#""other""#, None),
        (r#""unknown""#, None),
        ("null", None),
        ("7", None),
    ] {
        let patient = format!(
            r#"{{"resourceType":"Patient","id":"1","name":[{names}],"identifier":[{identifiers}],"gender":{gender}}}"#
        );
        assert_eq!(read(&[("patient", &patient)]).patient.sex, sex, "{gender}");
    }
    let chart = read(&[("patient", r#"{"resourceType":"Patient","id":"2","gender":"male"}"#)]);
    assert_eq!((chart.patient.sex, chart.gaps[0].why), (None, Unusable::OtherPatient));
}

#[test]
fn the_same_resource_under_two_keys_is_read_once() {
    let resource = hba1c("a", "2026-01-10", "8.1");
    assert_eq!(of(&results(&[&resource, &resource]), HBA1C), (vec![8.1], vec![]));
    let nameless = resource.replace(r#""id":"a","#, "");
    assert_eq!(of(&results(&[&nameless, &nameless]), HBA1C).0.len(), 2);
}

#[test]
fn a_broken_resource_costs_only_itself_and_is_said() {
    let good = hba1c("a", "2026-01-10", "8.1");
    for broken in ["7", "[]", "{}", r#"{"resourceType":"Observation","status":"final","status":"final"}"#] {
        let chart = results(&[broken, &good]);
        assert_eq!(of(&chart, HBA1C), (vec![8.1], vec![]), "{broken}");
        assert_eq!(chart.gaps[0].to_string(), "Observation/#1: not readable as FHIR R4", "{broken}");
    }
    let chart = read(&[("conditions", &bundle(&[r#"{"id":"x"}"#]))]);
    assert_eq!(chart.conditions.unusable[0].gap.why, Unusable::Malformed);
}
