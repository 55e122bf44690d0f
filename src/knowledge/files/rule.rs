//! `rules.yaml`: when a statement becomes a card.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConditionText, Name};
use crate::wire::{Hook, Indicator, SelectionBehavior};

/// The rules of one topic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RulesFile {
    /// Cards made of several rules.
    #[serde(default)]
    pub groups: Vec<GroupText>,
    /// The rules, in the order in which their cards stand when equally urgent.
    pub rules: Vec<RuleText>,
}

/// One rule.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleText {
    /// The id of the statement it carries, with a word after it where one statement has several rules.
    pub id: Name,
    /// What it does, in a few words.
    pub title: String,
    /// `trial`: evaluated and counted, not shown, until somebody saw how often it would fire.
    #[serde(default)]
    pub state: RuleState,
    /// The hooks at which it is judged.
    pub hooks: Vec<Hook>,
    /// When it fires.
    pub when: ConditionText,
    /// Rules that stay silent where this one fires, whatever the hook.
    #[serde(default)]
    pub silences: Vec<Name>,
    /// A card of its own.
    pub card: Option<CardText>,
    /// The card shown where `when` is unknown; silent where left out.
    pub unknown: Option<CardText>,
    /// A row of a card made of several rules.
    pub row: Option<RowText>,
    /// Why it is as it is.
    pub note: Option<String>,
}

/// Whether the cards of a rule are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// They are.
    #[default]
    Active,
    /// They are counted only.
    Trial,
}

/// A card.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CardText {
    /// How urgent.
    pub indicator: Indicator,
    /// Fewer than 140 characters; names of facts stand in `{{ }}`.
    pub summary: String,
    /// Why it appears for this patient: one or two sentences.
    pub because: String,
    /// The same for patients. Left out only where the card has nothing to say to a patient.
    pub plain: Option<PlainCard>,
    /// Statements it carries, by id.
    pub says: Vec<Name>,
    /// What could be done.
    pub suggest: Option<SuggestText>,
    /// Further links, beside the one to the guidance page.
    #[serde(default)]
    pub links: Vec<LinkText>,
}

/// A link to a questionnaire of the package.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LinkText {
    /// Its words.
    pub label: String,
    /// The questionnaire: a file under `questionnaires/`, without its ending.
    pub questionnaire: Name,
}

/// A card in words for patients.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlainCard {
    /// Fewer than 140 characters.
    pub summary: String,
    /// Why it appears.
    pub because: String,
}

/// Ways to act.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SuggestText {
    /// Whether several may be taken.
    pub selection: SelectionBehavior,
    /// The ways.
    pub options: Vec<OptionText>,
}

/// One way to act.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OptionText {
    /// A few words.
    pub label: String,
    /// The one we would take.
    #[serde(default)]
    pub recommended: bool,
    /// Offered only where this is known to be true. Judged strictly: an entry that could not be read or coded
    /// leaves its list open, so that "not" of it is unknown.
    pub when: Option<ConditionText>,
    /// What is done; all together.
    pub actions: Vec<ActionText>,
}

/// One change to the chart.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionText {
    /// Create an order of `orders.yaml`.
    Create(Name),
    /// Delete the drafts of this kind: an order fact or a medicine.
    Remove(Name),
    /// Change product and dosage of the drafts of a medicine.
    Change(ChangeText),
    /// Set the end of the drafts of this kind.
    Limit(LimitOrderText),
}

/// A change of product and dosage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChangeText {
    /// The medicine whose drafts are changed.
    pub order: Name,
    /// A `medication-request` of `orders.yaml` with a dosage, whose product and dosage the drafts get.
    pub to: Name,
    /// What it does, for people.
    pub description: String,
}

/// A draft that gets an end.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LimitOrderText {
    /// The order fact whose drafts get an end.
    pub order: Name,
    /// How long after its start, or after today where it has none: a threshold in `d`, `wk` or `mo`.
    pub to: Name,
    /// What it does, for people.
    pub description: String,
}

/// A row of a card made of several rules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RowText {
    /// The group it belongs to.
    pub of: Name,
    /// The row is shown unless this is known to be false.
    pub applies: Option<ConditionText>,
    /// How urgent the whole card becomes where the row is missed.
    pub indicator: Indicator,
    /// More urgent where this holds as well.
    pub raised: Option<RaisedText>,
    /// What the row is about, in a word or two.
    pub about: String,
    /// The patient's value.
    pub now: String,
    /// In a table of targets: what the article aims at.
    pub article: Option<String>,
    /// In a table of targets: what is current practice, where it is another.
    pub current: Option<String>,
    /// In a table of reasons: what is advised.
    pub advice: Option<String>,
    /// Statements it carries, by id: they stand on the card where the row is missed.
    #[serde(default)]
    pub says: Vec<Name>,
    /// The same for patients.
    pub plain: PlainRow,
    /// What could be done where the row is missed.
    pub suggest: Option<SuggestText>,
}

/// When a row is more urgent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RaisedText {
    /// When.
    pub when: ConditionText,
    /// How urgent then.
    pub to: Indicator,
}

/// A row in words for patients.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlainRow {
    /// What the row is about.
    pub about: String,
    /// The aim.
    pub aim: String,
}

/// What a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// Targets: every row, met or missed, with what the article aims at and what is current practice.
    #[default]
    Targets,
    /// Reasons: only rows that fire or could not be judged, with what is advised.
    Reasons,
}

/// A card made of several rules, as a table. Shown where at least one row is missed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GroupText {
    /// Its id, used by `row.of`.
    pub id: Name,
    /// Its title.
    pub title: String,
    /// What its table shows.
    #[serde(default)]
    pub table: TableKind,
    /// Fewer than 140 characters; `{{ missed }}` lists the rows that are missed.
    pub summary: String,
    /// Why it appears.
    pub because: String,
    /// The same for patients.
    pub plain: PlainCard,
    /// Statements it carries, by id.
    pub says: Vec<Name>,
}
