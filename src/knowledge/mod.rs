//! The clinical knowledge: loaded once, checked whole, frozen.
//!
//! A package is a folder of YAML files and FHIR ValueSets; [`Knowledge::load`] reads it, resolves every name and
//! tells every mistake at once. Nothing clinical is written in Rust.

pub mod catalogue;
mod compile;
mod condition;
mod fact;
pub mod files;
mod lint;
mod overlay;
mod override_reasons;
mod problem;
mod questionnaire;
mod rule;
pub mod schema;
mod source;
mod value_set;

pub use condition::{Comparison, Condition, Length};
pub use fact::{Answered, Choice, Coded, Limit, Measured, Named};
pub use overlay::{Deployment, Overlay};
pub use problem::{Problem, Problems};
pub use questionnaire::Questionnaire;
pub use rule::{
    ActionPlan, CardPlan, Group, Order, Piece, RowPlan, Rule, RuleId, Service, Shown, Statement, Suggest,
    SuggestOption, Text, Words,
};
pub use source::{PackageSource, SourceError};
pub use value_set::{Code, ValueSets};

use std::collections::BTreeMap;
use std::sync::Arc;

use time::Date;

use crate::chart::When;
use crate::fhir::ReadPlan;
use crate::wire::{Coding, Hook};
use files::{CaseFile, MatrixRow, PackageFile, Reference, Review};

/// A package, compiled.
#[derive(Debug)]
pub struct Knowledge {
    /// What it is and how far it can be trusted.
    pub package: PackageFile,
    /// Its topics, in the order of their cards.
    pub topics: Vec<Topic>,
    /// What is cited, by id.
    pub references: BTreeMap<String, Reference>,
    /// The guidance, in the order of ids.
    pub statements: Vec<Arc<Statement>>,
    /// The rules, in the order of their cards.
    pub rules: Vec<Rule>,
    /// Cards made of several rules.
    pub groups: Vec<Group>,
    /// What may be proposed.
    pub orders: Vec<Arc<Order>>,
    /// The CDS services.
    pub services: Vec<Service>,
    /// Reasons that a clinician may give for not following a card.
    pub override_reasons: Arc<[Coding]>,
    /// Every number that a rule uses.
    pub limits: Vec<Arc<Limit>>,
    /// The measured facts, in the order of names.
    pub measured: Vec<Arc<Measured>>,
    /// The coded facts, in the order of names.
    pub answered: Vec<Arc<Answered>>,
    /// How many facts it reads from a chart.
    pub fact_count: usize,
    /// What to look for in a chart.
    pub plan: ReadPlan,
    /// The cases, with the file they stand in; none where they were left unread.
    pub cases: Vec<(String, CaseFile)>,
    /// The value sets.
    pub value_sets: ValueSets,
    /// Every row of the clinical specification.
    pub matrix: Vec<MatrixRow>,
    /// Words that mean the same to people who search.
    pub synonyms: Vec<Vec<String>>,
    /// What the site changed.
    pub overlay: Option<Overlay>,
    /// The questionnaires it publishes.
    pub questionnaires: Vec<Questionnaire>,
}

/// One topic of the guidance.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its folder and its place in URLs.
    pub id: String,
    /// Its title for people.
    pub title: String,
    /// Its title for patients.
    pub plain: String,
    /// How far its review has come.
    pub review: Review,
    /// Has it come far enough to be shown at this site?
    pub shown: bool,
}

impl Knowledge {
    /// Compiles a package.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub fn load(source: &PackageSource) -> Result<Knowledge, Problems> {
        Knowledge::deployed(source, &Deployment::default())
    }

    /// Compiles a package with what a site lays over it.
    ///
    /// # Errors
    /// With everything that is wrong with either.
    pub fn deployed(source: &PackageSource, deployment: &Deployment) -> Result<Knowledge, Problems> {
        compile::compile(source, deployment)
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(usize::from(id.0))
    }

    /// Was the article last updated longer ago than the package allows?
    #[must_use]
    pub fn is_old(&self, today: Date) -> bool {
        let months = i64::from(self.package.old_after_months);
        When::parse(&self.package.article_updated)
            .is_ok_and(|updated| updated.older_than(months * 365 / 12, today).is_true())
    }

    /// How far the review of a topic has come.
    #[must_use]
    pub fn review_of(&self, topic: usize) -> &Review {
        self.topics.get(topic).map_or(&self.package.review, |topic| &topic.review)
    }

    /// The service that answers `id` for `hook`.
    #[must_use]
    pub fn service(&self, id: &str, hook: Hook) -> Option<&Service> {
        self.services.iter().find(|service| service.id == id && service.hook == hook)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_in_the_binary_is_without_mistakes() {
        if let Err(problems) = Knowledge::load(&PackageSource::embedded()) {
            panic!("{problems}");
        }
    }
}
