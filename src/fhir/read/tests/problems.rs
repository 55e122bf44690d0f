//! Problems that the call itself adds.

use super::*;
use crate::chart::{Condition, ConditionState};

fn added(conditions: &str, prefetched: &[(&str, &str)]) -> Chart {
    let drafts = Drafts::none().adding(Some(raw(conditions))).unwrap();
    read_drafts(&plan(), prefetched, &drafts)
}

fn condition(members: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"c","clinicalStatus":{{"coding":[{{"code":"active"}}]}},"subject":{{"reference":"Patient/1"}},{members}}}"#
    )
}

const CODED: &str = r#""code":{"coding":[{"system":"http://snomed.info/sct","code":"63491006"}]}"#;

#[test]
fn problems_being_added_are_read_like_those_of_the_chart() {
    let bundle = bundle(&[&condition(CODED)]);
    let untyped = bundle.replace(r#","type":"searchset""#, "");
    for conditions in [&bundle, &untyped, &condition(CODED)] {
        let chart = added(conditions, &[]);
        let [problem] = chart.conditions.items.as_slice() else { panic!("{conditions}") };
        assert_eq!((problem.concepts, problem.being_added), (set(CLAUDICATION), true), "{conditions}");
        assert_eq!(problem.state, ConditionState::Active);
        assert!(chart.gaps.is_empty());
    }
    let refuted = condition(&format!(r#"{CODED},"verificationStatus":{{"coding":[{{"code":"refuted"}}]}}"#));
    assert!(added(&refuted, &[]).conditions.items.is_empty());
}

#[test]
fn a_problem_that_stands_in_the_chart_too_is_being_added() {
    let again = bundle(&[
        &condition(CODED),
        &condition(r#""code":{"coding":[{"system":"http://snomed.info/sct","code":"399957001"}]}"#)
            .replace(r#""id":"c""#, r#""id":"old""#),
    ]);
    let chart = added(&condition(CODED), &[("conditions", &again)]);
    let found: Vec<(ConceptSet, bool)> =
        chart.conditions.items.iter().map(|found| (found.concepts, found.being_added)).collect();
    assert_eq!(found, [(set(CLAUDICATION), true), (set(PAD), false)]);
}

#[test]
fn words_count_only_in_a_problem_being_added_without_a_known_code() {
    let problem = |code: &str| -> (Option<Condition>, Vec<Unusable>) {
        let chart = added(&condition(&format!(r#""code":{code}"#)), &[]);
        let gaps = chart.conditions.unusable.iter().map(|gap| gap.gap.why).collect();
        (chart.conditions.items.into_iter().next(), gaps)
    };
    for (code, found) in [
        (r#"{"text":"Sciatica, left"}"#, Some(SCIATICA)),
        (
            r#"{"coding":[{"system":"https://ehr.example/problems","code":"7","display":"SCIATICA"}]}"#,
            Some(SCIATICA),
        ),
        (r#"{"coding":[{"system":"http://snomed.info/sct","code":"1"}],"text":"sciatica"}"#, Some(SCIATICA)),
        (
            r#"{"coding":[{"system":"http://snomed.info/sct","code":"63491006"}],"text":"sciatica"}"#,
            Some(CLAUDICATION),
        ),
        (r#"{"text":"presciatical"}"#, None),
    ] {
        assert_eq!(problem(code).0.map(|found| found.concepts), found.map(set), "{code}");
    }
    assert_eq!(problem(r#"{"text":"leg trouble"}"#).1, [Unusable::NotCoded]);
    assert_eq!(problem("7").1, [Unusable::Malformed]);
    // The same words in the chart are never guessed at.
    let chart = read(&[("conditions", &bundle(&[&condition(r#""code":{"text":"Sciatica"}"#)]))]);
    assert!(chart.conditions.items.is_empty());
    assert_eq!(chart.conditions.unusable[0].gap.why, Unusable::NotCoded);
}

#[test]
fn where_no_problem_is_sent_none_is_read() {
    for conditions in [
        "null",
        r#"{"resourceType":"Bundle"}"#,
        r#"{"resourceType":"Bundle","entry":null}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}}]}"#,
    ] {
        let chart = added(conditions, &[]);
        assert_eq!((chart.conditions.items.len(), chart.gaps.len()), (0, 0), "{conditions}");
    }
}
