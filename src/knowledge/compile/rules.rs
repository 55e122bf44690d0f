//! Rules, groups and orders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::fact::Limit;
use super::super::files::{
    CodingText, DeviceOrderText, GroupText, Name, OrderText, OrdersFile, RuleState, RuleText,
};
use super::super::problem::Ledger;
use super::super::questionnaire::Questionnaire;
use super::super::rule::{Group, Order, Rule, RuleId, Statement, Words};
use super::super::value_set::ValueSets;
use super::conditions::LENGTHS;
use super::{FactTable, TopicFiles};
use crate::chart::System;

const ORDERS: &str = "orders.yaml";

/// Turns rule files into rules, noting every mistake on the way.
pub(super) struct Compiler<'a> {
    pub(super) facts: &'a FactTable,
    pub(super) limits: &'a BTreeMap<String, Arc<Limit>>,
    pub(super) statements: &'a BTreeMap<String, Arc<Statement>>,
    value_sets: &'a ValueSets,
    pub(super) questionnaires: &'a [Questionnaire],
    pub(super) ledger: &'a mut Ledger,
    pub(super) used: BTreeSet<String>,
    rules: Vec<Rule>,
    pub(super) groups: Vec<Group>,
    pub(super) orders: BTreeMap<String, Arc<Order>>,
    pub(super) proposed: BTreeSet<String>,
    rule_ids: BTreeMap<String, RuleId>,
}

/// What compiling gives: rules, groups, orders and the names that were used.
pub(super) type Compiled = (Vec<Rule>, Vec<Group>, BTreeMap<String, Arc<Order>>, BTreeSet<String>);

impl<'a> Compiler<'a> {
    pub(super) fn new(
        facts: &'a FactTable,
        limits: &'a BTreeMap<String, Arc<Limit>>,
        statements: &'a BTreeMap<String, Arc<Statement>>,
        value_sets: &'a ValueSets,
        questionnaires: &'a [Questionnaire],
        ledger: &'a mut Ledger,
    ) -> Compiler<'a> {
        let used = facts.computed_from.iter().cloned().collect();
        Compiler {
            facts,
            limits,
            statements,
            value_sets,
            questionnaires,
            ledger,
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
                OrderText::DeviceRequest(order) => (&order.codes, &order.reasons, &[]),
                OrderText::Condition(order) => (&order.codes, &[], &order.evidence),
            };
            let lasting = match text {
                OrderText::DeviceRequest(DeviceOrderText { lasting: Some(lasting), .. }) => {
                    self.limit(ORDERS, lasting, LENGTHS)
                }
                _ => None,
            };
            self.codings(codings);
            let reasons = reasons.iter().filter_map(|name| self.diagnosis(ORDERS, name)).collect();
            let evidence = evidence.iter().filter_map(|name| self.measured(ORDERS, name)).collect();
            let order = Order { name: name.clone(), text: text.clone(), reasons, evidence, lasting };
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
        (self.rules, self.groups, self.orders, self.used)
    }

    fn group(&mut self, file: &str, topic: usize, text: &GroupText) -> Group {
        let (name, line) = (text.id.as_str(), text.id.line);
        Group {
            name: name.to_owned(),
            title: text.title.clone(),
            topic,
            table: text.table,
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
            judged: true,
            when: when?,
            silences,
            card,
            unknown,
            row,
        })
    }
}
