//! What clinicians did with the cards, and how often cards were shown.
//!
//! Nothing about a patient or a user is kept: a card is named by what it is, not by whom it was for. Feedback is on the
//! disk before it is acknowledged. Numbers of cards shown are gathered in memory and written every few seconds, so that
//! a hook call never waits for the database.

pub mod attribution;
mod record;
pub mod report;
pub mod store;
#[cfg(test)]
mod tests;

pub use attribution::{Origin, OriginId, origin_of};
pub use record::Record;
pub use store::{Store, StoreError};

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use time::{Duration, OffsetDateTime};
use tokio::time::timeout;

use crate::clock::Clock;
use crate::config;
use crate::telemetry;
use crate::wire::{self, FeedbackError};
use store::ShownKey;

/// The name of a client that did not say who it is.
const ANONYMOUS: &str = "anonymous";

/// How long the database may take: shorter than clients wait, so that they are told.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// How far the times of clients may be ahead of our clock: a local time that is sent as UTC is by up to fourteen hours.
const AHEAD: Duration = Duration::DAY;

/// Most numbers that wait for the database: beyond it, cards of new kinds are not counted.
const MOST_WAITING: usize = 50_000;

/// Feedback and numbers, with the database they go to.
#[derive(Debug)]
pub struct Feedback {
    store: Store,
    clock: Clock,
    comments: bool,
    retention: Option<Duration>,
    flush_interval: std::time::Duration,
    /// What the cards of this package are.
    origins: Vec<Origin>,
    waiting: Mutex<BTreeMap<ShownKey, i64>>,
    /// Were tables and origins written?
    prepared: AtomicBool,
    available: AtomicBool,
    /// The day on which old feedback was last forgotten.
    forgotten: Mutex<Option<time::Date>>,
}

/// Why feedback was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The body is no feedback; the text is for the client.
    #[error("{0}")]
    Malformed(#[from] FeedbackError),
    /// It cannot be kept now.
    #[error("keeping feedback")]
    NotKept(#[from] StoreError),
}

impl Feedback {
    /// Opens the database of the settings without connecting yet.
    ///
    /// # Errors
    /// Where its URL is not one.
    pub fn new(
        settings: &config::Feedback,
        clock: Clock,
        origins: Vec<Origin>,
    ) -> Result<Feedback, StoreError> {
        Ok(Feedback {
            store: Store::open(&settings.database)?,
            clock,
            comments: settings.comments,
            retention: settings.retention_days.map(Duration::days),
            flush_interval: settings.flush_interval,
            origins,
            waiting: Mutex::default(),
            prepared: AtomicBool::new(false),
            available: AtomicBool::new(false),
            forgotten: Mutex::default(),
        })
    }

    /// Takes the body of a feedback call: when this returns without an error, all of it is kept.
    ///
    /// # Errors
    /// Where the body is malformed, or cannot be kept now; nothing of it was then.
    pub async fn take(&self, service: &str, client: Option<&str>, body: &[u8]) -> Result<(), NotTaken> {
        let now = self.clock.now();
        let items = wire::read_feedback(body, now.saturating_add(AHEAD))?;
        let client = client.unwrap_or(ANONYMOUS);
        let records: Vec<Record> =
            items.iter().map(|item| Record::of(item, service, client, now, self.comments)).collect();
        let kept = self.keep(&records).await;
        self.note(kept.as_ref().err());
        let new = kept?;
        for record in &records {
            telemetry::metrics::feedback(self.card_of(record), record.outcome());
        }
        let foreign = records.iter().filter(|record| record.is_foreign()).count();
        tracing::info!(service, items = records.len(), new, foreign, "feedback");
        Ok(())
    }

    /// The card of a record, as far as this package has it.
    fn card_of(&self, record: &Record) -> &str {
        let of = |origin: &&Origin| origin.suggestion.is_none() && Some(origin.id()) == record.origin();
        self.origins.iter().find(of).map_or("unknown", |origin| &origin.card)
    }

    async fn keep(&self, records: &[Record]) -> Result<u64, StoreError> {
        let keeping = async {
            self.prepare().await?;
            self.store.add_feedback(records).await
        };
        timeout(PATIENCE, keeping).await.unwrap_or(Err(StoreError::Slow))
    }

    /// Counts cards that were shown, or that would have been were their rules not on trial. Never waits.
    pub fn count(&self, client: Option<&str>, shown: impl IntoIterator<Item = (OriginId, bool)>) {
        let day = store::day(self.clock.now().date());
        let client = client.unwrap_or(ANONYMOUS);
        let mut waiting = self.waiting();
        for (origin, trial) in shown {
            let key = ShownKey { day, client: client.to_owned(), origin, trial };
            if waiting.len() < MOST_WAITING || waiting.contains_key(&key) {
                *waiting.entry(key).or_default() += 1;
            }
        }
    }

    /// Writes the numbers that wait. They go on waiting where that fails.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let flushed = self.flush_once().await;
        self.note(flushed.as_ref().err());
        flushed
    }

    async fn flush_once(&self) -> Result<(), StoreError> {
        timeout(PATIENCE, self.prepare()).await.unwrap_or(Err(StoreError::Slow))?;
        let numbers = std::mem::take(&mut *self.waiting());
        let writing = async {
            if numbers.is_empty() { self.store.check().await } else { self.store.add_shown(&numbers).await }
        };
        let written = timeout(PATIENCE, writing).await.unwrap_or(Err(StoreError::Slow));
        if written.is_err() {
            let mut waiting = self.waiting();
            for (key, number) in numbers {
                *waiting.entry(key).or_default() += number;
            }
        }
        written
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, BTreeMap<ShownKey, i64>> {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Makes the tables and writes what cards stand for, once.
    async fn prepare(&self) -> Result<(), StoreError> {
        if self.prepared.load(Ordering::Acquire) {
            return Ok(());
        }
        self.store.migrate().await?;
        self.store.add_origins(&self.origins).await?;
        self.prepared.store(true, Ordering::Release);
        Ok(())
    }

    /// Tells the operator when the database goes and when it comes back, once each.
    fn note(&self, error: Option<&StoreError>) {
        let available = error.is_none();
        let was = self.available.swap(available, Ordering::AcqRel);
        match error {
            Some(error) => {
                // Perhaps it is another database that comes back.
                self.prepared.store(false, Ordering::Release);
                tracing::warn!(error = telemetry::chain(error), "the feedback database is not available");
            }
            None if !was => tracing::info!("the feedback database is available"),
            None => {}
        }
    }

    /// Did the last try reach the database?
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.available.load(Ordering::Acquire)
    }

    /// Writes numbers and forgets what is old, for as long as it is polled.
    pub async fn keep_up(&self) {
        let mut ticks = tokio::time::interval(self.flush_interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.flush().await.is_ok()
                && let Err(error) = self.forget().await
            {
                self.note(Some(&error));
            }
        }
    }

    /// Forgets what is older than the retention, once a day.
    async fn forget(&self) -> Result<(), StoreError> {
        let Some(retention) = self.retention else { return Ok(()) };
        let now: OffsetDateTime = self.clock.now();
        let done = *self.forgotten.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(before) = now.checked_sub(retention).filter(|_| done != Some(now.date())) else {
            return Ok(());
        };
        let items = self.store.forget(before).await?;
        *self.forgotten.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(now.date());
        tracing::info!(items, "old feedback forgotten");
        Ok(())
    }

    /// The database, for reports.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }
}
