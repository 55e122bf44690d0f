//! What a store must do, whichever it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{Connection, Executor, SqliteConnection};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::Mutex;

use super::super::store::{copy, day};
use super::super::{Feedback, NotTaken, Origin, Store};
use crate::clock::Clock;
use crate::config;
use crate::net::line::Line;

const NOW: OffsetDateTime = datetime!(2026-03-01 09:00 UTC);

/// A folder that goes away with its test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("gaitkeeper-{name}-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) struct Database(String);

impl Database {
    pub(super) fn new(url: String) -> Database {
        Database(url)
    }

    /// A service with this version of the knowledge, started at `now`.
    fn replica(&self, version: &str, now: OffsetDateTime) -> Feedback {
        let settings = config::Feedback {
            database: self.0.clone(),
            comments: false,
            retention_days: Some(30),
            flush_interval: Duration::from_secs(10),
        };
        Feedback::new(&settings, Clock::Fixed(now), vec![card(version), suggestion(version)]).unwrap()
    }
}

fn card(version: &str) -> Origin {
    Origin {
        package: "leg-pain".to_owned(),
        version: version.to_owned(),
        service: "view".to_owned(),
        card: "PAD-05".to_owned(),
        suggestion: None,
    }
}

fn suggestion(version: &str) -> Origin {
    Origin { suggestion: Some("Start".to_owned()), ..card(version) }
}

fn accepted(card: &str, suggestion: &str, at: &str) -> String {
    format!(
        r#"{{"feedback":[{{"card":"{card}","outcome":"accepted","acceptedSuggestions":[{{"id":"{suggestion}"}}],"outcomeTimestamp":"{at}"}}]}}"#
    )
}

fn overridden(card: &str, reason: &str, at: &str) -> String {
    format!(
        r#"{{"feedback":[{{"card":"{card}","outcome":"overridden","overrideReason":{{"reason":{{"system":"s","code":"{reason}"}}}},"outcomeTimestamp":"{at}"}}]}}"#
    )
}

/// Everything, one after another on one database.
pub(super) async fn all(database: &Database) {
    kept_once(database).await;
    attributed_across_versions_and_replicas(database).await;
    counted(database).await;
    forgotten(database).await;
}

async fn total(store: &Store) -> i64 {
    store.items_since(datetime!(2000-01-01 0:00 UTC)).await.unwrap()
}

fn days(from: OffsetDateTime, to: OffsetDateTime) -> std::ops::Range<i64> {
    day(from.date())..day(to.date())
}

pub(super) async fn kept_once(database: &Database) {
    let feedback = database.replica("1", NOW);
    let card = card("1").id().uuid().to_string();
    let body = accepted(&card, &suggestion("1").id().uuid().to_string(), "2026-02-28T09:00:00Z");
    for _ in 0..3 {
        feedback.take("view", Some("ehr"), body.as_bytes()).await.unwrap();
    }
    assert_eq!(total(feedback.store()).await, 1);
    assert!(feedback.is_available());
    // A card nobody here knows is taken and counted all the same.
    let foreign = overridden("card-1", "c", "2026-02-28T09:00:00Z");
    feedback.take("view", None, foreign.as_bytes()).await.unwrap();
    assert_eq!(total(feedback.store()).await, 2);
    // All or nothing: the second entry is malformed.
    let mixed =
        r#"{"feedback":[{"card":"x","outcome":"accepted","outcomeTimestamp":"2026-02-28T09:00:00Z"},{}]}"#;
    assert!(matches!(feedback.take("view", None, mixed.as_bytes()).await, Err(NotTaken::Malformed(_))));
    assert_eq!(total(feedback.store()).await, 2);
    let lines = feedback.store().outcomes(days(NOW - time::Duration::days(5), NOW)).await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.card.as_deref(), line.outcome.as_str(), line.reason.as_deref()))
        .collect();
    assert_eq!(told, [(None, "overridden", Some("c")), (Some("PAD-05"), "accepted", None)]);
    feedback.store().close().await;
}

/// A card of version 1 is told of when only version 2 is running, by a client that talks to another replica.
/// The latest outcome of a card counts: this one would for ever, whatever the clinician does later.
pub(super) async fn the_future_refused(database: &Database) {
    let feedback = database.replica("1", NOW);
    for (at, is_taken) in [
        ("2999-01-01T00:00:00Z", false),
        ("2026-03-02T09:00:01Z", false),
        ("2026-03-02T09:00:00Z", true),
        ("2026-02-28T09:00:00Z", true),
    ] {
        let taken = feedback.take("view", Some("ehr"), overridden("a", "c", at).as_bytes()).await;
        assert_eq!(taken.is_ok(), is_taken, "{at}: {taken:?}");
        assert!(is_taken || matches!(taken, Err(NotTaken::Malformed(_))), "{at}: {taken:?}");
    }
    assert_eq!(total(feedback.store()).await, 2);
}

async fn attributed_across_versions_and_replicas(database: &Database) {
    let from = datetime!(2026-02-20 0:00 UTC);
    let old = database.replica("1", NOW);
    old.flush().await.unwrap();
    let shown = card("1").id().uuid().to_string();
    old.store().close().await;

    let new = database.replica("2", NOW);
    new.take("view", None, overridden(&shown, "late", "2026-02-20T23:30:00Z").as_bytes()).await.unwrap();
    // Told again, with another outcome: the last word counts, and the card counts once.
    let word = accepted(&shown, &suggestion("1").id().uuid().to_string(), "2026-02-20T23:45:00Z");
    new.take("view", None, word.as_bytes()).await.unwrap();
    let lines = new.store().outcomes(days(from, from + time::Duration::days(1))).await.unwrap();
    let told: Vec<_> =
        lines.iter().map(|line| (line.card.as_deref(), line.outcome.as_str(), line.number)).collect();
    assert_eq!(told, [(Some("PAD-05"), "accepted", 1)]);
    new.store().close().await;
}

async fn counted(database: &Database) {
    let today = days(NOW, NOW + time::Duration::days(1));
    let [first, second] = [database.replica("1", NOW), database.replica("2", NOW)];
    first.count(None, [(card("1").id(), false), (card("1").id(), false), (card("1").id(), true)]);
    second.count(Some("ehr"), [(card("2").id(), false)]);
    for feedback in [&first, &second, &first] {
        feedback.flush().await.unwrap();
    }
    first.count(None, [(card("1").id(), false)]);
    first.flush().await.unwrap();
    let lines = first.store().shown(today).await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.card.as_str(), line.trial, line.number)).collect();
    assert_eq!(told, [("PAD-05", false, 4), ("PAD-05", true, 1)]);
    first.store().close().await;
    second.store().close().await;
}

async fn forgotten(database: &Database) {
    let later = NOW + time::Duration::days(31);
    let feedback = database.replica("2", later);
    feedback.take("view", None, overridden("y", "c", "2026-03-31T00:00:00Z").as_bytes()).await.unwrap();
    let before = total(feedback.store()).await;
    assert!(before > 1);
    feedback.forget().await.unwrap();
    assert_eq!(total(feedback.store()).await, 1);
    assert_eq!(feedback.store().shown(days(NOW, later)).await.unwrap(), []);
    feedback.store().close().await;
}

/// From a SQLite file to the database of `url`, which holds something already, and back into an empty file.
pub(super) async fn copied_between(url: &str) {
    let folder = Folder::new("copy");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let there = Database::new(file("from.db"));
    let feedback = there.replica("1", NOW);
    let shown = card("1").id().uuid().to_string();
    let body = accepted(&shown, &suggestion("1").id().uuid().to_string(), "2026-02-28T09:00:00Z");
    feedback.take("view", None, body.as_bytes()).await.unwrap();
    feedback.count(None, [(card("1").id(), false)]);
    feedback.flush().await.unwrap();

    let to = Store::open(url).unwrap();
    to.migrate().await.unwrap();
    let before = total(&to).await;
    let copied = copy(feedback.store(), &to).await.unwrap();
    assert_eq!((copied.feedback, copied.shown), (1, 1));
    assert_eq!(total(&to).await, before + 1);
    // Once more changes nothing.
    assert_eq!(copy(feedback.store(), &to).await.unwrap().feedback, 0);
    assert_eq!(total(&to).await, before + 1);

    let back = Store::open(&file("back.db")).unwrap();
    back.migrate().await.unwrap();
    copy(&to, &back).await.unwrap();
    assert_eq!(total(&back).await, before + 1);
    let lines = back.outcomes(days(NOW - time::Duration::days(1), NOW)).await.unwrap();
    assert!(lines.iter().any(|line| line.card.as_deref() == Some("PAD-05")), "{lines:?}");
    to.close().await;
}

/// The database goes away while the service runs. What is sent then is not acknowledged, numbers wait, and all goes on by
/// itself when it is back.
async fn goes_and_comes_back(url: &str, away: impl AsyncFnOnce(), back: impl AsyncFnOnce()) {
    let feedback = Database::new(url.to_owned()).replica("1", NOW);
    let body = |n: u32| overridden(&format!("card-{n}"), "c", "2026-02-28T09:00:00Z");
    feedback.take("view", None, body(1).as_bytes()).await.unwrap();

    away().await;
    feedback.count(None, [(card("1").id(), false)]);
    assert!(matches!(feedback.take("view", None, body(2).as_bytes()).await, Err(NotTaken::NotKept(_))));
    assert!(feedback.flush().await.is_err());
    assert!(!feedback.is_available());

    back().await;
    feedback.take("view", None, body(2).as_bytes()).await.unwrap();
    feedback.flush().await.unwrap();
    assert!(feedback.is_available());
    assert_eq!(total(feedback.store()).await, 2);
    assert_eq!(feedback.store().shown(days(NOW, NOW + time::Duration::days(1))).await.unwrap()[0].number, 1);
}

/// The file is moved away: what is written after must not go to the moved file.
pub(super) async fn file_gone() {
    let folder = Folder::new("gone");
    let (data, away) = (folder.path().join("data"), folder.path().join("away"));
    std::fs::create_dir(&data).unwrap();
    let url = data.join("feedback.db").display().to_string();
    goes_and_comes_back(
        &url,
        async || std::fs::rename(&data, &away).unwrap(),
        async || std::fs::rename(&away, &data).unwrap(),
    )
    .await;
}

/// The server of this database cannot be reached.
pub(super) async fn server_gone(url: &str) {
    let line = Line::to(url).await;
    let through = line.url().to_owned();
    let line = Mutex::new(line);
    let away = async || line.lock().await.cut().await;
    goes_and_comes_back(&through, away, async || line.lock().await.mend().await).await;
}

pub(super) async fn file_locked() {
    let folder = Folder::new("locked");
    let file = folder.path().join("feedback.db").display().to_string();
    let feedback = Database::new(file.clone()).replica("1", NOW);
    feedback.flush().await.unwrap();
    let mut other = SqliteConnection::connect(&format!("sqlite:{file}")).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let body = overridden("card", "c", "2026-02-28T09:00:00Z");
    assert!(matches!(feedback.take("view", None, body.as_bytes()).await, Err(NotTaken::NotKept(_))));
    assert!(!feedback.is_available());
    other.execute("ROLLBACK").await.unwrap();
    feedback.take("view", None, body.as_bytes()).await.unwrap();
    assert_eq!(total(feedback.store()).await, 1);
}

/// SQLite counts pages as a disk counts blocks: beyond the limit it answers as on a full disk.
pub(super) async fn disk_full() {
    let folder = Folder::new("full");
    let file = folder.path().join("feedback.db").display().to_string();
    let feedback = Database::new(file).replica("1", NOW);
    feedback.flush().await.unwrap();
    feedback.store().limit_pages(true).await;
    let mut refused = 0;
    for n in 0..400 {
        let body = overridden(&format!("card-{n}"), "c", "2026-02-28T09:00:00Z");
        refused += u32::from(feedback.take("view", None, body.as_bytes()).await.is_err());
    }
    assert!(refused > 0, "the disk was never full");
    let kept = total(feedback.store()).await;
    assert_eq!(kept, 400 - i64::from(refused));
    assert!(!feedback.is_available());
    feedback.store().limit_pages(false).await;
    let body = overridden("card-399", "c", "2026-02-28T09:00:00Z");
    feedback.take("view", None, body.as_bytes()).await.unwrap();
    assert_eq!(total(feedback.store()).await, kept + 1);
    assert!(feedback.is_available());
}
