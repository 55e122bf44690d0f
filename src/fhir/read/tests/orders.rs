use super::*;
use crate::chart::{Order, Side};

fn orders(resources: &[&str]) -> (Vec<Order>, Vec<Unusable>) {
    let entries: Vec<String> = resources.iter().map(|json| format!(r#"{{"resource":{json}}}"#)).collect();
    let drafts = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
    let chart = read_with(&plan(), &[], Some(&drafts));
    (chart.orders, chart.gaps.iter().map(|gap| gap.why).collect())
}

fn one(json: &str) -> Order {
    let (mut orders, gaps) = orders(&[json]);
    assert_eq!((orders.len(), gaps), (1, vec![]), "{json}");
    orders.remove(0)
}

#[test]
fn a_draft_is_read_by_its_type() {
    let mra = one(
        r#"{"resourceType":"ServiceRequest","id":"mra","status":"draft","intent":"order","code":{"coding":[{"system":"http://loinc.org","code":"46324-0"}],"text":"MRA of the leg"},"bodySite":[{"coding":[{"system":"http://snomed.info/sct","code":"72696002"}],"text":"left knee"}],"occurrencePeriod":{"start":"2026-03-02","end":"2026-03-12"}}"#,
    );
    assert_eq!(
        (mra.concepts, mra.label.as_str(), mra.sites),
        (set(CONTRAST_MRA), "MRA of the leg", set(KNEE))
    );
    assert_eq!((mra.side, mra.in_focus, mra.uncoded), (Some(Side::Left), true, false));
    assert_eq!(mra.from.unwrap().to_string(), "2026-03-02");
    assert_eq!(mra.until.unwrap().to_string(), "2026-03-12");
    assert_eq!(mra.source.as_str(), "ServiceRequest/mra");
    let brace = one(
        r#"{"resourceType":"DeviceRequest","id":"b","codeCodeableConcept":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"L1833"}]}}"#,
    );
    assert_eq!((brace.concepts, brace.uncoded), (set(ConceptId(43)), false));
    let cast = one(
        r#"{"resourceType":"SupplyRequest","id":"c","itemCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"79321009"}]},"occurrenceTiming":{"repeat":{"boundsPeriod":{"end":"2026-05-01"}}}}"#,
    );
    assert_eq!(
        (cast.concepts, cast.until.map(|until| until.to_string())),
        (set(CAST), Some("2026-05-01".to_owned()))
    );
    let text = one(r#"{"resourceType":"ServiceRequest","id":"t","code":{"text":"MRA runoff with gad"}}"#);
    assert_eq!((text.concepts, text.uncoded), (ConceptSet::EMPTY, true));
}

#[test]
fn a_drug_draft_is_read_like_a_medication() {
    let drug = one(
        r#"{"resourceType":"MedicationRequest","id":"d","status":"draft","intent":"proposal","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"197805"}]},"dosageInstruction":[{"timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d"}},"route":{"text":"oral"},"doseAndRate":[{"doseQuantity":{"value":800,"unit":"mg"}}]}]}"#,
    );
    assert!(drug.is(set(IBUPROFEN), &[Route::Topical]));
    assert!(!drug.is(set(IBUPROFEN), &[Route::Oral]));
    let medication = drug.medication.unwrap();
    assert_eq!(medication.milligrams_per_day(set(IBUPROFEN)).unwrap().high, 2400.0);
    let (found, gaps) = orders(&[
        r#"{"resourceType":"MedicationRequest","id":"d","medicationReference":{"reference":"Medication/m"}}"#,
        r#"{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"242461"}]}}"#,
    ]);
    assert_eq!((found.len(), gaps.len()), (1, 0), "a Medication is no order");
    assert_eq!(found[0].concepts, set(CILOSTAZOL));
    let unresolved =
        one(r#"{"resourceType":"MedicationRequest","id":"d","medicationReference":{"display":"some pill"}}"#);
    assert_eq!((unresolved.uncoded, unresolved.label.as_str()), (true, "some pill"));
}

#[test]
fn a_draft_that_stops_or_forbids_is_an_order_that_stops() {
    for (members, kept) in [
        (r#""status":"cancelled""#, Some(true)),
        (r#""status":"revoked""#, Some(true)),
        (r#""status":"stopped""#, Some(true)),
        (r#""status":"completed""#, Some(true)),
        (r#""status":"draft","doNotPerform":true"#, Some(true)),
        (r#""status":"draft","doNotPerform":false"#, Some(false)),
        (r#""status":"active""#, Some(false)),
        (r#""status":"entered-in-error""#, None),
    ] {
        for (kind, code) in [("ServiceRequest", "code"), ("MedicationRequest", "medicationCodeableConcept")] {
            let aspirin =
                r#"{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"308416"}]}"#;
            let json = format!(r#"{{"resourceType":"{kind}","id":"x","{code}":{aspirin},{members}}}"#);
            let (found, gaps) = orders(&[&json]);
            assert_eq!((found.first().map(|order| order.stops), gaps.len()), (kept, 0), "{json}");
        }
    }
    let (found, gaps) = orders(&[
        r#"{"resourceType":"MedicationRequest","id":"x","status":"stopped","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"308416"}]}}"#,
    ]);
    assert_eq!((found[0].concepts, gaps.len()), (set(ASPIRIN), 0), "what is stopped is known");
}

#[test]
fn a_body_site_is_read_from_codes_and_from_what_is_written() {
    let knee = r#"{"coding":[{"system":"http://snomed.info/sct","code":"72696002"}]}"#;
    let drug = r#""resourceType":"MedicationRequest","id":"x","medicationCodeableConcept""#;
    let thing = r#""resourceType":"ServiceRequest","id":"x""#;
    for (members, site, said) in [
        (format!(r#"{thing},"bodySite":[{knee}]"#), set(KNEE), true),
        (format!(r#"{thing},"bodySite":[{{"text":"Left knee"}}]"#), set(KNEE), true),
        (format!(r#"{thing},"bodySite":[{{"text":"back"}}]"#), ConceptSet::EMPTY, true),
        (format!(r#"{thing},"code":{{"text":"Injection, Achilles tendon"}}"#), set(ACHILLES), true),
        (format!(r#"{thing},"code":{{"coding":[{{"display":"Aspiration of knee"}}]}}"#), set(KNEE), true),
        (format!(r#"{thing},"code":{{"text":"Injection"}}"#), ConceptSet::EMPTY, false),
        (format!(r#"{thing},"note":[{{"text":"for the knee"}},7]"#), set(KNEE), true),
        (format!(r#"{thing},"note":7,"bodySite":[]"#), ConceptSet::EMPTY, false),
        (format!(r#"{drug}:{{"text":"steroid"}},"dosageInstruction":[{{"site":{knee}}}]"#), set(KNEE), true),
        (
            format!(r#"{drug}:{{"text":"steroid"}},"dosageInstruction":[{{"site":{{"text":"shoulder"}}}}]"#),
            ConceptSet::EMPTY,
            true,
        ),
        (
            format!(
                r#"{drug}:{{"text":"steroid"}},"dosageInstruction":[{{"text":"once, ACHILLES sheath"}}]"#
            ),
            set(ACHILLES),
            true,
        ),
        (
            format!(
                r#"{drug}:{{"text":"steroid"}},"dosageInstruction":{{"patientInstruction":"into the knee"}}"#
            ),
            set(KNEE),
            true,
        ),
        (format!(r#"{drug}:{{"text":"steroid, knee"}}"#), set(KNEE), true),
        (format!(r#"{drug}:{{"text":"steroid"}},"note":[{{"text":"knee"}}]"#), set(KNEE), true),
        (
            format!(r#"{drug}:{{"text":"steroid"}},"dosageInstruction":[{{"text":"once"}}]"#),
            ConceptSet::EMPTY,
            false,
        ),
    ] {
        let order = one(&format!("{{{members}}}"));
        assert_eq!((order.sites, order.site_said), (site, said), "{members}");
    }
}

#[test]
fn a_draft_that_cannot_be_read_is_an_order_of_something_unknown() {
    for (json, why) in [
        (r#"{"resourceType":"ServiceRequest","id":"x","code":7}"#, Unusable::Malformed),
        (
            r#"{"resourceType":"MedicationRequest","id":"x","medicationCodeableConcept":7}"#,
            Unusable::Malformed,
        ),
        (r#"{"resourceType":"ServiceRequest","id":"x","doNotPerform":"no"}"#, Unusable::Malformed),
        (
            r#"{"resourceType":"ServiceRequest","id":"x","modifierExtension":[{"url":"x"}]}"#,
            Unusable::ModifierExtension,
        ),
    ] {
        let (found, gaps) = orders(&[json]);
        assert_eq!((found.len(), gaps), (1, vec![why]), "{json}");
        assert!(found[0].uncoded && found[0].concepts.is_empty(), "{json}");
    }
}
