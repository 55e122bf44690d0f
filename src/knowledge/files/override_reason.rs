//! `override-reasons.yaml`: what a clinician may answer to a card that is not followed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// The list, in the order in which it is offered.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OverrideReasonsFile {
    /// The code system of all of them.
    pub system: String,
    /// The reasons.
    pub reasons: Vec<OverrideReason>,
}

/// One reason.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OverrideReason {
    /// Its code.
    pub code: Name,
    /// What the clinician reads; CDS Hooks demands it.
    pub display: String,
}
