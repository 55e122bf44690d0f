//! `facts.yaml`: what is read from a chart.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// What is read from a chart. The names are unique across all kinds; texts write them with `_` for `-`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FactsFile {
    /// Results with a number.
    pub measurements: BTreeMap<String, MeasurementFact>,
    /// Findings with a coded answer.
    pub answers: BTreeMap<String, AnswerFact>,
    /// Problems and diagnoses.
    pub diagnoses: BTreeMap<String, DiagnosisFact>,
    /// Medicines, by ingredient.
    pub medicines: BTreeMap<String, MedicineFact>,
    /// Allergies and intolerances.
    pub allergies: BTreeMap<String, CodedFact>,
    /// Procedures, service requests and plans.
    pub services: BTreeMap<String, ServiceFact>,
    /// What may be ordered.
    pub orders: BTreeMap<String, CodedFact>,
    /// Body sites that a draft may state.
    #[serde(default)]
    pub sites: BTreeMap<String, SiteFact>,
    /// Value sets that say "left" and "right" as a body site.
    pub sides: SidesText,
    /// The facts from which eGFR is worked out where none is reported.
    pub computed_egfr: Option<ComputedEgfr>,
    /// The facts from which the ankle-brachial index of a leg is worked out where none is reported.
    pub computed_abi: Option<ComputedAbi>,
}

/// Value sets that name a side.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SidesText {
    /// Left.
    pub left: Vec<Name>,
    /// Right.
    pub right: Vec<Name>,
}

/// Which facts take part in the eGFR equation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ComputedEgfr {
    /// Serum creatinine, in mg/dL.
    pub from: Name,
    /// eGFR, in mL/min/{1.73_m2}.
    pub to: Name,
}

/// Which facts take part in the ankle-brachial index.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ComputedAbi {
    /// Systolic pressure at the ankle, per leg.
    pub ankle: Name,
    /// Systolic pressure at the arm, in the same unit.
    pub arm: Name,
    /// The index.
    pub to: Name,
}

/// A result with a number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MeasurementFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its codes.
    pub codes: Vec<Name>,
    /// Value sets of codes that say "left" by themselves.
    #[serde(default)]
    pub left: Vec<Name>,
    /// Value sets of codes that say "right" by themselves.
    #[serde(default)]
    pub right: Vec<Name>,
    /// What the body site has to say in it.
    pub sites: Option<SiteText>,
    /// Value sets of something related that must not stand in for it: asked for, and told as there and not usable.
    #[serde(default)]
    pub related: Vec<Name>,
    /// Further value sets to ask for under the same prefetch key (panels that hold it as a component).
    #[serde(default)]
    pub panels: Vec<Name>,
    /// The UCUM unit that limits are given in.
    pub unit: String,
    /// The unit as people read it.
    pub unit_shown: String,
    /// Decimals shown.
    pub decimals: u8,
    /// The units it is accepted in.
    pub units: Vec<UnitText>,
    /// The least and the most that is possible, in `unit`.
    pub plausible: PlausibleRange,
    /// Told per leg.
    #[serde(default)]
    pub per_leg: bool,
    /// Days after which a value is old.
    pub current_for_days: u32,
    /// What an old value is worth in a comparison.
    pub when_old: WhenOld,
    /// The prefetch key, where several facts share one; the name of the fact where left out.
    pub prefetch_key: Option<String>,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// What the body site of a result has to say in a fact.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SiteText {
    /// Value sets of codes that are the fact where the site is one of `at`, and else are not.
    #[serde(default)]
    pub codes: Vec<Name>,
    /// Value sets of those sites. They count by code only.
    #[serde(default)]
    pub at: Vec<Name>,
    /// Value sets of sites that keep a result out of the fact.
    #[serde(default)]
    pub never_at: Vec<Name>,
    /// Words that do the same: in the site, or in what was measured.
    #[serde(default)]
    pub never_words: Vec<String>,
}

/// What is possible.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlausibleRange {
    /// The least.
    pub from: f64,
    /// The most.
    pub to: f64,
}

/// A unit, its spellings and how a number in it becomes one in the unit of the fact.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UnitText {
    /// How charts write it. Case and spaces do not matter; an empty text is a number without a unit.
    pub spellings: Vec<String>,
    /// The factor; 1 where left out.
    pub multiply: Option<f64>,
    /// The offset, after the factor; 0 where left out.
    pub add: Option<f64>,
    /// Decimals kept of the result, to undo the noise of the conversion.
    pub decimals: Option<u8>,
    /// Where the conversion comes from.
    pub note: Option<String>,
}

/// What an old value is worth in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenOld {
    /// It is compared, dated and called old.
    #[default]
    Use,
    /// It decides nothing: the comparison is unknown.
    Unknown,
}

/// A finding with a coded answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AnswerFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its codes, where it is an Observation.
    #[serde(default)]
    pub codes: Vec<Name>,
    /// The question it answers, where it stands in a QuestionnaireResponse.
    pub question: Option<QuestionText>,
    /// Each answer, with its words and the value sets of its codes.
    pub answers: BTreeMap<String, AnswerChoice>,
    /// Days after which an answer is old.
    pub current_for_days: u32,
    /// What an old answer is worth; it is used where left out.
    #[serde(default)]
    pub when_old: WhenOld,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// A question of a questionnaire of the package.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QuestionText {
    /// The questionnaire: a file under `questionnaires/`, without its ending.
    pub questionnaire: Name,
    /// The `linkId` of the item.
    pub link_id: Name,
}

/// One answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AnswerChoice {
    /// The words for it.
    pub title: String,
    /// Value sets of its codes.
    pub codes: Vec<Name>,
    /// It says that nobody knows: what asks for another answer is then unknown, not false.
    #[serde(default)]
    pub undecided: bool,
}

/// A diagnosis.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DiagnosisFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its codes.
    pub codes: Vec<Name>,
    /// Value sets whose codes take an entry out again.
    #[serde(default)]
    pub except: Vec<Name>,
    /// Words by which a problem being added counts as it where the problem has no code that is known here. The
    /// chart's own words are never guessed at.
    #[serde(default)]
    pub words: Vec<String>,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// Something that has been done or asked for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its codes.
    pub codes: Vec<Name>,
    /// Value sets whose codes take an entry out again.
    #[serde(default)]
    pub except: Vec<Name>,
    /// Where it is looked for.
    #[serde(default = "ServiceResource::usual")]
    pub resources: Vec<ServiceResource>,
    /// Days it is looked back for; without limit where left out.
    pub within_days: Option<u32>,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// A resource type that tells of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceResource {
    /// Procedure.
    Procedure,
    /// ServiceRequest.
    ServiceRequest,
    /// DeviceRequest.
    DeviceRequest,
}

impl ServiceResource {
    fn usual() -> Vec<ServiceResource> {
        vec![ServiceResource::Procedure, ServiceResource::ServiceRequest]
    }
}

/// A body site that a draft may state.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SiteFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its codes.
    pub codes: Vec<Name>,
    /// Value sets of sites that are meant where a draft names both.
    #[serde(default)]
    pub except: Vec<Name>,
    /// Words that name it in a draft; whole words, whatever their case.
    #[serde(default)]
    pub words: Vec<String>,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// A fact that is there or not: an allergy, an order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodedFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its codes.
    pub codes: Vec<Name>,
    /// Value sets whose codes take an entry out again.
    #[serde(default)]
    pub except: Vec<Name>,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// A medicine, by ingredient.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MedicineFact {
    /// Its name for people.
    pub title: String,
    /// Its name for patients.
    pub plain: String,
    /// Value sets of its ingredients.
    pub codes: Vec<Name>,
    /// Routes by which it does not count. An unknown route counts.
    #[serde(default)]
    pub except_routes: Vec<RouteText>,
    /// Why it is read as it is.
    pub note: Option<String>,
}

/// How a medicine is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteText {
    /// By mouth.
    Oral,
    /// By injection or infusion.
    Injected,
    /// On the skin.
    Topical,
    /// Into the eye or the ear.
    EyeOrEar,
    /// By another way.
    Other,
}
