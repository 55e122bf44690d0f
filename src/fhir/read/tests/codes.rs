use super::*;
use crate::chart::ConditionState;

fn condition(code: &str, members: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"c","code":{code},"subject":{{"reference":"Patient/1"}}{members}}}"#
    )
}

fn found(code: &str) -> Option<ConceptSet> {
    let chart = read(&[("conditions", &bundle(&[&condition(code, "")]))]);
    chart.conditions.items.first().map(|condition| condition.concepts)
}

#[test]
fn q14_every_coding_is_looked_at_in_any_order() {
    let vendor =
        r#"{"system":"urn:oid:1.2.840.114350.1.13.999.1.7.2.707679","code":"5","userSelected":true}"#;
    let loinc = r#"{"system":"http://loinc.org","code":"4548-4"}"#;
    for codings in [format!("{vendor},{loinc}"), format!("{loinc},{vendor}")] {
        let resource = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{codings}]}},"effectiveDateTime":"2026-01-10",{}}}"#,
            quantity("8.1", "%")
        );
        assert_eq!(of(&results(&[&resource]), HBA1C), (vec![8.1], vec![]));
    }
}

#[test]
fn q15_what_has_only_a_text_is_listed_and_never_guessed() {
    for code in [
        r#"{"text":"ABI, right"}"#,
        r#"{"coding":[{"system":"https://ehr.example/lab","code":"77194-9","display":"ABI"}]}"#,
        r#"{"coding":[{"code":"77194-9"}]}"#,
        "null",
    ] {
        let resource = format!(
            r#"{{"resourceType":"Observation","id":"x","status":"final","code":{code},"effectiveDateTime":"2026-01-10","valueQuantity":{{"value":0.62}}}}"#
        );
        let chart = results(&[&resource]);
        assert_eq!(of(&chart, ABI), (vec![], vec![]), "{code}");
        assert_eq!(chart.gaps.iter().map(|gap| gap.why).collect::<Vec<_>>(), [Unusable::NotCoded], "{code}");
    }
    let chart = read(&[("conditions", &bundle(&[&condition(r#"{"text":"Heart failure"}"#, "")]))]);
    assert!(chart.conditions.items.is_empty());
    assert_eq!(chart.conditions.unusable[0].gap.to_string(), "Condition/c: has no known code");
}

#[test]
fn q16_a_system_may_be_an_oid_and_an_unknown_one_does_not_count() {
    let coded = |system: &str, code: &str| {
        found(&format!(r#"{{"coding":[{{"system":"{system}","code":"{code}"}}]}}"#))
    };
    assert_eq!(coded("urn:oid:2.16.840.1.113883.6.96", "399957001"), Some(set(PAD)));
    assert_eq!(coded("urn:oid:2.16.840.1.113883.6.90", "I73.9"), Some(set(PAD)));
    assert_eq!(coded("urn:oid:1.2.246.537.6.96", "399957001"), None);
    assert_eq!(coded("http://snomed.info/sct/731000124108", "399957001"), Some(set(PAD)));
    let loinc = |system: &str| {
        let result = observation("4548-4", &quantity("8.1", "%")).replace("http://loinc.org", system);
        of(&results(&[&result]), HBA1C).0
    };
    assert_eq!(loinc("urn:oid:2.16.840.1.113883.6.1"), [8.1]);
    assert_eq!(loinc("urn:oid:1.2.246.537.6.96"), [0.0; 0]);
}

#[test]
fn q17_a_component_that_repeats_the_panel_is_read_once() {
    let component = |code: &str, value: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"https://fhir.cerner.com/x/codeSet/72","code":"703501","userSelected":true}},{{"system":"http://loinc.org","code":"{code}"}},{{"system":"http://loinc.org","code":"85354-9"}},{{"system":"http://loinc.org","code":"{code}"}}]}},{}}}"#,
            quantity(value, "mm[Hg]")
        )
    };
    // A plan that knows the panel code as the systolic pressure would otherwise read both components as that.
    let mut plan = plan();
    plan.measurements[4].codes.insert(ConceptId(13));
    plan.measured.insert(ConceptId(13));
    let members = format!(r#""component":[{},{}]"#, component("8480-6", "111"), component("8462-4", "71"));
    let panel = observation("85354-9", &members);
    let chart = read_with(&plan, &[("results", &bundle(&[&panel]))], None);
    assert_eq!(of(&chart, SYSTOLIC), (vec![111.0], vec![]));
    assert_eq!(of(&chart, DIASTOLIC), (vec![71.0], vec![]));
}

#[test]
fn q18_blood_pressure_comes_as_panel_or_as_two_results() {
    let component = |code: &str, value: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},{}}}"#,
            quantity(value, "mm[Hg]")
        )
    };
    let members = format!(r#""component":[{},{}]"#, component("8462-4", "86"), component("8480-6", "152"));
    for panel in ["85354-9", "55284-4", "18684-1"] {
        let chart = results(&[&observation(panel, &members)]);
        assert_eq!((of(&chart, SYSTOLIC).0, of(&chart, DIASTOLIC).0), (vec![152.0], vec![86.0]), "{panel}");
    }
    let chart = results(&[
        &observation("8480-6", &quantity("152", "mm[Hg]")),
        &observation("8462-4", &quantity("86", "mm[Hg]")).replace(r#""id":"o""#, r#""id":"p""#),
    ]);
    assert_eq!((of(&chart, SYSTOLIC).0, of(&chart, DIASTOLIC).0), (vec![152.0], vec![86.0]));
}

#[test]
fn q19_condition_codes_come_in_families() {
    let epic = r#"{"coding":[{"system":"http://e-imo.com/products/problem-it","code":"1"},{"system":"http://terminology.hl7.org/CodeSystem/cmshcc","code":"108"},{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I70.213"},{"system":"http://snomed.info/sct","code":"63491006"},{"system":"http://hl7.org/fhir/sid/icd-9-cm","code":"440.21"}]}"#;
    assert_eq!(found(epic), Some(set(CLAUDICATION)));
    let icd = |code: &str| {
        found(&format!(r#"{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"{code}"}}]}}"#))
    };
    assert_eq!(icd("I70213"), Some(set(CLAUDICATION)));
    assert_eq!(icd("i50.22"), Some(set(HEART_FAILURE)));
    assert_eq!(icd("E11.9"), None);
    for other in ["http://fhir.de/CodeSystem/bfarm/icd-10-gm", "http://id.who.int/icd/release/11/mms"] {
        assert_eq!(
            found(&format!(r#"{{"coding":[{{"system":"{other}","code":"I70.213"}}]}}"#)),
            None,
            "{other}"
        );
    }
}

#[test]
fn q20_decorated_names_are_shown_and_not_matched() {
    let code = r#"{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I73.9","display":"PVD (HCC)"}],"text":"zzDO NOT USE Heart failure (CMS/HCC)"}"#;
    let chart = read(&[("conditions", &bundle(&[&condition(code, "")]))]);
    let item = &chart.conditions.items[0];
    assert_eq!((item.concepts, item.label.as_str()), (set(PAD), "zzDO NOT USE Heart failure (CMS/HCC)"));
}

#[test]
fn q26_history_and_no_known_problems_are_no_diagnoses() {
    for code in [
        r#"{"coding":[{"system":"http://snomed.info/sct","code":"160245001","display":"No current problems"}]}"#,
        r#"{"coding":[{"system":"http://snomed.info/sct","code":"266894000","display":"FH: Cardiovascular disease"}]}"#,
        r#"{"coding":[{"system":"http://snomed.info/sct","code":"160903007","display":"Full-time employment"}]}"#,
        r#"{"coding":[{"system":"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips","code":"no-known-problems"}]}"#,
    ] {
        let chart = read(&[("conditions", &bundle(&[&condition(code, "")]))]);
        assert!(chart.conditions.items.is_empty() && chart.conditions.unusable.is_empty(), "{code}");
    }
    // That nothing is known is not that there is nothing.
    let unknown = r#"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"unknown"}]}"#;
    let chart = read(&[("conditions", &bundle(&[&condition(unknown, "")]))]);
    assert_eq!(chart.conditions.unusable.len(), 1);
}

#[test]
fn q40_interpretation_and_reference_range_decide_nothing() {
    let members = format!(
        r#"{},"interpretation":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"HH"}}],"text":"(NONE)"}}],"referenceRange":[{{"text":"Normal Range: 0-99"}}]"#,
        quantity("6.4", "%")
    );
    assert_eq!(outcome("4548-4", HBA1C, &members), Ok(Bounded::exactly(6.4)));
    assert_eq!(outcome("4548-4", HBA1C, r#""interpretation":[{"text":"high"}]"#), Err(Unusable::NoValue));
}

#[test]
fn a_side_of_a_condition_is_its_body_site_or_a_word() {
    let side = |code: &str, members: &str| {
        let chart = read(&[("conditions", &bundle(&[&condition(code, members)]))]);
        chart.conditions.items[0].side.map(crate::chart::Side::name)
    };
    let icd = r#"{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I70.211","display":"Claudication, right leg"}]}"#;
    let plain = r#"{"coding":[{"system":"http://snomed.info/sct","code":"63491006"}]}"#;
    assert_eq!(side(icd, ""), Some("right"));
    assert_eq!(side(plain, ""), None);
    assert_eq!(side(plain, r#","bodySite":[{"text":"Left lower leg"}]"#), Some("left"));
    let both = r#","bodySite":[{"coding":[{"system":"http://snomed.info/sct","code":"7771000"}]},{"coding":[{"system":"http://snomed.info/sct","code":"24028007"}]}]"#;
    assert_eq!(side(plain, both), None);
    assert_eq!(
        read(&[("conditions", &bundle(&[&condition(plain, "")]))]).conditions.items[0].state,
        ConditionState::ActiveUnstated
    );
}
