//! Conditions: each word with its names resolved and its units checked.

use std::sync::Arc;

use super::super::condition::{Comparison, Condition, Length};
use super::super::fact::{Coded, Limit, Measured};
use super::super::files::{ConditionText, DoseText, LastingText, LimitText, Name, StageText, WhoseDose};
use super::rules::Compiler;
use crate::chart::Stage;

/// Units of time that a length may be given in.
pub(super) const LENGTHS: &[&str] = &["d", "wk", "mo"];

impl Compiler<'_> {
    /// Compiles a condition; `None` where a name in it is unknown, which has then been noted.
    pub(super) fn condition(&mut self, file: &str, text: &ConditionText) -> Option<Condition> {
        Some(match text {
            ConditionText::All(texts) => Condition::All(self.conditions(file, texts)?),
            ConditionText::Any(texts) => Condition::Any(self.conditions(file, texts)?),
            ConditionText::Not(text) => Condition::Not(Box::new(self.condition(file, text)?)),
            ConditionText::Known(text) => Condition::Known(Box::new(self.condition(file, text)?)),
            ConditionText::Has(name) => Condition::Has(self.diagnosis(file, name)?),
            ConditionText::Suspected(name) => Condition::Suspected(self.diagnosis(file, name)?),
            ConditionText::Had(name) => Condition::Had(self.diagnosis(file, name)?),
            ConditionText::Adding(name) => Condition::Adding(self.diagnosis(file, name)?),
            ConditionText::Below(text) => self.compare(file, text, Comparison::Below)?,
            ConditionText::AtMost(text) => self.compare(file, text, Comparison::AtMost)?,
            ConditionText::AtLeast(text) => self.compare(file, text, Comparison::AtLeast)?,
            ConditionText::Above(text) => self.compare(file, text, Comparison::Above)?,
            ConditionText::OnRecord(name) => Condition::OnRecord(self.measured(file, name)?),
            ConditionText::Answer(text) => {
                let fact = self.answered(file, &text.fact)?;
                let mut accepted = Vec::new();
                for name in &text.is {
                    match fact.answers.iter().position(|answer| answer.name == name.as_str()) {
                        Some(position) => accepted.push(position),
                        None => self.ledger.unknown(file, name, "answer of this fact")?,
                    }
                }
                Condition::Answer { fact, accepted }
            }
            ConditionText::Takes(name) => Condition::Takes(self.medicine(file, name)?),
            ConditionText::TakesOrOrders(name) => Condition::TakesOrOrders(self.medicine(file, name)?),
            ConditionText::Took(name) => Condition::Took(self.medicine(file, name)?),
            ConditionText::Ordering(name) => Condition::Ordering(self.orderable(file, name)?),
            ConditionText::OrderingAt(text) => Condition::OrderingAt {
                kind: self.orderable(file, &text.of)?,
                site: self.site(file, &text.site)?,
            },
            ConditionText::OrderedFor(text) => Condition::OrderedFor {
                kind: self.orderable(file, &text.of)?,
                length: self.lasting(file, text)?,
            },
            ConditionText::Stopping(name) => Condition::Stopping(self.orderable(file, name)?),
            ConditionText::AllergicTo(name) => {
                Condition::AllergicTo { allergy: self.allergy(file, name)?, truly: false }
            }
            ConditionText::TrulyAllergicTo(name) => {
                Condition::AllergicTo { allergy: self.allergy(file, name)?, truly: true }
            }
            ConditionText::Service(text) => Condition::Service {
                service: self.service(file, &text.of)?,
                stage: text.stage.map(|stage| match stage {
                    StageText::Open => Stage::Open,
                    StageText::Completed => Stage::Completed,
                }),
            },
            ConditionText::TakenFor(text) => Condition::TakenFor {
                medicine: self.medicine(file, &text.of)?,
                length: self.at_least(file, &text.at_least)?,
            },
            ConditionText::TookFor(text) => Condition::TookFor {
                medicine: self.medicine(file, &text.of)?,
                length: self.at_least(file, &text.at_least)?,
            },
            ConditionText::ServiceFor(text) => Condition::ServiceFor {
                service: self.service(file, &text.of)?,
                length: self.lasting(file, text)?,
            },
            ConditionText::HasFor(text) => {
                let limits = [
                    (Comparison::AtLeast, &text.at_least),
                    (Comparison::Above, &text.more_than),
                    (Comparison::AtMost, &text.at_most),
                ];
                Condition::HasFor {
                    diagnosis: self.diagnosis(file, &text.of)?,
                    length: self.length(file, text.of.line, &limits)?,
                }
            }
            ConditionText::DoseEach(text) => self.dose(file, text, false)?,
            ConditionText::DosePerDay(text) => self.dose(file, text, true)?,
            ConditionText::Age(text) => Condition::AgeAtLeast(self.limit(file, &text.at_least, &["a"])?),
            ConditionText::OrderingUncoded(true) => Condition::OrderingUncoded,
            ConditionText::OrderingUncoded(false) => Condition::Not(Box::new(Condition::OrderingUncoded)),
        })
    }

    fn conditions(&mut self, file: &str, texts: &[ConditionText]) -> Option<Vec<Condition>> {
        if texts.is_empty() {
            self.ledger.note(file, 0, "an empty `all` or `any` says nothing");
        }
        // Every one is compiled, so that all mistakes in it are told.
        let compiled: Vec<_> = texts.iter().map(|text| self.condition(file, text)).collect();
        compiled.into_iter().collect()
    }

    fn compare(&mut self, file: &str, text: &LimitText, comparison: Comparison) -> Option<Condition> {
        let fact = self.measured(file, &text.fact);
        let unit = fact.as_ref().map(|fact| fact.unit.clone());
        let units: Vec<&str> = unit.iter().map(String::as_str).collect();
        let limit = self.limit(file, &text.limit, &units);
        Some(Condition::Compare { fact: fact?, comparison, limit: limit? })
    }

    fn dose(&mut self, file: &str, text: &DoseText, per_day: bool) -> Option<Condition> {
        let unit = if per_day { "mg/d" } else { "mg" };
        Some(Condition::Dose {
            medicine: self.medicine(file, &text.of)?,
            per_day,
            above: self.limit(file, &text.above, &[unit])?,
            within: text.within.unwrap_or(WhoseDose::Drafts),
        })
    }

    fn at_least(&mut self, file: &str, name: &Name) -> Option<Length> {
        Some(Length { comparison: Comparison::AtLeast, limit: self.limit(file, name, LENGTHS)? })
    }

    fn lasting(&mut self, file: &str, text: &LastingText) -> Option<Length> {
        let limits = [(Comparison::AtLeast, &text.at_least), (Comparison::Above, &text.more_than)];
        self.length(file, text.of.line, &limits)
    }

    /// The one limit of time that is given.
    fn length(&mut self, file: &str, line: u64, limits: &[(Comparison, &Option<Name>)]) -> Option<Length> {
        let mut given = limits.iter().filter_map(|(comparison, name)| Some((*comparison, name.as_ref()?)));
        let (Some((comparison, name)), None) = (given.next(), given.next()) else {
            self.ledger.note(file, line, "a length of time takes exactly one limit");
            return None;
        };
        Some(Length { comparison, limit: self.limit(file, name, LENGTHS)? })
    }

    /// A threshold whose unit is one of `units`; an empty list was preceded by another mistake.
    pub(super) fn limit(&mut self, file: &str, name: &Name, units: &[&str]) -> Option<Arc<Limit>> {
        let Some(limit) = self.limits.get(name.as_str()) else {
            return self.ledger.unknown(file, name, "threshold");
        };
        self.used.insert(name.text.clone());
        if !units.is_empty() && !units.contains(&limit.unit.as_str()) {
            let expected = units.join(", ");
            let text = format!("`{name}` is in `{}`; here the unit must be {expected}", limit.unit);
            self.ledger.note(file, name.line, text);
            return None;
        }
        Some(Arc::clone(limit))
    }

    pub(super) fn measured(&mut self, file: &str, name: &Name) -> Option<Arc<Measured>> {
        self.used.insert(name.text.clone());
        match self.facts.measured.get(name.as_str()) {
            Some(fact) => Some(Arc::clone(fact)),
            None => self.ledger.unknown(file, name, "measured fact"),
        }
    }

    fn answered(&mut self, file: &str, name: &Name) -> Option<Arc<super::super::fact::Answered>> {
        self.used.insert(name.text.clone());
        match self.facts.answered.get(name.as_str()) {
            Some(fact) => Some(Arc::clone(fact)),
            None => self.ledger.unknown(file, name, "coded fact"),
        }
    }

    pub(super) fn diagnosis(&mut self, file: &str, name: &Name) -> Option<Arc<Coded>> {
        self.coded(file, name, |facts| &facts.diagnoses, "diagnosis")
    }

    pub(super) fn medicine(&mut self, file: &str, name: &Name) -> Option<Arc<Coded>> {
        self.coded(file, name, |facts| &facts.medicines, "medicine")
    }

    fn allergy(&mut self, file: &str, name: &Name) -> Option<Arc<Coded>> {
        self.coded(file, name, |facts| &facts.allergies, "allergy")
    }

    fn service(&mut self, file: &str, name: &Name) -> Option<Arc<Coded>> {
        self.coded(file, name, |facts| &facts.services, "service fact")
    }

    fn site(&mut self, file: &str, name: &Name) -> Option<Arc<Coded>> {
        self.coded(file, name, |facts| &facts.sites, "site")
    }

    /// What a draft may be: an order fact or a medicine.
    pub(super) fn orderable(&mut self, file: &str, name: &Name) -> Option<Arc<Coded>> {
        if self.facts.medicines.contains_key(name.as_str()) {
            self.medicine(file, name)
        } else {
            self.coded(file, name, |facts| &facts.orders, "order fact or medicine")
        }
    }

    fn coded(
        &mut self,
        file: &str,
        name: &Name,
        table: impl Fn(&super::FactTable) -> &std::collections::BTreeMap<String, Arc<Coded>>,
        kind: &str,
    ) -> Option<Arc<Coded>> {
        self.used.insert(name.text.clone());
        match table(self.facts).get(name.as_str()) {
            Some(fact) => Some(Arc::clone(fact)),
            None => self.ledger.unknown(file, name, kind),
        }
    }
}
