//! `statements.yaml`: the guidance, sentence by sentence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Name;

/// The statements of one topic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StatementsFile {
    /// The statements.
    pub statements: Vec<StatementText>,
}

/// One statement, in our own words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StatementText {
    /// Its id in the clinical matrix.
    pub id: Name,
    /// Does the article say it, or is it beyond the article?
    pub origin: Origin,
    /// References, by id.
    pub cite: Vec<Name>,
    /// Class or certainty, where the source gives one.
    pub grade: Option<String>,
    /// For clinicians.
    pub text: String,
    /// For patients, in plain language.
    pub plain: String,
    /// For an article statement: what a careful clinician adds. Each addition cites its own sources.
    pub beyond: Option<Addition>,
    /// Why no rule carries it, where none does: then it stands on the guidance pages only.
    pub guidance_only: Option<String>,
    /// What is ambiguous, outdated or doubtful about it.
    pub doubt: Option<String>,
}

/// What is added to a statement of the article.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Addition {
    /// For clinicians.
    pub text: String,
    /// References, by id.
    pub cite: Vec<Name>,
}

/// Where a statement comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The article says it.
    Article,
    /// It is beyond the article.
    Beyond,
}
