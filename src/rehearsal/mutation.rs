//! Do the cases notice when the knowledge is wrong? Each condition is changed a little, and a case has to fail.
//!
//! What is changed: every threshold is moved by a step, every comparison flipped, every part of an `all` or `any` left
//! out, every `not` and `known` taken away; in the conditions of rules, of rows and of suggestions.

use super::verdict::notices;
use crate::evaluate::in_words;
use crate::knowledge::files::CaseRule;
use crate::knowledge::{Comparison, Condition, Knowledge, Length, Limit, RowPlan, Rule, Suggest};

/// A change that was made to a rule, and what came of it.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The rule.
    pub rule: String,
    /// What was changed.
    pub change: String,
    /// Whether the cases of the rule noticed.
    pub fate: Fate,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A case failed, as it should.
    Noticed,
    /// No case failed, and the rule's cases say why that is right.
    Accepted,
    /// No case failed.
    Unnoticed,
}

/// What a mutation run found.
#[derive(Debug, Clone, Default)]
pub struct MutationReport {
    /// Every change.
    pub mutations: Vec<Mutation>,
    /// Entries of `unnoticed` that name no change which goes unnoticed, as rule and change.
    pub stale: Vec<(String, String)>,
}

/// Changes every rule whose name is in `only` (every rule where it is empty), one change at a time, and runs the
/// rule's cases on it. The knowledge is as before afterwards.
pub fn mutate(knowledge: &mut Knowledge, only: &[String]) -> MutationReport {
    let mut report = MutationReport::default();
    for position in 0..knowledge.rules.len() {
        let Some(rule) = knowledge.rules.get_mut(position) else { continue };
        let name = rule.name.clone();
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        let places: Vec<(String, Condition)> =
            places(rule).into_iter().map(|(place, condition)| (place, condition.clone())).collect();
        let mut accepted: Vec<String> = Vec::new();
        for (number, (place, original)) in places.iter().enumerate() {
            for (change, mutant) in numbered(variants(original)) {
                put(knowledge, position, number, mutant);
                let change = format!("{place}: {change}");
                let fate = if notices(knowledge, &name) {
                    Fate::Noticed
                } else if cases_of(knowledge, &name).any(|cases| accepts(cases, &change)) {
                    accepted.push(change.clone());
                    Fate::Accepted
                } else {
                    Fate::Unnoticed
                };
                report.mutations.push(Mutation { rule: name.clone(), change, fate });
            }
            put(knowledge, position, number, original.clone());
        }
        let listed = cases_of(knowledge, &name).flat_map(|cases| &cases.unnoticed);
        let stale = listed.filter(|entry| !accepted.contains(&entry.change));
        report.stale.extend(stale.map(|entry| (name.clone(), entry.change.clone())));
    }
    report
}

fn cases_of<'k>(knowledge: &'k Knowledge, rule: &'k str) -> impl Iterator<Item = &'k CaseRule> {
    let cases = knowledge.cases.iter().flat_map(|(_, file)| &file.rules);
    cases.filter(move |cases| cases.rule.as_str() == rule)
}

fn accepts(cases: &CaseRule, change: &str) -> bool {
    cases.unnoticed.iter().any(|entry| entry.change == change)
}

fn put(knowledge: &mut Knowledge, position: usize, number: usize, condition: Condition) {
    let rule = knowledge.rules.get_mut(position);
    if let Some((_, place)) = rule.and_then(|rule| places(rule).into_iter().nth(number)) {
        *place = condition;
    }
}

/// Every condition of a rule, with the place it stands in.
fn places(rule: &mut Rule) -> Vec<(String, &mut Condition)> {
    let mut places = vec![("when".to_owned(), &mut rule.when)];
    if let Some(RowPlan { applies, raised, suggest, .. }) = &mut rule.row {
        places.extend(applies.iter_mut().map(|applies| ("applies".to_owned(), applies)));
        places.extend(raised.iter_mut().map(|(when, _)| ("raised".to_owned(), when)));
        places.extend(options(suggest.as_mut()));
    }
    for card in [&mut rule.card, &mut rule.unknown].into_iter().flatten() {
        places.extend(options(card.suggest.as_mut()));
    }
    places
}

fn options(suggest: Option<&mut Suggest>) -> impl Iterator<Item = (String, &mut Condition)> {
    let options = suggest.into_iter().flat_map(|suggest| &mut suggest.options);
    options.filter_map(|option| {
        let place = format!("suggesting \"{}\"", option.label);
        Some((place, option.when.as_mut()?))
    })
}

/// The same words for two changes would not tell them apart.
fn numbered(variants: Vec<(String, Condition)>) -> Vec<(String, Condition)> {
    let mut seen: Vec<String> = Vec::new();
    let mut numbered = Vec::new();
    for (change, condition) in variants {
        let times = seen.iter().filter(|other| **other == change).count() + 1;
        seen.push(change.clone());
        let change = if times > 1 { format!("{change} ({times})") } else { change };
        numbered.push((change, condition));
    }
    numbered
}

/// Every condition that differs from this one in one thing.
fn variants(condition: &Condition) -> Vec<(String, Condition)> {
    match condition {
        Condition::All(parts) => of_parts(parts, Condition::All),
        Condition::Any(parts) => of_parts(parts, Condition::Any),
        Condition::Not(inner) => {
            let mut all = wrapped(inner, Condition::Not);
            all.push((format!("not ({}) turned round", shown(inner)), inner.as_ref().clone()));
            all
        }
        Condition::Known(inner) => {
            let mut all = wrapped(inner, Condition::Known);
            all.push((format!("{} not asked to be known", shown(inner)), inner.as_ref().clone()));
            all
        }
        leaf => of_leaf(leaf),
    }
}

fn of_parts(parts: &[Condition], whole: fn(Vec<Condition>) -> Condition) -> Vec<(String, Condition)> {
    let mut all = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let others = |part: Option<Condition>| {
            let mut others = parts.to_vec();
            match part {
                Some(part) => others.splice(number..=number, [part]).for_each(drop),
                None => others.splice(number..=number, []).for_each(drop),
            }
            whole(others)
        };
        all.extend(variants(part).into_iter().map(|(change, part)| (change, others(Some(part)))));
        if parts.len() > 1 {
            all.push((format!("without {}", shown(part)), others(None)));
        }
    }
    all
}

fn wrapped(inner: &Condition, whole: fn(Box<Condition>) -> Condition) -> Vec<(String, Condition)> {
    variants(inner).into_iter().map(|(change, inner)| (change, whole(Box::new(inner)))).collect()
}

/// A condition with everything in it.
fn shown(condition: &Condition) -> String {
    match condition {
        Condition::All(parts) => parts.iter().map(shown).collect::<Vec<_>>().join(" and "),
        Condition::Any(parts) => parts.iter().map(shown).collect::<Vec<_>>().join(" or "),
        Condition::Not(inner) => format!("not ({})", shown(inner)),
        Condition::Known(inner) => shown(inner),
        leaf => in_words(leaf),
    }
}

fn of_leaf(leaf: &Condition) -> Vec<(String, Condition)> {
    let before = in_words(leaf);
    let mut all: Vec<Condition> = Vec::new();
    match leaf {
        Condition::Compare { fact, comparison, limit } => {
            let step = 10f64.powi(-i32::try_from(fact.decimals.min(2)).unwrap_or_default());
            let at = |comparison, limit| Condition::Compare { fact: fact.clone(), comparison, limit };
            all.extend(moved(limit, step, step).map(|limit| at(*comparison, limit)));
            all.extend(flipped(*comparison).map(|comparison| at(comparison, limit.clone())));
        }
        Condition::Dose { medicine, per_day, above, within } => {
            // Doses come in strengths of tablets: the next one up is far away.
            all.extend(moved(above, 1.0, above.value / 2.0).map(|above| Condition::Dose {
                medicine: medicine.clone(),
                per_day: *per_day,
                above,
                within: *within,
            }));
        }
        Condition::AgeAtLeast(years) => all.extend(moved(years, 1.0, 1.0).map(Condition::AgeAtLeast)),
        Condition::HasFor { diagnosis: of, length } => {
            all.extend(lengths(length).map(|length| Condition::HasFor { diagnosis: of.clone(), length }))
        }
        Condition::TakenFor { medicine: of, length } => {
            all.extend(lengths(length).map(|length| Condition::TakenFor { medicine: of.clone(), length }))
        }
        Condition::TookFor { medicine: of, length } => {
            all.extend(lengths(length).map(|length| Condition::TookFor { medicine: of.clone(), length }))
        }
        Condition::ServiceFor { service: of, length } => {
            all.extend(lengths(length).map(|length| Condition::ServiceFor { service: of.clone(), length }))
        }
        Condition::OrderedFor { kind: of, length } => {
            all.extend(lengths(length).map(|length| Condition::OrderedFor { kind: of.clone(), length }))
        }
        Condition::Answer { fact, accepted } if accepted.len() > 1 => {
            all.extend(accepted.iter().map(|left_out| Condition::Answer {
                fact: fact.clone(),
                accepted: accepted.iter().copied().filter(|answer| answer != left_out).collect(),
            }));
        }
        _ => {}
    }
    all.into_iter().map(|mutant| (format!("{before} -> {}", in_words(&mutant)), mutant)).collect()
}

fn lengths(length: &Length) -> impl Iterator<Item = Length> {
    let day = match length.limit.unit.as_str() {
        "wk" => 1.0 / 7.0,
        "mo" => 1.0 / 30.0,
        _ => 1.0,
    };
    let comparison = length.comparison;
    let moved = moved(&length.limit, day, day).map(move |limit| Length { comparison, limit });
    let limit = length.limit.clone();
    moved.chain(flipped(comparison).map(move |comparison| Length { comparison, limit: limit.clone() }))
}

fn moved(limit: &Limit, down: f64, up: f64) -> impl Iterator<Item = std::sync::Arc<Limit>> {
    let at = |value: f64| std::sync::Arc::new(Limit { value, ..limit.clone() });
    [at(limit.value - down), at(limit.value + up)].into_iter()
}

/// With the limit itself on the other side, and the other way round.
fn flipped(comparison: Comparison) -> impl Iterator<Item = Comparison> {
    match comparison {
        Comparison::Below => [Comparison::AtMost, Comparison::AtLeast],
        Comparison::AtMost => [Comparison::Below, Comparison::Above],
        Comparison::AtLeast => [Comparison::Above, Comparison::Below],
        Comparison::Above => [Comparison::AtLeast, Comparison::AtMost],
    }
    .into_iter()
}
