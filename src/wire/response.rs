//! The answer to a service call.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// The body of a `200`.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Response {
    /// Never left out; empty where nothing applies.
    pub cards: Vec<Card>,
}

/// One card.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// Unique for this card; feedback names it.
    pub uuid: String,
    /// One sentence of fewer than 140 characters.
    pub summary: String,
    /// GitHub-Flavored Markdown without raw HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How urgent it is.
    pub indicator: Indicator,
    /// Where the guidance comes from.
    pub source: Source,
    /// What could be done about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// Present exactly where there are suggestions.
    #[serde(rename = "selectionBehavior", skip_serializing_if = "Option::is_none")]
    pub selection_behavior: Option<SelectionBehavior>,
    /// Reasons a clinician may give for not following it.
    #[serde(rename = "overrideReasons", skip_serializing_if = "<[_]>::is_empty", serialize_with = "shared")]
    pub override_reasons: Arc<[Coding]>,
    /// Where to read more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// What many cards have in common is held once.
fn shared<S: Serializer>(codings: &Arc<[Coding]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(codings.iter())
}

/// Urgency, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    /// Good to know.
    Info,
    /// Look at this before going on.
    Warning,
    /// Someone may come to harm.
    Critical,
}

impl Indicator {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Indicator::Info => "info",
            Indicator::Warning => "warning",
            Indicator::Critical => "critical",
        }
    }
}

/// Where the guidance of a card comes from.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// A short name.
    pub label: String,
    /// About the publisher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the card is about; its code is stable and alphanumeric.
    pub topic: Coding,
}

/// A code of a system. `display` may be left out only in a topic.
#[derive(Debug, Clone, Serialize)]
pub struct Coding {
    /// The code.
    pub code: String,
    /// The system it belongs to.
    pub system: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

/// One way to act.
#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    /// What it does, in a few words.
    pub label: String,
    /// Unique for this suggestion; feedback names it.
    pub uuid: String,
    /// The one we would take.
    #[serde(rename = "isRecommended", skip_serializing_if = "std::ops::Not::not")]
    pub is_recommended: bool,
    /// All are done together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

/// Whether several suggestions of a card may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionBehavior {
    /// One of them.
    AtMostOne,
    /// Any of them.
    Any,
}

/// One change to the chart.
#[derive(Debug, Clone, Serialize)]
pub struct Action {
    /// What kind of change.
    #[serde(rename = "type")]
    pub kind: ActionType,
    /// What it does, for people.
    pub description: String,
    /// The whole resource, for `create` and `update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Box<RawValue>>,
    /// `Type/id`, for `delete`.
    #[serde(rename = "resourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

/// What kind of change an action makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionType {
    /// A new resource.
    Create,
    /// A whole resource in place of one that is there.
    Update,
    /// A resource is taken away.
    Delete,
}

/// A page to open.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// What is there.
    pub label: String,
    /// Where it is.
    pub url: String,
    /// How to open it.
    #[serde(rename = "type")]
    pub kind: LinkType,
}

/// How a link is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkType {
    /// As it is.
    Absolute,
    /// As a SMART launch.
    Smart,
}
