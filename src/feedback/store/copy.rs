//! From one database to another, for the move from SQLite to PostgreSQL and back.

use sqlx::{Row, SqlSafeStr};

use super::{Store, StoreError, failed};

/// How many rows came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Items of feedback.
    pub feedback: u64,
    /// Numbers of cards.
    pub shown: u64,
}

/// A table: how it is read and how a row is written. Texts come first, then numbers.
struct Table {
    read: &'static str,
    write: &'static str,
    texts: usize,
    numbers: usize,
}

const ORIGIN: Table = Table {
    read: "SELECT package, version, service, card, suggestion, id FROM origin",
    write: "INSERT INTO origin (package, version, service, card, suggestion, id) \
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
    texts: 5,
    numbers: 1,
};
const FEEDBACK: Table = Table {
    read: "SELECT id, card, client, service, outcome, reason_system, reason_code, comment, origin, outcome_at, \
           received_at FROM feedback",
    write: "INSERT INTO feedback (id, card, client, service, outcome, reason_system, reason_code, comment, origin, \
            outcome_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING",
    texts: 8,
    numbers: 3,
};
const SUGGESTION: Table = Table {
    read: "SELECT feedback, origin FROM suggestion",
    write: "INSERT INTO suggestion (feedback, origin) VALUES ($1, $2) ON CONFLICT (feedback, origin) DO NOTHING",
    texts: 1,
    numbers: 1,
};
const SHOWN: Table = Table {
    read: "SELECT client, day, origin, trial, number FROM shown",
    // The greater of two: a second copy adds nothing.
    write: "INSERT INTO shown (client, day, origin, trial, number) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (day, client, origin, trial) DO UPDATE SET number = \
            CASE WHEN excluded.number > shown.number THEN excluded.number ELSE shown.number END",
    texts: 1,
    numbers: 4,
};

/// Copies everything, all or nothing; what is there already stays. May be done again.
///
/// # Errors
/// Where one cannot be read or the other cannot be written.
pub async fn copy(from: &Store, to: &Store) -> Result<Copied, StoreError> {
    let mut transaction = to.pool.begin().await.map_err(failed("reaching the database to copy to"))?;
    let mut copied = Copied { feedback: 0, shown: 0 };
    for (table, count) in [
        (&ORIGIN, None),
        (&FEEDBACK, Some(&mut copied.feedback)),
        (&SUGGESTION, None),
        (&SHOWN, Some(&mut copied.shown)),
    ] {
        let rows = sqlx::query(table.read.into_sql_str())
            .fetch_all(&from.pool)
            .await
            .map_err(failed("reading the database to copy from"))?;
        let mut written = 0;
        for row in &rows {
            let mut insert = sqlx::query(table.write.into_sql_str());
            for text in 0..table.texts {
                insert = insert.bind(row.try_get::<String, _>(text).map_err(failed("reading a row"))?);
            }
            for number in table.texts..table.texts + table.numbers {
                insert = insert.bind(row.try_get::<Option<i64>, _>(number).map_err(failed("reading a row"))?);
            }
            let inserted = insert.execute(&mut *transaction).await;
            written += inserted.map_err(failed("writing a row"))?.rows_affected();
        }
        if let Some(count) = count {
            *count = written;
        }
    }
    transaction.commit().await.map_err(failed("writing the copy"))?;
    Ok(copied)
}
