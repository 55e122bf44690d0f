//! What a package must hold beyond names that exist: cases of all four kinds, words for patients, sober indicators.

use std::collections::BTreeSet;

use super::files::{CaseFile, CaseKind};
use super::problem::Ledger;
use super::rule::{Rule, Service};
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
            if card.plain.is_none() && rule.hooks.contains(&crate::wire::Hook::PatientView) {
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
