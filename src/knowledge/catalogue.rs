//! The catalogue: every row of the clinical specification, and what became of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::files::{CaseKind, MatrixRow};
use super::rule::{Group, Rule, Statement};
use super::{Knowledge, Topic};

/// Does a rule put the statement on a card or into a row of a table?
pub(super) fn carries(rule: &Rule, groups: &[Group], statement: &str) -> bool {
    let named =
        rule.name.strip_prefix(statement).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let cards = rule.card.iter().chain(&rule.unknown).flat_map(|card| &card.says);
    let row = rule.row.iter().flat_map(|row| &row.says);
    let group = rule.row.iter().filter_map(|row| groups.get(row.group)).flat_map(|group| &group.says);
    named || cards.chain(row).chain(group).any(|said| said.id == statement)
}

/// `CATALOGUE.md`, as Markdown.
#[must_use]
pub fn catalogue(knowledge: &Knowledge) -> String {
    let mut text = format!(
        "# Catalogue of {} {}\n\n\
         Written by `gaitkeeper export catalogue`; a test fails where it is out of date. Every row of the clinical \
         specification stands here: the statement it became, where it comes from, the rules that carry it with their \
         hooks and cases, or the reason why it stands on the guidance pages only.\n\n",
        knowledge.package.id, knowledge.package.version
    );
    let statements: BTreeMap<&str, &Statement> =
        knowledge.statements.iter().map(|statement| (statement.id.as_str(), statement.as_ref())).collect();
    let _ = writeln!(
        text,
        "{} rows: {} statements of the article, {} beyond it, {} features. {} rules, {} cases.\n",
        knowledge.matrix.len(),
        statements.values().filter(|statement| !statement.is_beyond()).count(),
        statements.values().filter(|statement| statement.is_beyond()).count(),
        knowledge.matrix.iter().filter(|row| row.feature.is_some()).count(),
        knowledge.rules.len(),
        knowledge.cases.iter().flat_map(|(_, file)| &file.rules).map(|rule| rule.cases.len()).sum::<usize>(),
    );
    text.push_str("| row | origin | topic | carried by | hooks | cases |\n|---|---|---|---|---|---|\n");
    for row in &knowledge.matrix {
        let line = match statements.get(row.id.as_str()) {
            Some(statement) => of_statement(knowledge, statement),
            None => of_feature(row),
        };
        let _ = writeln!(text, "| {} | {line} |", row.id);
    }
    text
}

fn of_feature(row: &MatrixRow) -> String {
    let feature = row.feature.as_deref().unwrap_or_default().trim();
    format!("page | | {feature} | | ")
}

fn of_statement(knowledge: &Knowledge, statement: &Statement) -> String {
    let origin = if statement.is_beyond() { "beyond" } else { "article" };
    let topic = knowledge.topics.get(statement.topic).map_or("", |Topic { id, .. }| id);
    if let Some(reason) = &statement.text.guidance_only {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        return format!("{origin} | {topic} | guidance only: {reason} | | ");
    }
    let carrying = || knowledge.rules.iter().filter(|rule| carries(rule, &knowledge.groups, &statement.id));
    let rules: Vec<&str> = carrying().map(|rule| rule.name.as_str()).collect();
    let mut hooks: Vec<&str> = carrying().flat_map(|rule| &rule.hooks).map(|hook| hook.name()).collect();
    hooks.sort_unstable();
    hooks.dedup();
    format!("{origin} | {topic} | {} | {} | {}", rules.join(", "), hooks.join(", "), cases(knowledge, &rules))
}

/// How many cases of each kind the rules have together.
fn cases(knowledge: &Knowledge, rules: &[&str]) -> String {
    let files = knowledge.cases.iter().flat_map(|(_, file)| &file.rules);
    let of_rules = files.filter(|entry| rules.contains(&entry.rule.as_str()));
    let mut counts: BTreeMap<CaseKind, usize> = BTreeMap::new();
    for case in of_rules.flat_map(|entry| &entry.cases) {
        *counts.entry(case.kind).or_default() += 1;
    }
    let words = |kind: &CaseKind| match kind {
        CaseKind::Fires => "fire",
        CaseKind::Silent => "silent",
        CaseKind::Boundary => "boundary",
        CaseKind::Missing => "missing",
    };
    let counts: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {}", words(kind))).collect();
    counts.join(", ")
}
