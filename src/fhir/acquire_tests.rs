use super::*;
use Coverage::{Complete, Partial, Unavailable};

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

fn supply(json: &str) -> (Coverage, usize) {
    let supply = supply_of("Observation", Answer::split(raw(json)));
    assert_eq!(supply.resources.len(), supply.full_urls.len());
    (supply.coverage, supply.resources.len())
}

const RESULT: &str = r#"{"resource":{"resourceType":"Observation","id":"1"}}"#;

fn bundle(members: &str, entries: &[&str]) -> String {
    format!(r#"{{"resourceType":"Bundle",{members}"entry":[{}]}}"#, entries.join(","))
}

fn outcome(severity: &str, code: &str) -> String {
    format!(
        r#"{{"resource":{{"resourceType":"OperationOutcome","issue":[{{"severity":"{severity}","code":"{code}"}}]}},"search":{{"mode":"outcome"}}}}"#
    )
}

#[test]
fn the_decision_table() {
    let failed = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden"}]}"#;
    let unsupported = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"},{"severity":"error","code":"not-supported"}]}"#;
    let mixed = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported"},{"severity":"error","code":"timeout"}]}"#;
    for (what, json, expected) in [
        ("null", "null", (Complete, 0)),
        (
            "a Bundle without entries",
            r#"{"resourceType":"Bundle","type":"searchset","total":0}"#,
            (Complete, 0),
        ),
        ("a Bundle with an empty list", r#"{"resourceType":"Bundle","entry":[]}"#, (Complete, 0)),
        ("a Bundle with null for a list", r#"{"resourceType":"Bundle","entry":null}"#, (Complete, 0)),
        ("a resource", r#"{"resourceType":"Observation","id":"1"}"#, (Complete, 1)),
        ("the type last", r#"{"id":"1","resourceType":"Observation"}"#, (Complete, 1)),
        ("an outcome", failed, (Unavailable(Lack::ClientFailed), 0)),
        ("an outcome of nothing offered", unsupported, (Unavailable(Lack::NotSupported), 0)),
        ("an outcome of both", mixed, (Unavailable(Lack::ClientFailed), 0)),
        (
            "an outcome without issues",
            r#"{"resourceType":"OperationOutcome"}"#,
            (Unavailable(Lack::ClientFailed), 0),
        ),
        ("another type", r#"{"resourceType":"PractitionerRole"}"#, (Unavailable(Lack::WrongShape), 0)),
        ("a text", r#""Patient/1""#, (Unavailable(Lack::WrongShape), 0)),
        ("a number", "7", (Unavailable(Lack::WrongShape), 0)),
        ("true", "true", (Unavailable(Lack::WrongShape), 0)),
        ("a list", r#"[{"resourceType":"Observation"}]"#, (Unavailable(Lack::WrongShape), 0)),
        ("{}", "{}", (Unavailable(Lack::WrongShape), 0)),
        (
            "a list that is none",
            r#"{"resourceType":"Bundle","entry":{}}"#,
            (Unavailable(Lack::WrongShape), 0),
        ),
        (
            "a wrapper",
            r#"{"response":{"status":"200"},"resource":{"resourceType":"Observation"}}"#,
            (Complete, 1),
        ),
        ("an empty wrapper", r#"{"response":{"status":"404"}}"#, (Unavailable(Lack::WrongShape), 0)),
        ("a wrapper of nothing", r#"{"resource":{"resource":{}}}"#, (Unavailable(Lack::WrongShape), 0)),
    ] {
        assert_eq!(supply(json), expected, "{what}");
    }
}

#[test]
fn what_entries_say_of_their_completeness() {
    let next = r#""link":[{"relation":"self","url":"a"},{"relation":"next","url":"https://ehr.example/r4?x&-pageContext=A"}],"#;
    let other = r#"{"resource":{"resourceType":"MedicationOrder"}}"#;
    let included = r#"{"resource":{"resourceType":"Patient"},"search":{"mode":"include"}}"#;
    let medication = r#"{"resource":{"resourceType":"Medication"},"search":{"mode":"include"}}"#;
    let (warning, error) = (outcome("warning", "processing"), outcome("error", "exception"));
    let withheld = outcome("warning", "suppressed");
    let cases: Vec<(&str, String, (Coverage, usize))> = vec![
        ("results", bundle("", &[RESULT, RESULT]), (Complete, 2)),
        ("a total below the count", bundle(r#""total":0,"#, &[RESULT]), (Complete, 1)),
        ("a total above the count", bundle(r#""total":9,"#, &[RESULT]), (Partial(Lack::MorePages), 1)),
        ("a next page", bundle(next, &[RESULT]), (Partial(Lack::MorePages), 1)),
        ("links that cannot be read", bundle(r#""link":7,"#, &[RESULT]), (Partial(Lack::MorePages), 1)),
        ("only a warning", bundle("", &[&warning]), (Complete, 0)),
        ("only an error", bundle("", &[&error]), (Unavailable(Lack::ClientFailed), 0)),
        ("a warning beside results", bundle("", &[RESULT, &warning]), (Complete, 1)),
        ("an error beside results", bundle("", &[RESULT, &error]), (Partial(Lack::ClientFailed), 1)),
        ("withheld beside results", bundle("", &[RESULT, &withheld]), (Partial(Lack::Withheld), 1)),
        ("withheld and nothing else", bundle(r#""total":0,"#, &[&withheld]), (Partial(Lack::Withheld), 0)),
        ("only other types", bundle("", &[other]), (Unavailable(Lack::WrongShape), 0)),
        ("other types beside results", bundle("", &[other, RESULT]), (Complete, 1)),
        ("only included resources", bundle("", &[included]), (Complete, 0)),
        ("an included Medication", bundle("", &[RESULT, medication]), (Complete, 2)),
        ("an entry that is none", bundle("", &["7", RESULT]), (Partial(Lack::WrongShape), 1)),
        ("an entry without resource", bundle("", &["{}", RESULT]), (Partial(Lack::WrongShape), 1)),
        ("a resource without type", bundle("", &[r#"{"resource":{"id":"x"}}"#, RESULT]), (Complete, 2)),
    ];
    for (what, json, expected) in cases {
        assert_eq!(supply(&json), expected, "{what}");
    }
    let json = bundle(next, &[RESULT]);
    let supply = supply_of("Observation", Answer::split(raw(&json)));
    assert_eq!(supply.next.as_deref(), Some("https://ehr.example/r4?x&-pageContext=A"));
}

#[test]
fn what_may_be_fetched() {
    let failed = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden"}]}"#;
    let page = |link: &str| format!(r#"{{"resourceType":"Bundle","link":[{{"relation":"next"{link}}}]}}"#);
    let (first, lost) = (page(r#","url":"?page=2""#), page(""));
    for (what, sent, required, expected) in [
        ("nothing", None, false, Some(None)),
        ("null", Some("null"), true, None),
        ("an empty Bundle", Some(r#"{"resourceType":"Bundle","total":0}"#), true, None),
        ("an empty object", Some("{}"), false, Some(None)),
        ("a text", Some(r#""Condition/1""#), false, Some(None)),
        ("what the client could not read", Some(failed), false, None),
        ("what it could not read and is needed", Some(failed), true, Some(None)),
        ("the first page", Some(first.as_str()), false, Some(Some("?page=2"))),
        ("a next page without an address", Some(lost.as_str()), true, None),
    ] {
        let needs = [Need {
            key: "a".to_owned(),
            template: String::new(),
            gives: super::super::Gives::Conditions,
            required,
        }];
        let prefetch: Vec<_> = sent.iter().map(|json| (Text("a".into()), Answer::split(raw(json)))).collect();
        let acquired = from_prefetch(&needs, prefetch, &crate::fhir::KeyNames::default());
        let expected: Vec<Ask<'_>> = expected.iter().map(|next| Ask { need: 0, next: *next }).collect();
        assert_eq!(acquired.asks(&needs), expected, "{what}");
    }
}
