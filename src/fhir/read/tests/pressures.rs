//! Pressures of arms and ankles, and the index worked out from them.

use super::*;
use crate::chart::Side;
use crate::fhir::plan::AbiInputs;

fn pressure(id: &str, value: &str, members: &str) -> String {
    observation("8480-6", &format!("{}{members}", quantity(value, "mm[Hg]")))
        .replace(r#""id":"o""#, &format!(r#""id":"{id}""#))
}

fn at(code: &str) -> String {
    format!(r#","bodySite":{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}"}}]}}"#)
}

#[test]
fn a_pressure_at_the_ankle_is_never_the_ordinary_one() {
    for (members, systolic, ankle, arm) in [
        (String::new(), 1, 0, 0),
        (at("51636004"), 0, 1, 0),
        (at("13363002"), 0, 1, 0),
        (at("61396006"), 0, 0, 0),
        (at("17137000"), 1, 0, 1),
        (r#","bodySite":{"text":"Left ankle"}"#.to_owned(), 0, 0, 0),
        (r#","bodySite":{"text":"Left arm"}"#.to_owned(), 1, 0, 0),
        (r#","bodySite":7"#.to_owned(), 1, 0, 0),
    ] {
        let chart = results(&[&pressure("a", "84", &members)]);
        let counts = [SYSTOLIC, ANKLE, ARM].map(|id| of(&chart, id).0.len());
        assert_eq!(counts, [systolic, ankle, arm], "{members}");
        assert!([SYSTOLIC, ANKLE, ARM].iter().all(|id| of(&chart, *id).1.is_empty()), "{members}");
    }
    let named =
        pressure("a", "84", "").replace(r#"8480-6"}]"#, r#"8480-6"}],"text":"Ankle systolic, right""#);
    assert_eq!(of(&results(&[&named]), SYSTOLIC).0, Vec::<f64>::new());
    let coded = observation("8550-6", &quantity("84", "mm[Hg]"));
    let chart = results(&[&coded]);
    assert_eq!((of(&chart, SYSTOLIC).0.len(), of(&chart, ANKLE).0), (0, vec![84.0]));
    assert_eq!(chart.measured(ANKLE).unwrap().newest().unwrap().side, Some(Side::Left));
}

#[test]
fn a_component_named_after_the_ankle_leaves_the_others_ordinary() {
    let component = |text: &str, code: &str, value: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}],"text":"{text}"}},{}}}"#,
            quantity(value, "mm[Hg]")
        )
    };
    let components = [
        component("Systolic", "8480-6", "140"),
        component("Left ankle", "8480-6", "84"),
        component("Diastolic", "8462-4", "80"),
    ];
    let panel = observation("85354-9", &format!(r#""component":[{}]"#, components.join(",")));
    let chart = results(&[&panel]);
    assert_eq!((of(&chart, SYSTOLIC).0, of(&chart, DIASTOLIC).0), (vec![140.0], vec![80.0]));
    let sited = observation("85354-9", &format!(r#""component":[{}]{}"#, components[2], at("6685009")));
    assert_eq!(of(&results(&[&sited]), DIASTOLIC).0, Vec::<f64>::new());
}

#[test]
fn an_index_is_computed_for_each_leg_without_one() {
    let mut plan = plan();
    plan.derive_abi = Some(AbiInputs { ankle: ANKLE, arm: ARM, abi: ABI });
    let pressures = [
        pressure("l", "84", &at("51636004")),
        pressure("r", "154", &at("6685009")),
        pressure("arm", "140", &at("17137000")),
    ];
    let pressures: Vec<&str> = pressures.iter().map(String::as_str).collect();
    let read = |resources: &[&str]| read_with(&plan, &[("results", &bundle(resources))], None);
    let chart = read(&pressures);
    let index = |chart: &Chart, side| chart.measured(ABI).unwrap().newest_of(side).cloned();
    let left = index(&chart, Side::Left).unwrap();
    assert_eq!((left.value, left.source.as_str()), (Bounded::exactly(0.6), "Observation/l"));
    assert_eq!(left.computed.unwrap().inputs, "ankle 84 mmHg, arm 140 mmHg on 2026-01-10");
    assert_eq!(index(&chart, Side::Right).unwrap().value, Bounded::exactly(1.1));

    let reported = observation("77194-9", &format!("{}{}", quantity("0.9", "1"), at("51636004")))
        .replace("2026-01-10", "2020-01-10");
    let chart = read(&[&pressures[..], &[&reported]].concat());
    assert_eq!(
        index(&chart, Side::Left).unwrap().value,
        Bounded::exactly(0.9),
        "an old one is reported still"
    );
    assert!(index(&chart, Side::Right).unwrap().computed.is_some());
    let none = read(&pressures[..2]);
    assert!(none.measured(ABI).unwrap().newest_first.is_empty(), "no arm, no index");
    let low = read(&[&pressure("l", "999", &at("51636004")), pressures[2]]);
    assert!(low.measured(ABI).unwrap().newest_first.is_empty());
}

#[test]
fn a_rate_that_is_not_normalised_is_there_and_not_usable() {
    let chart = results(&[&observation("50383-9", &quantity("41", "mL/min"))]);
    assert_eq!(of(&chart, EGFR), (vec![], vec![Unusable::Related]));
    // Under both codes it is what its normalised code says.
    let both = observation("98979-8", &quantity("41", "mL/min/{1.73_m2}")).replace(
        r#""code":"98979-8"}"#,
        r#""code":"98979-8"},{"system":"http://loinc.org","code":"50383-9"}"#,
    );
    assert_eq!(of(&results(&[&both]), EGFR), (vec![41.0], vec![]));
}
