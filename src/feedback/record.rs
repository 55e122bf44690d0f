//! One item of feedback as it is kept.

use sha2::{Digest, Sha256};
use sqlx::{Any, Transaction};
use time::OffsetDateTime;

use super::attribution::{OriginId, origin_of};
use super::store::millis;
use crate::wire::FeedbackItem;

/// One item. Ids of clients are kept as digests, so that one which holds more than it should does not come to rest here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The same for a repeat of the same item.
    id: String,
    card: String,
    origin: Option<OriginId>,
    client: String,
    service: String,
    outcome: &'static str,
    outcome_at: i64,
    received_at: i64,
    reason: (String, String),
    comment: String,
    suggestions: Vec<OriginId>,
}

/// The longest code and system that are kept as they came; longer ones are no codes.
const LONGEST_CODE: usize = 100;
/// Characters of a comment that are kept.
const LONGEST_COMMENT: usize = 1000;

impl Record {
    /// `accepted` or `overridden`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// What the card was; none for a card that is not of ours.
    #[must_use]
    pub fn origin(&self) -> Option<OriginId> {
        self.origin
    }

    /// What is kept of an item.
    #[must_use]
    pub fn of(
        item: &FeedbackItem<'_>,
        service: &str,
        client: &str,
        now: OffsetDateTime,
        comments: bool,
    ) -> Record {
        let comment = item.comment.as_deref().filter(|_| comments).unwrap_or_default();
        let mut suggestions: Vec<&str> = item.accepted_suggestions.iter().map(AsRef::as_ref).collect();
        suggestions.sort_unstable();
        suggestions.dedup();
        let reason = match &item.reason {
            Some((system, code)) if is_code(code) && is_code(system) => {
                (system.clone().into_owned(), code.clone().into_owned())
            }
            Some(_) => (String::new(), "other".to_owned()),
            None => (String::new(), String::new()),
        };
        let (card, at) = (item.card.trim(), millis(item.at));
        let mut parts = vec![client, card, item.outcome.name(), &reason.0, &reason.1];
        let time = at.to_string();
        parts.push(&time);
        parts.extend(&suggestions);
        let mut origins: Vec<OriginId> = suggestions.iter().filter_map(|id| origin_of(id)).collect();
        origins.sort_unstable();
        origins.dedup();
        Record {
            id: digest(&parts),
            // One uuid in capitals and in small letters is one card.
            card: digest(&[client, &card.to_ascii_lowercase()]),
            origin: origin_of(card),
            client: client.to_owned(),
            service: service.to_owned(),
            outcome: item.outcome.name(),
            outcome_at: at,
            received_at: millis(now),
            comment: comment.chars().filter(|c| *c != '\0').take(LONGEST_COMMENT).collect(),
            suggestions: origins,
            reason,
        }
    }

    /// Is the card none that this service ever made?
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.origin.is_none()
    }

    /// Writes it unless it is there; gives 1 where it was not.
    pub(super) async fn insert(&self, transaction: &mut Transaction<'_, Any>) -> Result<u64, sqlx::Error> {
        let inserted = sqlx::query(
            "INSERT INTO feedback (id, card, origin, client, service, outcome, outcome_at, received_at, \
             reason_system, reason_code, comment) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(self.id.as_str())
        .bind(self.card.as_str())
        .bind(self.origin.map(OriginId::number))
        .bind(self.client.as_str())
        .bind(self.service.as_str())
        .bind(self.outcome)
        .bind(self.outcome_at)
        .bind(self.received_at)
        .bind(self.reason.0.as_str())
        .bind(self.reason.1.as_str())
        .bind(self.comment.as_str())
        .execute(&mut **transaction)
        .await?
        .rows_affected();
        if inserted == 0 {
            return Ok(0);
        }
        for origin in &self.suggestions {
            sqlx::query("INSERT INTO suggestion (feedback, origin) VALUES ($1, $2)")
                .bind(self.id.as_str())
                .bind(origin.number())
                .execute(&mut **transaction)
                .await?;
        }
        Ok(inserted)
    }
}

/// Codes hold no blanks: what does may be free text.
fn is_code(text: &str) -> bool {
    text.len() <= LONGEST_CODE && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn digest(parts: &[&str]) -> String {
    let mut digest = Sha256::new_with_prefix("gaitkeeper feedback 1");
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::wire::read_feedback;

    fn record(entry: &str, comments: bool) -> Record {
        let body = format!("{{\"feedback\":[{entry}]}}");
        let now = datetime!(2026-03-01 09:00 UTC);
        let items = read_feedback(body.as_bytes(), now).unwrap();
        Record::of(&items[0], "s", "ehr", now, comments)
    }

    #[test]
    fn a_repeat_is_the_same_item_however_it_is_written() {
        let first = record(
            r#"{"card":"A1","outcome":"accepted","acceptedSuggestions":[{"id":"x"},{"id":"y"}],"outcomeTimestamp":"2026-03-01T08:00:00Z"}"#,
            false,
        );
        let again = record(
            r#"{"card":"A1","outcome":"accepted","acceptedSuggestions":[{"id":"y"},{"id":"x"}],"outcomeTimestamp":"2026-03-01T10:00:00.0+02:00"}"#,
            false,
        );
        assert_eq!(first, again);
        for other in [
            r#"{"card":"A1","outcome":"accepted","acceptedSuggestions":[{"id":"x"}],"outcomeTimestamp":"2026-03-01T08:00:00Z"}"#,
            r#"{"card":"A1","outcome":"accepted","acceptedSuggestions":[{"id":"x"},{"id":"y"}],"outcomeTimestamp":"2026-03-01T08:00:01Z"}"#,
            r#"{"card":"A2","outcome":"accepted","acceptedSuggestions":[{"id":"x"},{"id":"y"}],"outcomeTimestamp":"2026-03-01T08:00:00Z"}"#,
            r#"{"card":"A1","outcome":"overridden","outcomeTimestamp":"2026-03-01T08:00:00Z"}"#,
        ] {
            assert_ne!(first.id, record(other, false).id, "{other}");
        }
    }

    #[test]
    fn nothing_that_may_be_about_a_person_is_kept() {
        let entry = r#"{"card":"Mustermann-4711","outcome":"overridden","overrideReason":{"reason":{"code":"Mustermann said no","system":"s"},"userComment":"Mustermann"},"outcomeTimestamp":"2026-03-01T08:00:00Z"}"#;
        let kept = record(entry, false);
        assert!(!format!("{kept:?}").contains("Mustermann"), "{kept:?}");
        assert_eq!(kept.reason.1, "other");
        assert_eq!(record(entry, true).comment, "Mustermann");
    }
}
