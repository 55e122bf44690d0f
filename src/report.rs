//! What a call was made of: what was read, what every rule says, and the cards.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use crate::chart::{Coverage, Gap};
use crate::evaluate::{Outcome, Reason, Strictness, reason};
use crate::knowledge::{Condition, Knowledge};
use crate::pipeline::Journey;
use crate::wire::Response;

/// The whole story of one call.
#[derive(Debug, Serialize)]
pub struct Report {
    service: String,
    hook: &'static str,
    judged_on: String,
    prefetch: Vec<Supplied>,
    facts: Vec<Fact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unusable: Vec<String>,
    rules: Vec<Judged>,
    response: Response,
}

#[derive(Debug, Serialize)]
struct Supplied {
    key: String,
    state: String,
    resources: usize,
}

/// One fact that some rule of the service asks for.
#[derive(Debug, Serialize)]
struct Fact {
    fact: String,
    read: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Judged {
    rule: String,
    title: String,
    outcome: String,
    reason: Reason,
}

impl Report {
    /// The report of a call that went the whole way; of the rules `only` names, or of all where it names none.
    #[must_use]
    pub fn of(knowledge: &Knowledge, journey: &Journey<'_>, now: OffsetDateTime, only: &[String]) -> Report {
        let needs = journey.service.needs.iter().zip(&journey.acquired.supplies);
        let prefetch = needs.map(|(need, supply)| Supplied {
            key: need.key.clone(),
            state: state(supply.coverage),
            resources: supply.resources.len(),
        });
        let chosen =
            journey.findings.findings.iter().filter(|f| only.is_empty() || only.contains(&f.rule.name));
        let rules = chosen.map(|finding| Judged {
            rule: finding.rule.name.clone(),
            title: finding.rule.title.clone(),
            outcome: match finding.outcome {
                Outcome::Fires => "fires".to_owned(),
                Outcome::Silent => "silent".to_owned(),
                Outcome::Unknown => "unknown".to_owned(),
                Outcome::PatientDeceased => "not judged: the patient is recorded as dead".to_owned(),
                Outcome::SilencedBy(id) => {
                    let by = knowledge.rule(id).map_or("", |rule| rule.name.as_str());
                    format!("silenced by {by}")
                }
            },
            reason: reason(&finding.rule.when, journey.chart, Strictness::Plain),
        });
        Report {
            service: journey.service.id.clone(),
            hook: journey.service.hook.name(),
            judged_on: now.date().to_string(),
            prefetch: prefetch.collect(),
            facts: facts(journey),
            unusable: unusable(journey),
            rules: rules.collect(),
            response: journey.response.clone(),
        }
    }
}

/// Every fact that a rule of the service asks for, once, with what the chart says of it.
fn facts(journey: &Journey<'_>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for finding in &journey.findings.findings {
        let row = finding.rule.row.as_ref().and_then(|row| row.applies.as_ref());
        for condition in [&finding.rule.when].into_iter().chain(row) {
            condition.walk(&mut |condition| {
                let Some(fact) = fact_of(condition) else { return };
                if facts.iter().all(|known| known.fact != fact) {
                    let read = reason(condition, journey.chart, Strictness::Plain).because;
                    facts.push(Fact { fact, read });
                }
            });
        }
    }
    facts
}

fn fact_of(condition: &Condition) -> Option<String> {
    Some(match condition {
        Condition::Compare { fact, .. } | Condition::OnRecord(fact) => fact.title.clone(),
        Condition::Answer { fact, .. } => fact.title.clone(),
        Condition::Has(diagnosis) => format!("diagnosis: {}", diagnosis.title),
        Condition::Takes(medicine) => format!("takes: {}", medicine.title),
        Condition::Ordering(kind) => format!("orders: {}", kind.title),
        Condition::Service { service, .. } => format!("done or asked for: {}", service.title),
        _ => return None,
    })
}

fn unusable(journey: &Journey<'_>) -> Vec<String> {
    let chart = journey.chart;
    let measured = chart.measurements.iter().flat_map(|m| &m.unusable);
    let answered = chart.answers.iter().flat_map(|a| &a.unusable);
    let listed = [
        &chart.conditions.unusable,
        &chart.medications.unusable,
        &chart.allergies.unusable,
        &chart.services.unusable,
    ];
    let listed = listed.into_iter().flatten().map(|entry| &entry.gap);
    let gaps = measured.chain(answered).chain(listed).chain(&chart.gaps);
    let mut texts: Vec<String> = gaps.map(Gap::to_string).collect();
    if journey.rendering.drafts.selected_none {
        texts.push("context.selections: names no draft, so all drafts are judged".to_owned());
    }
    texts.sort();
    texts.dedup();
    texts
}

fn state(coverage: Coverage) -> String {
    match coverage {
        Coverage::Complete => "complete".to_owned(),
        Coverage::Partial(lack) => format!("partial: {lack}"),
        Coverage::Unavailable(lack) => format!("unavailable: {lack}"),
        Coverage::NotAsked => "not asked".to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}), judged on {}", self.service, self.hook, self.judged_on)?;
        writeln!(f, "\nPrefetch")?;
        for supplied in &self.prefetch {
            writeln!(f, "  {:<22} {} ({} resources)", supplied.key, supplied.state, supplied.resources)?;
        }
        writeln!(f, "\nFacts")?;
        for fact in &self.facts {
            writeln!(f, "  {:<52} {}", fact.fact, fact.read.join("; "))?;
        }
        if !self.unusable.is_empty() {
            writeln!(f, "\nThere and not usable")?;
            for gap in &self.unusable {
                writeln!(f, "  {gap}")?;
            }
        }
        writeln!(f, "\nRules")?;
        for judged in &self.rules {
            writeln!(f, "  {}: {} ({})", judged.rule, judged.outcome, judged.title)?;
            lines(f, &judged.reason, 2)?;
        }
        writeln!(f, "\nCards: {}", self.response.cards.len())?;
        for card in &self.response.cards {
            writeln!(f, "\n[{}] {}", card.indicator.name(), card.summary)?;
            for line in card.detail.as_deref().unwrap_or_default().lines() {
                writeln!(f, "    {line}")?;
            }
            for suggestion in &card.suggestions {
                let recommended = if suggestion.is_recommended { " (recommended)" } else { "" };
                writeln!(f, "    -> {}{recommended}", suggestion.label)?;
            }
        }
        Ok(())
    }
}

fn lines(f: &mut fmt::Formatter<'_>, reason: &Reason, depth: usize) -> fmt::Result {
    let indent = "  ".repeat(depth);
    let because =
        if reason.because.is_empty() { String::new() } else { format!(" [{}]", reason.because.join("; ")) };
    writeln!(f, "{indent}{}: {}{because}", reason.condition, reason.outcome)?;
    for inside in &reason.inside {
        lines(f, inside, depth + 1)?;
    }
    Ok(())
}
