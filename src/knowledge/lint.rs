//! What a package must hold beyond names that exist: cases of all four kinds, words for patients, sober indicators.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::carries;
use super::files::{CaseFile, CaseKind, MatrixRow};
use super::problem::Ledger;
use super::rule::{Group, Rule, Service, Statement};
use crate::wire::Indicator;

/// Every rule has cases of all four kinds, and every case a rule.
pub(super) fn cases(rules: &[Rule], files: &[(String, CaseFile)], ledger: &mut Ledger) {
    for (path, file) in files {
        cases_name_rules(rules, path, file, ledger);
    }
    for rule in rules {
        let entries = files.iter().flat_map(|(_, file)| &file.rules).filter(|e| e.rule.as_str() == rule.name);
        let kinds: BTreeSet<CaseKind> = entries.flat_map(|e| &e.cases).map(|case| case.kind).collect();
        let all = [
            (CaseKind::Fires, "fires"),
            (CaseKind::Silent, "stays silent"),
            (CaseKind::Boundary, "sits on a boundary"),
            (CaseKind::Missing, "lacks data"),
        ];
        for (kind, words) in all {
            if !kinds.contains(&kind) {
                ledger.note("cases.yaml", 0, format!("`{}` has no case that {words}", rule.name));
            }
        }
    }
}

/// Every case is of a rule that exists.
pub(super) fn cases_name_rules(rules: &[Rule], path: &str, file: &CaseFile, ledger: &mut Ledger) {
    for entry in &file.rules {
        if !rules.iter().any(|rule| rule.name == entry.rule.as_str()) {
            ledger.unknown::<()>(path, &entry.rule, "rule");
        }
    }
}

/// Rules are named after what they say, are called by a service, and speak to patients where patients may look.
pub(super) fn rules(rules: &[Rule], services: &[Service], ledger: &mut Ledger) {
    const FILE: &str = "rules.yaml";
    for rule in rules {
        for hook in &rule.hooks {
            if !services.iter().any(|service| service.hook == *hook) {
                ledger.note(FILE, 0, format!("`{}`: no service is called by `{hook}`", rule.name));
            }
        }
        for card in rule.card.iter().chain(&rule.unknown) {
            if !card.says.iter().any(|statement| rule.name.starts_with(&statement.id)) {
                ledger.note(FILE, 0, format!("`{}` must say the statement it is named after", rule.name));
            }
            if card.plain.is_none() {
                ledger.note(FILE, 0, format!("`{}` has no words for patients", rule.name));
            }
            let beyond =
                |statement: &super::rule::Statement| statement.is_beyond() || statement.text.beyond.is_some();
            if card.indicator == Indicator::Critical && !card.says.iter().any(|statement| beyond(statement)) {
                let text =
                    format!("`{}` is critical and rests on nothing beyond the unreviewed article", rule.name);
                ledger.note(FILE, 0, text);
            }
        }
    }
}

/// Every row of the specification is a statement or a feature, and every statement is carried by a rule or says why
/// none carries it.
pub(super) fn matrix(
    rows: &[MatrixRow],
    statements: &BTreeMap<String, Arc<Statement>>,
    rules: &[Rule],
    groups: &[Group],
    ledger: &mut Ledger,
) {
    const FILE: &str = "matrix.yaml";
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for row in rows {
        if !seen.insert(row.id.as_str()) {
            ledger.note(FILE, row.id.line, format!("`{}` is there twice", row.id));
        }
        if statements.contains_key(row.id.as_str()) == row.feature.is_some() {
            let text = format!("`{}` is either a statement of the package or has a `feature`", row.id);
            ledger.note(FILE, row.id.line, text);
        }
    }
    for (id, statement) in statements {
        if !seen.contains(id.as_str()) {
            ledger.note(FILE, 0, format!("the statement `{id}` is no row"));
        }
        let carried = rules.iter().any(|rule| carries(rule, groups, id));
        let line = statement.text.id.line;
        match (carried, &statement.text.guidance_only) {
            (false, None) => ledger.note(
                "statements.yaml",
                line,
                format!("`{id}` is carried by no rule; say why in `guidance-only`"),
            ),
            (true, Some(_)) => {
                ledger.note(
                    "statements.yaml",
                    line,
                    format!("`{id}` is carried by a rule, and `guidance-only`"),
                );
            }
            _ => {}
        }
    }
}
