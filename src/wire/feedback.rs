//! The body of a feedback call.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

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
    id: Text<'a>,
}

#[derive(Deserialize)]
struct Reason<'a> {
    #[serde(borrow)]
    reason: Option<Coding<'a>>,
    #[serde(borrow, rename = "userComment")]
    user_comment: Option<Text<'a>>,
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
    let body: Body<'_> =
        serde_json::from_str(raw.get()).map_err(|_| FeedbackError::Body(RequestError::NotAnObject))?;
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
    let entry: Entry<'_> = serde_json::from_str(entry.get()).map_err(|_| RequestError::NotAnObject)?;
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
    let suggestions: Option<Vec<Suggestion<'_>>> =
        optional(entry.accepted_suggestions, "acceptedSuggestions")?;
    let reason: Option<Reason<'_>> = match optional(entry.override_reason, "overrideReason")? {
        Some(reason) => Some(reason),
        None => optional(entry.override_reasons, "overrideReasons")?,
    };
    let (chosen, comment) = match reason {
        Some(reason) => (reason.reason, reason.user_comment),
        None => (None, None),
    };
    let ids = suggestions.unwrap_or_default().into_iter();
    Ok(FeedbackItem {
        card: id(required(entry.card, "card")?, "card")?,
        outcome,
        at,
        accepted_suggestions: ids
            .map(|suggestion| id(suggestion.id.0, "acceptedSuggestions"))
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

fn id<'a>(id: Cow<'a, str>, member: &'static str) -> Result<Cow<'a, str>, RequestError> {
    if id.trim().is_empty() || id.len() > LONGEST_ID {
        return Err(RequestError::Invalid { member, problem: "is empty or too long for an id" });
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read_feedback(body: &[u8]) -> Result<Vec<FeedbackItem<'_>>, FeedbackError> {
        super::read_feedback(body, datetime!(2026-03-02 09:00 UTC))
    }

    #[test]
    fn what_clients_send_is_read() {
        let table = [
            // The example of the specification has no display.
            (
                r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReason":{"reason":{"code":"c","system":"s"},"userComment":"no"},"outcomeTimestamp":"2020-12-11T00:00:00Z"}]}"#,
                Some(("s", "c")),
                Some("no"),
            ),
            // The plural, as an object, with an extension in the place of a reason.
            (
                r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReasons":{"extension":{"x":[1]}},"outcomeTimestamp":"2020-12-11T02:00:00+02:00","more":null}]}"#,
                None,
                None,
            ),
            (
                r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReasons":{"reason":{"code":"c","system":"s","display":"d"}},"outcomeTimestamp":"2020-12-10T19:00:00-05:00"}]}"#,
                Some(("s", "c")),
                None,
            ),
            (
                r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReason":null,"outcomeTimestamp":"2020-12-11T00:00:00.000Z"}]}"#,
                None,
                None,
            ),
        ];
        for (body, reason, comment) in table {
            let items = read_feedback(body.as_bytes()).unwrap();
            let [item] = items.as_slice() else { panic!("{body}") };
            assert_eq!(item.card, "a");
            assert_eq!(item.at, datetime!(2020-12-11 00:00 UTC), "{body}");
            assert_eq!(item.reason.as_ref().map(|(s, c)| (s.as_ref(), c.as_ref())), reason, "{body}");
            assert_eq!(item.comment.as_deref(), comment, "{body}");
        }
        let accepted = br#"{"feedback":[{"card":"a","outcome":"accepted","acceptedSuggestions":[{"id":"b"},{"id":"c"}],"outcomeTimestamp":"2020-12-11T00:00:00Z"}]}"#;
        assert_eq!(read_feedback(accepted).unwrap()[0].accepted_suggestions, ["b", "c"]);
        assert_eq!(read_feedback(br#"{"feedback":[]}"#).unwrap(), []);
        let at_the_limit = br#"{"feedback":[{"card":"a","outcome":"accepted","outcomeTimestamp":"2026-03-02T14:00:00+05:00"}]}"#;
        assert_eq!(read_feedback(at_the_limit).unwrap().len(), 1);
    }

    #[test]
    fn what_is_malformed_is_named_by_its_entry() {
        let good = r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#;
        for (entry, text) in [
            (r#"{"outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#, "`card` is missing"),
            (
                r#"{"card":"","outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
                "`card` is empty",
            ),
            (
                r#"{"card":7,"outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
                "`card` is not of",
            ),
            (r#"{"card":"a","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#, "`outcome` is missing"),
            (
                r#"{"card":"a","outcome":"ignored","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
                "`outcome` is neither",
            ),
            (r#"{"card":"a","outcome":"accepted"}"#, "`outcomeTimestamp` is missing"),
            (
                r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2020-12-11"}"#,
                "`outcomeTimestamp` is not",
            ),
            (
                r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"9999-12-31T23:59:59-14:00"}"#,
                "`outcomeTimestamp` is not",
            ),
            (
                r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2026-03-02T09:00:00.001Z"}"#,
                "`outcomeTimestamp` lies in the future",
            ),
            (
                r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2999-01-01T00:00:00Z"}"#,
                "`outcomeTimestamp` lies in the future",
            ),
            (
                r#"{"card":"a","outcome":"accepted","acceptedSuggestions":["b"],"outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
                "`acceptedSuggestions`",
            ),
            ("7", "not a JSON object"),
        ] {
            let body = format!("{{\"feedback\":[{good},{entry}]}}");
            let told = read_feedback(body.as_bytes()).unwrap_err().to_string();
            assert!(told.starts_with("`feedback[1]`: ") && told.contains(text), "{entry}: {told}");
        }
        for (body, text) in [
            ("", "not JSON"),
            ("[]", "not a JSON object"),
            ("{}", "`feedback` is missing"),
            (r#"{"feedback":{}}"#, "`feedback` is not of"),
        ] {
            let told = read_feedback(body.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(text), "{body}: {told}");
        }
    }
}
