use super::*;
use proptest::prelude::*;

/// One patient with something under every key.
const WHOLE: [(&str, &[&str]); 8] = [
    (
        "results",
        &[
            r#"{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-01-10","valueQuantity":{"value":8.1,"unit":"%"}}"#,
            r#"{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-01-11","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":152,"unit":"mmHg"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":86,"unit":"mmHg"}}]}"#,
            r#"{"resourceType":"Observation","id":"o3","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-01-12","issued":"2026-01-12T10:00:00Z","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"8517006"}]}}"#,
            r#"{"resourceType":"Observation","id":"o4","status":"amended","code":{"coding":[{"system":"http://loinc.org","code":"77194-9"}]},"subject":{"reference":"Patient/1"},"effectivePeriod":{"start":"2025-01-01","end":"2025-01-02"},"bodySite":{"text":"left ankle"},"valueString":"0.62"}"#,
        ],
    ),
    (
        "conditions",
        &[
            r#"{"resourceType":"Condition","id":"c1","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"63491006"}]},"subject":{"reference":"Patient/1"},"onsetDateTime":"2024"}"#,
            r#"{"resourceType":"Condition","id":"c2","verificationStatus":{"coding":[{"code":"differential"}]},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I50.9"}]},"subject":{"reference":"Patient/1"}}"#,
        ],
    ),
    (
        "requests",
        &[
            r#"{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"197805"}]},"subject":{"reference":"Patient/1"},"dosageInstruction":[{"text":"1 tablet twice daily","timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"asNeededBoolean":true,"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"maxDosePerPeriod":{"numerator":{"value":3,"unit":"tablet"},"denominator":{"value":1,"unit":"d"}}}]}"#,
            r##"{"resourceType":"MedicationRequest","id":"m2","status":"active","intent":"order","contained":[{"resourceType":"Medication","id":"x","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"309362"}]}}],"medicationReference":{"reference":"#x"},"subject":{"reference":"Patient/1"}}"##,
        ],
    ),
    (
        "statements",
        &[
            r#"{"resourceType":"MedicationStatement","id":"s1","status":"active","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"1191"}]},"subject":{"reference":"Patient/1"}}"#,
        ],
    ),
    (
        "allergies",
        &[
            r#"{"resourceType":"AllergyIntolerance","id":"a1","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"1191"}]},"patient":{"reference":"Patient/1"},"reaction":[{"substance":{"text":"x"}}]}"#,
        ],
    ),
    (
        "procedures",
        &[
            r#"{"resourceType":"Procedure","id":"p1","status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"79321009"}]},"subject":{"reference":"Patient/1"},"performedPeriod":{"start":"2026-01-01"}}"#,
        ],
    ),
    (
        "devices",
        &[
            r#"{"resourceType":"DeviceRequest","id":"d1","status":"active","intent":"order","codeCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"79321009"}]},"subject":{"reference":"Patient/1"},"authoredOn":"2026-01-01"}"#,
        ],
    ),
    (
        "responses",
        &[
            r#"{"resourceType":"QuestionnaireResponse","id":"q1","questionnaire":"https://forms.example/Questionnaire/walking","status":"completed","subject":{"reference":"Patient/1"},"authored":"2026-01-10","item":[{"linkId":"2","item":[{"linkId":"2.1","answer":[{"valueCoding":{"system":"http://loinc.org","code":"LA33-6"}}]}]}]}"#,
        ],
    ),
];

/// Every fact of a chart as text with the resource it came from, except those from `victim`.
fn facts(chart: &Chart, victim: &str) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    for (id, results) in chart.measurements.iter().enumerate() {
        facts.extend(results.newest_first.iter().map(|one| format!("{id} {one:?}")));
    }
    facts.extend(chart.answers.iter().flat_map(|given| &given.newest_first).map(|one| format!("{one:?}")));
    facts.extend(chart.conditions.items.iter().map(|one| format!("{one:?}")));
    facts.extend(chart.medications.items.iter().map(|one| format!("{one:?}")));
    facts.extend(chart.allergies.items.iter().map(|one| format!("{one:?}")));
    facts.extend(chart.services.items.iter().map(|one| format!("{one:?}")));
    facts.retain(|fact| {
        WHOLE.iter().flat_map(|(_, all)| *all).any(|json| {
            let source = source(json);
            source != victim && fact.contains(&format!("\"{source}\""))
        })
    });
    facts
}

fn source(json: &str) -> String {
    let parsed: serde_json::Value = serde_json::from_str(json).unwrap();
    format!("{}/{}", parsed["resourceType"].as_str().unwrap(), parsed["id"].as_str().unwrap())
}

fn read_whole(replace: Option<(&str, &str)>) -> Chart {
    let bundles: Vec<(&str, String)> = WHOLE
        .iter()
        .map(|(key, all)| {
            let all: Vec<&str> = all
                .iter()
                .map(|json| replace.filter(|(victim, _)| *victim == source(json)).map_or(*json, |(_, by)| by))
                .collect();
            (*key, bundle(&all))
        })
        .collect();
    let prefetch: Vec<(&str, &str)> = bundles.iter().map(|(key, json)| (*key, json.as_str())).collect();
    read(&prefetch)
}

/// Any JSON, without the ids of the other resources.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| serde_json::Number::from_f64(number).into()),
        "\\PC{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            Just("resourceType".to_owned()),
            Just("entry".to_owned()),
            Just("resource".to_owned()),
            Just("coding".to_owned()),
            Just("code".to_owned()),
            Just("value".to_owned()),
            "[a-zA-Z]{1,8}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec((key, inner), 0..4)
                .prop_map(|all| serde_json::Value::Object(all.into_iter().collect())),
        ]
    })
}

/// Damages the member at a random place: deletes it, replaces it, or cuts a text short.
fn damage(value: &mut serde_json::Value, path: &[usize], kind: u8, by: &serde_json::Value) {
    use serde_json::Value::{Array, Object, String};
    let (Some((at, rest)), true) = (path.split_first(), matches!(value, Array(_) | Object(_))) else {
        match value {
            String(text) if kind == 2 => *text = text.chars().take(text.chars().count() / 2).collect(),
            value => *value = by.clone(),
        }
        return;
    };
    let last = rest.is_empty() && kind == 0;
    match value {
        Object(members) if !members.is_empty() => {
            let key = members.keys().nth(at % members.len()).unwrap().clone();
            if last {
                members.remove(&key);
            } else {
                damage(members.get_mut(&key).unwrap(), rest, kind, by);
            }
        }
        Array(items) if !items.is_empty() => {
            let at = at % items.len();
            if last {
                items.remove(at);
            } else {
                damage(&mut items[at], rest, kind, by);
            }
        }
        value => *value = by.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn damage_to_one_resource_changes_no_fact_of_the_others(
        which in 0usize..11,
        path in prop::collection::vec(0usize..8, 1..5),
        kind in 0u8..3,
        by in any_json(),
    ) {
        let all: Vec<&str> = WHOLE.iter().flat_map(|(_, all)| *all).copied().collect();
        let victim = all[which % all.len()];
        let name = source(victim);
        let mut damaged: serde_json::Value = serde_json::from_str(victim).unwrap();
        damage(&mut damaged, &path, kind, &by);
        static WHOLE_CHART: std::sync::LazyLock<Chart> = std::sync::LazyLock::new(|| read_whole(None));
        let after = read_whole(Some((&name, &damaged.to_string())));
        prop_assert_eq!(facts(&WHOLE_CHART, &name), facts(&after, &name), "{}", damaged);
    }

    #[test]
    fn any_json_under_any_key_is_read_without_panic(by in any_json(), drafts in any_json()) {
        let json = by.to_string();
        let inside = bundle(&[&json]);
        for (key, _) in WHOLE.iter().chain([&("patient", &[][..]), &("services", &[][..])]) {
            read(&[(key, &json)]);
            read(&[(key, &inside)]);
        }
        let (drafts, one) = (drafts.to_string(), bundle(&[&drafts.to_string()]));
        read_with(&plan(), &[], Some(&drafts));
        read_with(&plan(), &[], Some(&one));
    }
}

#[test]
fn the_whole_chart_is_read() {
    let chart = read_whole(None);
    assert_eq!(facts(&chart, "").len(), 14);
}
