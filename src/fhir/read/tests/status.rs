use super::*;
use crate::chart::{ConditionState, Stage, Usage};

fn with_status(status: &str) -> (Vec<f64>, Vec<Unusable>) {
    let resource = observation("4548-4", &quantity("8.1", "%")).replace(r#""status":"final""#, status);
    of(&results(&[&resource]), HBA1C)
}

#[test]
fn q23_the_status_of_a_result_decides_whether_it_counts() {
    for status in ["final", "amended", "corrected", "preliminary"] {
        assert_eq!(with_status(&format!(r#""status":"{status}""#)), (vec![8.1], vec![]), "{status}");
    }
    assert_eq!(with_status(r#""status":"unknown""#), (vec![], vec![Unusable::StatusUnknown]));
    for status in ["entered-in-error", "cancelled", "registered"] {
        assert_eq!(with_status(&format!(r#""status":"{status}""#)), (vec![], vec![]), "{status}");
    }
    for status in [
        r#""status":null"#,
        r#""status":7"#,
        r#""status":"done""#,
        r#""_status":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}"#,
    ] {
        assert_eq!(with_status(status), (vec![], vec![Unusable::Malformed]), "{status}");
    }
    let preliminary = observation("4548-4", &quantity("8.1", "%")).replace("final", "preliminary");
    assert!(results(&[&preliminary]).measured(HBA1C).unwrap().newest().unwrap().preliminary);
}

fn state(members: &str) -> Result<Option<ConditionState>, Unusable> {
    let resource = format!(
        r#"{{"resourceType":"Condition","id":"c","code":{{"coding":[{{"system":"http://snomed.info/sct","code":"84114007"}}]}}{members}}}"#
    );
    let chart = read(&[("conditions", &bundle(&[&resource]))]);
    match chart.conditions.unusable.first() {
        Some(entry) => Err(entry.gap.why),
        None => Ok(chart.conditions.items.first().map(|condition| condition.state)),
    }
}

fn coded(member: &str, code: &str) -> String {
    format!(
        r#","{member}":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/x","code":"{code}"}}]}}"#
    )
}

#[test]
fn q24_a_condition_without_clinical_status_is_withdrawn_or_from_a_visit() {
    assert_eq!(state(&coded("verificationStatus", "entered-in-error")), Ok(None));
    assert_eq!(state(""), Ok(Some(ConditionState::ActiveUnstated)));
    assert_eq!(state(&coded("verificationStatus", "confirmed")), Ok(Some(ConditionState::ActiveUnstated)));
    for active in ["active", "recurrence", "relapse"] {
        assert_eq!(state(&coded("clinicalStatus", active)), Ok(Some(ConditionState::Active)), "{active}");
    }
}

#[test]
fn q25_what_is_not_confirmed_or_is_over_is_no_present_diagnosis() {
    for code in ["provisional", "differential", "unconfirmed"] {
        let members = coded("clinicalStatus", "active") + &coded("verificationStatus", code);
        assert_eq!(state(&members), Ok(Some(ConditionState::Suspected)), "{code}");
    }
    let refuted = coded("clinicalStatus", "active") + &coded("verificationStatus", "refuted");
    assert_eq!(state(&refuted), Ok(None));
    for code in ["inactive", "remission", "resolved"] {
        assert_eq!(state(&coded("clinicalStatus", code)), Ok(Some(ConditionState::Past)), "{code}");
    }
    let active = coded("clinicalStatus", "active");
    for (abatement, expected) in [
        (r#","abatementDateTime":"2021-05""#, Ok(Some(ConditionState::Past))),
        (r#","abatementDateTime":"2026-03-01""#, Ok(Some(ConditionState::Past))),
        (r#","abatementDateTime":"2027""#, Ok(Some(ConditionState::Active))),
        (r#","abatementPeriod":{"start":"2020","end":"2021"}"#, Ok(Some(ConditionState::Past))),
        (r#","abatementPeriod":{"start":"2020"}"#, Ok(Some(ConditionState::Active))),
        (r#","abatementAge":{"value":60}"#, Ok(Some(ConditionState::Past))),
        (r#","abatementString":"years ago""#, Ok(Some(ConditionState::Past))),
        (r#","abatementBoolean":true"#, Ok(Some(ConditionState::Past))),
        (r#","abatementBoolean":false"#, Ok(Some(ConditionState::Active))),
        (r#","abatementDateTime":"last spring""#, Err(Unusable::UnreadableDate)),
        (r#","abatementDateTime":7"#, Err(Unusable::UnreadableDate)),
    ] {
        assert_eq!(state(&format!("{active}{abatement}")), expected, "{abatement}");
    }
}

#[test]
fn a_status_with_a_code_that_is_not_known_leaves_open_whether_the_condition_holds() {
    let text = |member: &str, text: &str| format!(r#","{member}":{{"text":"{text}"}}"#);
    let active = coded("clinicalStatus", "active");
    for (members, expected) in [
        (coded("clinicalStatus", "Resolved"), Ok(Some(ConditionState::Past))),
        (text("clinicalStatus", "Inactive"), Ok(Some(ConditionState::Past))),
        (text("clinicalStatus", "Active"), Ok(Some(ConditionState::Active))),
        (text("verificationStatus", "Entered in Error"), Ok(None)),
        (active.clone() + &text("verificationStatus", "Refuted"), Ok(None)),
        (coded("clinicalStatus", "A"), Err(Unusable::StatusUnknown)),
        (text("clinicalStatus", "see notes"), Err(Unusable::StatusUnknown)),
        (active.clone() + &coded("verificationStatus", "410605003"), Err(Unusable::StatusUnknown)),
        (active + &coded("verificationStatus", "unknown"), Err(Unusable::StatusUnknown)),
        (r#","clinicalStatus":{}"#.to_owned(), Ok(Some(ConditionState::ActiveUnstated))),
        (
            coded("clinicalStatus", "resolved") + &coded("verificationStatus", "local"),
            Ok(Some(ConditionState::Past)),
        ),
    ] {
        assert_eq!(state(&members), expected, "{members}");
    }
    let chart = read(&[(
        "conditions",
        &bundle(&[&format!(
            r#"{{"resourceType":"Condition","id":"c","code":{{"coding":[{{"system":"http://snomed.info/sct","code":"84114007"}}]}}{}}}"#,
            coded("clinicalStatus", "A")
        )]),
    )]);
    assert!(!chart.conditions.unusable[0].concepts.is_empty(), "it may still be what its code says");
}

fn requests(members: &str) -> Vec<Usage> {
    let resource = format!(
        r#"{{"resourceType":"MedicationRequest","id":"m","medicationCodeableConcept":{{"coding":[{{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"21107"}}]}},{members}}}"#
    );
    let chart = read(&[("requests", &bundle(&[&resource]))]);
    assert!(chart.medications.unusable.is_empty(), "{members}: {:?}", chart.medications.unusable);
    chart.medications.items.iter().map(|medication| medication.usage).collect()
}

#[test]
fn q27_proposals_and_what_must_not_be_given_are_not_in_use() {
    for (members, expected) in [
        (r#""status":"active","intent":"order""#, vec![Usage::Current]),
        (r#""status":"active","intent":"plan""#, vec![Usage::Current]),
        (r#""status":"on-hold","intent":"original-order""#, vec![Usage::OnHold]),
        (r#""status":"stopped","intent":"order""#, vec![Usage::Past]),
        (r#""status":"cancelled","intent":"order""#, vec![]),
        (r#""status":"completed","intent":"order""#, vec![Usage::Past]),
        (r#""status":"active","intent":"proposal","reportedBoolean":true"#, vec![Usage::Current]),
        (
            r#""status":"active","intent":"proposal","reportedReference":{"reference":"Patient/1"}"#,
            vec![Usage::Current],
        ),
        (r#""status":"active","intent":"proposal""#, vec![]),
        (r#""status":"active","intent":"option""#, vec![]),
        (r#""status":"active","intent":"order","doNotPerform":true"#, vec![]),
        (r#""status":"stopped","intent":"proposal","doNotPerform":true,"reportedBoolean":true"#, vec![]),
        (r#""status":"draft","intent":"order""#, vec![]),
        (r#""status":"entered-in-error","intent":"order""#, vec![]),
    ] {
        assert_eq!(requests(members), expected, "{members}");
    }
}

#[test]
fn what_the_record_itself_does_not_know_is_a_gap() {
    let coded = |member: &str, code: &str| {
        format!(
            r#""{member}":{{"coding":[{{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"21107"}},{{"system":"http://snomed.info/sct","code":"{code}"}}]}}"#
        )
    };
    for (key, kind, code) in [
        ("requests", "MedicationRequest", "medicationCodeableConcept"),
        ("statements", "MedicationStatement", "medicationCodeableConcept"),
        ("procedures", "Procedure", "code"),
        ("services", "ServiceRequest", "code"),
        ("devices", "DeviceRequest", "codeCodeableConcept"),
    ] {
        let code = coded(code, "79321009");
        let resource =
            format!(r#"{{"resourceType":"{kind}","id":"m","status":"unknown","intent":"order",{code}}}"#);
        let chart = read(&[(key, &bundle(&[&resource]))]);
        let (medicines, services) = (&chart.medications, &chart.services);
        assert!(medicines.items.is_empty() && services.items.is_empty(), "{kind}");
        let gaps: Vec<Unusable> =
            medicines.unusable.iter().chain(&services.unusable).map(|entry| entry.gap.why).collect();
        assert_eq!(gaps, [Unusable::StatusUnknown], "{kind}");
    }
}

#[test]
fn a_standing_that_cannot_be_read_is_a_gap() {
    for members in [
        r#""status":"active""#,
        r#""intent":"order""#,
        r#""status":7,"intent":"order""#,
        r#""status":"active","intent":"order","doNotPerform":"true""#,
        r#""status":"active","intent":"proposal","reportedBoolean":1"#,
    ] {
        let resource = format!(
            r#"{{"resourceType":"MedicationRequest","id":"m","medicationCodeableConcept":{{"coding":[{{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"21107"}}]}},{members}}}"#
        );
        let chart = read(&[("requests", &bundle(&[&resource]))]);
        assert!(chart.medications.items.is_empty(), "{members}");
        assert_eq!(chart.medications.unusable[0].gap.why, Unusable::Malformed, "{members}");
    }
    assert_eq!(state(r#","clinicalStatus":7"#), Err(Unusable::Malformed));
    assert_eq!(state(r#","verificationStatus":{"coding":[{"code":7}]}"#), Err(Unusable::Malformed));
}

#[test]
fn q28_statements_are_medicines_in_use_too() {
    let statement = |members: &str| {
        let resource = format!(
            r#"{{"resourceType":"MedicationStatement","id":"m","medicationCodeableConcept":{{"coding":[{{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"308416"}}]}},{members}}}"#
        );
        let chart = read(&[("requests", "null"), ("statements", &bundle(&[&resource]))]);
        assert!(chart.medications.unusable.is_empty());
        chart.medications.items.first().map(|medication| medication.usage)
    };
    assert_eq!(statement(r#""status":"active""#), Some(Usage::Current));
    assert_eq!(statement(r#""status":"intended""#), Some(Usage::Current));
    assert_eq!(statement(r#""status":"on-hold""#), Some(Usage::OnHold));
    assert_eq!(statement(r#""status":"completed""#), Some(Usage::Past));
    assert_eq!(statement(r#""status":"active","effectivePeriod":{"end":"2025-01-01"}"#), Some(Usage::Past));
    assert_eq!(statement(r#""status":"active","wasNotTaken":false"#), Some(Usage::Current));
    for members in [
        r#""status":"not-taken""#,
        r#""status":"entered-in-error""#,
        r#""status":"active","taken":"n""#,
        r#""status":"active","wasNotTaken":true"#,
    ] {
        assert_eq!(statement(members), None, "{members}");
    }
}

#[test]
fn services_have_stages() {
    let stage = |key: &str, kind: &str, members: &str| {
        let resource = format!(
            r#"{{"resourceType":"{kind}","id":"s","code":{{"coding":[{{"system":"http://snomed.info/sct","code":"79321009"}}]}},{members}}}"#
        );
        let chart = read(&[(key, &bundle(&[&resource]))]);
        assert!(chart.services.unusable.is_empty(), "{members}");
        chart.services.items.first().map(|service| service.stage)
    };
    let procedure = |status: &str| stage("procedures", "Procedure", &format!(r#""status":"{status}""#));
    assert_eq!(procedure("completed"), Some(Stage::Completed));
    assert_eq!(procedure("in-progress"), Some(Stage::Open));
    assert_eq!(procedure("preparation"), Some(Stage::Open));
    assert_eq!(procedure("not-done"), Some(Stage::Stopped));
    assert_eq!(procedure("entered-in-error"), None);
    let request = |members: &str| stage("services", "ServiceRequest", members);
    assert_eq!(request(r#""status":"active","intent":"order""#), Some(Stage::Open));
    assert_eq!(request(r#""status":"active","intent":"plan""#), Some(Stage::Open));
    assert_eq!(request(r#""status":"completed","intent":"order""#), Some(Stage::Completed));
    assert_eq!(request(r#""status":"revoked","intent":"order""#), Some(Stage::Stopped));
    assert_eq!(request(r#""status":"draft","intent":"order""#), None);
    assert_eq!(request(r#""status":"active","intent":"proposal""#), None);
    assert_eq!(request(r#""status":"active","intent":"order","doNotPerform":true"#), None);
}

#[test]
fn devices_asked_for_are_services_too() {
    let device = |code: &str, members: &str| {
        let resource = format!(r#"{{"resourceType":"DeviceRequest","id":"d",{code},{members}}}"#);
        let chart = read(&[("procedures", "null"), ("services", "null"), ("devices", &bundle(&[&resource]))]);
        let why = chart.services.unusable.first().map(|entry| entry.gap.why);
        (chart.services.items.first().map(|item| (item.concepts, item.stage)), why)
    };
    let cast = r#""codeCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"79321009"}]}"#;
    let open = (Some((set(CAST), Stage::Open)), None);
    assert_eq!(device(cast, r#""status":"active","intent":"order""#), open);
    assert_eq!(device(cast, r#""status":"completed","intent":"order""#).0.unwrap().1, Stage::Completed);
    assert_eq!(device(cast, r#""status":"active","intent":"proposal""#), (None, None));
    assert_eq!(device(cast, r#""status":"entered-in-error","intent":"order""#), (None, None));
    let unnamed = r#""codeReference":{"reference":"Device/9"}"#;
    assert_eq!(device(unnamed, r#""status":"active","intent":"order""#), (None, Some(Unusable::NotCoded)));
}

#[test]
fn resources_that_many_servers_have_not_are_missed_only_where_they_came_in_part() {
    use crate::chart::{Coverage, Lack};
    let more = r#"{"resourceType":"Bundle","total":9,"entry":[]}"#;
    let coverage = |sent: &[(&str, &str)]| {
        let chart = read(sent);
        (chart.services.coverage, chart.medications.coverage)
    };
    let all = [("procedures", "null"), ("services", "null"), ("requests", "null")];
    assert_eq!(coverage(&all), (Coverage::Complete, Coverage::Complete));
    let partial = Coverage::Partial(Lack::MorePages);
    assert_eq!(
        coverage(&[&all[..], &[("devices", more), ("statements", more)]].concat()),
        (partial, partial)
    );
    let outcome = |code: &str| {
        format!(r#"{{"resourceType":"OperationOutcome","issue":[{{"severity":"error","code":"{code}"}}]}}"#)
    };
    let failed = Coverage::Partial(Lack::ClientFailed);
    for (code, expected) in [
        ("not-supported", Coverage::Complete),
        ("timeout", failed),
        ("exception", failed),
        // What may not be read may be there.
        ("forbidden", failed),
    ] {
        let sent = outcome(code);
        let beside = [("devices", sent.as_str()), ("statements", sent.as_str())];
        assert_eq!(coverage(&[&all[..], &beside].concat()), (expected, expected), "{code}");
    }
    let without = coverage(&[("devices", "null"), ("statements", "null")]);
    assert_eq!(without, (Coverage::Partial(Lack::NotSent), Coverage::Partial(Lack::NotSent)));
}

#[test]
fn medicines_that_were_taken_keep_their_time() {
    let medicine = r#""medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"242461"}]}"#;
    for (key, kind, members) in [
        (
            "requests",
            "MedicationRequest",
            r#""status":"completed","intent":"order","authoredOn":"2024-01-10","dispenseRequest":{"validityPeriod":{"end":"2024-06"}}"#,
        ),
        (
            "requests",
            "MedicationRequest",
            r#""status":"stopped","intent":"order","authoredOn":"2024-01-10","dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"start":"2024-01-10","end":"2024-06"}}}}]"#,
        ),
        (
            "statements",
            "MedicationStatement",
            r#""status":"completed","effectivePeriod":{"start":"2024-01-10","end":"2024-06"}"#,
        ),
        (
            "statements",
            "MedicationStatement",
            r#""status":"stopped","dosage":[{"timing":{"repeat":{"boundsPeriod":{"start":"2024-01-10","end":"2024-06"}}}}]"#,
        ),
    ] {
        let resource = format!(r#"{{"resourceType":"{kind}","id":"m",{medicine},{members}}}"#);
        let chart = read(&[(key, &bundle(&[&resource]))]);
        let [taken] = chart.medications.items.as_slice() else { panic!("{members}: {chart:?}") };
        let written = |when: Option<crate::chart::When>| when.map(|when| when.to_string());
        assert_eq!(taken.usage, Usage::Past, "{members}");
        assert_eq!(written(taken.since).as_deref(), Some("2024-01-10"), "{members}");
        assert_eq!(written(taken.until).as_deref(), Some("2024-06"), "{members}");
    }
}

#[test]
fn allergies_stand_until_refuted_or_over() {
    let allergy = |members: &str| {
        let resource = format!(
            r#"{{"resourceType":"AllergyIntolerance","id":"a","patient":{{"reference":"Patient/1"}},{members}}}"#
        );
        let chart = read(&[("allergies", &bundle(&[&resource]))]);
        (chart.allergies.items, chart.allergies.unusable)
    };
    let aspirin =
        r#""code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"308416"}]}"#;
    let (items, _) = allergy(&format!(r#"{aspirin},"type":"intolerance","criticality":"high""#));
    assert_eq!(
        (items[0].concepts, items[0].intolerance, items[0].high_criticality),
        (set(ASPIRIN), true, true)
    );
    for (member, code) in [
        ("verificationStatus", "refuted"),
        ("verificationStatus", "entered-in-error"),
        ("clinicalStatus", "inactive"),
        ("clinicalStatus", "resolved"),
    ] {
        let (items, unusable) = allergy(&format!("{aspirin}{}", coded(member, code)));
        assert!(items.is_empty() && unusable.is_empty(), "{code}");
    }
    let reaction = r#""code":{"text":"NSAID"},"reaction":[{"substance":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"5640"}]}}]"#;
    assert_eq!(allergy(reaction).0[0].concepts, set(IBUPROFEN));
    assert_eq!(allergy(r#""code":{"text":"aspirin"}"#).1[0].gap.why, Unusable::NotCoded);
    let none = r#""code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}"#;
    assert_eq!(allergy(none), (vec![], vec![]));
}
