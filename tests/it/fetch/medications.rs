//! Medicines: those that refer to a Medication elsewhere, and those that a server does not have.

use std::time::Instant;

use gaitkeeper::chart::{Chart, Usage};
use wiremock::matchers::path;

use super::*;

fn needs() -> [Need; 2] {
    let need = |key: &str, kind: &str, gives| Need {
        key: key.to_owned(),
        template: format!("{kind}?patient={{{{context.patientId}}}}"),
        gives,
        required: false,
    };
    [
        need("requests", "MedicationRequest", Gives::MedicationRequests),
        need("statements", "MedicationStatement", Gives::MedicationStatements),
    ]
}

/// The chart that comes of these prefetched requests and draft orders, and of what `base` answers beside them.
async fn read(base: &str, requests: Option<&Value>, drafts: &Value) -> Chart {
    let (needs, sent, drafts) = (needs(), requests.map(Value::to_string), drafts.to_string());
    let raw = |json| -> &RawValue { serde_json::from_str(json).unwrap() };
    let answer = |json| fhir::Answer::split(raw(json));
    let drafts = Drafts::read(Some(raw(&drafts)), &[], gaitkeeper::wire::Hook::OrderSign).unwrap();
    let mut prefetch: Vec<_> = sent.iter().map(|sent| (Text("requests".into()), answer(sent))).collect();
    if requests.is_some() {
        prefetch.push((Text("statements".into()), answer("null")));
    }
    let acquired = fhir::from_prefetch(&needs, prefetch, &fhir::KeyNames::default());
    let (plan, subject) = (&KNOWLEDGE.plan, subject());
    let wanted = Wanted { needs: &needs, acquired: &acquired, drafts: &drafts, plan, subject: &subject };
    let gathered = fetcher().fetch(&policy(), base, Token::new(TOKEN), &wanted).await;
    let acquired = acquired.clone().with(&needs, &gathered);
    fhir::chart(plan, &needs, &acquired, &drafts, &subject)
}

fn request(id: &str, medicine: &Value) -> Value {
    let mut request = json!({
        "resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order",
        "subject": { "reference": "Patient/p-1" },
    });
    request.as_object_mut().unwrap().extend(medicine.as_object().unwrap().clone());
    request
}

fn referring(reference: &str) -> Value {
    json!({ "medicationReference": { "reference": reference, "display": "clopidogrel 75 mg tablet" } })
}

fn bundle(resources: &[Value]) -> Value {
    let entry: Vec<Value> = resources.iter().map(|resource| json!({ "resource": resource })).collect();
    json!({ "resourceType": "Bundle", "type": "searchset", "entry": entry })
}

fn clopidogrel(id: &str) -> Value {
    let code = json!({ "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "32968" });
    json!({ "resourceType": "Medication", "id": id, "code": { "coding": [code] } })
}

/// A server that has every Medication, and each is clopidogrel.
async fn pharmacy() -> MockServer {
    fhir_server(|request: &Request| ok(&clopidogrel(request.url.path().rsplit('/').next().unwrap()))).await
}

#[tokio::test]
async fn q22_a_medication_that_did_not_come_is_read() {
    for reference in ["Medication/fake.1w4", "BASE/Medication/fake.1w4", "Medication/fake.1w4/_history/2"] {
        let server = pharmacy().await;
        let reference = reference.replace("BASE", &base(&server));
        let sent = bundle(&[request("m", &referring(&reference))]);
        let chart = read(&base(&server), Some(&sent), &bundle(&[])).await;
        assert_eq!(targets(&server).await, ["/r4/Medication/fake.1w4"], "{reference}");
        let token = &requests(&server).await[0].headers["authorization"];
        assert_eq!(*token, format!("Bearer {TOKEN}"));
        let [medicine] = chart.medications.items.as_slice() else { panic!("{reference}: {chart:?}") };
        assert_eq!((medicine.usage, medicine.source.as_str()), (Usage::Current, "MedicationRequest/m"));
        assert!(chart.medications.unusable.is_empty());
    }
}

#[tokio::test]
async fn a_medication_is_read_once_and_only_where_it_is_missing() {
    let server = pharmacy().await;
    let mut inside = request("a", &referring("#m"));
    inside["contained"] = json!([clopidogrel("m")]);
    let mut coded = request("b", &referring("Medication/b"));
    coded["medicationCodeableConcept"] = json!({ "text": "clopidogrel" });
    let sent = bundle(&[
        inside,
        coded,
        request("c", &referring("Medication/beside")),
        clopidogrel("beside"),
        request("d", &referring("urn:uuid:7")),
        request("e", &referring("https://elsewhere.example/r4/Medication/e")),
        request("f", &referring("Patient/f")),
        request("g", &referring("Medication/..")),
        request("h", &referring("Medication/twice")),
        request("i", &referring("Medication/twice")),
        request("j", &json!({ "medicationReference": { "display": "some pill" } })),
        request("k", &json!({ "medicationReference": 7 })),
    ]);
    read(&base(&server), Some(&sent), &bundle(&[])).await;
    assert_eq!(targets(&server).await, ["/r4/Medication/twice"]);
}

#[tokio::test]
async fn no_more_than_twenty_are_read_and_those_of_drafts_and_in_use_come_first() {
    let server = pharmacy().await;
    let mut sent: Vec<Value> =
        (0..40).map(|id| request(&format!("m{id}"), &referring(&format!("Medication/{id}")))).collect();
    for ended in &mut sent[..30] {
        ended["status"] = json!("completed");
    }
    let draft = request("draft", &referring("Medication/drafted"));
    let chart = read(&base(&server), Some(&bundle(&sent)), &bundle(&[draft])).await;
    let read = targets(&server).await;
    assert_eq!(read.len(), 20);
    for id in ["drafted", "30", "39"] {
        assert!(read.contains(&format!("/r4/Medication/{id}")), "{id}");
    }
    assert_eq!((chart.medications.items.len(), chart.medications.unusable.len()), (19, 21));
    assert!(!chart.orders[0].uncoded);
}

#[tokio::test]
async fn what_is_no_such_medication_leaves_a_gap() {
    for answer in [
        ResponseTemplate::new(404),
        ResponseTemplate::new(403),
        ResponseTemplate::new(302).insert_header("location", "/r4/Medication/other"),
        ResponseTemplate::new(200).set_body_string("<Medication xmlns=\"http://hl7.org/fhir\"/>"),
        ok(&clopidogrel("other")),
        ok(&json!({ "resourceType": "Patient", "id": "m" })),
        ok(&json!({ "resourceType": "OperationOutcome" })),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1 << 20]),
    ] {
        let server = fhir_server(answer).await;
        let sent = bundle(&[request("m", &referring("Medication/m"))]);
        let chart = read(&base(&server), Some(&sent), &bundle(&[])).await;
        assert_eq!((chart.medications.items.len(), chart.medications.unusable.len()), (0, 1));
        assert_eq!(requests(&server).await.len(), 1);
    }
    LazyLock::force(&KNOWLEDGE);
    let start = Instant::now();
    let hanging = fhir_server(ok(&clopidogrel("m")).set_delay(Duration::from_secs(30))).await;
    let sent = bundle(&[request("m", &referring("Medication/m"))]);
    let chart = read(&base(&hanging), Some(&sent), &bundle(&[])).await;
    assert_eq!(chart.medications.unusable.len(), 1);
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}

#[tokio::test]
async fn medications_of_what_was_fetched_are_read_under_the_same_deadline() {
    let answer = |slow: bool| {
        move |request: &Request| match request.url.path() {
            "/r4/MedicationRequest" => {
                let wait = Duration::from_millis(if slow { 550 } else { 0 });
                ok(&bundle(&[self::request("m", &referring("Medication/m"))])).set_delay(wait)
            }
            "/r4/MedicationStatement" => ResponseTemplate::new(404),
            _ => ok(&clopidogrel("m")).set_delay(Duration::from_millis(200)),
        }
    };
    let server = fhir_server(answer(false)).await;
    let chart = read(&base(&server), None, &bundle(&[])).await;
    assert_eq!(chart.medications.items.len(), 1);
    LazyLock::force(&KNOWLEDGE);
    let start = Instant::now();
    let server = fhir_server(answer(true)).await;
    let chart = read(&base(&server), None, &bundle(&[])).await;
    assert_eq!((chart.medications.items.len(), chart.medications.unusable.len()), (0, 1));
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}

#[tokio::test]
async fn statements_that_could_not_be_read_leave_the_list_incomplete_and_those_not_offered_do_not() {
    let failed = Coverage::Partial(Lack::FetchFailed);
    for (answer, expected) in [
        (ResponseTemplate::new(404), Coverage::Complete),
        (ResponseTemplate::new(405), Coverage::Complete),
        (ResponseTemplate::new(501), Coverage::Complete),
        (ok(&bundle(&[])), Coverage::Complete),
        (ResponseTemplate::new(400), failed),
        (ResponseTemplate::new(401), failed),
        (ResponseTemplate::new(403), failed),
        (ResponseTemplate::new(429), failed),
        (ResponseTemplate::new(500), failed),
        (ok(&bundle(&[])).set_delay(Duration::from_secs(30)), failed),
        (ResponseTemplate::new(200).set_body_string("<html>"), failed),
    ] {
        let server = MockServer::start().await;
        let requests = ok(&bundle(&[]));
        Mock::given(path("/r4/MedicationRequest")).respond_with(requests).mount(&server).await;
        Mock::given(path("/r4/MedicationStatement")).respond_with(answer.clone()).mount(&server).await;
        let chart = read(&base(&server), None, &bundle(&[])).await;
        assert_eq!(chart.medications.coverage, expected, "{answer:?}");
    }
}
