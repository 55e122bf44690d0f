//! The body of a feedback call.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::request::object;
use super::{RequestError, Text};

/// What became of one card, as a client tells it. Nothing here says who looked at whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackItem<'a> {
    /// The `uuid` of the card, or whatever the client took for it.
    pub card: Cow<'a, str>,
    /// What became of it.
    pub outcome: FeedbackOutcome,
    /// When, in UTC.
    pub at: OffsetDateTime,
    /// The `uuid`s of the suggestions that were accepted.
    pub accepted_suggestions: Vec<Cow<'a, str>>,
    /// The reason that was chosen from a list: system and code.
    pub reason: Option<(Cow<'a, str>, Cow<'a, str>)>,
    /// Free text.
    pub comment: Option<Cow<'a, str>>,
}

/// What became of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeedbackOutcome {
    /// At least one suggestion was accepted.
    Accepted,
    /// It was dismissed.
    Overridden,
}

impl FeedbackOutcome {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FeedbackOutcome::Accepted => "accepted",
            FeedbackOutcome::Overridden => "overridden",
        }
    }
}

/// Why a body is no feedback. The text is for the client and repeats nothing of the body.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// The body as a whole.
    #[error(transparent)]
    Body(RequestError),
    /// One entry.
    #[error("`feedback[{position}]`: {source}")]
    Entry {
        /// Its place, from 0.
        position: usize,
        /// What is wrong with it.
        source: RequestError,
    },
}

/// The longest id that is taken for one.
const LONGEST_ID: usize = 256;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    feedback: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    card: Option<&'a RawValue>,
    #[serde(borrow)]
    outcome: Option<&'a RawValue>,
    #[serde(borrow, rename = "outcomeTimestamp")]
    outcome_timestamp: Option<&'a RawValue>,
    #[serde(borrow, rename = "acceptedSuggestions")]
    accepted_suggestions: Option<&'a RawValue>,
    #[serde(borrow, rename = "overrideReason")]
    override_reason: Option<&'a RawValue>,
    /// What some clients send in its place.
    #[serde(borrow, rename = "overrideReasons")]
    override_reasons: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Suggestion<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Reason<'a> {
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow, rename = "userComment")]
    user_comment: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Coding<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
    #[serde(borrow)]
    system: Option<Text<'a>>,
}

/// Reads the body of a feedback call, of which nothing happened after `latest`.
///
/// # Errors
/// Where it is no feedback, or one of its entries is not; the entry is named.
pub fn read_feedback(body: &[u8], latest: OffsetDateTime) -> Result<Vec<FeedbackItem<'_>>, FeedbackError> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|error| {
        FeedbackError::Body(RequestError::NotJson { line: error.line(), column: error.column() })
    })?;
    if !raw.get().starts_with('{') {
        return Err(FeedbackError::Body(RequestError::NotAnObject));
    }
    let body: Body<'_> =
        serde_json::from_str(raw.get()).map_err(|_| FeedbackError::Body(RequestError::Repeated("body")))?;
    let list = body.feedback.ok_or(FeedbackError::Body(RequestError::Missing("feedback")))?;
    let entries: Vec<&RawValue> = serde_json::from_str(list.get())
        .map_err(|_| FeedbackError::Body(RequestError::WrongType("feedback")))?;
    let items = entries.into_iter().enumerate();
    items
        .map(|(position, entry)| {
            item(entry, latest).map_err(|source| FeedbackError::Entry { position, source })
        })
        .collect()
}

fn item(entry: &RawValue, latest: OffsetDateTime) -> Result<FeedbackItem<'_>, RequestError> {
    if !entry.get().starts_with('{') {
        return Err(RequestError::NotAnObject);
    }
    let entry: Entry<'_> = object(entry, "entry")?;
    let outcome = match required(entry.outcome, "outcome")?.as_ref() {
        "accepted" => FeedbackOutcome::Accepted,
        "overridden" => FeedbackOutcome::Overridden,
        _ => {
            let problem = "is neither `accepted` nor `overridden`";
            return Err(RequestError::Invalid { member: "outcome", problem });
        }
    };
    let at = required(entry.outcome_timestamp, "outcomeTimestamp")?;
    let at = OffsetDateTime::parse(at.trim(), &Rfc3339).ok();
    // The last hours of 9999 may be in the year 10000 elsewhere, which has no number here.
    let at = at.and_then(|at| at.checked_to_offset(time::UtcOffset::UTC)).ok_or(RequestError::Invalid {
        member: "outcomeTimestamp",
        problem: "is not a date-time of RFC 3339",
    })?;
    // The latest outcome of a card counts: this one would for ever.
    if at > latest {
        return Err(RequestError::Invalid { member: "outcomeTimestamp", problem: "lies in the future" });
    }
    let suggestions: Vec<&RawValue> =
        optional(entry.accepted_suggestions, "acceptedSuggestions")?.unwrap_or_default();
    let reason: Option<Reason<'_>> = match optional_object(entry.override_reason, "overrideReason")? {
        Some(reason) => Some(reason),
        None => optional_object(entry.override_reasons, "overrideReasons")?,
    };
    let (chosen, comment) = match reason {
        Some(reason) => {
            (optional_object::<Coding<'_>>(reason.reason, "overrideReason.reason")?, reason.user_comment)
        }
        None => (None, None),
    };
    // A comment that is no text is no comment; the outcome counts without it.
    let comment: Option<Text<'_>> = comment.and_then(|comment| serde_json::from_str(comment.get()).ok());
    let suggested = |raw| object::<Suggestion<'_>>(raw, "acceptedSuggestions");
    Ok(FeedbackItem {
        card: id(required(entry.card, "card")?, "card")?,
        outcome,
        at,
        accepted_suggestions: suggestions
            .into_iter()
            .map(|raw| id(required(suggested(raw)?.id, "acceptedSuggestions.id")?, "acceptedSuggestions"))
            .collect::<Result<_, _>>()?,
        reason: chosen.and_then(|coding| {
            let code = coding.code?.0;
            Some((coding.system.map_or(Cow::Borrowed(""), |system| system.0), code))
        }),
        comment: comment.map(|comment| comment.0).filter(|comment| !comment.trim().is_empty()),
    })
}

fn required<'a>(value: Option<&'a RawValue>, member: &'static str) -> Result<Cow<'a, str>, RequestError> {
    let text: Option<Text<'a>> = optional(value, member)?;
    Ok(text.ok_or(RequestError::Missing(member))?.0)
}

fn optional<'a, T: Deserialize<'a>>(
    value: Option<&'a RawValue>,
    member: &'static str,
) -> Result<Option<T>, RequestError> {
    let Some(value) = value else { return Ok(None) };
    serde_json::from_str(value.get()).map_err(|_| RequestError::WrongType(member))
}

fn optional_object<'a, T: Deserialize<'a>>(
    value: Option<&'a RawValue>,
    member: &'static str,
) -> Result<Option<T>, RequestError> {
    match value {
        Some(value) if !value.get().starts_with('{') && value.get() != "null" => {
            Err(RequestError::WrongType(member))
        }
        value => optional(value, member),
    }
}

fn id<'a>(id: Cow<'a, str>, member: &'static str) -> Result<Cow<'a, str>, RequestError> {
    if id.trim().is_empty() || id.len() > LONGEST_ID {
        return Err(RequestError::Invalid { member, problem: "is empty or too long for an id" });
    }
    Ok(id)
}

#[cfg(test)]
#[path = "feedback_tests.rs"]
mod tests;
