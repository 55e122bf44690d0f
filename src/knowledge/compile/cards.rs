//! Cards, rows of tables and what they suggest.

use std::sync::Arc;

use super::super::files::{
    ActionText, CardText, LinkText, Name, OrderText, PlainCard, RowText, SuggestText, TableKind,
};
use super::super::rule::{ActionPlan, CardPlan, RowPlan, Statement, Suggest, SuggestOption, Words};
use super::conditions::LENGTHS;
use super::rules::Compiler;

impl Compiler<'_> {
    pub(super) fn card(&mut self, file: &str, line: u64, place: &str, text: &CardText) -> CardPlan {
        CardPlan {
            indicator: text.indicator,
            words: Words {
                summary: self.text(file, line, &format!("{place} summary"), &text.summary),
                because: self.text(file, line, &format!("{place} because"), &text.because),
            },
            plain: text.plain.as_ref().map(|plain| self.plain(file, line, place, plain)),
            says: self.says(file, &text.says),
            suggest: text.suggest.as_ref().and_then(|suggest| self.suggest(file, suggest)),
            links: text.links.iter().filter_map(|link| self.link(file, link)).collect(),
        }
    }

    fn link(&mut self, file: &str, text: &LinkText) -> Option<(String, usize)> {
        match self.questionnaires.iter().position(|one| one.id == text.questionnaire.as_str()) {
            Some(position) => Some((text.label.clone(), position)),
            None => self.ledger.unknown(file, &text.questionnaire, "questionnaire"),
        }
    }

    pub(super) fn plain(&mut self, file: &str, line: u64, place: &str, text: &PlainCard) -> Words {
        Words {
            summary: self.text(file, line, &format!("{place} plain summary"), &text.summary),
            because: self.text(file, line, &format!("{place} plain because"), &text.because),
        }
    }

    pub(super) fn row(&mut self, file: &str, line: u64, place: &str, text: &RowText) -> Option<RowPlan> {
        let Some(group) = self.groups.iter().position(|group| group.name == text.of.as_str()) else {
            return self.ledger.unknown(file, &text.of, "group");
        };
        let table = self.groups.get(group).map_or(TableKind::Targets, |group| group.table);
        let fits = match table {
            TableKind::Targets => text.article.is_some() && text.advice.is_none(),
            TableKind::Reasons => text.advice.is_some() && text.article.is_none() && text.current.is_none(),
        };
        if !fits {
            let text = format!("`{place}`: a row of targets has an `article`, a row of reasons an `advice`");
            self.ledger.note(file, line, text);
        }
        let applies = match &text.applies {
            Some(applies) => Some(self.condition(file, applies)?),
            None => None,
        };
        let raised = match &text.raised {
            Some(raised) => Some((self.condition(file, &raised.when)?, raised.to)),
            None => None,
        };
        let mut cell = |part: &str, cell: &Option<String>| {
            cell.as_ref().map(|cell| self.text(file, line, &format!("{place} row {part}"), cell))
        };
        let article = cell("article", &text.article);
        let current = cell("current", &text.current);
        let advice = cell("advice", &text.advice);
        Some(RowPlan {
            group,
            raised,
            applies,
            indicator: text.indicator,
            about: text.about.clone(),
            now: self.text(file, line, &format!("{place} row now"), &text.now),
            article,
            current,
            advice,
            says: self.known(file, &text.says),
            plain_about: text.plain.about.clone(),
            plain_aim: self.text(file, line, &format!("{place} row plain aim"), &text.plain.aim),
            suggest: text.suggest.as_ref().and_then(|suggest| self.suggest(file, suggest)),
        })
    }

    pub(super) fn says(&mut self, file: &str, names: &[Name]) -> Vec<Arc<Statement>> {
        if names.is_empty() {
            self.ledger.note(file, 0, "a card must carry at least one statement (`says`)");
        }
        self.known(file, names)
    }

    fn known(&mut self, file: &str, names: &[Name]) -> Vec<Arc<Statement>> {
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
            ActionText::Limit(limit) => ActionPlan::Limit {
                order: self.orderable(file, &limit.order)?,
                to: self.limit(file, &limit.to, LENGTHS)?,
                description: limit.description.clone(),
            },
        })
    }
}
