//! The guidance pages and the sandbox, over HTTP without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use gaitkeeper::app::App;
use gaitkeeper::chart::System;
use gaitkeeper::clock::Clock;
use gaitkeeper::config::{Config, Overrides};
use gaitkeeper::http;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::rehearsal::Synthetics;
use http_body_util::BodyExt;
use serde_json::Value;
use time::macros::datetime;

use crate::leak_watch;

fn service(sandbox: bool) -> Router {
    let config = Config::load(None, [], &Overrides { sandbox, ..Overrides::default() }).unwrap();
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let clock = Clock::Fixed(datetime!(2027-06-15 09:00 UTC));
    http::router(Arc::new(App::new(config, clock, knowledge).unwrap())).unwrap()
}

async fn send(service: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = leak_watch::ask(service.clone(), request).await;
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(service: &Router, path: &str) -> (StatusCode, HeaderMap, String) {
    send(service, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_link_of_a_card_leads_to_its_statement() {
    let service = service(false);
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let mut statements = 0;
    for (number, topic) in knowledge.topics.iter().enumerate() {
        for reader in ["", "?for=patient"] {
            let (status, headers, page) =
                get(&service, &format!("/guidance/leg-pain/{}{reader}", topic.id)).await;
            assert_eq!(status, StatusCode::OK, "{}", topic.id);
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
            assert!(!page.contains("<script>") && !page.contains(" style="), "{}", topic.id);
            for statement in knowledge.statements.iter().filter(|statement| statement.topic == number) {
                assert!(
                    page.contains(&format!("id=\"{}\"", statement.id)),
                    "{} is not on its page",
                    statement.id
                );
                statements += 1;
            }
        }
    }
    assert_eq!(statements, 2 * knowledge.statements.len());
}

#[tokio::test]
async fn the_package_page_says_what_is_not_reviewed_and_not_resolved() {
    let (status, _, page) = get(&service(false), "/guidance/leg-pain").await;
    assert_eq!(status, StatusCode::OK);
    for words in ["under review", "no clinician has reviewed it yet", "Beyond the article"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_the_sandbox_is_off_unless_asked_for() {
    for (sandbox, path) in [
        (false, "/"),
        (false, "/sandbox/patients"),
        (false, "/sandbox/calls/claudication-untreated/leg-pain-patient-view"),
        (true, "/guidance/other"),
        (true, "/guidance/leg-pain/other"),
        (true, "/sandbox/patients/nobody"),
        (true, "/sandbox/patients/nobody?day=2026-03-01"),
        (true, "/sandbox/orders/none"),
        (true, "/sandbox/problems/none"),
        (false, "/sandbox/problems/leg-pain"),
        (true, "/sandbox/patients/..%2f..%2fCargo"),
        (true, "/sandbox/calls/nobody/leg-pain-patient-view"),
        (true, "/sandbox/calls/claudication-untreated/no-service"),
        (true, "/assets/none.css"),
    ] {
        let (status, _, body) = get(&service(sandbox), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.contains("OperationOutcome"), "{path}");
    }
}

#[tokio::test]
async fn every_synthetic_patient_can_be_called_for_at_every_hook() {
    let service = service(true);
    let (status, _, page) = get(&service, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("<script>") && !page.contains("http://") && !page.contains("https://"), "{page}");
    let (_, _, patients) = get(&service, "/sandbox/patients").await;
    let patients: Value = serde_json::from_str(&patients).unwrap();
    let patients = patients.as_array().or_else(|| patients["patients"].as_array()).unwrap();
    let mut cards = 0;
    for patient in patients {
        let slug = patient["slug"].as_str().unwrap();
        for id in ["leg-pain-patient-view", "leg-pain-order-select", "leg-pain-order-sign"] {
            let path = format!("/sandbox/calls/{slug}/{id}?draft=mra-leg-with-contrast");
            let (status, _, call) = get(&service, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {call}");
            let request =
                Request::post(format!("/cds-services/{id}")).header("content-type", "application/json");
            let (status, _, answer) = send(&service, request.body(Body::from(call)).unwrap()).await;
            assert_eq!(status, StatusCode::OK, "{path}: {answer}");
            let answer: Value = serde_json::from_str(&answer).unwrap();
            cards += answer["cards"].as_array().unwrap().len();
        }
    }
    assert!(patients.len() >= 10 && cards >= 10, "{} patients, {cards} cards", patients.len());
}

#[tokio::test]
async fn the_dates_of_the_sandbox_move_with_the_day() {
    let service = service(true);
    let path = "/sandbox/calls/renal-egfr-29/leg-pain-order-sign?draft=mra-leg-with-contrast";
    let (_, _, call) = get(&service, path).await;
    // The record is written for 2026-03-01; the newest eGFR is of 2026-02-10, nineteen days before.
    assert!(call.contains("2027-05-27"), "{call}");
    assert!(!call.contains("2026-02-10"));
}

#[tokio::test]
async fn a_record_is_given_with_its_dates_moved_or_as_it_was_written() {
    let service = service(true);
    let (_, _, written) = get(&service, "/sandbox/patients/renal-egfr-29").await;
    assert!(written.contains("2026-02-10"));
    let (_, _, moved) = get(&service, "/sandbox/patients/renal-egfr-29?day=2026-03-01").await;
    assert!(moved.contains("2027-05-27") && !moved.contains("2026-02-10"), "{moved}");
    for query in ["day=soon", "night=2026-03-01", "day=2026-03-01&day=2026-03-02"] {
        let (status, _, _) = get(&service, &format!("/sandbox/patients/renal-egfr-29?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_call_is_explained_with_every_rule_of_its_service() {
    let service = service(true);
    let path = "/sandbox/calls/renal-egfr-29/leg-pain-order-sign?draft=mra-leg-with-contrast";
    let (_, _, call) = get(&service, path).await;
    let explain = |id: &str, body: &str| {
        let request = Request::post(format!("/sandbox/explanations/{id}"));
        request.header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
    };
    let (status, headers, report) = send(&service, explain("leg-pain-order-sign", &call)).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(headers["cache-control"], "no-store");
    let report: Value = serde_json::from_str(&report).unwrap();
    let rules = report["rules"].as_array().unwrap();
    let fired: Vec<_> = rules.iter().filter(|rule| rule["outcome"] == "fires").collect();
    assert!(rules.len() > fired.len() && fired.iter().any(|rule| rule["rule"] == "PIT-07"), "{fired:?}");
    assert!(fired[0]["reason"].to_string().contains("Observation/renal-29-egfr-2"), "{}", fired[0]["reason"]);
    for (id, body, expected) in [
        ("none", call.as_str(), StatusCode::NOT_FOUND),
        ("leg-pain-order-sign", "{", StatusCode::BAD_REQUEST),
        ("leg-pain-patient-view", call.as_str(), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(send(&service, explain(id, body)).await.0, expected, "{id}");
    }
    let off = self::service(false);
    assert_eq!(send(&off, explain("leg-pain-order-sign", &call)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_problem_that_can_be_added_is_a_condition_which_the_knowledge_knows() {
    let service = service(true);
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let problems = Synthetics::embedded().unwrap().problems;
    assert!(problems.len() >= 10);
    for problem in problems {
        let (status, _, body) = get(&service, &format!("/sandbox/problems/{}", problem.slug)).await;
        assert_eq!(status, StatusCode::OK, "{}", problem.slug);
        let condition: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(condition["resourceType"], "Condition");
        let coding = &condition["code"]["coding"][0];
        let system = System::from_uri(coding["system"].as_str().unwrap()).unwrap();
        let known = knowledge.value_sets.vocabulary.concepts(system, coding["code"].as_str().unwrap());
        assert!(!known.is_empty(), "{}: {coding} is in no value set", problem.slug);
    }
}

#[tokio::test]
async fn the_guidance_is_searched_by_people_and_by_programs() {
    let service = service(false);
    let (status, headers, page) = get(&service, "/guidance/search?q=gadolinum").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "no-store");
    for words in ["Read <em>gadolinum</em> as <strong>gadolinium</strong>", "imaging#PIT-07"] {
        assert!(page.contains(words), "{words} is missing");
    }
    let (_, _, plain) = get(&service, "/guidance/search?q=gadolinium&for=patient").await;
    assert!(plain.contains("imaging?for=patient#PIT-07"));

    let (status, headers, found) = get(&service, "/guidance/search?q=smoking&format=json").await;
    assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"application/json".parse().unwrap()));
    let found: Value = serde_json::from_str(&found).unwrap();
    let hit = found["statements"].as_array().unwrap().iter().find(|hit| hit["id"] == "PAD-08").unwrap();
    assert!(hit["text"].is_string() && hit["cites"].is_array() && hit["review"] == "under review");
    let request = Request::get("/guidance/search?q=smoking").header("accept", "application/json");
    let (_, _, accepted) = send(&service, request.body(Body::empty()).unwrap()).await;
    assert_eq!(serde_json::from_str::<Value>(&accepted).unwrap(), found);
}

#[tokio::test]
async fn a_search_that_finds_nothing_says_so_and_repeats_no_markup() {
    let service = service(false);
    for question in
        ["migraine", "%3Cscript%3Ealert(1)%3C/script%3E", "%00", "%ff", "x%20".repeat(500).as_str()]
    {
        let (status, _, page) = get(&service, &format!("/guidance/search?q={question}")).await;
        assert_eq!(status, StatusCode::OK, "{question}");
        assert!(!page.contains("<script>"), "{question}");
    }
    let (_, _, page) = get(&service, "/guidance/search?q=migraine").await;
    assert!(page.contains("This guidance says nothing about"));
    let (status, _, empty) = get(&service, "/guidance/search").await;
    assert!(status == StatusCode::OK && empty.contains("Search the guidance"));
}

#[tokio::test]
async fn the_questionnaire_is_published_as_a_fhir_resource() {
    let service = service(false);
    let (status, headers, body) = get(&service, "/guidance/leg-pain/questionnaires/pain-pattern").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (StatusCode::OK, &"application/fhir+json".parse().unwrap())
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["resourceType"], "Questionnaire");
    assert_eq!(get(&service, "/guidance/leg-pain/questionnaires/none").await.0, StatusCode::NOT_FOUND);
}
