//! Answers to the questions of forms.

use super::*;

const FORM: &str = "https://forms.example/Questionnaire/walking";

fn coding(code: &str) -> String {
    format!(r#"{{"valueCoding":{{"system":"http://loinc.org","code":"{code}"}}}}"#)
}

fn item(answers: &[String]) -> String {
    format!(r#"{{"linkId":"2.1","answer":[{}]}}"#, answers.join(","))
}

fn response(members: &str, items: &str) -> String {
    format!(
        r#"{{"resourceType":"QuestionnaireResponse","id":"r",{members},"subject":{{"reference":"Patient/1"}},"item":[{items}]}}"#
    )
}

fn completed(items: &str) -> String {
    response(&format!(r#""questionnaire":"{FORM}","status":"completed","authored":"2026-01-10""#), items)
}

/// The answers, newest first, and why others were not used.
fn answers(responses: &[&str]) -> (Vec<usize>, Vec<Unusable>) {
    let chart = read(&[("responses", &bundle(responses))]);
    let given = chart.answered(WALKING).unwrap();
    let why = given.unusable.iter().chain(&chart.gaps).map(|gap| gap.why).collect();
    (given.newest_first.iter().map(|answer| answer.answer).collect(), why)
}

#[test]
fn an_answer_is_found_wherever_its_question_stands() {
    let plain = item(&[coding("LA33-6")]);
    let in_a_group = format!(r#"{{"linkId":"2","item":[{{"linkId":"2.0"}},{plain}]}}"#);
    let in_an_answer = format!(r#"{{"linkId":"1","answer":[{{"valueBoolean":true,"item":[{plain}]}}]}}"#);
    for items in [&plain, &in_a_group, &in_an_answer] {
        assert_eq!(answers(&[&completed(items)]), (vec![0], vec![]), "{items}");
    }
    let chart = read(&[("responses", &bundle(&[&completed(&plain)]))]);
    let newest = chart.answered(WALKING).unwrap().newest().unwrap();
    assert_eq!(
        (newest.source.as_str(), newest.when.to_string()),
        ("QuestionnaireResponse/r", "2026-01-10".into())
    );
}

#[test]
fn several_answers_to_one_question_stand_together() {
    let both = completed(&item(&[coding("LA32-8"), coding("LA33-6")]));
    let older = completed(&item(&[coding("LA33-6")]))
        .replace(r#""id":"r""#, r#""id":"old""#)
        .replace("2026-01-10", "2025-01-10");
    let chart = read(&[("responses", &bundle(&[&older, &both]))]);
    let given = chart.answered(WALKING).unwrap();
    assert_eq!(given.newest_first.len(), 3);
    assert_eq!(
        given
            .perhaps_newest()
            .map(|answers| answers.iter().map(|one| one.answer).collect())
            .collect::<Vec<Vec<_>>>(),
        [[1, 0]]
    );
    assert_eq!(crate::chart::Answers::default().perhaps_newest().count(), 0);
}

#[test]
fn only_a_code_is_an_answer() {
    for (answer, why) in [
        (r#"{"valueString":"yes"}"#.to_owned(), Unusable::UnknownAnswer),
        (r#"{"valueCoding":{"display":"yes"}}"#.to_owned(), Unusable::UnknownAnswer),
        (coding("LA99-9"), Unusable::UnknownAnswer),
        (r#"{"valueCoding":7}"#.to_owned(), Unusable::Malformed),
    ] {
        assert_eq!(answers(&[&completed(&item(&[answer]))]), (vec![], vec![why]));
    }
    let mixed = item(&[r#"{"valueString":"other"}"#.to_owned(), coding("LA33-6")]);
    assert_eq!(answers(&[&completed(&mixed)]), (vec![0], vec![Unusable::UnknownAnswer]));
    assert_eq!(answers(&[&completed(r#"{"linkId":"2.1"}"#)]), (vec![], vec![Unusable::NoValue]));
    assert_eq!(answers(&[&completed(r#"{"linkId":"3"}"#)]), (vec![], vec![]));
}

#[test]
fn only_a_finished_form_of_this_patient_counts() {
    let yes = item(&[coding("LA33-6")]);
    let by = |members: &str| answers(&[&response(members, &yes)]);
    let form = format!(r#""questionnaire":"{FORM}""#);
    let dated = r#""authored":"2026-01-10T08:00:00Z""#;
    for (members, expected) in [
        (format!(r#"{form},"status":"completed",{dated}"#), (vec![0], vec![])),
        (format!(r#"{form},"status":"amended",{dated}"#), (vec![0], vec![])),
        (format!(r#""questionnaire":"{FORM}|1.4","status":"completed",{dated}"#), (vec![0], vec![])),
        (format!(r#"{form},"status":"in-progress",{dated}"#), (vec![], vec![Unusable::Unfinished])),
        (format!(r#"{form},"status":"stopped",{dated}"#), (vec![], vec![Unusable::Unfinished])),
        (format!(r#"{form},"status":"entered-in-error",{dated}"#), (vec![], vec![])),
        (format!(r#"{form},{dated}"#), (vec![], vec![Unusable::Malformed])),
        (format!(r#"{form},"status":"completed""#), (vec![], vec![Unusable::NoDate])),
        (
            format!(r#"{form},"status":"completed","authored":"spring""#),
            (vec![], vec![Unusable::UnreadableDate]),
        ),
        (
            format!(r#"{form},"status":"completed","authored":"2027-01-01""#),
            (vec![], vec![Unusable::InTheFuture]),
        ),
        (
            format!(r#"{form},"status":"completed",{dated},"modifierExtension":[{{"url":"x"}}]"#),
            (vec![], vec![Unusable::ModifierExtension]),
        ),
        (format!(r#""questionnaire":"{FORM}-2","status":"completed",{dated}"#), (vec![], vec![])),
        (format!(r#""status":"completed",{dated}"#), (vec![], vec![])),
    ] {
        assert_eq!(by(&members), expected, "{members}");
    }
    let other = completed(&yes).replace("Patient/1", "Patient/2");
    assert_eq!(answers(&[&other]), (vec![], vec![Unusable::OtherPatient]));
}

#[test]
fn a_form_of_any_shape_does_not_break_reading() {
    let deep = (0..500)
        .fold(r#"{"linkId":"2.1"}"#.to_owned(), |inner, _| format!(r#"{{"linkId":"2","item":[{inner}]}}"#));
    assert_eq!(answers(&[&completed(&deep)]), (vec![], vec![]));
    for items in ["7", "[]", r#"{"linkId":"2","item":7}"#] {
        assert_eq!(answers(&[&completed(items)]), (vec![], vec![Unusable::Malformed]), "{items}");
    }
    let broken = r#"{"linkId":"2.1","answer":{"valueBoolean":true}}"#;
    assert_eq!(answers(&[&completed(broken)]), (vec![], vec![Unusable::Malformed]));
}
