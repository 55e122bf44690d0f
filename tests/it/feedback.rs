//! Feedback through the built program: killed in the middle of a stream, and what a report tells of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gaitkeeper::feedback::Store;
use gaitkeeper::feedback::store::day;
use serde_json::{Value, json};
use time::macros::date;

/// A folder that goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("gaitkeeper-it-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program, serving.
struct Service {
    child: Child,
    url: String,
    platform: String,
}

impl Service {
    async fn start(database: &str) -> Service {
        Service::start_until(database, |ready| ready["feedback"].is_null()).await
    }

    async fn start_until(database: &str, well: impl Fn(&Value) -> bool) -> Service {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (listen, platform) = (free(), free());
        let child = Command::new(env!("CARGO_BIN_EXE_gaitkeeper"))
            .args(["serve", "--listen", &listen.to_string()])
            .env("GAITKEEPER__SERVER__PLATFORM_LISTEN", platform.to_string())
            .env("GAITKEEPER__FEEDBACK__DATABASE", database)
            .env("GAITKEEPER__FEEDBACK__FLUSH_INTERVAL", "200 ms")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let service =
            Service { child, url: format!("http://{listen}"), platform: format!("http://{platform}") };
        for _ in 0..600 {
            if service.ready().await.is_some_and(|body| well(&body)) {
                return service;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the service did not become ready as expected");
    }

    async fn ready(&self) -> Option<Value> {
        let answer = reqwest::get(format!("{}/readyz", self.platform)).await.ok()?;
        serde_json::from_slice(&answer.bytes().await.ok()?).ok()
    }

    /// SIGKILL: nothing is flushed, nothing is closed.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts; the status, or nothing where no answer came.
async fn post(url: &str, body: &Value) -> Option<(u16, Value)> {
    let sent = reqwest::Client::new().post(url).body(body.to_string()).send().await.ok()?;
    let status = sent.status().as_u16();
    Some((status, serde_json::from_slice(&sent.bytes().await.ok()?).ok()?))
}

/// A batch of three items, each with a reason of its own by which it is found again.
fn batch(number: usize) -> (Vec<String>, Value) {
    let reasons: Vec<String> = (0..3).map(|item| format!("item-{number}-{item}")).collect();
    let items = reasons.iter().map(|reason| {
        json!({
            "card": reason, "outcome": "overridden", "outcomeTimestamp": "2026-03-01T08:00:00Z",
            "overrideReason": { "reason": { "system": "urn:x", "code": reason } }
        })
    });
    let body = json!({ "feedback": items.collect::<Vec<_>>() });
    (reasons, body)
}

/// Every item in the database, with how often it is there.
async fn kept(database: &str) -> BTreeMap<String, i64> {
    let store = Store::open(database).unwrap();
    let first = day(date!(2026 - 03 - 01));
    let lines = store.outcomes(first..first + 1).await.unwrap();
    store.close().await;
    lines.into_iter().map(|line| (line.reason.unwrap_or_default(), line.number)).collect()
}

/// Kills the service three times in the middle of a stream. What it acknowledged is there, and after everything was sent
/// again, nothing is there twice.
async fn killed_in_the_middle(database: &str) {
    let mut all = BTreeSet::new();
    for round in 0..3 {
        let mut service = Service::start(database).await;
        let path = format!("{}/cds-services/leg-pain-patient-view/feedback", service.url);
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (path, acknowledged) = (path.clone(), acknowledged.clone());
                tokio::spawn(async move {
                    for place in 0.. {
                        let (reasons, body) = batch(round * 1_000_000 + writer * 100_000 + place);
                        match post(&path, &body).await {
                            Some((200, _)) => acknowledged.lock().unwrap().extend(reasons),
                            Some((503, _)) => {}
                            Some(other) => panic!("{other:?}"),
                            None => return place,
                        }
                    }
                    0
                })
            })
            .collect();
        while acknowledged.lock().unwrap().len() < 60 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        service.kill();
        let mut places = Vec::new();
        for writer in writers {
            places.push(writer.await.unwrap());
        }
        let there = kept(database).await;
        let acknowledged = acknowledged.lock().unwrap().clone();
        let lost: Vec<_> = acknowledged.iter().filter(|item| !there.contains_key(*item)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        for (writer, last) in places.into_iter().enumerate() {
            for place in 0..=last {
                all.insert(round * 1_000_000 + writer * 100_000 + place);
            }
        }
    }
    // As a client does that is not sure: everything once more.
    let service = Service::start(database).await;
    let path = format!("{}/cds-services/leg-pain-patient-view/feedback", service.url);
    let mut expected = BTreeMap::new();
    for number in all {
        let (reasons, body) = batch(number);
        assert_eq!(post(&path, &body).await.unwrap().0, 200);
        expected.extend(reasons.into_iter().map(|reason| (reason, 1)));
    }
    assert_eq!(kept(database).await, expected);
    let store = Store::open(database).unwrap();
    let items = store.items_since(time::macros::datetime!(2026-03-01 00:00 UTC)).await.unwrap();
    assert_eq!(items, i64::try_from(expected.len()).unwrap());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_stream_on_sqlite() {
    let folder = Folder::new();
    killed_in_the_middle(&folder.0.join("feedback.db").display().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a PostgreSQL server: `make e2e` starts one and names it in GAITKEEPER_TEST_POSTGRES"]
async fn killed_in_the_middle_of_a_stream_on_postgresql() {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the server of this test is, not a setting of the service"
    )]
    let url =
        std::env::var("GAITKEEPER_TEST_POSTGRES").expect("GAITKEEPER_TEST_POSTGRES names an empty database");
    killed_in_the_middle(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_hook_calls_go_on_and_it_recovers_by_itself() {
    let folder = Folder::new();
    let missing = folder.0.join("not-there-yet");
    let database = missing.join("feedback.db").display().to_string();
    let service = Service::start_until(&database, |ready| ready["feedback"] == "unavailable").await;
    let call = Path::new("fixtures/hooks/leg-pain-patient-view/claudication-untreated/request.json");
    let call: Value = serde_json::from_slice(&std::fs::read(call).unwrap()).unwrap();
    let url = format!("{}/cds-services/leg-pain-patient-view", service.url);
    let (status, answer) = post(&url, &call).await.unwrap();
    assert!(status == 200 && !answer["cards"].as_array().unwrap().is_empty(), "{answer}");
    let (_, body) = batch(1);
    assert_eq!(post(&format!("{url}/feedback"), &body).await.unwrap().0, 503);
    std::fs::create_dir(&missing).unwrap();
    for _ in 0..600 {
        if post(&format!("{url}/feedback"), &body).await.unwrap().0 == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(service.ready().await.unwrap()["feedback"].is_null());
    assert_eq!(kept(&database).await.len(), 3);
}

/// From a card of an answer to a line of the report.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_accepted_is_accepted_in_the_report() {
    let folder = Folder::new();
    let database = folder.0.join("feedback.db").display().to_string();
    let service = Service::start(&database).await;
    let call = Path::new("fixtures/hooks/leg-pain-patient-view/claudication-untreated/request.json");
    let call: Value = serde_json::from_slice(&std::fs::read(call).unwrap()).unwrap();
    let url = format!("{}/cds-services/leg-pain-patient-view", service.url);
    let (status, answer) = post(&url, &call).await.unwrap();
    assert_eq!(status, 200);
    let suggested = |card: &&Value| card["suggestions"][0]["uuid"].is_string();
    let card = answer["cards"].as_array().unwrap().iter().find(suggested).unwrap();
    let body = json!({ "feedback": [{
        "card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-03-01T08:00:00Z",
        "acceptedSuggestions": [{ "id": card["suggestions"][0]["uuid"] }],
    }]});
    for _ in 0..2 {
        assert_eq!(post(&format!("{url}/feedback"), &body).await.unwrap().0, 200);
    }
    let topic = card["source"]["topic"]["code"].as_str().unwrap().to_owned();
    let report = |format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_gaitkeeper"))
            .args(["report", "--since", "2026-02-01", "--until", "2026-03-31", "--database", &database])
            .args(["--format", format])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let told: Value = serde_json::from_str(&report("json")).unwrap();
    let lines = told["cards"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["accepted"], &told["unknown"]), (1, &json!(1), &json!(0)), "{told}");
    let name = lines[0]["card"].as_str().unwrap();
    assert_eq!(name.replace('-', ""), topic);
    assert!(report("text").contains(name));
    assert!(report("csv").contains(&format!("{name},2026-02-23,0,1,0")));
    let page = report("html");
    assert!(
        page.contains(name)
            && page.contains("<svg")
            && !page.contains("http://")
            && !page.contains("<script")
    );
}
