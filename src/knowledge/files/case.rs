//! `cases.yaml`: what a rule must do for which patient. Each case becomes a whole hook call.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;
use crate::wire::{Hook, Indicator};

/// The cases of one topic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseFile {
    /// The day on which every chart of this file is judged (`YYYY-MM-DD`).
    pub as_of: String,
    /// The cases, by rule.
    pub rules: Vec<CaseRule>,
}

/// The cases of one rule.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseRule {
    /// The rule.
    pub rule: Name,
    /// The hook, where a case names none.
    pub hook: Hook,
    /// What all charts of this rule hold, unless a case says otherwise: each case lays its own entries over it.
    #[serde(default)]
    pub chart: CaseChart,
    /// The cases: at least one of each kind.
    pub cases: Vec<CaseText>,
    /// Changes to the rule that no case can notice, with the reason why that is right.
    #[serde(default)]
    pub unnoticed: Vec<UnnoticedText>,
}

/// A change to a rule, as `gaitkeeper check --mutate` names it, that goes unnoticed and may.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UnnoticedText {
    /// The change.
    pub change: String,
    /// Why no case can notice it.
    pub because: String,
}

/// One case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseText {
    /// What is special about it, as a sentence.
    pub name: Name,
    /// Which of the four kinds it is.
    pub kind: CaseKind,
    /// The hook, where it is another.
    pub hook: Option<Hook>,
    /// What the chart holds.
    #[serde(default)]
    pub chart: CaseChart,
    /// What must come of it.
    pub expect: CaseExpectation,
}

/// The four kinds every rule must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaseKind {
    /// It fires.
    Fires,
    /// It stays silent.
    Silent,
    /// A value exactly on a limit.
    Boundary,
    /// Data that it needs is missing.
    Missing,
}

/// A chart in few words. Coded entries are named by value set (its first code is used) or by `system|code`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseChart {
    /// `Practitioner/1` where left out.
    pub user: Option<String>,
    /// `YYYY-MM-DD` or less.
    pub born: Option<String>,
    /// `female`, `male`, `other` or `unknown`.
    pub sex: Option<String>,
    /// `true` where the patient is dead.
    pub deceased: Option<bool>,
    /// Results, by measured or coded fact; `null` takes one out again.
    #[serde(default)]
    pub results: BTreeMap<String, Option<Vec<CaseResult>>>,
    /// Diagnoses.
    pub conditions: Option<Vec<CaseCondition>>,
    /// Medicines in use.
    pub medications: Option<Vec<CaseMedication>>,
    /// Allergies.
    pub allergies: Option<Vec<CaseCondition>>,
    /// Procedures and service requests.
    pub services: Option<Vec<CaseService>>,
    /// Drafts.
    pub drafts: Option<Vec<CaseDraft>>,
    /// Problems that the call adds.
    pub adding: Option<Vec<CaseCondition>>,
    /// Prefetch keys that the client does not send.
    pub withheld: Option<Vec<Name>>,
}

/// One result.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseResult {
    /// The number; for a coded fact the value set or `system|code` of the answer.
    pub value: serde_json::Value,
    /// The unit as the chart has it; the unit of the fact where left out.
    pub unit: Option<String>,
    /// `<`, `<=`, `>=` or `>`.
    pub comparator: Option<String>,
    /// When (`YYYY-MM-DD` or less).
    pub on: Option<String>,
    /// `left` or `right`.
    pub leg: Option<String>,
    /// `Observation.status`; `final` where left out.
    pub status: Option<String>,
}

/// One diagnosis or allergy.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseCondition {
    /// Value set or `system|code`.
    pub is: Name,
    /// `clinicalStatus`; `active` where left out.
    pub status: Option<String>,
    /// `verificationStatus`; `confirmed` where left out.
    pub verification: Option<String>,
    /// `onsetDateTime`
    pub since: Option<String>,
    /// For an allergy: `allergy` or `intolerance`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Recorded in words only, without a code.
    #[serde(default)]
    pub text_only: bool,
}

/// One medicine in use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseMedication {
    /// Value set or `system|code`.
    pub is: Name,
    /// `status`; `active` where left out.
    pub status: Option<String>,
    /// `authoredOn`
    pub since: Option<String>,
    /// The end of `dispenseRequest.validityPeriod`.
    pub until: Option<String>,
    /// Milligrams at a time.
    pub milligrams: Option<f64>,
    /// Times a day.
    pub times_a_day: Option<u32>,
    /// How it is given, in words (`oral`, `topical`…).
    pub route: Option<String>,
    /// Recorded in words only, without a code.
    #[serde(default)]
    pub text_only: bool,
}

/// One procedure or service request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseService {
    /// Value set or `system|code`.
    pub is: Name,
    /// `status`; `active` where left out.
    pub status: Option<String>,
    /// `authoredOn`; of a Procedure `performedDateTime`.
    pub on: Option<String>,
    /// The resource type: ServiceRequest where left out.
    pub resource: Option<CaseResource>,
}

/// A resource type that a case may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum CaseResource {
    /// ServiceRequest.
    ServiceRequest,
    /// DeviceRequest.
    DeviceRequest,
    /// Procedure.
    Procedure,
}

/// One draft order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseDraft {
    /// Value set or `system|code`; the words of the order where `text-only`.
    pub is: Name,
    /// Milligrams at a time, for a medicine.
    pub milligrams: Option<f64>,
    /// Times a day.
    pub times_a_day: Option<u32>,
    /// Not selected (order-select).
    #[serde(default)]
    pub not_selected: bool,
    /// Ordered in words only, without a code.
    #[serde(default)]
    pub text_only: bool,
    /// How a medicine is given, in words (`oral`, `topical`…).
    pub route: Option<String>,
    /// The resource type of what is no medicine: ServiceRequest where left out.
    pub resource: Option<CaseResource>,
    /// The body site: value set or `system|code`.
    pub site: Option<Name>,
    /// The body site in words.
    pub site_text: Option<String>,
    /// It stops what it names.
    #[serde(default)]
    pub stops: bool,
    /// Until when (`YYYY-MM-DD`), with `from`.
    pub until: Option<String>,
    /// From when (`YYYY-MM-DD`).
    pub from: Option<String>,
}

/// What must come of a case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseExpectation {
    /// What the rule must say.
    pub outcome: ExpectedOutcome,
    /// The indicator of its card.
    pub indicator: Option<Indicator>,
    /// A piece of the summary of its card.
    pub summary: Option<String>,
    /// A piece of the detail of its card.
    pub detail: Option<String>,
    /// Whether its row stands in the table of its group, missed or met.
    pub row: Option<ExpectedRow>,
    /// The labels of the suggestions of its card, in order; an empty list means none.
    pub suggestions: Option<Vec<String>>,
}

/// Whether a row stands in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedRow {
    /// It does.
    Shown,
    /// It does not; the table itself is there.
    Hidden,
}

/// What a rule must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedOutcome {
    /// It fires, and its card or row is in the answer.
    Fires,
    /// It does not fire, and has no card.
    Silent,
    /// It cannot be judged, and has no card.
    Unknown,
    /// It cannot be judged, and its card says so.
    UnknownCard,
    /// It fires, and a graver rule silences it.
    Silenced,
    /// It fires, and its row is hidden because it does not apply.
    Hidden,
}
