use super::*;
use crate::chart::{Coverage, Dose, Lack, Medication, Range};

const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";

fn concept(codes: &[&str]) -> String {
    let codings: Vec<String> =
        codes.iter().map(|code| format!(r#"{{"system":"{RXNORM}","code":"{code}"}}"#)).collect();
    format!(r#""medicationCodeableConcept":{{"coding":[{}]}}"#, codings.join(","))
}

fn request(members: &str) -> String {
    format!(
        r#"{{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","subject":{{"reference":"Patient/1"}},{members}}}"#
    )
}

fn medications(resources: &[&str]) -> (Vec<Medication>, Vec<Unusable>) {
    let chart = read(&[("requests", &bundle(resources))]);
    (chart.medications.items, chart.medications.unusable.iter().map(|gap| gap.gap.why).collect())
}

fn one(members: &str) -> Medication {
    let (mut items, unusable) = medications(&[&request(members)]);
    assert_eq!((items.len(), unusable), (1, vec![]), "{members}");
    items.remove(0)
}

#[test]
fn q21_ingredients_are_found_from_product_brand_and_ingredient_codes() {
    for codes in [&["21107"][..], &["242461"], &["21107", "242461"], &["242461", "21107"]] {
        let medication = one(&concept(codes));
        assert_eq!(medication.ingredients.len(), 1, "{codes:?}");
        assert!(medication.holds(set(CILOSTAZOL)), "{codes:?}");
    }
    assert_eq!(one(&concept(&["21107", "242461"])).ingredients[0].milligrams_per_unit, Some(100.0));
    assert_eq!(one(&concept(&["242461"])).route, Some(Route::Oral));
    let both = one(&concept(&["859315"]));
    assert!(both.holds(set(IBUPROFEN)) && both.holds(set(OXYCODONE)));
    // An ingredient that stands for nothing is one all the same.
    assert_eq!(one(&concept(&["1049635"])).ingredients.len(), 2);
    let text = request(r#""medicationCodeableConcept":{"text":"cilostazol 100 mg tablet"}"#);
    assert_eq!(medications(&[&text]), (vec![], vec![Unusable::NotCoded]));
    let ndc = request(
        r#""medicationCodeableConcept":{"coding":[{"system":"http://hl7.org/fhir/sid/ndc","code":"0093-2064"}]}"#,
    );
    assert_eq!(medications(&[&ndc]), (vec![], vec![Unusable::NotCoded]));
    assert_eq!(
        medications(&[&request(&concept(&["6809"]))]),
        (vec![], vec![]),
        "a drug that nobody asks about"
    );
}

#[test]
fn q22_a_reference_is_followed_where_it_leads_somewhere() {
    let code = format!(r#""code":{{"coding":[{{"system":"{RXNORM}","code":"309362"}}]}}"#);
    let medication = format!(r#"{{"resourceType":"Medication","id":"1w4",{code}}}"#);
    let absent =
        r#""medicationReference":{"reference":"Medication/fake.1w4","display":"clopidogrel 75 mg tablet"}"#;
    assert_eq!(medications(&[&request(absent)]), (vec![], vec![Unusable::NotCoded]));
    let display = r#""medicationReference":{"display":"clopidogrel 75 mg tablet"}"#;
    assert_eq!(medications(&[&request(display)]), (vec![], vec![Unusable::NotCoded]));
    for reference in ["Medication/1w4", "https://ehr.example/r4/Medication/1w4", "urn:uuid:1w4", "1w4"] {
        let pointing =
            request(&format!(r#""medicationReference":{{"reference":"{reference}","display":"a pill"}}"#));
        let (items, unusable) = medications(&[&pointing, &medication]);
        assert_eq!((items.len(), unusable), (1, vec![]), "{reference}");
        assert!(items[0].holds(set(CLOPIDOGREL)), "{reference}");
        assert_eq!(items[0].label, "a pill", "{reference}");
    }
    let contained = format!(
        r##""contained":[{{"resourceType":"Medication","id":"in",{code}}}],"medicationReference":{{"reference":"#in"}}"##
    );
    assert!(one(&contained).holds(set(CLOPIDOGREL)));
    let made_up = format!(
        r##""contained":[{{"resourceType":"Medication","id":"in","code":{{"text":"cream"}},"ingredient":[{{"itemCodeableConcept":{{"coding":[{{"system":"{RXNORM}","code":"5640"}}]}},"strength":{{"numerator":{{"value":1,"unit":"g"}},"denominator":{{"value":2,"unit":"tablet"}}}}}}]}}],"medicationReference":{{"reference":"#in"}}"##
    );
    assert_eq!(one(&made_up).ingredients[0].milligrams_per_unit, Some(500.0));
    let by_url = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"fullUrl":"urn:uuid:77","resource":{medication}}},{{"resource":{}}}]}}"#,
        request(r#""medicationReference":{"reference":"urn:uuid:77"}"#)
    );
    assert_eq!(read(&[("requests", &by_url)]).medications.items.len(), 1);
    assert_eq!(medications(&[&request(r#""medicationReference":7"#)]).1, [Unusable::Malformed]);
}

fn per_day(dosage: &str) -> Option<(f64, f64)> {
    let medication = one(&format!(r#"{},"dosageInstruction":{dosage}"#, concept(&["197805"])));
    medication.milligrams_per_day(set(IBUPROFEN)).map(|range| (range.low, range.high))
}

const MG_400: &str = r#""doseAndRate":[{"doseQuantity":{"value":400,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}}]"#;

#[test]
fn doses_are_counted_in_milligrams_or_in_tablets() {
    let daily = r#""timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d"}}"#;
    for (dose, expected) in [
        (MG_400, Some((1200.0, 1200.0))),
        (r#""doseAndRate":[{"doseQuantity":{"value":0.4,"unit":"g"}}]"#, Some((1200.0, 1200.0))),
        (r#""doseAndRate":[{"doseQuantity":{"value":2,"unit":"tablet"}}]"#, Some((2400.0, 2400.0))),
        (
            r#""doseAndRate":[{"doseQuantity":{"value":2,"unit":"Tablet(s)","code":"C48542","system":"http://ncimeta.nci.nih.gov"}}]"#,
            Some((2400.0, 2400.0)),
        ),
        (
            r#""doseAndRate":[{"doseQuantity":{"value":1,"code":"{tbl}","system":"http://unitsofmeasure.org"}}]"#,
            Some((1200.0, 1200.0)),
        ),
        (
            r#""doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"tablet"},"high":{"value":2,"unit":"tablet"}}}]"#,
            Some((1200.0, 2400.0)),
        ),
        (r#""doseRange":{"high":{"value":400,"unit":"mg"}}"#, Some((0.0, 1200.0))),
        (r#""doseQuantity":{"value":400,"unit":"mg"}"#, Some((1200.0, 1200.0))),
        (r#""doseAndRate":[{"doseQuantity":{"value":10,"unit":"mL"}}]"#, None),
        (r#""doseAndRate":[{"doseQuantity":{"value":400}}]"#, None),
        (r#""doseAndRate":[{"doseQuantity":{"value":"400","unit":"mg"}}]"#, None),
        (r#""doseAndRate":[{"doseQuantity":{"value":400,"comparator":"<","unit":"mg"}}]"#, None),
        (
            r#""doseAndRate":[{"doseQuantity":{"value":400,"unit":"mg"}},{"doseQuantity":{"value":600,"unit":"mg"}}]"#,
            None,
        ),
        (r#""doseAndRate":7"#, None),
    ] {
        assert_eq!(per_day(&format!("[{{{dose},{daily}}}]")), expected, "{dose}");
    }
}

#[test]
fn timings_become_times_per_day() {
    let repeat = |members: &str| format!(r#""timing":{{"repeat":{{{members}}}}}"#);
    let code = |code: &str| format!(r#""timing":{{"code":{{"coding":[{{"code":"{code}"}}]}}}}"#);
    for (timing, expected) in [
        (repeat(r#""frequency":1,"period":6,"periodUnit":"h""#), Some((1600.0, 1600.0))),
        (repeat(r#""frequency":1,"period":4,"periodMax":6,"periodUnit":"h""#), Some((1600.0, 2400.0))),
        (repeat(r#""frequency":1,"frequencyMax":3,"period":1,"periodUnit":"d""#), Some((400.0, 1200.0))),
        (repeat(r#""period":1,"periodUnit":"d""#), Some((400.0, 400.0))),
        (repeat(r#""frequency":7,"period":1,"periodUnit":"wk""#), Some((400.0, 400.0))),
        (repeat(r#""period":1,"periodUnit":"d","when":["MORN","EVE"]"#), Some((800.0, 800.0))),
        (repeat(r#""timeOfDay":["08:00:00","14:00:00","20:00:00"]"#), Some((1200.0, 1200.0))),
        (
            repeat(r#""frequency":1,"period":1,"periodUnit":"d","dayOfWeek":["mon"]"#),
            Some((400.0 * (1.0 / 7.0), 400.0)),
        ),
        (repeat(r#""count":1"#), Some((400.0, 400.0))),
        (repeat(r#""count":10"#), None),
        (repeat(r#""frequency":0,"period":1,"periodUnit":"d""#), None),
        (repeat(r#""frequency":1,"period":0,"periodUnit":"d""#), None),
        (repeat(r#""frequency":1,"period":1"#), None),
        (repeat(r#""frequency":1,"period":1,"periodUnit":"min""#), None),
        (repeat(r#""frequency":"1","period":1,"periodUnit":"d""#), None),
        (code("BID"), Some((800.0, 800.0))),
        (code("Q4H"), Some((2400.0, 2400.0))),
        (code("QOD"), Some((200.0, 200.0))),
        (code("whenever"), None),
        (r#""timing":{"code":{"text":"TID"}}"#.to_owned(), Some((1200.0, 1200.0))),
        (
            r#""timing":{"code":{"text":"BID"},"repeat":{"frequency":3,"period":1,"periodUnit":"d"}}"#
                .to_owned(),
            None,
        ),
        (r#""timing":7"#.to_owned(), None),
    ] {
        assert_eq!(per_day(&format!("[{{{MG_400},{timing}}}]")), expected, "{timing}");
    }
}

#[test]
fn as_needed_is_at_most_and_a_limit_caps_it() {
    let hourly = r#""timing":{"repeat":{"frequency":1,"period":6,"periodUnit":"h"}}"#;
    let limit = |value: &str, period: &str| {
        format!(
            r#""maxDosePerPeriod":{{"numerator":{{"value":{value},"unit":"mg"}},"denominator":{{"value":{period}}}}}"#
        )
    };
    let needed = r#""asNeededBoolean":true"#;
    for (dosage, expected) in [
        (format!("{MG_400},{hourly},{needed}"), Some((0.0, 1600.0))),
        (format!(r#"{MG_400},{hourly},"asNeededCodeableConcept":{{"text":"pain"}}"#), Some((0.0, 1600.0))),
        (format!(r#"{MG_400},{hourly},"asNeededBoolean":"yes""#), None),
        (format!("{MG_400},{hourly},{needed},{}", limit("1200", r#"1,"unit":"d""#)), Some((0.0, 1200.0))),
        (format!("{MG_400},{hourly},{needed},{}", limit("1200", r#"24,"unit":"h""#)), Some((0.0, 1200.0))),
        (format!("{MG_400},{needed},{}", limit("1200", r#"1,"code":"d""#)), Some((1200.0, 1200.0))),
        (format!("{MG_400},{needed},{}", limit("1200", r#"7,"unit":"d""#)), None),
        (format!("{MG_400},{hourly},\"modifierExtension\":[{{}}]"), None),
    ] {
        assert_eq!(per_day(&format!("[{{{dosage}}}]")), expected, "{dosage}");
    }
    let medication = one(&format!(r#"{},"dosageInstruction":[{{{needed}}}]"#, concept(&["197805"])));
    assert!(medication.dosing.as_needed);
}

#[test]
fn several_instructions_are_added_only_where_they_hold_together() {
    let part = |value: &str, members: &str| {
        format!(
            r#"{{"doseAndRate":[{{"doseQuantity":{{"value":{value},"unit":"mg"}}}}],"timing":{{"repeat":{{"frequency":1,"period":1,"periodUnit":"d"}}}}{members}}}"#
        )
    };
    let both = |one: String, other: String| per_day(&format!("[{one},{other}]"));
    let sum = both(part("400", ""), part("200", ""));
    assert_eq!(sum, Some((400.0, 600.0)), "never more than the sum");
    let same = r#","sequence":1"#;
    assert_eq!(both(part("400", same), part("400", same)), Some((800.0, 800.0)));
    assert_eq!(both(part("400", same), part("200", r#","sequence":2"#)), None, "a taper");
    assert_eq!(both(part("400", ""), r#"{"text":"as before"}"#.to_owned()), None);
    let medication =
        one(&format!(r#"{},"dosageInstruction":[{{"text":"1 tablet twice daily"}}]"#, concept(&["197805"])));
    assert_eq!(medication.dosing.each, Some(Dose::Units(Range::exactly(1.0))));
    assert_eq!(medication.dosing.text.as_deref(), Some("1 tablet twice daily"));
    assert_eq!(medication.milligrams_per_day(set(IBUPROFEN)), Some(Range::exactly(800.0)));
}

#[test]
fn a_route_is_a_code_or_its_exact_name() {
    let route = |route: &str| {
        one(&format!(r#"{},"dosageInstruction":[{{"route":{route}}}]"#, concept(&["21107"]))).route
    };
    let snomed = |code: &str| {
        route(&format!(r#"{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}"}}]}}"#))
    };
    assert_eq!(snomed("26643006"), Some(Route::Oral));
    assert_eq!(snomed("47625008"), Some(Route::Injected));
    assert_eq!(snomed("6064005"), Some(Route::Topical));
    assert_eq!(snomed("54485002"), Some(Route::EyeOrEar));
    assert_eq!(snomed("37161004"), Some(Route::Other));
    assert_eq!(snomed("12345"), None);
    assert_eq!(route(r#"{"text":"Oral"}"#), Some(Route::Oral));
    assert_eq!(route(r#"{"text":"P.O."}"#), Some(Route::Oral));
    assert_eq!(
        route(r#"{"coding":[{"system":"x","code":"7","display":"Intravenous use"}]}"#),
        Some(Route::Injected)
    );
    assert_eq!(route(r#"{"text":"by tube"}"#), None);
    assert_eq!(route("7"), None);
    let fallback = one(&format!(r#"{},"dosageInstruction":[{{"text":"x"}}]"#, concept(&["242461"])));
    assert_eq!(fallback.route, Some(Route::Oral));
}

#[test]
fn medications_have_a_beginning_and_an_end() {
    let medication = one(&format!(
        r#"{},"authoredOn":"2025-01-09","dispenseRequest":{{"validityPeriod":{{"end":"2026-01-09"}}}}"#,
        concept(&["21107"])
    ));
    assert_eq!(medication.since.unwrap().to_string(), "2025-01-09");
    assert_eq!(medication.until.unwrap().to_string(), "2026-01-09");
    assert_eq!(one(&format!(r#"{},"authoredOn":"soon""#, concept(&["21107"]))).since, None);
    let chart = read(&[("requests", &bundle(&[&request(&concept(&["21107"]))]))]);
    assert_eq!(chart.medications.coverage, Coverage::Complete);
    assert_eq!(read(&[]).medications.coverage, Coverage::Unavailable(Lack::NotSent));
}
