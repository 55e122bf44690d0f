//! Rules, groups and orders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::Environment;

use super::super::fact::Limit;
use super::super::files::{
    ActionText, CardText, CodingText, GroupText, Name, OrderText, OrdersFile, PlainCard, RowText, RuleState,
    RuleText, SuggestText,
};
use super::super::problem::Ledger;
use super::super::rule::{
    ActionPlan, CardPlan, Group, Order, RowPlan, Rule, RuleId, Statement, Suggest, SuggestOption, Words,
};
use super::super::value_set::ValueSets;
use super::{FactTable, TopicFiles, texts};
use crate::chart::System;

const ORDERS: &str = "orders.yaml";

/// Turns rule files into rules, noting every mistake on the way.
pub(super) struct Compiler<'a> {
    pub(super) facts: &'a FactTable,
    pub(super) limits: &'a BTreeMap<String, Arc<Limit>>,
    statements: &'a BTreeMap<String, Arc<Statement>>,
    value_sets: &'a ValueSets,
    pub(super) ledger: &'a mut Ledger,
    pub(super) templates: Environment<'static>,
    pub(super) used: BTreeSet<String>,
    rules: Vec<Rule>,
    groups: Vec<Group>,
    orders: BTreeMap<String, Arc<Order>>,
    proposed: BTreeSet<String>,
    rule_ids: BTreeMap<String, RuleId>,
}

/// What compiling gives: rules, groups, orders, templates and the names that were used.
pub(super) type Compiled =
    (Vec<Rule>, Vec<Group>, BTreeMap<String, Arc<Order>>, Environment<'static>, BTreeSet<String>);

impl<'a> Compiler<'a> {
    pub(super) fn new(
        facts: &'a FactTable,
        limits: &'a BTreeMap<String, Arc<Limit>>,
        statements: &'a BTreeMap<String, Arc<Statement>>,
        value_sets: &'a ValueSets,
        ledger: &'a mut Ledger,
    ) -> Compiler<'a> {
        let used = facts.computed_egfr_from.iter().cloned().collect();
        Compiler {
            facts,
            limits,
            statements,
            value_sets,
            ledger,
            templates: texts::environment(),
            used,
            rules: Vec::new(),
            groups: Vec::new(),
            orders: BTreeMap::new(),
            proposed: BTreeSet::new(),
            rule_ids: BTreeMap::new(),
        }
    }

    pub(super) fn orders(&mut self, file: &OrdersFile) {
        for (name, text) in &file.orders {
            let (codings, reasons, evidence): (_, &[Name], &[Name]) = match text {
                OrderText::ServiceRequest(order) => (&order.codes, &order.reasons, &[]),
                OrderText::MedicationRequest(order) => (&order.codes, &order.reasons, &[]),
                OrderText::Condition(order) => (&order.codes, &[], &order.evidence),
            };
            self.codings(codings);
            let reasons = reasons.iter().filter_map(|name| self.diagnosis(ORDERS, name)).collect();
            let evidence = evidence.iter().filter_map(|name| self.measured(ORDERS, name)).collect();
            let order = Order { name: name.clone(), text: text.clone(), reasons, evidence };
            self.orders.insert(name.clone(), Arc::new(order));
        }
    }

    /// A proposed code must be one that a value set of the package holds: nothing is proposed that was not checked.
    fn codings(&mut self, codings: &[CodingText]) {
        for coding in codings {
            match System::from_uri(coding.system.as_str()) {
                None => {
                    self.ledger.unknown::<()>(ORDERS, &coding.system, "code system");
                }
                Some(System::RxNorm) if !self.facts.plan.products.ingredients(&coding.code).is_empty() => {}
                Some(system) if self.value_sets.holds(system, &coding.code) => {}
                Some(system) => self.ledger.note(
                    ORDERS,
                    coding.system.line,
                    format!(
                        "{system} `{}` is in no value set and no product list of the package",
                        coding.code
                    ),
                ),
            }
        }
    }

    pub(super) fn topics(&mut self, topics: &[TopicFiles]) {
        let mut position = 0;
        for topic in topics {
            let file = topic.path("rules.yaml");
            for rule in &topic.rules.rules {
                if self.rule_ids.insert(rule.id.text.clone(), RuleId(position)).is_some() {
                    self.ledger.note(&file, rule.id.line, format!("`{}` is there twice", rule.id));
                }
                position += 1;
            }
        }
        for (number, topic) in topics.iter().enumerate() {
            let file = topic.path("rules.yaml");
            for group in &topic.rules.groups {
                let group = self.group(&file, number, group);
                self.groups.push(group);
            }
        }
        for (number, topic) in topics.iter().enumerate() {
            let file = topic.path("rules.yaml");
            for rule in &topic.rules.rules {
                if let Some(rule) = self.rule(&file, number, rule) {
                    self.rules.push(rule);
                }
            }
        }
    }

    pub(super) fn finish(self) -> Compiled {
        for name in self.orders.keys() {
            if !self.proposed.contains(name) {
                self.ledger.note(ORDERS, 0, format!("`{name}` is proposed by no rule"));
            }
        }
        (self.rules, self.groups, self.orders, self.templates, self.used)
    }

    fn group(&mut self, file: &str, topic: usize, text: &GroupText) -> Group {
        let (name, line) = (text.id.as_str(), text.id.line);
        Group {
            name: name.to_owned(),
            title: text.title.clone(),
            topic,
            words: Words {
                summary: self.text(file, line, &format!("{name} summary"), &text.summary),
                because: self.text(file, line, &format!("{name} because"), &text.because),
            },
            plain: self.plain(file, line, name, &text.plain),
            says: self.says(file, &text.says),
        }
    }

    fn rule(&mut self, file: &str, topic: usize, text: &RuleText) -> Option<Rule> {
        let name = text.id.as_str();
        let when = self.condition(file, &text.when);
        let silences = text.silences.iter().filter_map(|other| match self.rule_ids.get(other.as_str()) {
            Some(id) => Some(*id),
            None => self.ledger.unknown(file, other, "rule"),
        });
        let silences = silences.collect();
        let line = text.id.line;
        let card = text.card.as_ref().map(|card| self.card(file, line, name, card));
        let unknown =
            text.unknown.as_ref().map(|card| self.card(file, line, &format!("{name} unknown"), card));
        let row = text.row.as_ref().and_then(|row| self.row(file, line, name, row));
        if card.is_none() && row.is_none() && text.silences.is_empty() {
            self.ledger.note(file, line, format!("`{name}` has neither a card nor a row"));
        }
        Some(Rule {
            name: name.to_owned(),
            title: text.title.clone(),
            topic,
            trial: text.state == RuleState::Trial,
            hooks: text.hooks.clone(),
            when: when?,
            silences,
            card,
            unknown,
            row,
        })
    }

    fn card(&mut self, file: &str, line: u64, place: &str, text: &CardText) -> CardPlan {
        CardPlan {
            indicator: text.indicator,
            words: Words {
                summary: self.text(file, line, &format!("{place} summary"), &text.summary),
                because: self.text(file, line, &format!("{place} because"), &text.because),
            },
            plain: text.plain.as_ref().map(|plain| self.plain(file, line, place, plain)),
            says: self.says(file, &text.says),
            suggest: text.suggest.as_ref().and_then(|suggest| self.suggest(file, suggest)),
        }
    }

    fn plain(&mut self, file: &str, line: u64, place: &str, text: &PlainCard) -> Words {
        Words {
            summary: self.text(file, line, &format!("{place} plain summary"), &text.summary),
            because: self.text(file, line, &format!("{place} plain because"), &text.because),
        }
    }

    fn row(&mut self, file: &str, line: u64, place: &str, text: &RowText) -> Option<RowPlan> {
        let group = self.groups.iter().position(|group| group.name == text.of.as_str());
        if group.is_none() {
            self.ledger.unknown::<()>(file, &text.of, "group");
        }
        let applies = match &text.applies {
            Some(applies) => Some(self.condition(file, applies)?),
            None => None,
        };
        let raised = match &text.raised {
            Some(raised) => Some((self.condition(file, &raised.when)?, raised.to)),
            None => None,
        };
        Some(RowPlan {
            group: group?,
            raised,
            applies,
            indicator: text.indicator,
            about: text.about.clone(),
            now: self.text(file, line, &format!("{place} row now"), &text.now),
            article: self.text(file, line, &format!("{place} row article"), &text.article),
            current: text
                .current
                .as_ref()
                .map(|current| self.text(file, line, &format!("{place} row current"), current)),
            plain_about: text.plain.about.clone(),
            plain_aim: self.text(file, line, &format!("{place} row plain aim"), &text.plain.aim),
            suggest: text.suggest.as_ref().and_then(|suggest| self.suggest(file, suggest)),
        })
    }

    fn says(&mut self, file: &str, names: &[Name]) -> Vec<Arc<Statement>> {
        if names.is_empty() {
            self.ledger.note(file, 0, "a card must carry at least one statement (`says`)");
        }
        let known = names.iter().filter_map(|name| match self.statements.get(name.as_str()) {
            Some(statement) => Some(Arc::clone(statement)),
            None => self.ledger.unknown(file, name, "statement"),
        });
        known.collect()
    }

    fn suggest(&mut self, file: &str, text: &SuggestText) -> Option<Suggest> {
        let mut options = Vec::new();
        for option in &text.options {
            let when = match &option.when {
                Some(when) => Some(self.condition(file, when)?),
                None => None,
            };
            if option.actions.is_empty() {
                self.ledger.note(file, 0, format!("the suggestion `{}` does nothing", option.label));
            }
            let actions: Vec<_> = option.actions.iter().map(|action| self.action(file, action)).collect();
            options.push(SuggestOption {
                label: option.label.clone(),
                recommended: option.recommended,
                when,
                actions: actions.into_iter().collect::<Option<_>>()?,
            });
        }
        let recommended = options.iter().filter(|option| option.recommended).count();
        if recommended > 1 && text.selection == crate::wire::SelectionBehavior::AtMostOne {
            self.ledger.note(file, 0, "of suggestions with `at-most-one`, only one may be recommended");
        }
        Some(Suggest { selection: text.selection, options })
    }

    fn action(&mut self, file: &str, text: &ActionText) -> Option<ActionPlan> {
        Some(match text {
            ActionText::Create(name) => {
                self.proposed.insert(name.text.clone());
                match self.orders.get(name.as_str()) {
                    Some(order) => ActionPlan::Create(Arc::clone(order)),
                    None => self.ledger.unknown(file, name, "order")?,
                }
            }
            ActionText::Remove(name) => ActionPlan::Remove(self.orderable(file, name)?),
            ActionText::Change(change) => {
                self.proposed.insert(change.to.text.clone());
                let to = match self.orders.get(change.to.as_str()) {
                    Some(order) => Arc::clone(order),
                    None => self.ledger.unknown(file, &change.to, "order")?,
                };
                if !matches!(&to.text, OrderText::MedicationRequest(text) if text.dosage.is_some()) {
                    let text = format!("`{}` is no medication request with a dosage", change.to);
                    self.ledger.note(file, change.to.line, text);
                }
                ActionPlan::Change {
                    medicine: self.medicine(file, &change.order)?,
                    to,
                    description: change.description.clone(),
                }
            }
        })
    }
}
