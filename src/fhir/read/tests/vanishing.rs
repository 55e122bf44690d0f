//! What once vanished without a word: it was there, and the answer was that of a chart without it.

use super::*;
use crate::chart::{Coverage, Lack};
use crate::fhir::derive;

const PAD_CODED: &str = r#"{"system":"http://snomed.info/sct","code":"399957001"}"#;

fn problem(code: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"c","clinicalStatus":{{"coding":[{{"code":"active"}}]}},"subject":{{"reference":"Patient/1"}},"code":{code}}}"#
    )
}

/// One detail took the whole concept with it.
#[test]
fn a_code_stays_readable_beside_a_detail_that_is_not() {
    for (code, label) in [
        (format!(r#"{{"coding":[{PAD_CODED}],"text":"\ud800"}}"#), ""),
        (format!(r#"{{"coding":[{{"display":"\udfff",{}]}}"#, &PAD_CODED[1..]), "399957001"),
        (format!(r#"{{"coding":[null,{PAD_CODED}],"text":"PAD"}}"#), "PAD"),
        (format!(r#"{{"coding":["I73.9",{PAD_CODED}]}}"#), "399957001"),
        (format!(r#"{{"coding":{PAD_CODED},"text":"PAD"}}"#), "PAD"),
        (format!(r#"[{{"coding":[{PAD_CODED}],"text":"PAD"}}]"#), "PAD"),
    ] {
        let chart = read(&[("conditions", &bundle(&[&problem(&code)]))]);
        let [found] = chart.conditions.items.as_slice() else { panic!("{code}: {:?}", chart.conditions) };
        assert_eq!(found.concepts, set(PAD), "{code}");
        assert!(label.is_empty() || found.label == label, "{code}: {}", found.label);
    }
    // Of two that stand in the place of one there is no telling which is meant.
    let two = format!(r#"[{{"coding":[{PAD_CODED}]}},{{"coding":[{PAD_CODED}]}}]"#);
    for code in [two.as_str(), "7", r#"{"coding":[null]}"#, r#"{"coding":"I73.9","text":"PAD"}"#] {
        let chart = read(&[("conditions", &bundle(&[&problem(code)]))]);
        assert_eq!(chart.conditions.items.len(), 0, "{code}");
        assert_eq!(chart.conditions.unusable[0].gap.why, Unusable::Malformed, "{code}");
    }
}

#[test]
fn so_does_what_a_result_an_allergy_and_a_draft_are_of() {
    let odd = |system: &str, code: &str| {
        format!(r#"{{"coding":[null,{{"system":"{system}","code":"{code}","display":"\ud800"}}]}}"#)
    };
    let egfr = observation("33914-3", &quantity("29", "mL/min/{1.73_m2}")).replace(
        r#"{"coding":[{"system":"http://loinc.org","code":"33914-3"}]}"#,
        &odd("http://loinc.org", "33914-3"),
    );
    assert_eq!(of(&results(&[&egfr]), EGFR), (vec![29.0], vec![]));
    let ibuprofen = odd("http://www.nlm.nih.gov/research/umls/rxnorm", "5640");
    let allergy = format!(
        r#"{{"resourceType":"AllergyIntolerance","id":"a","patient":{{"reference":"Patient/1"}},"code":{ibuprofen}}}"#
    );
    let chart = read(&[("allergies", &bundle(&[&allergy]))]);
    assert_eq!(chart.allergies.items[0].concepts, set(IBUPROFEN));
    let draft = format!(
        r#"{{"resourceType":"MedicationRequest","id":"d","status":"draft","medicationCodeableConcept":{ibuprofen}}}"#
    );
    let chart = read_with(&plan(), &[], Some(&draft));
    assert_eq!(chart.orders[0].concepts, set(IBUPROFEN));
}

#[test]
fn an_entry_without_a_readable_type_leaves_its_list_incomplete() {
    let incomplete = Coverage::Partial(Lack::WrongShape);
    for entry in [
        r#"{"id":"x"}"#,
        r#"{"resourceType":"Condition","resourceType":"Condition","id":"x"}"#,
        r#"{"resourceType":"Condition","id":"x","id":"x"}"#,
        r#""{\"resourceType\":\"Condition\"}""#,
    ] {
        let chart =
            read(&[("conditions", &bundle(&[&problem(&format!("{{\"coding\":[{PAD_CODED}]}}")), entry]))]);
        assert_eq!(chart.conditions.coverage, incomplete, "{entry}");
        assert_eq!(chart.conditions.items.len(), 1, "{entry}");
    }
    let chart = results(&[r#"{"id":"x"}"#]);
    assert_eq!(chart.measured(HBA1C).unwrap().coverage, incomplete);
    assert_eq!(chart.answered(SMOKING).unwrap().coverage, incomplete);
}

/// A server that drops the parameter `patient` answers with the problems of somebody else, or of everybody.
#[test]
fn a_list_of_other_patients_only_is_not_an_empty_list() {
    let of = |patient: &str| problem("{\"text\":\"any\"}").replace("Patient/1", patient);
    let coverage = |subjects: &[&str]| {
        let all: Vec<String> = subjects.iter().map(|subject| of(subject)).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        read(&[("conditions", &bundle(&all))]).conditions.coverage
    };
    assert_eq!(coverage(&["Patient/2", "Patient/3"]), Coverage::Partial(Lack::OtherPatients));
    assert_eq!(coverage(&["Patient/2", "Patient/1"]), Coverage::Complete);
    assert_eq!(coverage(&[]), Coverage::Complete);
}

#[test]
fn a_patient_of_a_bundle_that_did_not_come_may_be_this_one() {
    let result = observation("4548-4", &quantity("8.1", "%")).replace("Patient/1", "urn:uuid:2");
    let unresolved = vec![Unusable::UnresolvedPatient];
    assert_eq!(of(&results(&[&result]), HBA1C), (vec![], unresolved));
    let patient = r#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:99","resource":{"resourceType":"Patient","id":"1"}}]}"#;
    let chart = read(&[("patient", patient), ("results", &bundle(&[&result]))]);
    assert_eq!((of(&chart, HBA1C), chart.gaps[0].why), ((vec![], vec![]), Unusable::OtherPatient));
}

/// Two tenants of one server have patients of the same id. What a server behind a gateway calls itself is no tenant.
#[test]
fn a_patient_of_another_base_of_the_same_server_may_be_another_one() {
    let result = |base: &str| {
        observation("4548-4", &quantity("8.1", "%")).replace("Patient/1", &format!("{base}/Patient/1"))
    };
    let used = (vec![8.1], vec![]);
    let tenant = "https://ehr.example/tenant-2/r4";
    let read = |patient: &str, base: &str| {
        let results = bundle(&[&result(base)]);
        let prefetch = [("patient", patient), ("results", results.as_str())];
        of(&read_on(Some("https://ehr.example/tenant-1/r4"), &plan(), &prefetch, &Drafts::none()), HBA1C)
    };
    for base in ["https://EHR.example:443/tenant-1/r4", "http://fhir.internal:8080/fhir"] {
        assert_eq!(read("null", base), used, "{base}");
    }
    assert_eq!(read("null", tenant), (vec![], vec![Unusable::UnresolvedPatient]));
    let patient = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"fullUrl":"{tenant}/Patient/1","resource":{{"resourceType":"Patient","id":"1"}}}}]}}"#
    );
    assert_eq!(read(&patient, tenant), used, "the Patient itself came under this name");
}

#[test]
fn of_two_states_of_one_result_the_later_counts_in_whatever_order_they_come() {
    let state = |value: &str, issued: &str| {
        observation("33914-3", &format!(r#""issued":"{issued}",{}"#, quantity(value, "mL/min/{1.73_m2}")))
    };
    let (first, amended) = (state("45", "2026-01-10T08:00:00Z"), state("29", "2026-01-11T08:00:00Z"));
    for pair in [[&first, &amended], [&amended, &first]] {
        let chart = results(&[pair[0], pair[1], pair[0]]);
        assert_eq!(of(&chart, EGFR).0, [29.0, 45.0]);
    }
    let smoking = |code: &str, issued: &str| {
        observation(
            "72166-2",
            &format!(
                r#""issued":"{issued}","valueCodeableConcept":{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}"}}]}}"#
            ),
        )
    };
    let chart = results(&[
        &smoking("449868002", "2026-01-10T08:00:00Z"),
        &smoking("8517006", "2026-01-11T08:00:00Z"),
    ]);
    let newest: Vec<usize> =
        chart.answered(SMOKING).unwrap().perhaps_newest().flatten().map(|answer| answer.answer).collect();
    assert_eq!(newest, [1], "former, and not current as well");
}

#[test]
fn the_newest_result_is_the_latest_moment_and_not_the_latest_written_day() {
    let at = |id: &str, value: &str, when: &str| {
        observation("33914-3", &quantity(value, "mL/min/{1.73_m2}"))
            .replace(r#""id":"o""#, &format!(r#""id":"{id}""#))
            .replace("2026-01-10", when)
    };
    let (evening, night) =
        (at("a", "29", "2026-01-09T23:00:00-05:00"), at("b", "45", "2026-01-10T00:30:00Z"));
    for pair in [[&evening, &night], [&night, &evening]] {
        assert_eq!(of(&results(&[pair[0], pair[1]]), EGFR).0, [29.0, 45.0]);
    }
}

#[test]
fn a_draft_means_the_medication_that_came_with_it() {
    let medication = |code: &str| {
        format!(
            r#"{{"resourceType":"Medication","id":"m","code":{{"coding":[{{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"{code}"}}]}}}}"#
        )
    };
    let request = |reference: &str| {
        format!(
            r#"{{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","subject":{{"reference":"Patient/1"}},"medicationReference":{{"reference":"{reference}"}}}}"#
        )
    };
    let chart_of = |reference: &str| {
        let requests = bundle(&[&request(reference), &medication("21107")]);
        let drafts = bundle(&[&request(reference).replace("active", "draft"), &medication("5640")]);
        let drafts = Drafts::read(Some(raw(&drafts)), &[], Hook::OrderSign).unwrap();
        let chart = read_on(Some("https://ehr.example/r4"), &plan(), &[("requests", &requests)], &drafts);
        let held = chart.medications.items.iter().map(|one| one.ingredients[0].concepts);
        (held.collect::<Vec<_>>(), chart.orders[0].concepts)
    };
    for reference in ["Medication/m", "https://ehr.example/r4/Medication/m"] {
        assert_eq!(chart_of(reference), (vec![set(CILOSTAZOL)], set(IBUPROFEN)), "{reference}");
    }
    let elsewhere = chart_of("https://other.example/r4/Medication/m");
    assert_eq!(elsewhere, (vec![], ConceptSet::EMPTY), "it is another one, of the same name");
}

#[test]
fn a_blood_pressure_that_cannot_be_read_is_not_one_that_was_never_taken() {
    let part = |code: &str, value: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},{}}}"#,
            quantity(value, "mm[Hg]")
        )
    };
    let (systolic, diastolic) = (part("8480-6", "152"), part("8462-4", "86"));
    let both = |members: &str| {
        let chart = results(&[&observation("85354-9", members)]);
        (of(&chart, SYSTOLIC), of(&chart, DIASTOLIC))
    };
    let (read, malformed) = (|value: f64| (vec![value], vec![]), || (vec![], vec![Unusable::Malformed]));
    for (members, expected) in [
        (format!(r#""component":[{systolic},null,{diastolic}]"#), (read(152.0), read(86.0))),
        (format!(r#""component":{systolic}"#), (read(152.0), (vec![], vec![]))),
        (format!(r#""component":[{systolic},7]"#), (read(152.0), malformed())),
        (r#""component":"152/86""#.to_owned(), (malformed(), malformed())),
        (
            r#""valueString":"152/86""#.to_owned(),
            ((vec![], vec![Unusable::NotANumber]), (vec![], vec![Unusable::NotANumber])),
        ),
        (format!(r#""component":[{systolic}]"#), (read(152.0), (vec![], vec![]))),
        (r#""hasMember":[{"reference":"Observation/s"}]"#.to_owned(), ((vec![], vec![]), (vec![], vec![]))),
    ] {
        assert_eq!(both(&members), expected, "{members}");
    }
    let at_the_ankle = r#""bodySite":{"text":"left ankle"},"valueString":"152/86""#;
    assert_eq!(both(at_the_ankle), ((vec![], vec![]), (vec![], vec![])));
}

#[test]
fn a_creatinine_that_cannot_be_used_is_why_there_is_no_egfr() {
    let mut plan = plan();
    plan.derive_egfr = Some((CREATININE, EGFR));
    let creatinine = observation("2160-0", r#""valueQuantity":{"value":1.4}"#);
    let chart = read_with(&plan, &[("results", &bundle(&[&creatinine]))], None);
    assert_eq!(of(&chart, EGFR), (vec![], vec![Unusable::NoUnit]));
    assert!(derive::egfr_of(&chart, CREATININE, EGFR).is_none());
    let reported = observation("33914-3", &quantity("29", "mL/min/{1.73_m2}"));
    let chart = read_with(
        &plan,
        &[("results", &bundle(&[&creatinine, &reported.replace(r#""id":"o""#, r#""id":"e""#)]))],
        None,
    );
    assert_eq!(of(&chart, EGFR), (vec![29.0], vec![]));
}
