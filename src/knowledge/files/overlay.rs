//! `overlay.yaml`: what one site changes of a package.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CodingText, Name, Review};

/// What one site changes. Every change names its reason.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OverlayFile {
    /// The site, as it signs.
    pub site: String,
    /// How far the site's own review has come, by topic; `package` stands for every topic.
    #[serde(default)]
    pub reviews: BTreeMap<String, Review>,
    /// Other numbers for thresholds, by their ids, in the unit of the package.
    #[serde(default)]
    pub thresholds: BTreeMap<String, OtherThreshold>,
    /// Rules that are not judged at this site.
    #[serde(default)]
    pub rules_off: Vec<RuleOff>,
    /// Links of the site, shown with a statement on cards and on the guidance pages.
    #[serde(default)]
    pub links: Vec<SiteLink>,
    /// Codes that the site uses beyond those of the package.
    #[serde(default)]
    pub codes: Vec<ExtraCode>,
}

/// Another number for a threshold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OtherThreshold {
    /// The number.
    pub value: f64,
    /// Why.
    pub because: String,
}

/// A rule that is not judged.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleOff {
    /// The rule.
    pub rule: Name,
    /// Why.
    pub because: String,
}

/// A link of the site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SiteLink {
    /// The statement it belongs to.
    pub statement: Name,
    /// Its words.
    pub label: String,
    /// Its address: `https` only, and nothing of a patient in it.
    pub url: String,
}

/// A further code of a value set.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExtraCode {
    /// The value set.
    pub value_set: Name,
    /// The code, of a code system that the service knows.
    #[serde(flatten)]
    pub coding: CodingText,
    /// Why.
    pub because: String,
}
