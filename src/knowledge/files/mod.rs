//! The knowledge files as they are written: YAML with unknown members refused.
//!
//! Nothing here is resolved yet; names are [`Name`]s that remember their line. the compiler of the package turns them into
//! [`super::Knowledge`]. The JSON Schemas for editors are made from these types.

mod case;
mod condition;
mod fact;
mod matrix;
mod name;
mod order;
mod overlay;
mod override_reason;
mod package;
mod rule;
mod statement;
mod synonyms;

pub use case::{
    CaseChart, CaseCondition, CaseDraft, CaseExpectation, CaseFile, CaseKind, CaseMedication, CaseResource,
    CaseResult, CaseRule, CaseService, CaseText, ExpectedOutcome, ExpectedRow, UnnoticedText,
};
pub use condition::{
    AgeText, AnswerText, ConditionText, DiagnosisFor, DoseText, LastingText, LimitText, MedicineFor,
    OrderAtText, ServiceText, StageText, WhoseDose,
};
pub use fact::{
    AnswerFact, CodedFact, DiagnosisFact, FactsFile, MeasurementFact, MedicineFact, PlausibleRange,
    QuestionText, RouteText, ServiceFact, ServiceResource, SiteFact, SiteText, UnitText, WhenOld,
};
pub use matrix::{MatrixFile, MatrixRow};
pub use name::Name;
pub use order::{
    CodingText, DeviceOrderText, DosageText, MedicationOrderText, OrderText, OrdersFile, PriorityText,
    ProblemText, ServiceOrderText, TimingText, UnitOfTime,
};
pub use overlay::{ExtraCode, OtherThreshold, OverlayFile, RuleOff, SiteLink};
pub use override_reason::{OverrideReason, OverrideReasonsFile};
pub use package::{
    PackageFile, Reference, ReferencesFile, Review, ReviewState, ServiceFileEntry, ServicesFile, Threshold,
    ThresholdsFile, TopicEntry,
};
pub use rule::{
    ActionText, CardText, ChangeText, GroupText, LimitOrderText, LinkText, OptionText, PlainCard, PlainRow,
    RaisedText, RowText, RuleState, RuleText, RulesFile, SuggestText, TableKind,
};
pub use statement::{Addition, Origin, StatementText, StatementsFile};
pub use synonyms::SynonymsFile;
