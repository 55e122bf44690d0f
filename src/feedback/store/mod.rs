//! Where feedback is kept: SQLite or PostgreSQL, with one text of SQL for both.

mod copy;
mod migrations;
mod read;

pub use copy::{Copied, copy};
pub use read::{OutcomeLine, ShownLine};

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyRow, install_default_drivers};
use sqlx::{AnyPool, Row};
use time::{Date, OffsetDateTime};

use super::attribution::{Origin, OriginId};
use super::record::Record;

/// How long a request waits for a connection, or for another process that has locked the file.
const WAIT: Duration = Duration::from_secs(2);

/// Feedback cannot be read or written now. Later it may be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database says no, or nothing.
    #[error("{attempt}")]
    Database {
        /// What was attempted.
        attempt: &'static str,
        /// What it says.
        source: sqlx::Error,
    },
    /// The database took longer than a client should wait.
    #[error("the database does not answer")]
    Slow,
    /// No file of that name.
    #[error("there is no database `{}`", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// Its tables could not be made or belong to another version.
    #[error("preparing the tables")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

fn failed(attempt: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Database { attempt, source }
}

/// A number of cards of one kind on one day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShownKey {
    /// Day since 1970, in UTC.
    pub day: i64,
    /// Who asked.
    pub client: String,
    /// Which card.
    pub origin: OriginId,
    /// It would have been shown were its rule not on trial.
    pub trial: bool,
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens the database of a URL without connecting yet: `sqlite:` and a path, `postgres://…`, or nothing for a
    /// database in memory.
    ///
    /// # Errors
    /// Where the URL is not one.
    pub fn open(database: &str) -> Result<Store, StoreError> {
        install_default_drivers();
        let file = file_of(database);
        let sqlite = database.is_empty() || file.is_some();
        let url = match &file {
            Some(path) => format!("sqlite:{}?mode=rwc", path.display()),
            None if database.is_empty() => "sqlite::memory:".to_owned(),
            None => database.to_owned(),
        };
        // Without the two limits no task is started here, so that a store can be opened before there is a runtime; a
        // connection that died meanwhile is found when it is taken.
        let options = AnyPoolOptions::new().acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None);
        let mut options = options.max_connections(4);
        if sqlite {
            // Writers of SQLite wait for each other anyway; in memory each connection would be a database of its own.
            options = options.max_connections(1);
            options = options.after_connect(|connection, _| {
                Box::pin(async move {
                    // FULL: what is acknowledged is on the disk, also after the power went.
                    for pragma in [
                        "PRAGMA busy_timeout = 2000",
                        "PRAGMA journal_mode = WAL",
                        "PRAGMA synchronous = FULL",
                    ] {
                        sqlx::query(pragma).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            });
        }
        if let Some(file) = file {
            options = same_file(options, file);
        }
        let pool = options.connect_lazy(&url).map_err(failed("reading the database URL"))?;
        Ok(Store { pool })
    }

    /// As [`open`](Self::open), for a database that must be there: a mistyped path makes no new file.
    ///
    /// # Errors
    /// Where the URL is not one, or names a file that is not there.
    pub fn existing(database: &str) -> Result<Store, StoreError> {
        match file_of(database) {
            Some(path) if !path.is_file() => Err(StoreError::NoFile { path }),
            _ => Store::open(database),
        }
    }

    /// Makes the tables, or brings them up to date.
    ///
    /// # Errors
    /// Where the database cannot be reached or changed.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(migrations::all().run(&self.pool).await?)
    }

    /// Writes down what the digests of a package stand for.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn add_origins(&self, origins: &[Origin]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.map_err(failed("reaching the database"))?;
        for origin in origins {
            sqlx::query(
                "INSERT INTO origin (id, package, version, service, card, suggestion) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
            )
            .bind(origin.id().number())
            .bind(origin.package.as_str())
            .bind(origin.version.as_str())
            .bind(origin.service.as_str())
            .bind(origin.card.as_str())
            .bind(origin.suggestion.as_deref().unwrap_or_default())
            .execute(&mut *transaction)
            .await
            .map_err(failed("writing what cards stand for"))?;
        }
        transaction.commit().await.map_err(failed("writing what cards stand for"))
    }

    /// Writes items of feedback, all or none; one that is there already stays as it is. How many were new?
    ///
    /// # Errors
    /// Where the database cannot be written; nothing was then.
    pub async fn add_feedback(&self, records: &[Record]) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await.map_err(failed("reaching the database"))?;
        let mut new = 0;
        for record in records {
            new += record.insert(&mut transaction).await.map_err(failed("writing feedback"))?;
        }
        transaction.commit().await.map_err(failed("writing feedback"))?;
        Ok(new)
    }

    /// Adds to the numbers of cards shown, all or none.
    ///
    /// # Errors
    /// Where the database cannot be written; nothing was then.
    pub async fn add_shown(&self, numbers: &BTreeMap<ShownKey, i64>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.map_err(failed("reaching the database"))?;
        for (key, number) in numbers {
            sqlx::query(
                "INSERT INTO shown (day, client, origin, trial, number) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (day, client, origin, trial) DO UPDATE SET number = shown.number + excluded.number",
            )
            .bind(key.day)
            .bind(key.client.as_str())
            .bind(key.origin.number())
            .bind(i64::from(key.trial))
            .bind(*number)
            .execute(&mut *transaction)
            .await
            .map_err(failed("counting cards"))?;
        }
        transaction.commit().await.map_err(failed("counting cards"))
    }

    /// Forgets what is older than `before`.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn forget(&self, before: OffsetDateTime) -> Result<u64, StoreError> {
        let forgotten = sqlx::query("DELETE FROM feedback WHERE outcome_at < $1")
            .bind(millis(before))
            .execute(&self.pool)
            .await
            .map_err(failed("forgetting old feedback"))?;
        sqlx::query("DELETE FROM shown WHERE day < $1")
            .bind(day(before.date()))
            .execute(&self.pool)
            .await
            .map_err(failed("forgetting old numbers"))?;
        Ok(forgotten.rows_affected())
    }

    /// Can it be reached and written to?
    ///
    /// # Errors
    /// Where it cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        // Changes nothing, and needs the same locks and the same disk as a change.
        let probe = "UPDATE probe SET number = number + 1";
        sqlx::query(probe).execute(&self.pool).await.map_err(failed("writing to the database"))?;
        Ok(())
    }

    /// Makes the file as full as a disk can be, or gives it room again.
    #[cfg(test)]
    pub(super) async fn limit_pages(&self, full: bool) {
        let limit = if full { "PRAGMA max_page_count = 1" } else { "PRAGMA max_page_count = 1000000" };
        sqlx::query(limit).execute(&self.pool).await.unwrap();
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Gives up a connection whose file was moved, removed or replaced: what it wrote would be lost. There is only one
/// connection at a time, so that the file seen when it was first used is the one it has open.
fn same_file(options: AnyPoolOptions, file: PathBuf) -> AnyPoolOptions {
    const NONE: u64 = 0;
    let opened = AtomicU64::new(NONE);
    options.before_acquire(move |_, _| {
        let now = std::fs::metadata(&file).map_or(NONE, |file| file.ino());
        let before = opened.load(Ordering::Acquire);
        let same = now != NONE && (before == NONE || before == now);
        opened.store(if same { now } else { NONE }, Ordering::Release);
        Box::pin(async move { Ok(same) })
    })
}

/// The path of a SQLite file, where the URL names one.
fn file_of(database: &str) -> Option<PathBuf> {
    if database.is_empty() || database.starts_with("postgres://") || database.starts_with("postgresql://") {
        return None;
    }
    let path = database.strip_prefix("sqlite://").or_else(|| database.strip_prefix("sqlite:"));
    Some(PathBuf::from(path.unwrap_or(database)))
}

/// Milliseconds since 1970: the same number in both databases.
#[must_use]
pub(super) fn millis(time: OffsetDateTime) -> i64 {
    time.unix_timestamp().saturating_mul(1000).saturating_add(i64::from(time.millisecond()))
}

/// Days since 1970.
#[must_use]
pub fn day(date: Date) -> i64 {
    i64::from(date.to_julian_day() - 2_440_588)
}

fn text(row: &AnyRow, column: &str) -> Result<String, sqlx::Error> {
    Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default())
}
