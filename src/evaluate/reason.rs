//! Why a rule fired, stayed silent or could not be judged, as a tree for people.

use serde::Serialize;

use super::evidence::Evidence;
use super::judge::{Strictness, judge};
use crate::chart::{Chart, Truth, trimmed};
use crate::knowledge::files::WhoseDose;
use crate::knowledge::{Comparison, Condition, Length};

/// One condition with its outcome and what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// The condition, in words.
    pub condition: String,
    /// `true`, `false` or `unknown`.
    pub outcome: &'static str,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// The conditions inside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Reason>,
}

/// Works out why `condition` is what it is. Every branch is followed, also where an earlier one already decided.
#[must_use]
pub fn reason(condition: &Condition, chart: &Chart, strictness: Strictness) -> Reason {
    let children = condition.children();
    let mut evidence = Vec::new();
    let truth = if children.is_empty() {
        judge(condition, chart, strictness, &mut evidence)
    } else {
        judge(condition, chart, strictness, &mut ())
    };
    Reason {
        condition: in_words(condition),
        outcome: match truth {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "unknown",
        },
        because: evidence.iter().map(evidence_in_words).collect(),
        inside: children.iter().map(|child| reason(child, chart, strictness)).collect(),
    }
}

fn lasting(length: &Length) -> String {
    let comparison = match length.comparison {
        Comparison::Above => "more than",
        Comparison::Below => "less than",
        other => other.words(),
    };
    format!("{comparison} {}", length.limit.in_words())
}

/// A condition in words, without what is inside it.
#[must_use]
pub fn in_words(condition: &Condition) -> String {
    match condition {
        Condition::All(_) => "all of".to_owned(),
        Condition::Any(_) => "any of".to_owned(),
        Condition::Not(_) => "not".to_owned(),
        Condition::Known(_) => "known to be true".to_owned(),
        Condition::Has(diagnosis) => format!("has {}", diagnosis.title),
        Condition::Suspected(diagnosis) => format!("may have {}", diagnosis.title),
        Condition::Had(diagnosis) => format!("had {}", diagnosis.title),
        Condition::Compare { fact, comparison, limit: bound } => {
            format!("{} {} {}", fact.title, comparison.words(), bound.in_words())
        }
        Condition::OnRecord(fact) => format!("{} on record in {} days", fact.title, fact.current_for_days),
        Condition::Answer { fact, accepted } => {
            let answers: Vec<_> = accepted
                .iter()
                .filter_map(|a| fact.answers.get(*a))
                .map(|choice| choice.title.as_str())
                .collect();
            format!("{} is {}", fact.title, answers.join(" or "))
        }
        Condition::Takes(medicine) => format!("takes {}", medicine.title),
        Condition::TakesOrOrders(medicine) => format!("takes or is prescribed {}", medicine.title),
        Condition::Ordering(kind) => format!("ordering {}", kind.title),
        Condition::OrderingUncoded => "ordering something without a known code".to_owned(),
        Condition::AllergicTo { allergy, truly: true } => {
            format!("{} (not only an intolerance)", allergy.title)
        }
        Condition::AllergicTo { allergy, .. } => allergy.title.clone(),
        Condition::Service { service, stage } => match stage {
            None => format!("{} on record", service.title),
            Some(crate::chart::Stage::Open) => format!("{} ordered or under way", service.title),
            Some(_) => format!("{} completed", service.title),
        },
        Condition::Adding(diagnosis) => format!("adding {}", diagnosis.title),
        Condition::Took(medicine) => format!("takes or took {}", medicine.title),
        Condition::OrderingAt { kind, site } => format!("ordering {} for {}", kind.title, site.title),
        Condition::OrderedFor { kind, length } => format!("ordering {} for {}", kind.title, lasting(length)),
        Condition::Stopping(kind) => format!("stopping {}", kind.title),
        Condition::TakenFor { medicine, length } => {
            format!("takes {} for {}", medicine.title, lasting(length))
        }
        Condition::TookFor { medicine, length } => {
            format!("takes or took {} for {}", medicine.title, lasting(length))
        }
        Condition::ServiceFor { service, length } => format!("{} for {}", service.title, lasting(length)),
        Condition::HasFor { diagnosis, length } => format!("has {} for {}", diagnosis.title, lasting(length)),
        Condition::Dose { medicine, per_day, above, within } => {
            let whose = match within {
                WhoseDose::Drafts => "ordered",
                WhoseDose::Taken => "taken",
                WhoseDose::Either => "ordered or taken",
            };
            let when = if *per_day { "in a day" } else { "at a time" };
            format!("{} {whose} {when} above {}", medicine.title, above.in_words())
        }
        Condition::AgeAtLeast(years) => format!("aged at least {}", years.in_words()),
    }
}

fn evidence_in_words(evidence: &Evidence<'_, '_>) -> String {
    match evidence {
        Evidence::Value { fact, measurement, old } => {
            let mut text = String::new();
            if let Some(side) = measurement.side {
                text.push_str(side.name());
                text.push(' ');
            }
            text.push_str(&measurement.value.shown(fact.decimals));
            if !fact.unit_shown.is_empty() {
                text.push(' ');
                text.push_str(&fact.unit_shown);
            }
            if let Some(original) = &measurement.converted_from {
                text.push_str(&format!(", reported as {original}"));
            }
            if let Some(computed) = &measurement.computed {
                text.push_str(&format!(", computed by {} from {}", computed.equation, computed.inputs));
            }
            text.push_str(&format!(", {}", measurement.when));
            if *old {
                text.push_str(", old");
            }
            if measurement.preliminary {
                text.push_str(", preliminary");
            }
            format!("{text} ({})", measurement.source)
        }
        Evidence::Answer { fact, answer, old } => {
            let words = fact.answers.get(answer.answer).map_or("", |choice| choice.title.as_str());
            let old = if *old { ", old" } else { "" };
            format!("{words}, {}{old} ({})", answer.when, answer.source)
        }
        Evidence::Entry { label, source, remark } => match remark {
            Some(remark) => format!("{label}, {remark} ({source})"),
            None => format!("{label} ({source})"),
        },
        Evidence::Amount { label, source, range: (low, high), unit } => {
            let amount = match trimmed(*low, 2) {
                low_words if high.is_infinite() => format!("at least {low_words}"),
                low_words if low == high => low_words,
                low_words => format!("{low_words} to {}", trimmed(*high, 2)),
            };
            format!("{label}: {amount} {unit} ({source})")
        }
        Evidence::Age { from, to } if from == to => format!("{from} years"),
        Evidence::Age { from, to } => format!("{from} to {to} years"),
        Evidence::Unusable(gap) => format!("not usable: {gap}"),
        Evidence::Lack(lack) => format!("not known: {lack}"),
        Evidence::NotOnRecord => "not on record".to_owned(),
    }
}
