//! What reports read.

use std::ops::Range;

use time::OffsetDateTime;

use super::{Store, StoreError, failed, millis, text};
use sqlx::Row;

/// How often cards of one kind were shown in one week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLine {
    /// The rule or group.
    pub card: String,
    /// It is on trial: nobody saw it.
    pub trial: bool,
    /// Days since 1970.
    pub day: i64,
    /// How often.
    pub number: i64,
}

/// What became of cards of one kind on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeLine {
    /// The rule or group; nothing where the card is none that is known here.
    pub card: Option<String>,
    /// Days since 1970.
    pub day: i64,
    /// `accepted` or `overridden`.
    pub outcome: String,
    /// The code of the reason; nothing where none was given.
    pub reason: Option<String>,
    /// How many cards.
    pub number: i64,
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

impl Store {
    /// The cards shown on these days, summed over clients, services and versions.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn shown(&self, days: Range<i64>) -> Result<Vec<ShownLine>, StoreError> {
        let rows = sqlx::query(
            "SELECT COALESCE(origin.card, '') AS card, shown.trial AS trial, shown.day AS day, \
             CAST(SUM(shown.number) AS BIGINT) AS number FROM shown LEFT JOIN origin ON origin.id = shown.origin \
             WHERE shown.day >= $1 AND shown.day < $2 \
             GROUP BY COALESCE(origin.card, ''), shown.trial, shown.day ORDER BY 1, 2, 3",
        )
        .bind(days.start)
        .bind(days.end)
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading the numbers of cards"))?;
        let line = |row| {
            Ok(ShownLine {
                card: text(row, "card")?,
                trial: row.try_get::<i64, _>("trial")? != 0,
                day: row.try_get("day")?,
                number: row.try_get("number")?,
            })
        };
        rows.iter()
            .map(line)
            .collect::<Result<_, sqlx::Error>>()
            .map_err(failed("reading the numbers of cards"))
    }

    /// What became of cards on these days. A card counts once, with what was told of it last.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn outcomes(&self, days: Range<i64>) -> Result<Vec<OutcomeLine>, StoreError> {
        let rows = sqlx::query(
            "SELECT COALESCE(origin.card, '') AS card, told.outcome_at / 86400000 AS day, told.outcome AS outcome, \
             told.reason_code AS reason, COUNT(*) AS number FROM ( \
                 SELECT feedback.*, ROW_NUMBER() OVER (PARTITION BY card ORDER BY outcome_at DESC, id) AS place \
                 FROM feedback WHERE outcome_at >= $1 AND outcome_at < $2 \
             ) AS told LEFT JOIN origin ON origin.id = told.origin WHERE told.place = 1 \
             GROUP BY COALESCE(origin.card, ''), told.outcome_at / 86400000, told.outcome, told.reason_code \
             ORDER BY 1, 2, 3, 4",
        )
        .bind(days.start.saturating_mul(DAY))
        .bind(days.end.saturating_mul(DAY))
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading feedback"))?;
        let line = |row| {
            Ok(OutcomeLine {
                card: Some(text(row, "card")?).filter(|card| !card.is_empty()),
                day: row.try_get("day")?,
                outcome: text(row, "outcome")?,
                reason: Some(text(row, "reason")?).filter(|reason| !reason.is_empty()),
                number: row.try_get("number")?,
            })
        };
        rows.iter().map(line).collect::<Result<_, sqlx::Error>>().map_err(failed("reading feedback"))
    }

    /// How many items of feedback there are since `from`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn items_since(&self, from: OffsetDateTime) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) AS number FROM feedback WHERE outcome_at >= $1")
            .bind(millis(from))
            .fetch_one(&self.pool)
            .await
            .map_err(failed("reading feedback"))?;
        row.try_get("number").map_err(failed("reading feedback"))
    }
}
