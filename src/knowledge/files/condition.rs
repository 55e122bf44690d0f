//! The words of a condition. A small closed set; each gives true, false or unknown.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// A condition, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionText {
    /// True where all are; false where one is; else unknown.
    All(Vec<ConditionText>),
    /// True where one is; false where all are; else unknown.
    Any(Vec<ConditionText>),
    /// The opposite; unknown stays unknown.
    Not(Box<ConditionText>),
    /// True only where it is known to be true: unknown counts as false. For what is merely good to know.
    Known(Box<ConditionText>),
    /// The diagnosis is on record and not known to be over. Suspected only: unknown.
    Has(Name),
    /// The diagnosis is on record, and whether it holds cannot be told: provisional, differential or unconfirmed, or in an
    /// entry whose state cannot be read.
    Suspected(Name),
    /// The diagnosis is on record as over (resolved, inactive, ended).
    Had(Name),
    /// A problem that this call adds to the problem list stands for the diagnosis.
    Adding(Name),
    /// The newest value is below the limit. For a fact told per leg: that of either leg.
    Below(LimitText),
    /// The newest value is at most the limit.
    AtMost(LimitText),
    /// The newest value is at least the limit.
    AtLeast(LimitText),
    /// The newest value is above the limit.
    Above(LimitText),
    /// A usable value no older than the look-back of the fact is on record.
    OnRecord(Name),
    /// The newest answer is one of these; where several were given at once, one of them.
    Answer(AnswerText),
    /// The medicine is in use, on-hold included.
    Takes(Name),
    /// The medicine is in use, or among the drafts.
    TakesOrOrders(Name),
    /// The medicine is in use, or once was.
    Took(Name),
    /// A draft this call is about is of this kind: an order fact or a medicine.
    Ordering(Name),
    /// A draft of this kind is for this body site, by code or in words; one that states no site: unknown.
    OrderingAt(OrderAtText),
    /// A draft of this kind lasts for at least or for more than this long; one without an end: unknown.
    OrderedFor(LastingText),
    /// A draft this call is about stops something of this kind.
    Stopping(Name),
    /// An allergy or intolerance is on record.
    AllergicTo(Name),
    /// The allergy is on record as an allergy, not as an intolerance only.
    TrulyAllergicTo(Name),
    /// A procedure, service request or plan is on record.
    Service(ServiceText),
    /// The medicine has been in use for at least this long.
    TakenFor(MedicineFor),
    /// A course of the medicine, going on or over, lasted at least this long.
    TookFor(MedicineFor),
    /// The service has been going on, or is ordered to go on, for at least or for more than this long.
    ServiceFor(LastingText),
    /// The diagnosis has been present for at least, for more than or for at most this long.
    HasFor(DiagnosisFor),
    /// The amount at one administration is above the limit.
    DoseEach(DoseText),
    /// The amount in a day is above the limit.
    DosePerDay(DoseText),
    /// Age in completed years.
    Age(AgeText),
    /// A draft this call is about has no code that is known here, so what it is cannot be told.
    OrderingUncoded(bool),
}

/// A measured fact and a limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LimitText {
    /// The measured fact.
    pub fact: Name,
    /// A threshold, by its id.
    pub limit: Name,
}

/// A coded fact and the answers that count.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AnswerText {
    /// The coded fact.
    pub fact: Name,
    /// The answers, by their ids.
    pub is: Vec<Name>,
}

/// A service and how far it must have come.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceText {
    /// The service fact.
    pub of: Name,
    /// How far it has come; any that was not stopped where left out.
    pub stage: Option<StageText>,
}

/// How far a service has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageText {
    /// Ordered or under way.
    Open,
    /// Done.
    Completed,
}

/// A medicine in use for some time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MedicineFor {
    /// The medicine.
    pub of: Name,
    /// A threshold whose unit is `d`, `wk` or `mo`.
    pub at_least: Name,
}

/// An order and a body site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OrderAtText {
    /// The order fact or medicine.
    pub of: Name,
    /// The site.
    pub site: Name,
}

/// A service or an order that lasts for some time. Exactly one of the two limits is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LastingText {
    /// The service fact, the order fact or the medicine.
    pub of: Name,
    /// A threshold whose unit is `d`, `wk` or `mo`.
    pub at_least: Option<Name>,
    /// The same; the limit itself is not more.
    pub more_than: Option<Name>,
}

/// A diagnosis present for some time. Exactly one of the three limits is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DiagnosisFor {
    /// The diagnosis.
    pub of: Name,
    /// A threshold whose unit is `d`, `wk` or `mo`.
    pub at_least: Option<Name>,
    /// The same; the limit itself is not more.
    pub more_than: Option<Name>,
    /// The same; the limit itself is included.
    pub at_most: Option<Name>,
}

/// A dose above a limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DoseText {
    /// The medicine.
    pub of: Name,
    /// A threshold whose unit is `mg` or `mg/d`.
    pub above: Name,
    /// Whose dose: that of the drafts (the default), or that of the medicines in use.
    #[serde(rename = "in")]
    pub within: Option<WhoseDose>,
}

/// Which orders a dose is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhoseDose {
    /// The drafts this call is about.
    Drafts,
    /// Medicines in use.
    Taken,
    /// Both.
    Either,
}

/// Age against a limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgeText {
    /// A threshold whose unit is `a`.
    pub at_least: Name,
}
