use super::*;
use crate::chart::When;

fn at(id: &str, time: &str, value: &str) -> String {
    let plain =
        observation("4548-4", &quantity(value, "%")).replace(r#""id":"o""#, &format!(r#""id":"{id}""#));
    plain.replace(r#""effectiveDateTime":"2026-01-10","#, time)
}

fn when(time: &str) -> Result<String, Unusable> {
    let chart = results(&[&at("o", time, "8.1")]);
    let results = chart.measured(HBA1C).unwrap();
    match results.newest() {
        Some(newest) => Ok(newest.when.to_string()),
        None => Err(results.unusable[0].why),
    }
}

#[test]
fn q29_dates_come_in_every_precision_or_not_at_all() {
    for (time, expected) in [
        (r#""effectiveDateTime":"2025-10-14","#, Ok("2025-10-14")),
        (r#""effectiveDateTime":"2025-10-14T07:15:00.000Z","#, Ok("2025-10-14")),
        (r#""effectiveDateTime":"2025-10-14T23:15:00-08:00","#, Ok("2025-10-14")),
        (r#""effectiveDateTime":"2025-10","#, Ok("2025-10")),
        (r#""effectiveDateTime":"2025","#, Ok("2025")),
        (r#""effectiveInstant":"2025-10-14T07:15:00Z","#, Ok("2025-10-14")),
        (r#""effectivePeriod":{"start":"2025-10-13","end":"2025-10-14"},"#, Ok("2025-10-14")),
        (r#""effectivePeriod":{"start":"2025-10-13"},"#, Ok("2025-10-13")),
        ("", Err(Unusable::NoDate)),
        (r#""effectiveDateTime":null,"#, Err(Unusable::NoDate)),
        (r#""_effectiveDateTime":{"extension":[]},"#, Err(Unusable::NoDate)),
        (r#""effectivePeriod":{},"#, Err(Unusable::NoDate)),
        (r#""effectivePeriod":7,"#, Err(Unusable::UnreadableDate)),
        (r#""effectiveDateTime":"14/10/2025","#, Err(Unusable::UnreadableDate)),
        (r#""effectiveDateTime":20251014,"#, Err(Unusable::UnreadableDate)),
        (r#""effectiveDateTime":"2025-02-30","#, Err(Unusable::UnreadableDate)),
    ] {
        assert_eq!(when(time), expected.map(str::to_owned), "{time}");
    }
    let onset = r#"{"resourceType":"Condition","code":{"coding":[{"system":"http://snomed.info/sct","code":"399957001"}]},"onsetDateTime":"1972","recordedDate":"2023-05-05T12:34:05+00:00"}"#;
    let recorded = onset.replace(r#""onsetDateTime":"1972","#, "");
    let onset_of = |json: &str| read(&[("conditions", &bundle(&[json]))]).conditions.items[0].onset;
    assert_eq!(onset_of(onset), When::parse("1972").ok());
    assert_eq!(onset_of(&recorded), None, "when it was written down is not when it began");
    for name in ["recordedDate", "assertedDate", "dateRecorded"] {
        let recorded = recorded.replace("recordedDate", name);
        let chart = read(&[("conditions", &bundle(&[&recorded]))]);
        assert_eq!(
            chart.conditions.items[0].recorded.map(|when| when.to_string()),
            Some("2023-05-05".to_owned()),
            "{name}"
        );
    }
}

#[test]
fn q30_the_newest_is_told_by_time_then_release_then_name() {
    let issued = |id: &str, issued: &str, value: &str| {
        at(id, &format!(r#""effectiveDateTime":"2025-10-14T07:15:00Z","issued":"{issued}","#), value)
    };
    let day = at("d", r#""effectiveDateTime":"2025-10-14","#, "9.0");
    let old = at("e", r#""effectiveDateTime":"2024-10-14","#, "10.0");
    let first = issued("a", "2025-10-14T08:00:00Z", "8.0");
    let corrected = issued("b", "2025-10-15T08:00:00Z", "7.0");
    let same = issued("c", "2025-10-15T08:00:00Z", "6.0");
    let expected = vec![7.0, 6.0, 8.0, 9.0, 10.0];
    let mut all = [&old, &same, &first, &corrected, &day].map(String::as_str);
    for _ in 0..all.len() {
        all.rotate_left(1);
        assert_eq!(of(&results(&all), HBA1C).0, expected);
    }
}

#[test]
fn q30_the_future_is_not_a_result() {
    for (time, expected) in [
        (r#""effectiveDateTime":"2026-03-02","#, Ok("2026-03-02".to_owned())),
        (r#""effectiveDateTime":"2026-03-03","#, Err(Unusable::InTheFuture)),
        (r#""effectiveDateTime":"2026-03-02T11:59:00Z","#, Ok("2026-03-02".to_owned())),
        (r#""effectiveDateTime":"2026-03-02T12:01:00Z","#, Err(Unusable::InTheFuture)),
        (r#""effectiveDateTime":"2026","#, Ok("2026".to_owned())),
        (r#""effectiveDateTime":"2027","#, Err(Unusable::InTheFuture)),
    ] {
        assert_eq!(when(time), expected, "{time}");
    }
}

#[test]
fn q31_a_birth_date_may_be_a_year_or_missing() {
    let patient = |members: &str| {
        read(&[("patient", &format!(r#"{{"resourceType":"Patient","id":"1"{members}}}"#))]).patient
    };
    assert_eq!(patient(r#","birthDate":"1962""#).birth, When::parse("1962").ok());
    assert_eq!(patient(r#","_birthDate":{"extension":[]}"#).birth, None);
    assert!(patient(r#","deceasedBoolean":true"#).deceased);
    assert!(patient(r#","deceasedDateTime":"1981-07-14T19:20:06+00:00""#).deceased);
    assert!(!patient(r#","deceasedBoolean":false"#).deceased);
    for (members, why) in [
        (r#","birthDate":"soon""#, Unusable::UnreadableDate),
        (r#","birthDate":1962"#, Unusable::UnreadableDate),
        (r#","birthDate":"2062-01-01""#, Unusable::InTheFuture),
    ] {
        let chart = read(&[("patient", &format!(r#"{{"resourceType":"Patient","id":"1"{members}}}"#))]);
        assert_eq!((chart.patient.birth, chart.gaps[0].why), (None, why), "{members}");
    }
}
