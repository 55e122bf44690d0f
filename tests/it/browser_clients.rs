//! What clients send that run in a browser themselves, such as the public CDS Hooks sandbox: preflights, searches by
//! POST, and drafts that are not quite R4. Over HTTP without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use gaitkeeper::app::App;
use gaitkeeper::clock::Clock;
use gaitkeeper::config::{Config, Overrides};
use gaitkeeper::http;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::leak_watch;

const SIGN: &str = "leg-pain-order-sign";

fn service() -> Router {
    let config = Config::load(None, [], &Overrides { sandbox: true, ..Overrides::default() }).unwrap();
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let clock = Clock::Fixed(datetime!(2026-03-01 09:00 UTC));
    http::router(Arc::new(App::new(config, clock, knowledge).unwrap())).unwrap()
}

async fn send(service: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
    let (head, body) = leak_watch::ask(service.clone(), request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// The call that signs an MR angiography with contrast at an eGFR of 29: one critical card.
async fn signing(service: &Router) -> Value {
    let path = format!("/sandbox/calls/renal-egfr-29/{SIGN}?draft=mra-leg-with-contrast");
    send(service, Request::get(path).body(Body::empty()).unwrap()).await.2
}

async fn indicators(service: &Router, call: &Value) -> Vec<String> {
    let request = Request::post(format!("/cds-services/{SIGN}"))
        .header("content-type", "application/json")
        .header("origin", "https://sandbox.example");
    let (status, headers, answer) = send(service, request.body(Body::from(call.to_string())).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(headers["access-control-allow-origin"], "*");
    let cards = answer["cards"].as_array().unwrap().iter();
    cards.map(|card| card["indicator"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_route_answers_a_preflight_without_authentication() {
    let service = service();
    for path in [
        "/cds-services",
        "/cds-services/leg-pain-order-sign",
        "/cds-services/leg-pain-order-sign/feedback",
        "/guidance/leg-pain",
        "/guidance/leg-pain/questionnaires/pain-pattern",
        "/sandbox/patients",
        "/nowhere",
    ] {
        let request = Request::options(path)
            .header("origin", "https://sandbox.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let (status, headers, _) = send(&service, request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
        let allowed = headers["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{path}: {allowed}");
    }
}

#[tokio::test]
async fn a_refusal_can_be_read_by_the_page_that_called_as_well() {
    let service = service();
    for (method, path, content_type, body, expected) in [
        ("GET", "/cds-services", None, "", 200),
        ("POST", "/cds-services/leg-pain-order-sign", Some("application/json"), "{", 400),
        ("POST", "/cds-services/none", Some("application/json"), "{}", 404),
        ("GET", "/nowhere", None, "", 404),
        ("GET", "/cds-services/leg-pain-order-sign", None, "", 405),
        (
            "POST",
            "/cds-services/leg-pain-patient-view",
            Some("application/json"),
            r#"{"hook":"patient-view","hookInstance":"d1577c69-dfbe-11ec-9d64-0242ac120002",
                "context":{"userId":"Practitioner/1","patientId":"p"}}"#,
            412,
        ),
        ("POST", "/cds-services/leg-pain-order-sign", Some("text/plain"), "{}", 415),
    ] {
        let mut request =
            Request::builder().method(method).uri(path).header("origin", "https://sandbox.example");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let (status, headers, _) = send(&service, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}");
        assert_eq!(headers["access-control-allow-origin"], "*", "{method} {path}");
    }
}

#[tokio::test]
async fn what_a_search_by_post_gave_reads_like_any_other() {
    let service = service();
    let mut call = signing(&service).await;
    for (key, bundle) in call["prefetch"].as_object_mut().unwrap() {
        if bundle["resourceType"] != "Bundle" {
            continue;
        }
        // A server answers `POST [base]/Type/_search` with that address as `self`, and says why an entry is there.
        bundle["id"] = json!("6f1c8b1e-0000-4000-8000-000000000000");
        bundle["meta"] = json!({ "lastUpdated": "2026-03-01T08:59:59.123+00:00" });
        bundle["link"] =
            json!([{ "relation": "self", "url": format!("https://ehr.example/fhir/{key}/_search") }]);
        for entry in bundle["entry"].as_array_mut().into_iter().flatten() {
            entry["search"] = json!({ "mode": "match" });
        }
    }
    assert_eq!(indicators(&service, &call).await, ["critical"]);
}

#[tokio::test]
async fn drafts_that_are_not_valid_r4_are_read_as_far_as_they_go() {
    let service = service();
    let valid = signing(&service).await;
    type Damage = fn(&mut Value);
    let cases: [(&str, Damage); 5] = [
        ("as it is", |_| ()),
        ("a Bundle without type", |drafts| {
            drafts.as_object_mut().unwrap().remove("type");
        }),
        ("category as an object", |drafts| {
            drafts["entry"][0]["resource"]["category"] =
                json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "363679005" }] });
        }),
        ("beside a MedicationRequest without a drug", |drafts| {
            drafts["entry"].as_array_mut().unwrap().insert(
                0,
                json!({ "resource": {
                    "resourceType": "MedicationRequest", "id": "no-drug", "status": "draft", "intent": "order",
                    "subject": { "reference": "Patient/renal-egfr-29" }
                } }),
            );
        }),
        ("all of it", |drafts| {
            drafts.as_object_mut().unwrap().remove("type");
            drafts["entry"][0]["resource"]["category"] = json!({ "text": "imaging" });
            let nameless = json!({ "resource": { "resourceType": "MedicationRequest", "status": "draft" } });
            drafts["entry"].as_array_mut().unwrap().push(nameless);
        }),
    ];
    for (what, damage) in cases {
        let mut call = valid.clone();
        damage(&mut call["context"]["draftOrders"]);
        assert_eq!(indicators(&service, &call).await, ["critical"], "{what}");
    }
}

#[tokio::test]
async fn of_a_draft_without_a_drug_it_is_said_that_it_could_not_be_checked() {
    let service = service();
    let mut call = signing(&service).await;
    call["context"]["draftOrders"]["entry"] = json!([{ "resource": {
        "resourceType": "MedicationRequest", "id": "no-drug", "status": "draft", "intent": "order",
        "subject": { "reference": "Patient/renal-egfr-29" }
    } }]);
    assert_eq!(indicators(&service, &call).await, ["info"]);
}

#[tokio::test]
async fn feedback_with_and_without_reasons_is_taken() {
    let service = service();
    let call = signing(&service).await;
    let request = Request::post(format!("/cds-services/{SIGN}")).header("content-type", "application/json");
    let (_, _, answer) = send(&service, request.body(Body::from(call.to_string())).unwrap()).await;
    let card = &answer["cards"][0];
    let at = "2026-03-01T09:00:05Z";
    let reason = json!({ "reason": card["overrideReasons"][0], "userComment": "talked with radiology" });
    for (name, item) in [
        (
            "accepted",
            json!({ "outcome": "accepted", "acceptedSuggestions": [{ "id": card["suggestions"][0]["uuid"] }] }),
        ),
        ("overridden with a reason", json!({ "outcome": "overridden", "overrideReason": reason })),
        (
            "overridden with a comment only",
            json!({ "outcome": "overridden", "overrideReason": { "userComment": "no" } }),
        ),
        ("overridden without a reason", json!({ "outcome": "overridden" })),
    ] {
        let mut item = item;
        item["card"] = card["uuid"].clone();
        item["outcomeTimestamp"] = json!(at);
        let request = Request::post(format!("/cds-services/{SIGN}/feedback"))
            .header("content-type", "application/json")
            .header("origin", "https://sandbox.example");
        let body = Body::from(json!({ "feedback": [item] }).to_string());
        let (status, headers, told) = send(&service, request.body(body).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{name}: {told}");
        assert_eq!(headers["access-control-allow-origin"], "*", "{name}");
    }
}
