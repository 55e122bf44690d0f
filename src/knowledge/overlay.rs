//! A site's overlay: laid over the files of a package before they are compiled, and checked like them.

use std::collections::BTreeSet;

use super::files::{
    CaseFile, OverlayFile, PackageFile, ReviewState, RulesFile, SiteLink, StatementsFile, ThresholdsFile,
};
use super::problem::Ledger;
use super::source::PackageSource;
use super::value_set::ValueSets;

/// The file of an overlay.
pub(super) const FILE: &str = "overlay.yaml";

/// Under what conditions a package is used.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// The files of the site's overlay.
    pub overlay: Option<PackageSource>,
    /// Topics whose review has not come so far are not shown.
    pub minimum_review: ReviewState,
    /// Are the cases left unread? They check the package and are half of it; answering calls needs none.
    pub without_cases: bool,
}

/// What a site changes, as it was laid over the package.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The site.
    pub site: String,
    /// Each change in words.
    pub changes: Vec<String>,
    /// The site's links.
    pub links: Vec<SiteLink>,
    /// The site's own cases.
    pub cases: Option<CaseFile>,
}

/// An overlay that was read and is being laid over a package.
pub(super) struct Overlaid {
    file: OverlayFile,
    cases: Option<CaseFile>,
    changes: Vec<String>,
}

impl Overlaid {
    pub(super) fn read(source: &PackageSource, ledger: &mut Ledger) -> Option<Overlaid> {
        for (path, _) in source.under("") {
            if path != FILE && path != CASES && !path.ends_with(".md") {
                ledger.note(path, 0, format!("an overlay has `{FILE}` and `{CASES}`, and no other file"));
            }
        }
        let file = super::compile::read(source, FILE, ledger)?;
        let cases = source.text(CASES).and_then(|_| super::compile::read(source, CASES, ledger));
        Some(Overlaid { file, cases, changes: Vec::new() })
    }

    pub(super) fn reviews(&mut self, package: &mut PackageFile, ledger: &mut Ledger) {
        for (topic, review) in &self.file.reviews {
            let said =
                |what: &str| format!("{what}: {} on {} by {}", review.state.words(), review.date, review.by);
            if topic == "package" {
                package.review = review.clone();
                self.changes.push(said("review of the package"));
            } else if let Some(entry) = package.topics.iter_mut().find(|entry| entry.id.as_str() == topic) {
                entry.review = Some(review.clone());
                self.changes.push(said(&format!("review of `{topic}`")));
            } else {
                ledger.note(FILE, 0, format!("`{topic}` is not a known topic"));
            }
        }
    }

    pub(super) fn thresholds(&mut self, thresholds: &mut ThresholdsFile, ledger: &mut Ledger) {
        for (name, other) in &self.file.thresholds {
            match thresholds.thresholds.get_mut(name) {
                Some(threshold) => {
                    self.changes.push(format!(
                        "threshold `{name}`: {} instead of {} {} ({})",
                        other.value,
                        threshold.value,
                        threshold.unit,
                        other.because.trim()
                    ));
                    threshold.value = other.value;
                }
                None => ledger.note(FILE, 0, format!("`{name}` is not a known threshold")),
            }
        }
    }

    pub(super) fn codes(&mut self, sets: &mut ValueSets, ledger: &mut Ledger) {
        for extra in &self.file.codes {
            let coding = &extra.coding;
            if sets.add_code(FILE, &extra.value_set, coding, ledger) {
                self.changes.push(format!(
                    "`{}` holds {} {} as well ({})",
                    extra.value_set,
                    coding.code,
                    coding.display,
                    extra.because.trim()
                ));
            }
        }
    }

    /// The rules that are off.
    pub(super) fn off<'r>(
        &mut self,
        rules: impl Iterator<Item = &'r RulesFile>,
        ledger: &mut Ledger,
    ) -> BTreeSet<String> {
        let known: BTreeSet<&str> = rules.flat_map(|file| &file.rules).map(|rule| rule.id.as_str()).collect();
        let mut off = BTreeSet::new();
        for entry in &self.file.rules_off {
            if known.contains(entry.rule.as_str()) {
                self.changes.push(format!("rule {} is off ({})", entry.rule, entry.because.trim()));
                off.insert(entry.rule.text.clone());
            } else {
                ledger.unknown::<()>(FILE, &entry.rule, "rule");
            }
        }
        off
    }

    pub(super) fn finish<'s>(
        mut self,
        statements: impl Iterator<Item = &'s StatementsFile>,
        ledger: &mut Ledger,
    ) -> Overlay {
        let known: BTreeSet<&str> =
            statements.flat_map(|file| &file.statements).map(|statement| statement.id.as_str()).collect();
        for link in &self.file.links {
            if !known.contains(link.statement.as_str()) {
                ledger.unknown::<()>(FILE, &link.statement, "statement");
            }
            if !url::Url::parse(&link.url).is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
                ledger.note(FILE, link.statement.line, format!("`{}` is no `https` address", link.url));
            }
            self.changes.push(format!("link with {}: {}", link.statement, link.label));
        }
        Overlay { site: self.file.site, changes: self.changes, links: self.file.links, cases: self.cases }
    }
}

/// The site's own cases.
pub(super) const CASES: &str = "cases.yaml";
