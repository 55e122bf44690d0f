//! `orders.yaml`: what the service may propose.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// Orders that suggestions propose, by id.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OrdersFile {
    /// The orders.
    pub orders: BTreeMap<String, OrderText>,
}

/// One order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderText {
    /// A ServiceRequest.
    ServiceRequest(ServiceOrderText),
    /// A MedicationRequest.
    MedicationRequest(MedicationOrderText),
    /// A DeviceRequest.
    DeviceRequest(DeviceOrderText),
    /// A Condition for the problem list.
    Condition(ProblemText),
}

/// A code with its words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodingText {
    /// The code system, by its URI.
    pub system: Name,
    /// The code.
    pub code: String,
    /// The words.
    pub display: String,
}

/// A ServiceRequest, proposed as a draft.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceOrderText {
    /// What it does, for the description of the action.
    pub description: String,
    /// Its codes; none where no code was verified.
    #[serde(default)]
    pub codes: Vec<CodingText>,
    /// Its words.
    pub text: String,
    /// How urgent: `routine`, `urgent`, `asap` or `stat`.
    pub priority: PriorityText,
    /// How often and for how long.
    pub timing: Option<TimingText>,
    /// Diagnoses of the chart it is ordered for.
    #[serde(default)]
    pub reasons: Vec<Name>,
    /// A note to whoever carries it out.
    pub note: Option<String>,
    /// Words for the patient.
    pub patient_instruction: Option<String>,
}

/// `ServiceRequest.priority`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriorityText {
    /// In its turn.
    Routine,
    /// Soon.
    Urgent,
    /// As soon as possible.
    Asap,
    /// At once.
    Stat,
}

/// How often and for how long.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TimingText {
    /// Times in a period.
    pub frequency: u32,
    /// The period.
    pub period: f64,
    /// Its unit.
    pub period_unit: UnitOfTime,
    /// For how long in all.
    pub for_period: Option<f64>,
    /// Its unit.
    pub for_unit: Option<UnitOfTime>,
    /// The least length of one session, in minutes.
    pub minutes_from: Option<f64>,
    /// The most.
    pub minutes_to: Option<f64>,
}

/// UCUM units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum UnitOfTime {
    /// Hours.
    #[serde(rename = "h")]
    Hour,
    /// Days.
    #[serde(rename = "d")]
    Day,
    /// Weeks.
    #[serde(rename = "wk")]
    Week,
    /// Months.
    #[serde(rename = "mo")]
    Month,
}

/// A MedicationRequest, proposed as a draft.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MedicationOrderText {
    /// What it does, for the description of the action.
    pub description: String,
    /// Its codes.
    pub codes: Vec<CodingText>,
    /// Its words.
    pub text: String,
    /// How to take it; left out where the prescriber has to decide.
    pub dosage: Option<DosageText>,
    /// Diagnoses of the chart it is ordered for.
    #[serde(default)]
    pub reasons: Vec<Name>,
    /// A note to whoever carries it out.
    pub note: Option<String>,
}

/// A DeviceRequest, proposed as a draft: a brace, an orthosis, a boot.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeviceOrderText {
    /// What it does, for the description of the action.
    pub description: String,
    /// Its codes.
    #[serde(default)]
    pub codes: Vec<CodingText>,
    /// Its words.
    pub text: String,
    /// For how long it is to be used: a threshold whose unit is `d`, `wk` or `mo`.
    pub lasting: Option<Name>,
    /// Diagnoses of the chart it is ordered for.
    #[serde(default)]
    pub reasons: Vec<Name>,
    /// A note to whoever carries it out.
    pub note: Option<String>,
}

/// How to take a medicine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DosageText {
    /// In words.
    pub text: String,
    /// How much at a time.
    pub dose: f64,
    /// Its UCUM unit.
    pub unit: String,
    /// How often.
    pub timing: TimingText,
    /// How it is given.
    pub route: Option<CodingText>,
    /// Only when needed.
    #[serde(default)]
    pub as_needed: bool,
    /// Words for the patient.
    pub patient_instruction: Option<String>,
}

/// A Condition, proposed for the problem list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProblemText {
    /// What it does, for the description of the action.
    pub description: String,
    /// Its codes.
    pub codes: Vec<CodingText>,
    /// Its words.
    pub text: String,
    /// Measured facts of the chart it rests on.
    #[serde(default)]
    pub evidence: Vec<Name>,
}
