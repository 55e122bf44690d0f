//! The knowledge files as they are written: YAML with unknown members refused.
//!
//! Nothing here is resolved yet; names are [`Name`]s that remember their line. the compiler of the package turns them into
//! [`super::Knowledge`]. The JSON Schemas for editors are made from these types.

mod case;
mod condition;
mod fact;
mod name;
mod order;
mod override_reason;
mod package;
mod rule;
mod statement;

pub use case::{
    CaseChart, CaseCondition, CaseDraft, CaseExpectation, CaseFile, CaseKind, CaseMedication, CaseResult,
    CaseRule, CaseService, CaseText, ExpectedOutcome,
};
pub use condition::{
    AgeText, AnswerText, ConditionText, DiagnosisFor, DoseText, LimitText, MedicineFor, ServiceFor,
    ServiceText, StageText, WhoseDose,
};
pub use fact::{
    AnswerFact, CodedFact, FactsFile, MeasurementFact, MedicineFact, PlausibleRange, RouteText, UnitText,
    WhenOld,
};
pub use name::Name;
pub use order::{
    CodingText, DosageText, MedicationOrderText, OrderText, OrdersFile, PriorityText, ProblemText,
    ServiceOrderText, TimingText, UnitOfTime,
};
pub use override_reason::{OverrideReason, OverrideReasonsFile};
pub use package::{
    PackageFile, Reference, ReferencesFile, Review, ReviewState, ServiceFileEntry, ServicesFile, Threshold,
    ThresholdsFile,
};
pub use rule::{
    ActionText, CardText, ChangeText, GroupText, OptionText, PlainCard, PlainRow, RaisedText, RowText,
    RuleState, RuleText, RulesFile, SuggestText,
};
pub use statement::{Addition, Origin, StatementText, StatementsFile};
