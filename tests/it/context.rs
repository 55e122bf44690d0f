//! What a call is about, in all the ways in which clients say it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Journey, Setting};
use gaitkeeper::report::Report;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::contract::{call, send};

const SIGN: &str = "leg-pain-order-sign";

/// A recorded call.
fn recorded(service: &str, name: &str) -> Value {
    let path = format!("fixtures/hooks/{service}/{name}/request.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Gadolinium at an eGFR of 29.
fn contrast() -> Value {
    recorded(SIGN, "contrast-mra-egfr-29")
}

/// All actions of a card, of all its suggestions.
fn actions(card: &Value) -> Vec<Value> {
    let suggestions = card["suggestions"].as_array().into_iter().flatten();
    suggestions.flat_map(|suggestion| suggestion["actions"].as_array().unwrap().clone()).collect()
}

/// The codes of the cards.
async fn cards(service: &str, body: &Value) -> Vec<String> {
    let (status, answer) = call(service, body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let cards = answer["cards"].as_array().unwrap().iter();
    cards.map(|card| card["source"]["topic"]["code"].as_str().unwrap().to_owned()).collect()
}

/// What the client is told where it is refused.
async fn refusal(service: &str, body: &Value) -> String {
    refusal_of(service, body.to_string()).await
}

async fn refusal_of(service: &str, body: String) -> String {
    let request =
        Request::post(format!("/cds-services/{service}")).header("content-type", "application/json");
    let (status, answer) = send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    answer["issue"][0]["details"]["text"].as_str().unwrap().to_owned()
}

/// What `gaitkeeper explain` says of the call.
fn explanation(service: &str, body: &Value) -> String {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let now = datetime!(2026-03-01 09:00 UTC);
    let setting = Setting { knowledge: &knowledge, now, public_url: "https://cds.example" };
    let body = body.to_string();
    let report = |journey: Journey<'_>| Report::of(&knowledge, &journey, now, &[]).to_string();
    pipeline::travel(&setting, service, body.as_bytes(), report).unwrap()
}

#[tokio::test]
async fn an_order_that_stands_bare_in_the_place_of_a_bundle_is_judged() {
    let mut body = contrast();
    let expected = cards(SIGN, &body).await;
    assert_eq!(expected, ["PIT07"]);
    body["context"]["draftOrders"] = body["context"]["draftOrders"]["entry"][0]["resource"].take();
    assert_eq!(cards(SIGN, &body).await, expected);
}

/// Each was answered with no cards, as if the orders had been looked at.
#[tokio::test]
async fn drafts_that_are_no_orders_are_refused() {
    for (drafts, problem) in [
        (json!([]), "is not of the expected type"),
        (json!({}), "is neither a Bundle nor an order"),
        (json!({ "resourceType": "Patient", "id": "1" }), "is neither a Bundle nor an order"),
        (json!({ "resourceType": "Bundle", "entry": {} }), "is neither a Bundle nor an order"),
        (json!({ "resourceType": "Bundle", "entry": [7] }), "holds an entry that is not a FHIR resource"),
        (
            json!({ "resourceType": "Bundle", "entry": [{ "resource": { "id": "1" } }] }),
            "holds an entry that is not a FHIR resource",
        ),
    ] {
        let mut body = contrast();
        body["context"]["draftOrders"] = drafts.clone();
        let told = refusal(SIGN, &body).await;
        assert_eq!(told, format!("`context.draftOrders` {problem}"), "{drafts}");
    }
}

/// An order among others that cannot be understood is an order without a code, which has a card of its own.
#[tokio::test]
async fn an_order_whose_members_cannot_be_read_is_one_that_could_not_be_checked() {
    let mut body = contrast();
    body["context"]["draftOrders"]["entry"][0]["resource"]["code"] = json!(7);
    assert_eq!(cards(SIGN, &body).await, ["PIT07UNCODED"]);
}

#[tokio::test]
async fn selections_that_name_no_draft_silence_nothing() {
    let service = "leg-pain-order-select";
    let mut body = recorded(service, "contrast-mra-egfr-29");
    for selections in [json!(["ServiceRequest/known-elsewhere-as-this"]), json!([""]), json!([])] {
        body["context"]["selections"] = selections.clone();
        assert_eq!(cards(service, &body).await, ["PIT07"], "{selections}");
        let told = "context.selections: names no draft, so all drafts are judged";
        let is_told = explanation(service, &body).contains(told);
        assert_eq!(is_told, selections != json!([]), "{selections}");
    }
}

/// Two readers of such a call could take two patients, or two charts.
#[tokio::test]
async fn a_member_that_is_there_twice_is_refused_where_it_stands() {
    let call = contrast();
    let body = call.to_string();
    for (object, twice, expected) in [
        ("{", r#""hook":"patient-view""#, "body"),
        ("{", r#""context":{}"#, "body"),
        ("{", r#""prefetch":{}"#, "body"),
        (r#""context":{"#, r#""patientId":"somebody-else""#, "context"),
        (r#""context":{"#, r#""patient\u0049d":"somebody-else""#, "context"),
        (r#""context":{"#, r#""patientId":null"#, "context"),
        (r#""context":{"#, r#""draftOrders":{}"#, "context"),
        (r#""prefetch":{"#, r#""egfr":null"#, "prefetch"),
        (r#""prefetch":{"#, r#""\u0065gfr":null"#, "prefetch"),
        (r#""prefetch":{"#, r#""unasked":1,"unasked":2"#, "prefetch"),
    ] {
        assert!(body.contains(object), "{object}");
        let body = body.replacen(object, &format!("{object}{twice},"), 1);
        let told = refusal_of(SIGN, body).await;
        assert_eq!(told, format!("`{expected}` names a member twice"), "{twice}");
    }
    let mut authorized = contrast();
    authorized["fhirServer"] = json!("https://ehr.example/r4");
    authorized["fhirAuthorization"] = json!({ "access_token": "t", "patient": "p" });
    let twice = authorized.to_string().replacen(r#""patient":"p""#, r#""patient":"p","patient":"q""#, 1);
    assert_eq!(refusal_of(SIGN, twice).await, "`fhirAuthorization` names a member twice");
    authorized["fhirAuthorization"] = json!(["t", "Bearer", "p"]);
    assert_eq!(refusal(SIGN, &authorized).await, "`fhirAuthorization` is not of the expected type");
    let by_position = json!([call["hook"], "x", null, null, call["context"], call["prefetch"]]);
    assert_eq!(refusal(SIGN, &by_position).await, "the body is not a JSON object");
}

/// JSON may write any letter of a text as an escape.
#[tokio::test]
async fn an_id_with_a_json_escape_is_the_id_without_it() {
    let plain = contrast().to_string();
    for (written, escaped) in [
        (r#""patientId":"renal-egfr-29""#, r#""patientId":"renal\u002degfr-29""#),
        (r#""patientId":"renal-egfr-29""#, r#""patientId":"Patient\/renal-egfr-29""#),
        (r#""patientId":"#, r#""encounterId":"e\u002d1","patientId":"#),
        (r#""patientId":"#, r#""patient\u0049d":"#),
        (r#""draftOrders":{"#, r#""draft\u004frders":{"#),
        (r#""userId":"Practitioner/"#, r#""userId":"Practitioner\/"#),
    ] {
        assert!(plain.contains(written), "{written}");
        let body: Box<serde_json::value::RawValue> =
            serde_json::from_str(&plain.replacen(written, escaped, 1)).unwrap();
        let request =
            Request::post(format!("/cds-services/{SIGN}")).header("content-type", "application/json");
        let (status, answer) = send(request.body(Body::from(body.get().to_owned())).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{escaped}: {answer}");
        assert_eq!(answer["cards"][0]["source"]["topic"]["code"], "PIT07", "{escaped}");
    }
}

/// With another, no order could be written, and the suggestions were missing without a word.
#[tokio::test]
async fn an_encounter_id_is_one_or_refused() {
    for (id, expected) in [
        (json!("e-1"), "Encounter/e-1"),
        (json!("Encounter/e-1"), "Encounter/e-1"),
        (json!(""), ""),
        (Value::Null, ""),
    ] {
        let mut body = contrast();
        body["context"]["encounterId"] = id.clone();
        let (status, answer) = call(SIGN, &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let created = &answer["cards"][0]["suggestions"][0]["actions"][1]["resource"];
        assert!(created["id"].is_string(), "{id}: {answer}");
        assert_eq!(created["encounter"]["reference"].as_str().unwrap_or_default(), expected, "{id}");
    }
    let invalid = "is not a FHIR id";
    for (member, id, problem) in [
        ("encounterId", json!("the second one"), invalid),
        ("encounterId", json!("Patient/e-1"), invalid),
        ("encounterId", json!("Encounter/"), invalid),
        ("encounterId", json!("Encounter/Encounter/e"), invalid),
        ("encounterId", json!("e/../f"), invalid),
        ("encounterId", json!("https://ehr.example/r4/Encounter/e-1"), invalid),
        ("encounterId", json!("e".repeat(300)), invalid),
        ("encounterId", json!(7), "is not of the expected type"),
        ("encounterId", json!({ "id": "e" }), "is not of the expected type"),
        ("patientId", json!("Encounter/p"), invalid),
        ("patientId", json!("Patient/"), invalid),
        ("patientId", json!(["p"]), "is not of the expected type"),
    ] {
        let mut body = contrast();
        body["context"][member] = id.clone();
        assert_eq!(refusal(SIGN, &body).await, format!("`context.{member}` {problem}"), "{id}");
    }
}

/// `DeviceRequest/#0` is what we call the first draft, and nothing that a client could find.
#[tokio::test]
async fn a_draft_without_an_id_is_neither_changed_nor_removed() {
    for (name, code, changes) in [
        ("contrast-mra-egfr-29", "PIT07", true),
        ("compression-without-abi", "MOD02", true),
        ("cast-for-a-sprain", "MSK06", true),
        ("baclofen-in-cirrhosis", "CRAMP03DOSE", true),
        ("oxycodone-in-claudication", "PAD15OPIOID", false),
    ] {
        let mut body = recorded(SIGN, name);
        for (has_id, expected) in [(true, true), (false, !changes)] {
            if !has_id {
                let entries = body["context"]["draftOrders"]["entry"].as_array_mut().unwrap();
                entries
                    .iter_mut()
                    .for_each(|entry| _ = entry["resource"].as_object_mut().unwrap().remove("id"));
            }
            let (status, answer) = call(SIGN, &body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let card = &answer["cards"][0];
            assert_eq!(card["source"]["topic"]["code"], code, "{name}");
            let actions = actions(card);
            assert_eq!(!actions.is_empty(), expected, "{name}: {actions:?}");
        }
    }
}

#[tokio::test]
async fn two_drafts_with_the_same_id_are_neither_changed_nor_removed() {
    let mut body = contrast();
    let entries = body["context"]["draftOrders"]["entry"].as_array_mut().unwrap();
    entries.push(entries[0].clone());
    let (_, answer) = call(SIGN, &body).await;
    assert_eq!(answer["cards"][0]["source"]["topic"]["code"], "PIT07");
    assert_eq!(actions(&answer["cards"][0]), [] as [Value; 0]);
}

#[tokio::test]
async fn what_is_created_refers_to_nothing_without_an_id() {
    const VIEW: &str = "leg-pain-patient-view";
    let references = |answer: &Value| {
        let text =
            answer["cards"].as_array().unwrap().iter().flat_map(actions).map(|action| action.to_string());
        let all: Vec<String> = text.collect();
        let found: Vec<String> = all
            .iter()
            .flat_map(|text| {
                text.split(r#""reference":""#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned())
            })
            .collect();
        (all.len(), found)
    };
    let mut body = recorded(VIEW, "claudication-untreated");
    let (_, with_ids) = call(VIEW, &body).await;
    let (actions, found) = references(&with_ids);
    assert!(found.iter().any(|reference| reference.starts_with("Condition/")), "{found:?}");
    for bundle in body["prefetch"].as_object_mut().unwrap().values_mut() {
        for entry in bundle["entry"].as_array_mut().into_iter().flatten() {
            entry["resource"].as_object_mut().unwrap().remove("id");
        }
    }
    let (_, without) = call(VIEW, &body).await;
    let (still, found) = references(&without);
    assert_eq!(still, actions, "nothing is missing but the references");
    assert!(
        found.iter().all(|reference| reference.starts_with("Pat") || reference.starts_with("Pract")),
        "{found:?}"
    );
}
