use super::*;
use crate::chart::{Comparator, Side};

#[test]
fn q01_a_number_without_a_unit_is_not_used() {
    assert_eq!(outcome("4548-4", HBA1C, r#""valueQuantity":{"value":8.1}"#), Err(Unusable::NoUnit));
    assert_eq!(outcome("4548-4", HBA1C, r#""valueInteger":8"#), Err(Unusable::NoUnit));
    // Under its code an eGFR without a unit is one per 1.73 m², and the card says that it came without.
    let bare = results(&[&observation("98979-8", r#""valueQuantity":{"value":41}"#)]);
    let newest = bare.measured(EGFR).unwrap().newest().unwrap();
    assert_eq!(
        (newest.value, newest.converted_from.as_deref()),
        (Bounded::exactly(41.0), Some("41 without a unit"))
    );
    // The code of an ankle-brachial index fixes that it has none.
    assert_eq!(outcome("77194-9", ABI, r#""valueQuantity":{"value":0.62}"#), Ok(Bounded::exactly(0.62)));
}

#[test]
fn q02_a_unit_text_counts_where_there_is_no_code() {
    for unit in ["mm Hg", "mmHg", " MMHG "] {
        let members = format!(r#""valueQuantity":{{"value":118,"unit":"{unit}"}}"#);
        assert_eq!(outcome("8480-6", SYSTOLIC, &members), Ok(Bounded::exactly(118.0)), "{unit}");
    }
    for unit in ["µmol/L", "μmol/L", "umol/l"] {
        let members = format!(r#""valueQuantity":{{"value":88.42,"unit":"{unit}"}}"#);
        assert_eq!(outcome("2160-0", CREATININE, &members), Ok(Bounded::exactly(1.0)), "{unit}");
    }
}

#[test]
fn q03_a_ucum_code_wins_over_the_unit_text() {
    let by = |system: &str, code: &str| {
        let quantity = format!(
            r#""valueQuantity":{{"value":176.84,"unit":"mg/dL","system":"{system}","code":"{code}"}}"#
        );
        outcome("2160-0", CREATININE, &quantity)
    };
    assert_eq!(by("http://unitsofmeasure.org", "umol/L"), Ok(Bounded::exactly(2.0)));
    assert_eq!(by("urn:oid:2.16.840.1.113883.6.8", "umol/L"), Ok(Bounded::exactly(2.0)));
    assert_eq!(by("http://unitsofmeasure.org", "furlong"), Err(Unusable::UnknownUnit));
    assert_eq!(
        by("https://ehr.example/units", "umol/L"),
        Err(Unusable::Implausible),
        "a vendor's code is no unit"
    );
}

#[test]
fn q04_units_of_one_code_are_converted() {
    let chart = results(&[&observation("59261-8", &quantity("53", "mmol/mol"))]);
    let newest = chart.measured(HBA1C).unwrap().newest().unwrap();
    assert_eq!(newest.value, Bounded::exactly(7.0));
    assert_eq!(newest.converted_from.as_deref(), Some("53 mmol/mol"));
    assert_eq!(outcome("22748-8", LDL, &quantity("3.1", "mmol/L")), Ok(Bounded::exactly(120.0)));
    let same = results(&[&observation("4548-4", &quantity("8.1", "%"))]);
    assert_eq!(same.measured(HBA1C).unwrap().newest().unwrap().converted_from, None);
}

#[test]
fn q05_spellings_of_the_egfr_unit_are_one_unit() {
    for unit in ["mL/min/{1.73_m2}", "mL/min", "mL/min/1.73m2", "mL/min/1.73.m2", "mL/min/1.73 m2"] {
        assert_eq!(outcome("98979-8", EGFR, &quantity("41", unit)), Ok(Bounded::exactly(41.0)), "{unit}");
    }
}

#[test]
fn q06_comparator_is_a_bound() {
    let by = |sign: &str| {
        let quantity =
            format!(r#""valueQuantity":{{"value":60,"comparator":{sign},"unit":"mL/min/{{1.73_m2}}"}}"#);
        outcome("33914-3", EGFR, &quantity)
    };
    let bound = |comparator| Ok(Bounded { number: 60.0, comparator });
    assert_eq!(by(r#"">""#), bound(Comparator::Above));
    assert_eq!(by(r#"">=""#), bound(Comparator::AtLeast));
    assert_eq!(by(r#""<""#), bound(Comparator::Below));
    assert_eq!(by(r#""<=""#), bound(Comparator::AtMost));
    assert_eq!(by(r#""ad""#), Err(Unusable::Malformed));
    assert_eq!(by("7"), Err(Unusable::Malformed));
    assert_eq!(by("null"), bound(Comparator::Exactly));
    // A bound stays one through a conversion.
    let quantity = r#""valueQuantity":{"value":2,"comparator":"<","unit":"mmol/L"}"#;
    let chart = results(&[&observation("22748-8", quantity)]);
    let newest = chart.measured(LDL).unwrap().newest().unwrap();
    assert_eq!(newest.value, Bounded { number: 77.0, comparator: Comparator::Below });
    assert_eq!(newest.converted_from.as_deref(), Some("<2 mmol/L"));
}

#[test]
fn q07_a_number_in_a_text_is_read_conservatively() {
    let by = |text: &str| outcome("2160-0", CREATININE, &format!(r#""valueString":"{text}""#));
    assert_eq!(by("1.1 mg/dL"), Ok(Bounded::exactly(1.1)));
    assert_eq!(by(" 1,4mg/dl "), Ok(Bounded::exactly(1.4)));
    assert_eq!(by("< 0.3 mg/dL"), Ok(Bounded { number: 0.3, comparator: Comparator::Below }));
    assert_eq!(by(">=10 mg/dL"), Ok(Bounded { number: 10.0, comparator: Comparator::AtLeast }));
    assert_eq!(by("4.0"), Err(Unusable::NoUnit));
    assert_eq!(by("15.0 gm/L"), Err(Unusable::UnknownUnit));
    for text in
        ["1.40 H", "1,234 mg/dL", "-1 mg/dL", "1.1 mg/dL (high)", ">> 1 mg/dL", ".5 mg/dL", "1.", "1e3"]
    {
        assert_eq!(by(text), Err(Unusable::NotANumber), "{text}");
    }
    assert_eq!(outcome("77194-9", ABI, r#""valueString":"0.62""#), Ok(Bounded::exactly(0.62)));
}

#[test]
fn q08_junk_texts_are_not_numbers() {
    for text in ["Blank", "See note", "Hemolyzed", "Pending", "pending", "Non-compressible", "NaN", "inf"] {
        let members = format!(r#""valueString":"{text}""#);
        assert_eq!(outcome("77194-9", ABI, &members), Err(Unusable::NotANumber), "{text}");
    }
}

#[test]
fn q09_a_reason_for_no_value_is_no_value() {
    let reason = r#""dataAbsentReason":{"coding":[{"code":"unknown"}]}"#;
    assert_eq!(outcome("4548-4", HBA1C, reason), Err(Unusable::NoValue));
    let panel = observation(
        "85354-9",
        &format!(
            r#""component":[{{"code":{{"coding":[{{"system":"http://loinc.org","code":"8480-6"}}]}},{}}},{{"code":{{"coding":[{{"system":"http://loinc.org","code":"8462-4"}}]}},{reason}}}]"#,
            quantity("132", "mm[Hg]")
        ),
    );
    let chart = results(&[&panel]);
    assert_eq!(of(&chart, SYSTOLIC), (vec![132.0], vec![]));
    assert_eq!(of(&chart, DIASTOLIC), (vec![], vec![Unusable::NoValue]));
}

#[test]
fn q10_a_panel_without_values_is_no_result() {
    let members = r#""hasMember":[{"reference":"Observation/a"}]"#;
    let chart = results(&[&observation("4548-4", members), &observation("85354-9", members)]);
    assert_eq!(of(&chart, HBA1C), (vec![], vec![]));
    assert!(chart.gaps.is_empty());
    // A fact's own Observation with nothing in it at all is said.
    assert_eq!(outcome("4548-4", HBA1C, r#""note":[]"#), Err(Unusable::NoValue));
    assert_eq!(outcome("77194-9", ABI, r#""component":[{"code":{"text":"first"}}]"#), Err(Unusable::NoValue));
}

fn smoking(members: &str) -> (Vec<usize>, Vec<Unusable>) {
    let chart = results(&[&observation("72166-2", members)]);
    let given = chart.answered(SMOKING).unwrap();
    (
        given.newest_first.iter().map(|answer| answer.answer).collect(),
        given.unusable.iter().map(|gap| gap.why).collect(),
    )
}

#[test]
fn q11_an_answer_is_a_code_and_never_a_text() {
    let coded = r#""valueCodeableConcept":{"coding":[{"system":"urn:oid:2.999.1","code":"4"},{"system":"http://snomed.info/sct","code":"8517006"}],"text":"Former"}"#;
    assert_eq!(smoking(coded), (vec![1], vec![]));
    for members in [
        r#""valueCodeableConcept":{"text":"Former smoker"}"#,
        r#""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"160573003"}]}"#,
        r#""valueCodeableConcept":{"coding":[{"system":"https://ehr.example/smoking","code":"8517006"}]}"#,
        r#""valueString":"never smoker""#,
        r#""valueBoolean":true"#,
    ] {
        assert_eq!(smoking(members), (vec![], vec![Unusable::UnknownAnswer]), "{members}");
    }
    assert_eq!(smoking(r#""valueCodeableConcept":7"#), (vec![], vec![Unusable::Malformed]));
    assert_eq!(smoking(r#""dataAbsentReason":{"text":"not asked"}"#), (vec![], vec![Unusable::NoValue]));
}

#[test]
fn q12_impossible_values_are_not_used() {
    for (value, expected) in [
        ("2.9", Err(Unusable::Implausible)),
        ("3.0", Ok(Bounded::exactly(3.0))),
        ("20", Ok(Bounded::exactly(20.0))),
        ("20.1", Err(Unusable::Implausible)),
        ("-5", Err(Unusable::Implausible)),
        ("1e999", Err(Unusable::Malformed)),
    ] {
        assert_eq!(outcome("4548-4", HBA1C, &quantity(value, "%")), expected, "{value}");
    }
    assert_eq!(outcome("77194-9", ABI, &quantity("62", "%")), Ok(Bounded::exactly(0.62)));
    assert_eq!(outcome("77194-9", ABI, &quantity("62", "1")), Err(Unusable::Implausible));
}

#[test]
fn q13_digits_are_kept_for_comparing() {
    let value = outcome("4548-4", HBA1C, &quantity("3.0102167723507556", "%"));
    assert_eq!(value, Ok(Bounded::exactly(3.010_216_772_350_755_6)));
    assert_eq!(outcome("4548-4", HBA1C, &quantity("7.10", "%")), Ok(Bounded::exactly(7.1)));
}

#[test]
fn a_value_of_a_wrong_type_is_unreadable_and_not_absent() {
    for members in [
        r#""valueQuantity":{"value":"0.58","unit":"{ratio}"}"#,
        r#""valueQuantity":[0.58]"#,
        r#""valueQuantity":{"value":0.58,"unit":7}"#,
        r#""valueString":7"#,
        r#""valueInteger":"1""#,
        r#""valueQuantity":{"value":0.58},"valueString":"0.58""#,
    ] {
        assert_eq!(outcome("77194-9", ABI, members), Err(Unusable::Malformed), "{members}");
    }
    for members in
        [r#""valueCodeableConcept":{"text":"low"}"#, r#""valueBoolean":true"#, r#""valueRatio":{}"#]
    {
        assert_eq!(outcome("77194-9", ABI, members), Err(Unusable::NotANumber), "{members}");
    }
    assert_eq!(outcome("77194-9", ABI, r#""valueQuantity":{"unit":"1"}"#), Err(Unusable::NoValue));
}

fn sides(members: &str) -> Vec<(f64, Option<Side>)> {
    let chart = results(&[&observation("77194-9", members)]);
    chart
        .measured(ABI)
        .unwrap()
        .newest_first
        .iter()
        .map(|result| (result.value.number, result.side))
        .collect()
}

#[test]
fn a_side_is_read_from_codes_first_and_from_words_last() {
    let value = quantity("0.62", "{ratio}");
    for (site, side) in [
        (r#""bodySite":{"coding":[{"system":"http://snomed.info/sct","code":"7771000"}]}"#, Some(Side::Left)),
        (
            r#""bodySite":{"coding":[{"system":"http://snomed.info/sct","code":"24028007"}],"text":"not left"}"#,
            Some(Side::Right),
        ),
        (r#""bodySite":{"text":"Right ankle"}"#, Some(Side::Right)),
        (r#""bodySite":{"text":"right and left"}"#, None),
        (r#""note":[]"#, None),
    ] {
        assert_eq!(sides(&format!("{value},{site}")), [(0.62, side)], "{site}");
    }
}

#[test]
fn g_an_abi_in_components_with_local_codes_is_read_per_leg() {
    let component = |code: &str, value: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"https://tx.hl7.lt/fhir/CodeSystem/abi-component","code":"{code}"}}]}},{}}}"#,
            quantity(value, "{ratio}")
        )
    };
    let members =
        format!(r#""component":[{},{}]"#, component("right-abi", "0.62"), component("left-abi", "0.97"));
    assert_eq!(sides(&members), [(0.62, Some(Side::Right)), (0.97, Some(Side::Left))]);
    // Pressures have codes of their own, and are no index.
    let pressure = format!(
        r#""component":[{{"code":{{"coding":[{{"system":"http://loinc.org","code":"99999-9"}}],"text":"left ankle"}},{}}}]"#,
        quantity("1", "1")
    );
    assert_eq!(sides(&pressure), []);
}

#[test]
fn an_egfr_is_computed_where_none_is_usable() {
    let mut plan = plan();
    plan.derive_egfr = Some((CREATININE, EGFR));
    let patient = r#"{"resourceType":"Patient","id":"1","birthDate":"1970-05-05","gender":"male"}"#;
    let creatinine = observation("2160-0", &quantity("1.8", "mg/dL"));
    let egfr = |value: &str| {
        observation("98979-8", &quantity(value, "mL/min/{1.73_m2}")).replace(r#""id":"o""#, r#""id":"e""#)
    };
    let read =
        |resources: &[&str]| read_with(&plan, &[("patient", patient), ("results", &bundle(resources))], None);
    let computed = read(&[&creatinine, &egfr("9999")]);
    let newest = computed.measured(EGFR).unwrap().newest().unwrap();
    assert_eq!(newest.value.shown(1), "43.9");
    assert_eq!(newest.computed.as_ref().unwrap().equation, "CKD-EPI 2021");
    assert_eq!(newest.source.as_str(), "Observation/o");
    assert_eq!(of(&read(&[&creatinine, &egfr("71")]), EGFR).0, [71.0]);
}
