//! `package.yaml`, `services.yaml`, `thresholds.yaml` and `references.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Name;
use crate::wire::Hook;

/// `package.yaml`: what this knowledge is and how far it can be trusted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackageFile {
    /// The package, in `[a-z0-9-]`.
    pub id: String,
    /// Its version (semantic: patch = words, minor = new cards, major = cards that go or change their indicator).
    pub version: String,
    /// Its title for people.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// Who publishes it.
    pub publisher: String,
    /// When the article behind it was last updated (`YYYY-MM-DD`).
    pub article_updated: String,
    /// Months after which the article is called old on every card.
    pub old_after_months: u16,
    /// How far its review has come.
    pub review: Review,
    /// The short caveat of every card, for clinicians.
    pub caveat: String,
    /// The short caveat of every card, for patients.
    pub plain_caveat: String,
    /// The disclaimer.
    pub disclaimer: String,
    /// How texts are written and changed, or where that is said.
    pub editorial_policy: String,
    /// At most so many cards in one answer.
    pub most_cards: u8,
    /// The code system of card topics.
    pub topic_system: String,
    /// The topics, in the order in which their cards stand when equally urgent; each is a folder.
    pub topics: Vec<TopicEntry>,
}

/// One topic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TopicEntry {
    /// The folder under `topics/`.
    pub id: Name,
    /// Its title for people.
    pub title: String,
    /// Its title for patients.
    pub plain: String,
    /// How far its review has come, where it differs from that of the package.
    pub review: Option<Review>,
}

/// How far a review has come.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Review {
    /// The state.
    pub state: ReviewState,
    /// When it was reached (`YYYY-MM-DD`).
    pub date: String,
    /// By whom, as a role.
    pub by: String,
}

/// The three steps of the article's tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Written, nobody has looked at it.
    #[default]
    Submitted,
    /// Being looked at.
    UnderReview,
    /// Approved by a clinician.
    Approved,
}

impl ReviewState {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ReviewState::Submitted => "submitted",
            ReviewState::UnderReview => "under review",
            ReviewState::Approved => "approved",
        }
    }
}

/// `services.yaml`: the CDS services.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServicesFile {
    /// The services.
    pub services: Vec<ServiceFileEntry>,
}

/// One CDS service.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceFileEntry {
    /// The last segment of its URL.
    pub id: Name,
    /// The hook that calls it.
    pub hook: Hook,
    /// Its title.
    pub title: String,
    /// What it does.
    pub description: String,
    /// What must be in place for it to be of use.
    pub usage_requirements: Option<String>,
    /// The topics whose rules it runs; every topic where left out.
    pub topics: Option<Vec<Name>>,
    /// Prefetch keys without which it has nothing to say (`412` where they can be had from nowhere).
    #[serde(default)]
    pub requires: Vec<Name>,
}

/// `thresholds.yaml`: every number a rule uses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ThresholdsFile {
    /// The thresholds, by id.
    pub thresholds: BTreeMap<String, Threshold>,
}

/// One number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Threshold {
    /// What it is.
    pub title: String,
    /// The number.
    pub value: f64,
    /// Its UCUM unit; `1` for a plain number.
    pub unit: String,
    /// References it rests on.
    pub source: Vec<Name>,
    /// What is doubtful about it, or why it is so.
    pub note: Option<String>,
}

/// `references.yaml`: what is cited.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReferencesFile {
    /// The references, by id: a number is one that the article prints, `S…` is beyond the article.
    pub references: BTreeMap<String, Reference>,
}

/// One reference.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reference {
    /// A few words to cite it by.
    pub short: String,
    /// The whole entry. For a citation of the article without a printed entry: what is known of it.
    pub entry: String,
    /// Where it can be read.
    pub url: Option<String>,
    /// Was the statement looked up in it?
    pub checked: bool,
    /// What could not be resolved or checked.
    pub note: Option<String>,
}
