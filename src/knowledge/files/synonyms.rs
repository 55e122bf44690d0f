//! `synonyms.yaml`: words that mean the same to people who search.

use schemars::JsonSchema;
use serde::Deserialize;

/// Words that mean the same. They find statements; they change no text and no rule.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SynonymsFile {
    /// Groups of words or phrases with one meaning.
    pub synonyms: Vec<Vec<String>>,
}
