//! Ids, texts and notes.

use serde::Serialize;

use crate::WriteError;

/// An optional text; blank is absent, because a FHIR string is never empty.
pub(crate) fn optional(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// A required text.
pub(crate) fn required<'a>(text: &'a str, element: &'static str) -> Result<&'a str, WriteError> {
    optional(Some(text)).ok_or(WriteError::Missing { element })
}

/// `Resource.id`: up to 64 letters, digits, `-` and `.`.
pub(crate) fn id(id: Option<&str>) -> Result<Option<&str>, WriteError> {
    let Some(id) = id else { return Ok(None) };
    let fits = (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if fits { Ok(Some(id)) } else { Err(WriteError::Malformed { element: "Resource.id" }) }
}

/// `Annotation`, without author or time.
#[derive(Serialize)]
pub(crate) struct Annotation<'a> {
    text: &'a str,
}

/// `note`: one for each text that is not blank.
pub(crate) fn notes<'a>(notes: &[&'a str]) -> Vec<Annotation<'a>> {
    notes.iter().filter_map(|note| optional(Some(note))).map(|text| Annotation { text }).collect()
}
