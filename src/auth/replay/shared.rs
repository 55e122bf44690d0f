//! Used tokens in PostgreSQL, for replicas that serve the same clients.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::Fingerprint;
use crate::auth::Denial;
use crate::telemetry;

/// How long a hook call waits for the database before it is refused.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a start waits for the first connection and the table, while no call does.
const PATIENCE_AT_START: Duration = Duration::from_secs(10);

/// Rows are counted, and expired ones removed, after this time or so many new rows of this replica. Between two counts
/// a client may have as many rows too many as the other replicas add meanwhile.
const BETWEEN_COUNTS: time::Duration = time::Duration::minutes(1);
const ROWS_BETWEEN_COUNTS: i64 = 1000;

/// While there is no room, rows are counted no more often than this.
const BETWEEN_COUNTS_WHEN_FULL: time::Duration = time::Duration::seconds(1);

/// Several replicas may start at once: the lock lets one make the table. The number is this table's alone.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4825019373071)";
const TABLE: &str = "CREATE TABLE IF NOT EXISTS used_token (
    client TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client, fingerprint)
)";
const INDEX: &str = "CREATE INDEX IF NOT EXISTS used_token_by_expiry ON used_token (expires_at)";

/// One statement decides: of two replicas that are asked at once, one changes a row. A row that has expired is as good
/// as none.
const REMEMBER: &str = "INSERT INTO used_token (client, fingerprint, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (client, fingerprint) DO UPDATE SET expires_at = excluded.expires_at WHERE used_token.expires_at < $4";
const IS_USED: &str =
    "SELECT EXISTS (SELECT 1 FROM used_token WHERE client = $1 AND fingerprint = $2 AND expires_at >= $3)";
/// So many at once that no call waits long for it; rows that another replica removes are left to it.
const FORGET: &str = "DELETE FROM used_token WHERE (client, fingerprint) IN (
    SELECT client, fingerprint FROM used_token WHERE expires_at < $1 LIMIT 5000 FOR UPDATE SKIP LOCKED)";
const COUNT: &str = "SELECT COUNT(*) FROM used_token WHERE client = $1";

/// The connections to the database, which all clients share.
#[derive(Clone)]
pub(in crate::auth) struct Database(PgPool);

/// Nothing of the URL is shown: it may hold a password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Database {
    /// Takes the URL without connecting yet.
    ///
    /// # Errors
    /// Where it is not one.
    pub(in crate::auth) fn open(url: &str) -> Result<Database, sqlx::Error> {
        // Without the two limits no task is started here, so that there need be no runtime yet.
        let options = PgPoolOptions::new().idle_timeout(None).max_lifetime(None);
        let options = options.acquire_timeout(PATIENCE_AT_START);
        Ok(Database(options.max_connections(4).connect_lazy(url)?))
    }
}

/// The used tokens of one client.
#[derive(Debug)]
pub(in crate::auth) struct Shared {
    database: Database,
    client: String,
    most: i64,
    rows: Mutex<Rows>,
    /// Was the table made?
    prepared: AtomicBool,
    available: AtomicBool,
}

/// What is known of the rows of the client.
#[derive(Debug, Default)]
struct Rows {
    /// As counted last, with those added here since.
    number: i64,
    added: i64,
    counted: Option<OffsetDateTime>,
}

/// Why the database did not tell. The text is for operators.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error("the database does not answer")]
    Slow,
    #[error("asking the database")]
    Database(#[from] sqlx::Error),
}

impl Shared {
    pub(super) fn new(database: Database, client: &str, most: usize) -> Shared {
        Shared {
            database,
            client: client.to_owned(),
            most: i64::try_from(most).unwrap_or(i64::MAX),
            rows: Mutex::default(),
            prepared: AtomicBool::new(false),
            available: AtomicBool::new(true),
        }
    }

    /// Connects and makes the table, so that the first call does not have to wait for that.
    pub(super) async fn get_ready(&self) {
        let ready = match timeout(PATIENCE_AT_START, self.prepare()).await {
            Ok(ready) => ready.map_err(Silence::from),
            Err(_) => Err(Silence::Slow),
        };
        self.note(ready.as_ref().err());
    }

    /// Where the database is gone nobody knows whether a token was used, so that it is refused.
    pub(super) async fn first_use(
        &self,
        token: Fingerprint,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Denial> {
        let answer = match timeout(PATIENCE, self.remember(token, until, now)).await {
            Ok(answer) => answer.map_err(Silence::from),
            Err(_) => Err(Silence::Slow),
        };
        self.note(answer.as_ref().err());
        answer.unwrap_or(Err(Denial::MemoryGone))
    }

    async fn remember(
        &self,
        token: Fingerprint,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Result<(), Denial>, sqlx::Error> {
        self.prepare().await?;
        if self.is_count_due(now) {
            self.forget_and_count(now).await?;
        }
        if self.rows().number >= self.most {
            let used = sqlx::query_scalar(IS_USED).bind(&self.client).bind(token.as_slice());
            let used = used.bind(millis(now)).fetch_one(&self.database.0).await?;
            return Ok(Err(if used { Denial::Replayed } else { Denial::MemoryFull }));
        }
        let remembering = sqlx::query(REMEMBER).bind(&self.client).bind(token.as_slice());
        let remembering = remembering.bind(millis(until)).bind(millis(now));
        if remembering.execute(&self.database.0).await?.rows_affected() == 0 {
            return Ok(Err(Denial::Replayed));
        }
        let mut rows = self.rows();
        rows.number += 1;
        rows.added += 1;
        Ok(Ok(()))
    }

    /// Makes the table, once.
    async fn prepare(&self) -> Result<(), sqlx::Error> {
        if self.prepared.load(Ordering::Acquire) {
            return Ok(());
        }
        // Boxed, because every call would carry the room for it.
        let mut transaction = Box::pin(self.database.0.begin()).await?;
        for statement in [LOCK, TABLE, INDEX] {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        self.prepared.store(true, Ordering::Release);
        Ok(())
    }

    /// Is it time to count? The caller then does; others go on meanwhile.
    fn is_count_due(&self, now: OffsetDateTime) -> bool {
        let mut rows = self.rows();
        let pause = if rows.number < self.most { BETWEEN_COUNTS } else { BETWEEN_COUNTS_WHEN_FULL };
        // Also after the clock was set back.
        let paused = rows.counted.is_none_or(|counted| (now - counted).abs() >= pause);
        let due = paused || rows.added >= ROWS_BETWEEN_COUNTS;
        if due {
            rows.counted = Some(now);
            rows.added = 0;
        }
        due
    }

    async fn forget_and_count(&self, now: OffsetDateTime) -> Result<(), sqlx::Error> {
        sqlx::query(FORGET).bind(millis(now)).execute(&self.database.0).await?;
        let number = sqlx::query_scalar(COUNT).bind(&self.client).fetch_one(&self.database.0).await?;
        self.rows().number = number;
        Ok(())
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the operator why the database is gone, and once when it is back.
    fn note(&self, silence: Option<&Silence>) {
        let was = self.available.swap(silence.is_none(), Ordering::AcqRel);
        match silence {
            Some(silence) => {
                // Perhaps it is another database that comes back.
                self.prepared.store(false, Ordering::Release);
                let error = telemetry::chain(silence);
                tracing::warn!(client = self.client, error, "the memory of used tokens is not available");
            }
            None if !was => tracing::info!(client = self.client, "the memory of used tokens is available"),
            None => {}
        }
    }
}

/// Whole milliseconds since 1970. Both sides of a comparison are cut, so that nothing expires early.
fn millis(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
