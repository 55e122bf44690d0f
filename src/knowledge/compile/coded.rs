//! Facts that are there or not, and facts with a coded answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::fact::{Answered, Choice, Coded};
use super::super::files::{
    AnswerFact, CodedFact, DiagnosisFact, MedicineFact, Name, RouteText, ServiceFact, ServiceResource,
    SiteFact,
};
use super::super::problem::Ledger;
use super::super::questionnaire::Questionnaire;
use super::super::value_set::ValueSets;
use super::facts::FILE;
use crate::chart::{AnswerId, ConceptSet, Route};
use crate::fhir::plan::{AnswerPlan, Question};

/// A fact as one of the kinds of `facts.yaml` gives it.
pub(super) trait Fact {
    /// Compiles it.
    fn coded(&self, name: &str, sets: &ValueSets, ledger: &mut Ledger) -> Coded;
}

/// All facts of one kind.
pub(super) fn table<F: Fact>(
    facts: &BTreeMap<String, F>,
    sets: &ValueSets,
    ledger: &mut Ledger,
) -> BTreeMap<String, Arc<Coded>> {
    let compiled = facts.iter().map(|(name, fact)| (name.clone(), Arc::new(fact.coded(name, sets, ledger))));
    compiled.collect()
}

fn plain_fact(
    name: &str,
    (title, plain): (&str, &str),
    codes: &[Name],
    except: &[Name],
    sets: &ValueSets,
    ledger: &mut Ledger,
) -> Coded {
    Coded {
        name: name.to_owned(),
        title: title.to_owned(),
        plain: plain.to_owned(),
        concepts: sets.concepts(FILE, codes, ledger),
        except: sets.concepts(FILE, except, ledger),
        except_routes: Vec::new(),
        within_days: None,
        asked_by: texts(codes),
        resources: Vec::new(),
    }
}

impl Fact for CodedFact {
    fn coded(&self, name: &str, sets: &ValueSets, ledger: &mut Ledger) -> Coded {
        plain_fact(name, (&self.title, &self.plain), &self.codes, &self.except, sets, ledger)
    }
}

impl Fact for DiagnosisFact {
    fn coded(&self, name: &str, sets: &ValueSets, ledger: &mut Ledger) -> Coded {
        plain_fact(name, (&self.title, &self.plain), &self.codes, &self.except, sets, ledger)
    }
}

impl Fact for SiteFact {
    fn coded(&self, name: &str, sets: &ValueSets, ledger: &mut Ledger) -> Coded {
        plain_fact(name, (&self.title, &self.plain), &self.codes, &self.except, sets, ledger)
    }
}

impl Fact for ServiceFact {
    fn coded(&self, name: &str, sets: &ValueSets, ledger: &mut Ledger) -> Coded {
        let mut resources: Vec<ServiceResource> = self.resources.clone();
        resources.sort_unstable();
        resources.dedup();
        if resources.is_empty() {
            ledger.note(FILE, 0, format!("`{name}` is looked for in no resource"));
        }
        Coded {
            within_days: self.within_days,
            resources,
            ..plain_fact(name, (&self.title, &self.plain), &self.codes, &self.except, sets, ledger)
        }
    }
}

impl Fact for MedicineFact {
    fn coded(&self, name: &str, sets: &ValueSets, ledger: &mut Ledger) -> Coded {
        Coded {
            except_routes: self.except_routes.iter().copied().map(route).collect(),
            ..plain_fact(name, (&self.title, &self.plain), &self.codes, &[], sets, ledger)
        }
    }
}

/// Words with what they stand for, in lower case.
pub(super) fn words<'f>(
    facts: impl Iterator<Item = (&'f str, &'f [Name], &'f [String])>,
    sets: &ValueSets,
    ledger: &mut Ledger,
) -> Vec<(String, ConceptSet)> {
    let mut all = Vec::new();
    for (name, codes, words) in facts {
        // An unknown value set was told where the fact itself was compiled.
        let concepts = sets.concepts(FILE, codes, &mut Ledger::default());
        for word in words {
            if word.trim().is_empty() || concepts == ConceptSet::EMPTY {
                ledger.note(FILE, 0, format!("`{name}`: a word needs letters, and codes to stand for"));
            }
            all.push((word.trim().to_lowercase(), concepts));
        }
    }
    all
}

pub(super) fn answer_plan(
    name: &str,
    fact: &AnswerFact,
    sets: &ValueSets,
    questionnaires: &[Questionnaire],
    ledger: &mut Ledger,
) -> AnswerPlan {
    if fact.codes.is_empty() == fact.question.is_none() {
        ledger.note(FILE, 0, format!("`{name}` has either `codes` or a `question`"));
    }
    let question = fact.question.as_ref().and_then(|question| {
        let Some(found) = questionnaires.iter().find(|one| one.id == question.questionnaire.as_str()) else {
            return ledger.unknown(FILE, &question.questionnaire, "questionnaire");
        };
        if !found.asks(question.link_id.as_str()) {
            ledger.unknown::<()>(FILE, &question.link_id, "question of this questionnaire");
        }
        Some(Question { questionnaire: found.url.clone(), link_id: question.link_id.text.clone() })
    });
    AnswerPlan {
        codes: sets.concepts(FILE, &fact.codes, ledger),
        answers: fact.answers.values().map(|choice| sets.concepts(FILE, &choice.codes, ledger)).collect(),
        question,
    }
}

pub(super) fn answered(id: AnswerId, name: &str, fact: &AnswerFact) -> Answered {
    let choices = fact.answers.iter().map(|(name, choice)| Choice {
        name: name.clone(),
        title: choice.title.clone(),
        undecided: choice.undecided,
    });
    Answered {
        id,
        name: name.to_owned(),
        title: fact.title.clone(),
        plain: fact.plain.clone(),
        answers: choices.collect(),
        current_for_days: fact.current_for_days,
        when_old: fact.when_old,
        asked_by: texts(&fact.codes),
        questionnaire: fact.question.as_ref().map(|question| question.questionnaire.text.clone()),
    }
}

fn route(text: RouteText) -> Route {
    match text {
        RouteText::Oral => Route::Oral,
        RouteText::Injected => Route::Injected,
        RouteText::Topical => Route::Topical,
        RouteText::EyeOrEar => Route::EyeOrEar,
        RouteText::Other => Route::Other,
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.text.clone()).collect()
}
