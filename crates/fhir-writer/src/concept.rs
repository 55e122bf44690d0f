//! `Coding` and `CodeableConcept`.

use serde::Serialize;

use crate::{WriteError, text};

/// One code of one code system (`Coding`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coding<'a> {
    /// `Coding.system`: the URI of the code system.
    pub system: &'a str,
    /// `Coding.code`.
    pub code: &'a str,
    /// `Coding.display`: the words of the code system.
    pub display: Option<&'a str>,
}

/// A meaning, by codes, by words, or both (`CodeableConcept`). Without either it counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concept<'a> {
    /// `CodeableConcept.coding`: the same meaning in one or more code systems.
    pub codings: Vec<Coding<'a>>,
    /// `CodeableConcept.text`: as a clinician would say it.
    pub text: Option<&'a str>,
}

/// A `CodeableConcept` that says something.
#[derive(Serialize)]
pub(crate) struct CodeableConcept<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coding: Vec<CheckedCoding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// A `Coding` whose system and code are well formed.
#[derive(Serialize)]
struct CheckedCoding<'a> {
    system: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<&'a str>,
}

fn coding<'a>(coding: &Coding<'a>) -> Result<CheckedCoding<'a>, WriteError> {
    let system = text::required(coding.system, "Coding.system")?;
    if system.contains(char::is_whitespace) {
        return Err(WriteError::Malformed { element: "Coding.system" });
    }
    let code = text::required(coding.code, "Coding.code")?;
    // The type `code` allows one white space between words and none at either end.
    if code.split(char::is_whitespace).any(str::is_empty) {
        return Err(WriteError::Malformed { element: "Coding.code" });
    }
    Ok(CheckedCoding { system, code, display: text::optional(coding.display) })
}

/// `CodeableConcept`, or nothing if there is neither a code nor a text.
pub(crate) fn optional<'a>(concept: &Concept<'a>) -> Result<Option<CodeableConcept<'a>>, WriteError> {
    let coding = concept.codings.iter().map(coding).collect::<Result<Vec<_>, _>>()?;
    let text = text::optional(concept.text);
    Ok((!coding.is_empty() || text.is_some()).then_some(CodeableConcept { coding, text }))
}

/// A required `CodeableConcept`.
pub(crate) fn required<'a>(
    concept: &Concept<'a>,
    element: &'static str,
) -> Result<CodeableConcept<'a>, WriteError> {
    optional(concept)?.ok_or(WriteError::Missing { element })
}

/// A list of `CodeableConcept`, without those that say nothing.
pub(crate) fn list<'a>(concepts: &[Concept<'a>]) -> Result<Vec<CodeableConcept<'a>>, WriteError> {
    concepts.iter().filter_map(|one| optional(one).transpose()).collect()
}
