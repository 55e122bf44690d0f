//! What the oracle reads, and where it says nothing.

use gaitkeeper_fhir_oracle::{
    codings, condition_status_codes, observation_effective, observation_quantity, parse_resource,
    written_again,
};

const CONDITION: &[u8] = br#"{
    "resourceType": "Condition", "subject": {"reference": "Patient/p1"},
    "clinicalStatus": {"coding": [{"system": "s", "code": "active"}, {"display": "no code"}]},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "399957001"}, {"code": "I73.9"}]}
}"#;

const MEDICATION: &[u8] = br#"{
    "resourceType": "MedicationRequest", "status": "active", "intent": "order",
    "subject": {"reference": "Patient/p1"}, "medicationReference": {"reference": "Medication/m1"}
}"#;

fn observation(rest: &str) -> Vec<u8> {
    format!(
        r#"{{"resourceType": "Observation", "status": "final",
             "code": {{"coding": [{{"system": "http://loinc.org", "code": "4548-4"}}]}}, {rest}}}"#
    )
    .into_bytes()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn types_of_resources_and_short_errors() {
    assert_eq!(parse_resource(CONDITION).as_deref(), Ok("Condition"));
    assert_eq!(parse_resource(MEDICATION).as_deref(), Ok("MedicationRequest"));
    let error = parse_resource(br#"{"resourceType": "Nonsense"}"#).unwrap_err();
    assert!(error.contains("Nonsense") && error.chars().count() <= 200, "{error}");
}

/// Deep nesting is read or refused, but never costs the process, also on the small stack of a test's thread.
#[test]
fn deep_nesting_ends_in_an_error() {
    for (open, close) in [
        (r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":"#, "}]}"),
        (r#"{"resourceType":"Patient","contained":["#, "]}"),
    ] {
        let nested = |depth: usize| {
            let innermost = r#"{"resourceType":"Patient"}"#;
            parse_resource(format!("{}{innermost}{}", open.repeat(depth), close.repeat(depth)).as_bytes())
        };
        assert!(nested(30).is_ok(), "{open}");
        for too_deep in [80, 5000] {
            assert!(nested(too_deep).is_err(), "{open} {too_deep}");
        }
    }
}

#[test]
fn quantities() {
    let read = |rest: &str| observation_quantity(&observation(rest));
    assert_eq!(
        read(
            r#""valueQuantity": {"value": 6.5, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}"#
        ),
        Ok(Some((6.5, some("%"), some("%"))))
    );
    assert_eq!(read(r#""valueQuantity": {"value": 26}"#), Ok(Some((26.0, None, None))));
    assert_eq!(read(r#""valueQuantity": {"unit": "%"}"#), Ok(None));
    assert_eq!(read(r#""valueString": "6.5""#), Ok(None));
    // Its blind spot: a value it cannot read is absent to it.
    assert_eq!(read(r#""valueQuantity": {"value": "6.5"}"#), Ok(None));
    assert!(observation_quantity(CONDITION).is_err());
}

#[test]
fn times() {
    let read = |rest: &str| observation_effective(&observation(rest));
    assert_eq!(read(r#""effectiveDateTime": "2024-05""#), Ok(some("2024-05")));
    assert_eq!(
        read(r#""effectiveDateTime": "2024-05-06T07:08:09.500+00:00""#),
        Ok(some("2024-05-06T07:08:09.5Z"))
    );
    assert_eq!(
        read(r#""effectiveInstant": "2024-05-06T07:08:09-05:00""#),
        Ok(some("2024-05-06T07:08:09-05:00"))
    );
    assert_eq!(read(r#""effectivePeriod": {"start": "2024-05-06"}"#), Ok(some("2024-05-06/")));
    assert_eq!(read(r#""valueString": "no time""#), Ok(None));
    assert_eq!(read(r#""effectiveDateTime": "06.05.2024""#), Ok(None));
    assert!(read(r#""effectiveDateTime": "99999""#).is_err());
    assert!(read(r#""effectiveTiming": {"event": ["2024-05-06"]}"#).is_err());
    assert!(observation_effective(CONDITION).is_err());
}

#[test]
fn codes() {
    assert_eq!(condition_status_codes(CONDITION), Ok((vec!["active".to_owned()], Vec::new())));
    assert!(condition_status_codes(MEDICATION).is_err());
    assert_eq!(
        codings(CONDITION),
        Ok(vec![(some("http://snomed.info/sct"), some("399957001")), (None, some("I73.9"))])
    );
    assert_eq!(codings(&observation(r#""id": "o1""#)), Ok(vec![(some("http://loinc.org"), some("4548-4"))]));
    assert_eq!(codings(MEDICATION), Ok(Vec::new()));
    assert!(codings(br#"{"resourceType": "Patient"}"#).is_err());
}

#[test]
fn a_member_that_a_model_does_not_know_is_not_written_again() {
    let written = |json: &[u8]| written_again(json).map(|value| value.to_string());
    let whole: serde_json::Value = serde_json::from_slice(MEDICATION).unwrap();
    assert_eq!(written_again(MEDICATION).unwrap(), whole);
    let misspelt = String::from_utf8_lossy(MEDICATION)
        .replace("subject\"", "subject\": {\"reference\": \"Patient/p1\"}, \"subjekt\"");
    assert!(!written(misspelt.as_bytes()).unwrap().contains("subjekt"));
    assert!(written(br#"{"resourceType": "MedicationRequest", "status": 7}"#).is_err());
}
