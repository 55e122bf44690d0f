//! Pages that need not be read, because the newest result is known.

use super::*;

fn ldl(id: usize, on: &str, members: &Value) -> Value {
    let mut result = json!({
        "resourceType": "Observation", "id": format!("ldl-{id}"), "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "13457-7" }] },
        "subject": { "reference": "Patient/p-1" }, "effectiveDateTime": on,
    });
    result.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    result
}

fn value(number: u32) -> Value {
    json!({ "valueQuantity": { "value": number, "unit": "mg/dL" } })
}

fn page_of(results: &[Value]) -> Value {
    let entry: Vec<Value> = results.iter().map(|resource| json!({ "resource": resource })).collect();
    let link = json!([{ "relation": "next", "url": "?page=2" }]);
    json!({ "resourceType": "Bundle", "type": "searchset", "link": link, "entry": entry })
}

/// How much is known of LDL after a first page, prefetched or fetched, and how many pages were asked for.
async fn known(first: &Value, prefetched: bool) -> (Coverage, usize) {
    let knowledge = &*KNOWLEDGE;
    let service = knowledge.services.iter().find(|service| service.id == "leg-pain-patient-view").unwrap();
    let need = service.needs.iter().find(|need| need.key == "ldl").unwrap();
    let Gives::Observations { measurements, .. } = &need.gives else { panic!("{need:?}") };
    let needs = [need.clone()];
    let second = json!({ "resourceType": "Bundle", "entry": [] });
    let served = first.clone();
    let answer = move |request: &Request| if number(request) == 1 { ok(&served) } else { ok(&second) };
    let server = fhir_server(answer).await;
    let sent = first.to_string();
    let raw: &RawValue = serde_json::from_str(&sent).unwrap();
    let prefetch: Vec<_> =
        prefetched.then_some((Text("ldl".into()), fhir::Answer::split(raw))).into_iter().collect();
    let acquired = fhir::from_prefetch(&needs, prefetch, &fhir::KeyNames::default());
    let (drafts, subject) = (Drafts::none(), subject());
    let wanted = Wanted {
        needs: &needs,
        acquired: &acquired,
        drafts: &drafts,
        plan: &knowledge.plan,
        subject: &subject,
    };
    let gathered = fetcher().fetch(&policy(), &base(&server), Token::new(TOKEN), &wanted).await;
    let acquired = acquired.clone().with(&needs, &gathered);
    let chart = fhir::chart(&knowledge.plan, &needs, &acquired, &drafts, &subject);
    let coverage = chart.measured(measurements[0]).unwrap().coverage;
    let pages = requests(&server).await.len() + usize::from(prefetched);
    (coverage, pages)
}

#[tokio::test]
async fn a_page_in_descending_order_that_tells_the_newest_result_is_the_last() {
    let none = json!({ "dataAbsentReason": { "text": "not done" } });
    for (what, results, pages) in [
        (
            "two in descending order",
            vec![ldl(1, "2026-02-01", &value(120)), ldl(2, "2025-02-01", &value(140))],
            1,
        ),
        ("one result proves no order", vec![ldl(1, "2026-02-01", &value(120))], 2),
        ("ascending", vec![ldl(1, "2025-02-01", &value(120)), ldl(2, "2026-02-01", &value(140))], 2),
        ("one day", vec![ldl(1, "2026-02-01", &value(120)), ldl(2, "2026-02-01", &value(140))], 2),
        ("nothing usable", vec![ldl(1, "2026-02-01", &none), ldl(2, "2025-02-01", &none)], 2),
    ] {
        for prefetched in [true, false] {
            let expected = (Coverage::Complete, pages);
            assert_eq!(known(&page_of(&results), prefetched).await, expected, "{what}, {prefetched}");
        }
    }
}
