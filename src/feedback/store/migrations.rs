//! The tables. A migration that was released is never changed; the next change is a further one.
//!
//! Numbers and texts only, because these two are the same in both databases.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

const TABLES: &str = "
CREATE TABLE origin (
    id BIGINT PRIMARY KEY,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    service TEXT NOT NULL,
    card TEXT NOT NULL,
    suggestion TEXT NOT NULL
);
CREATE TABLE feedback (
    id TEXT PRIMARY KEY,
    card TEXT NOT NULL,
    origin BIGINT,
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    outcome TEXT NOT NULL,
    outcome_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    reason_system TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    comment TEXT NOT NULL
);
CREATE INDEX feedback_by_time ON feedback (outcome_at);
CREATE TABLE suggestion (
    feedback TEXT NOT NULL REFERENCES feedback (id) ON DELETE CASCADE,
    origin BIGINT NOT NULL,
    PRIMARY KEY (feedback, origin)
);
CREATE TABLE shown (
    day BIGINT NOT NULL,
    client TEXT NOT NULL,
    origin BIGINT NOT NULL,
    trial BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (day, client, origin, trial)
);
CREATE TABLE probe (number BIGINT NOT NULL);
INSERT INTO probe (number) VALUES (0);
";

/// All migrations, in order.
pub(super) fn all() -> Migrator {
    let first = Migration::new(1, "tables".into(), MigrationType::Simple, TABLES.into_sql_str(), false);
    Migrator::with_migrations(vec![first])
}
