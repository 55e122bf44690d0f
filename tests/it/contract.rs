//! The CDS Hooks contract, requirement by requirement, over HTTP without a socket.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gaitkeeper::app::App;
use gaitkeeper::clock::Clock;
use gaitkeeper::config::{Config, Overrides};
use gaitkeeper::http;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::golden::folders;
use crate::leak_watch;

/// The service as it is deployed, with its clock standing still.
static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    let config = Config::load(None, [], &Overrides::default()).unwrap();
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    Arc::new(App::new(config, Clock::Fixed(datetime!(2026-03-01 09:00 UTC)), knowledge).unwrap())
});

pub(crate) async fn send(request: Request<Body>) -> (StatusCode, Value) {
    let response = leak_watch::ask(http::router(APP.clone()).unwrap(), request).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

pub(crate) async fn call(service: &str, body: &Value) -> (StatusCode, Value) {
    let request =
        Request::post(format!("/cds-services/{service}")).header("content-type", "application/json");
    send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// A call of `leg-pain-patient-view` with nothing in the chart.
fn empty_chart() -> Value {
    json!({
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-11ec-9d64-0242ac120002",
        "context": { "userId": "Practitioner/1", "patientId": "p" },
        "prefetch": { "patient": { "resourceType": "Patient", "id": "p" }, "conditions": null }
    })
}

#[tokio::test]
async fn disc_1_to_9_discovery_has_the_shape_of_the_contract() {
    let (status, discovery) = send(Request::get("/cds-services").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let services = discovery["services"].as_array().unwrap();
    assert_eq!(services.len(), 5);
    for service in services {
        for member in ["hook", "id", "title", "description"] {
            assert!(!service[member].as_str().unwrap().is_empty(), "{member}");
        }
        for (key, template) in service["prefetch"].as_object().unwrap() {
            assert_portable(key, template.as_str().unwrap());
        }
    }
    assert_nothing_empty(&discovery, "");
}

/// PRE-3 to PRE-10: only `{{context.patientId}}`, a read or a type-level search, the bar encoded.
fn assert_portable(key: &str, template: &str) {
    assert!(!template.contains('|') && !template.contains(' '), "{key}: {template}");
    let tokens: Vec<&str> =
        template.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()).collect();
    assert_eq!(tokens, ["context.patientId"], "{key}");
    if let Some((_, query)) = template.split_once('?') {
        let names: BTreeSet<&str> = query.split('&').map(|part| part.split('=').next().unwrap()).collect();
        let portable = BTreeSet::from(["patient", "code", "status", "_sort", "_count"]);
        assert!(names.is_subset(&portable), "{key}: {names:?}");
    }
}

#[tokio::test]
async fn http_2_nothing_to_say_is_an_empty_list_of_cards() {
    let (status, answer) = call("leg-pain-patient-view", &empty_chart()).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "cards": [] })));
}

#[tokio::test]
async fn http_3_a_required_key_that_cannot_be_had_is_412_and_only_that() {
    for (prefetch, expected) in [
        (json!({}), StatusCode::PRECONDITION_FAILED),
        (
            json!({ "conditions": { "resourceType": "OperationOutcome", "issue": [{ "severity": "error" }] } }),
            StatusCode::PRECONDITION_FAILED,
        ),
        (json!({ "conditions": null }), StatusCode::OK),
        (json!({ "conditions": { "resourceType": "Bundle", "total": 0 } }), StatusCode::OK),
    ] {
        let mut body = empty_chart();
        body["prefetch"] = prefetch.clone();
        assert_eq!(call("leg-pain-patient-view", &body).await.0, expected, "{prefetch}");
    }
}

#[tokio::test]
async fn ext_4_unknown_members_are_ignored_at_every_level() {
    let mut body = empty_chart();
    body["extension"] = json!({ "com.example.request": { "deep": [1, null, "x"] } });
    body["context"]["com.example.context"] = json!({ "a": 1 });
    body["prefetch"]["unasked"] = json!({ "resourceType": "Bundle", "entry": [{ "resource": 7 }] });
    body["prefetch"]["patient"]["extension"] = json!([{ "url": "http://example.org", "valueString": "x" }]);
    body["somethingElse"] = json!(null);
    assert_eq!(call("leg-pain-patient-view", &body).await, (StatusCode::OK, json!({ "cards": [] })));
}

#[tokio::test]
async fn broken_calls_are_400_with_an_operation_outcome() {
    let without = |member: &str| {
        let mut body = empty_chart();
        body.as_object_mut().unwrap().remove(member);
        body
    };
    let with = |pointer: &str, value: Value| {
        let mut body = empty_chart();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (what, body) in [
        ("no hook", without("hook")),
        ("no hookInstance", without("hookInstance")),
        ("no context", without("context")),
        ("null context", with("/context", Value::Null)),
        ("context as text", with("/context", json!("x"))),
        ("prefetch as list", with("/prefetch", json!([]))),
        ("another hook", with("/hook", json!("order-sign"))),
        ("no such hook", with("/hook", json!("patient-vue"))),
        ("hook as number", with("/hook", json!(7))),
        ("patientId as number", with("/context/patientId", json!(7))),
        ("patientId with a path in it", with("/context/patientId", json!("p/../q"))),
        ("another patient", with("/prefetch/patient/id", json!("somebody-else"))),
        ("an array", json!([])),
        ("null", Value::Null),
    ] {
        let (status, answer) = call("leg-pain-patient-view", &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{what}: {answer}");
        assert_eq!(answer["resourceType"], "OperationOutcome", "{what}");
        assert_nothing_empty(&answer, "");
    }
}

#[tokio::test]
async fn a_patient_prefix_and_a_long_id_are_accepted() {
    let long = "f".repeat(200);
    for id in ["Patient/p", "p", &long] {
        let mut body = empty_chart();
        body["context"]["patientId"] = json!(id);
        body["prefetch"]["patient"]["id"] = json!(id.trim_start_matches("Patient/"));
        assert_eq!(call("leg-pain-patient-view", &body).await.0, StatusCode::OK, "{id}");
    }
}

#[tokio::test]
async fn recorded_calls_keep_every_rule_of_a_response() {
    let mut cards = 0;
    for (service, folder) in folders() {
        let body: Value = serde_json::from_slice(&fs::read(folder.join("request.json")).unwrap()).unwrap();
        let (status, answer) = call(&service, &body).await;
        let place = folder.display().to_string();
        assert_eq!(status, StatusCode::OK, "{place}");
        assert_nothing_empty(&answer, &place);
        let mut uuids = BTreeSet::new();
        for card in answer["cards"].as_array().unwrap() {
            assert_card(card, &body, &place, &mut uuids);
            cards += 1;
        }
    }
    assert!(cards > 10, "only {cards} cards were looked at");
}

/// CARD-1 to CARD-9, SRC-1 to SRC-4, SUG-1 to SUG-4, ACT-1 to ACT-6, LINK-1 to LINK-4.
fn assert_card(card: &Value, call: &Value, place: &str, uuids: &mut BTreeSet<String>) {
    let text =
        |value: &Value| value.as_str().unwrap_or_else(|| panic!("{place}: {value} is no text")).to_owned();
    let summary = text(&card["summary"]);
    assert!(!summary.is_empty() && summary.chars().count() < 140, "{place}: {summary}");
    let indicator = card["indicator"].as_str().unwrap();
    assert!(["info", "warning", "critical"].contains(&indicator), "{place}");
    let lay = call["context"]["userId"].as_str().is_some_and(|user| !user.starts_with("Practitioner"));
    let reasons = card["overrideReasons"].as_array();
    assert_eq!(reasons.is_some(), indicator != "info" && !lay, "{place}: reasons to override");
    for reason in reasons.into_iter().flatten() {
        assert!(
            ["code", "system", "display"].iter().all(|member| !text(&reason[member]).is_empty()),
            "{place}"
        );
    }
    assert!(uuids.insert(text(&card["uuid"])), "{place}: a uuid twice");
    assert!(!text(&card["source"]["label"]).is_empty());
    let code = text(&card["source"]["topic"]["code"]);
    assert!(code.len() <= 100 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{place}: {code}");
    assert!(text(&card["source"]["topic"]["system"]).starts_with("http"));
    assert_markdown(&text(&card["detail"]), place);
    for link in card["links"].as_array().into_iter().flatten() {
        assert_eq!(link["type"], "absolute");
        assert!(text(&link["url"]).starts_with("https://") || text(&link["url"]).starts_with("http://"));
    }
    let suggestions = card["suggestions"].as_array();
    assert_eq!(suggestions.is_some(), card["selectionBehavior"].is_string(), "{place}");
    for suggestion in suggestions.into_iter().flatten() {
        assert!(!text(&suggestion["label"]).is_empty());
        assert!(uuids.insert(text(&suggestion["uuid"])), "{place}: a uuid twice");
        for action in suggestion["actions"].as_array().unwrap() {
            assert!(!text(&action["description"]).is_empty());
            match text(&action["type"]).as_str() {
                "delete" => {
                    assert!(action.get("resource").is_none());
                    assert!(
                        call.to_string().contains(text(&action["resourceId"]).rsplit('/').next().unwrap())
                    );
                }
                "create" | "update" => {
                    assert!(!text(&action["resource"]["resourceType"]).is_empty());
                    assert!(!text(&action["resource"]["id"]).is_empty());
                    let patient = format!("Patient/{}", text(&call["context"]["patientId"]));
                    assert_eq!(text(&action["resource"]["subject"]["reference"]), patient, "{place}");
                }
                other => panic!("{place}: {other} is no action"),
            }
        }
    }
}

/// The detail is Markdown without raw HTML and without a link that is not ours.
fn assert_markdown(detail: &str, place: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    for event in Parser::new_ext(detail, Options::ENABLE_TABLES) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{place}: raw HTML {html}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                panic!("{place}: a link to {dest_url}")
            }
            _ => {}
        }
    }
}

/// GEN-2 and GEN-3: no `null` and nothing empty, but for `cards` and `services`.
fn assert_nothing_empty(value: &Value, place: &str) {
    match value {
        Value::Null => panic!("{place} is null"),
        Value::String(text) => assert!(!text.is_empty(), "{place} is empty"),
        Value::Array(items) => {
            assert!(
                !items.is_empty() || place.ends_with("cards") || place.ends_with("services"),
                "{place} is empty"
            );
            items.iter().for_each(|item| assert_nothing_empty(item, place));
        }
        Value::Object(members) => {
            assert!(!members.is_empty(), "{place} is empty");
            for (name, member) in members {
                assert_nothing_empty(member, &format!("{place}/{name}"));
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn words_of_a_chart_never_become_markup() {
    let mut body = empty_chart();
    let hostile = "<script>alert(1)</script> [x](http://evil.example) | **b**\n# h";
    let code = |code: &str| json!({ "coding": [{ "system": "http://snomed.info/sct", "code": code }], "text": hostile });
    let condition = |id: &str, snomed: &str| {
        json!({ "resource": {
            "resourceType": "Condition", "id": id, "subject": { "reference": "Patient/p" }, "code": code(snomed),
            "clinicalStatus": { "coding": [{ "code": "active" }] }
        } })
    };
    body["prefetch"]["conditions"] = json!({ "resourceType": "Bundle", "entry": [condition("a", "399957001"), condition("b", "63491006")] });
    let (status, answer) = call("leg-pain-patient-view", &body).await;
    assert_eq!(status, StatusCode::OK);
    let cards = answer["cards"].as_array().unwrap();
    assert!(!cards.is_empty());
    for card in cards {
        assert_markdown(card["detail"].as_str().unwrap(), "hostile chart");
        assert!(!card["summary"].as_str().unwrap().contains('\n'));
    }
}

/// Found by fuzzing: a unit that is not the one we show was told as it came.
#[tokio::test]
async fn a_unit_of_a_chart_never_becomes_markup() {
    let path = "fixtures/hooks/leg-pain-patient-view/claudication-untreated/request.json";
    let mut body: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let quantity = &mut body["prefetch"]["hba1c"]["entry"][0]["resource"]["valueQuantity"];
    *quantity = json!({
        "value": 53, "unit": "![a](https://evil.example/pixel)", "system": "http://unitsofmeasure.org", "code": "mmol/mol"
    });
    let (status, answer) = call("leg-pain-patient-view", &body).await;
    assert_eq!(status, StatusCode::OK);
    let details: Vec<&str> =
        answer["cards"].as_array().unwrap().iter().filter_map(|card| card["detail"].as_str()).collect();
    assert!(details.iter().any(|detail| detail.contains("evil.example")), "it is told: {details:?}");
    for detail in details {
        assert_markdown(detail, "hostile unit");
    }
}
