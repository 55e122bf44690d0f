//! Runs the cases of a package and says what is not as expected.

use time::macros::format_description;
use time::{Date, OffsetDateTime, Time, UtcOffset};

use super::case::request_of_case;
use crate::evaluate::Outcome;
use crate::knowledge::Knowledge;
use crate::knowledge::files::{CaseFile, CaseRule, CaseText, ExpectedOutcome, ExpectedRow};
use crate::pipeline::{self, Journey, Setting};
use crate::wire::Card;

/// What came of one case.
#[derive(Debug, Clone)]
pub struct CaseVerdict {
    /// The rule.
    pub rule: String,
    /// What is special about the case.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// Its line there.
    pub line: u64,
    /// What is not as expected; nothing where all is.
    pub problems: Vec<String>,
}

/// Runs every case of the package, each on the day its file fixes.
#[must_use]
pub fn run_cases(knowledge: &Knowledge) -> Vec<CaseVerdict> {
    knowledge.cases.iter().flat_map(|(path, file)| run_file(knowledge, path, file)).collect()
}

/// Runs the cases that a site wrote for its overlay.
#[must_use]
pub fn run_cases_of_overlay(knowledge: &Knowledge) -> Vec<CaseVerdict> {
    let cases = knowledge.overlay.as_ref().and_then(|overlay| overlay.cases.as_ref());
    cases.map(|file| run_file(knowledge, "overlay/cases.yaml", file)).unwrap_or_default()
}

fn run_file(knowledge: &Knowledge, path: &str, file: &CaseFile) -> Vec<CaseVerdict> {
    let cases = file.rules.iter().flat_map(|rule| rule.cases.iter().map(move |case| (rule, case)));
    let verdicts = cases.map(|(rule, case)| CaseVerdict {
        rule: rule.rule.text.clone(),
        name: case.name.text.clone(),
        file: path.to_owned(),
        line: case.name.line,
        problems: run(knowledge, file, rule, case),
    });
    verdicts.collect()
}

/// Does any case of the rule fail?
pub(super) fn notices(knowledge: &Knowledge, name: &str) -> bool {
    let files = knowledge.cases.iter().map(|(_, file)| file);
    files
        .flat_map(|file| file.rules.iter().map(move |rule| (file, rule)))
        .filter(|(_, rule)| rule.rule.as_str() == name)
        .any(|(file, rule)| rule.cases.iter().any(|case| !run(knowledge, file, rule, case).is_empty()))
}

fn run(knowledge: &Knowledge, file: &CaseFile, rule: &CaseRule, case: &CaseText) -> Vec<String> {
    let Ok(day) = Date::parse(&file.as_of, format_description!("[year]-[month]-[day]")) else {
        return vec![format!("`{}` is not a day", file.as_of)];
    };
    let now = OffsetDateTime::new_in_offset(day, Time::MIDNIGHT, UtcOffset::UTC);
    let hook = case.hook.unwrap_or(rule.hook);
    let Some(service) = knowledge.services.iter().find(|service| service.hook == hook) else {
        return vec![format!("no service is called by `{hook}`")];
    };
    let body = match request_of_case(knowledge, service, rule, case) {
        Ok(body) => body,
        Err(error) => return vec![error.to_string()],
    };
    let setting = Setting { knowledge, now, public_url: "https://cds.example" };
    let judged = pipeline::travel(&setting, &service.id, &body, |journey| compare(&journey, rule, case));
    judged.unwrap_or_else(|error| vec![format!("the call was refused: {error}")])
}

fn compare(journey: &Journey<'_>, rule: &CaseRule, case: &CaseText) -> Vec<String> {
    let name = rule.rule.as_str();
    let expect = &case.expect;
    let Some(finding) = journey.findings.findings.iter().find(|finding| finding.rule.name == name) else {
        return vec![format!("the rule is not judged at `{}`", journey.service.hook)];
    };
    let code = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    // A rule on trial is tested as if it were shown.
    let cards = || journey.response.cards.iter().chain(&journey.trial);
    let card_of = |name: &str| cards().find(|card| card.source.topic.code == code(name));
    let own = card_of(name).or_else(|| card_of(&format!("{name}-UNKNOWN")));
    let row = finding.rule.row.as_ref().and_then(|row| {
        let starts = [
            format!("| {} ({name}) | ", row.about),
            format!("| {} | ", row.plain_about),
            format!("| **{}** | ", row.plain_about),
        ];
        journey.response.cards.iter().find_map(|card| {
            let mut lines = card.detail.as_deref()?.lines();
            let line = lines.find(|line| starts.iter().any(|start| line.starts_with(start.as_str())))?;
            Some((card, line.contains("**")))
        })
    });
    let missed = row.filter(|(_, missed)| *missed).map(|(card, _)| card);
    let shown = own.or(missed);
    let mut problems = Vec::new();
    let (outcome, card_expected) = match expect.outcome {
        ExpectedOutcome::Fires => (finding.outcome == Outcome::Fires, true),
        ExpectedOutcome::Silent => {
            (matches!(finding.outcome, Outcome::Silent | Outcome::PatientDeceased), false)
        }
        ExpectedOutcome::Unknown => (finding.outcome == Outcome::Unknown, false),
        ExpectedOutcome::UnknownCard => (finding.outcome == Outcome::Unknown, true),
        ExpectedOutcome::Hidden => (finding.outcome == Outcome::Fires, false),
        ExpectedOutcome::Silenced => (matches!(finding.outcome, Outcome::SilencedBy(_)), false),
    };
    if !outcome {
        problems.push(format!("expected {:?}, got {:?}", expect.outcome, finding.outcome));
    }
    match (expect.row, row.is_some()) {
        (Some(ExpectedRow::Shown), false) => problems.push("its row is in no table".to_owned()),
        (Some(ExpectedRow::Hidden), true) => problems.push("its row is in the table".to_owned()),
        _ => {}
    }
    match (card_expected, shown) {
        (true, None) => problems.push("no card of it is in the answer".to_owned()),
        (false, Some(card)) => problems.push(format!("its card is in the answer: {}", card.summary)),
        (true, Some(card)) => problems.extend(compare_card(card, case)),
        (false, None) => {}
    }
    problems
}

fn compare_card(card: &Card, case: &CaseText) -> Vec<String> {
    let expect = &case.expect;
    let mut problems = Vec::new();
    if let Some(indicator) = expect.indicator.filter(|indicator| *indicator != card.indicator) {
        problems.push(format!("expected {}, got {}", indicator.name(), card.indicator.name()));
    }
    if let Some(piece) = expect.summary.as_ref().filter(|piece| !card.summary.contains(piece.as_str())) {
        problems.push(format!("`{piece}` is not in the summary: {}", card.summary));
    }
    let detail = card.detail.as_deref().unwrap_or_default();
    if let Some(piece) = expect.detail.as_ref().filter(|piece| !detail.contains(piece.as_str())) {
        problems.push(format!("`{piece}` is not in the detail: {detail}"));
    }
    if let Some(labels) = &expect.suggestions {
        let got: Vec<&str> = card.suggestions.iter().map(|suggestion| suggestion.label.as_str()).collect();
        if *labels != got {
            problems.push(format!("expected the suggestions {labels:?}, got {got:?}"));
        }
    }
    problems
}
