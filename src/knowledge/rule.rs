//! Rules, groups, orders and services, compiled.

use std::sync::Arc;

use super::condition::Condition;
use super::fact::{Coded, Limit, Named};
use super::files::{OrderText, Origin, StatementText, TableKind};
use crate::fhir::Need;
use crate::wire::{Hook, Indicator, SelectionBehavior};

/// The position of a rule in the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u16);

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: the statement it carries, with a word after it where one statement has several rules.
    pub name: String,
    /// What it does, in a few words.
    pub title: String,
    /// The topic it belongs to.
    pub topic: usize,
    /// Is it evaluated and counted, and not shown?
    pub trial: bool,
    /// The hooks at which it is judged.
    pub hooks: Vec<Hook>,
    /// Is it judged at this site? Not where the site turned it off, or its topic is not reviewed far enough.
    pub judged: bool,
    /// When it fires.
    pub when: Condition,
    /// Rules that stay silent where this one fires.
    pub silences: Vec<RuleId>,
    /// A card of its own.
    pub card: Option<CardPlan>,
    /// The card shown where `when` is unknown.
    pub unknown: Option<CardPlan>,
    /// A row of a card made of several rules.
    pub row: Option<RowPlan>,
}

/// A text with facts of a chart in it.
#[derive(Debug, Clone, Default)]
pub struct Text(pub Vec<Piece>);

/// A piece of a text.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Words that are the same for every chart; numbers of the package are among them.
    Words(String),
    /// A fact of the chart.
    Named(Named, Shown),
}

/// Which part of a measured fact a text shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Value, unit and date.
    Whole,
    /// Value and unit (`…_value`).
    Value,
    /// The date (`…_date`).
    Date,
}

/// A card.
#[derive(Debug)]
pub struct CardPlan {
    /// How urgent.
    pub indicator: Indicator,
    /// Words for clinicians.
    pub words: Words,
    /// Words for patients.
    pub plain: Option<Words>,
    /// Statements it carries.
    pub says: Vec<Arc<Statement>>,
    /// What could be done.
    pub suggest: Option<Suggest>,
    /// Questionnaires it links to: words, and the position among those of the package.
    pub links: Vec<(String, usize)>,
}

/// Summary and reason of a card.
#[derive(Debug)]
pub struct Words {
    /// Fewer than 140 characters.
    pub summary: Text,
    /// Why it appears.
    pub because: Text,
}

/// Ways to act.
#[derive(Debug)]
pub struct Suggest {
    /// Whether several may be taken.
    pub selection: SelectionBehavior,
    /// The ways.
    pub options: Vec<SuggestOption>,
}

/// One way to act.
#[derive(Debug)]
pub struct SuggestOption {
    /// A few words.
    pub label: String,
    /// The one we would take.
    pub recommended: bool,
    /// Offered only where this is known to be true.
    pub when: Option<Condition>,
    /// What is done.
    pub actions: Vec<ActionPlan>,
}

/// One change to the chart.
#[derive(Debug)]
pub enum ActionPlan {
    /// Create an order.
    Create(Arc<Order>),
    /// Delete the drafts of a kind.
    Remove(Arc<Coded>),
    /// Change product and dosage of the drafts of a medicine.
    Change {
        /// The medicine.
        medicine: Arc<Coded>,
        /// The order whose product and dosage they get.
        to: Arc<Order>,
        /// What it does.
        description: String,
    },
    /// Set the end of the drafts of a kind.
    Limit {
        /// The kind.
        order: Arc<Coded>,
        /// How long after their start.
        to: Arc<Limit>,
        /// What it does.
        description: String,
    },
}

/// An order the service may propose.
#[derive(Debug)]
pub struct Order {
    /// Its name in the package.
    pub name: String,
    /// What it is.
    pub text: OrderText,
    /// Diagnoses of the chart it is ordered for.
    pub reasons: Vec<Arc<Coded>>,
    /// Measured facts it rests on.
    pub evidence: Vec<Arc<super::fact::Measured>>,
    /// For how long a device is to be used.
    pub lasting: Option<Arc<Limit>>,
}

/// A row of a card made of several rules.
#[derive(Debug)]
pub struct RowPlan {
    /// The group, by its position in the package.
    pub group: usize,
    /// The row is shown unless this is known to be false.
    pub applies: Option<Condition>,
    /// How urgent the card becomes where the row is missed.
    pub indicator: Indicator,
    /// More urgent where this holds as well.
    pub raised: Option<(Condition, Indicator)>,
    /// What the row is about.
    pub about: String,
    /// The patient's value.
    pub now: Text,
    /// What the article aims at.
    pub article: Option<Text>,
    /// What is current practice.
    pub current: Option<Text>,
    /// What is advised.
    pub advice: Option<Text>,
    /// Statements it carries where it is missed.
    pub says: Vec<Arc<Statement>>,
    /// What the row is about, for patients.
    pub plain_about: String,
    /// The aim, for patients.
    pub plain_aim: Text,
    /// What could be done where the row is missed.
    pub suggest: Option<Suggest>,
}

/// A card made of several rules.
#[derive(Debug)]
pub struct Group {
    /// Its name in the package.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The topic it belongs to.
    pub topic: usize,
    /// What its table shows.
    pub table: TableKind,
    /// Words for clinicians.
    pub words: Words,
    /// Words for patients.
    pub plain: Words,
    /// Statements it carries.
    pub says: Vec<Arc<Statement>>,
}

/// A statement of the guidance.
#[derive(Debug)]
pub struct Statement {
    /// The topic it belongs to.
    pub topic: usize,
    /// Its id in the clinical matrix.
    pub id: String,
    /// Its text, as in the package.
    pub text: StatementText,
}

impl Statement {
    /// Is it beyond the article?
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        self.text.origin == Origin::Beyond
    }
}

/// A CDS service.
#[derive(Debug)]
pub struct Service {
    /// The last segment of its URL.
    pub id: String,
    /// The hook that calls it.
    pub hook: Hook,
    /// Its title.
    pub title: String,
    /// What it does.
    pub description: String,
    /// What must be in place for it to be of use.
    pub usage_requirements: Option<String>,
    /// The rules it shows.
    pub shows: Vec<RuleId>,
    /// Further rules it judges only because they silence one it shows.
    pub listens: Vec<RuleId>,
    /// What it asks of the chart, compiled from the facts of its rules.
    pub needs: Vec<Need>,
}
