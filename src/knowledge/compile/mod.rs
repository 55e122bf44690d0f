//! From files to knowledge: every name resolved, every mistake told.

mod cards;
mod coded;
mod conditions;
mod facts;
mod measurements;
mod needs;
mod rules;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::fact::Limit;
use super::files::{
    CaseFile, FactsFile, MatrixFile, OrdersFile, PackageFile, ReferencesFile, RulesFile, ServicesFile,
    StatementsFile, SynonymsFile, ThresholdsFile, TopicEntry,
};
use super::overlay::{Deployment, Overlaid};
use super::problem::{Ledger, Problems};
use super::questionnaire::Questionnaire;
use super::rule::Statement;
use super::source::PackageSource;
use super::value_set::{ValueSets, drug_products};
use super::{Knowledge, Topic};
use facts::FactTable;

/// Reads and compiles a package.
///
/// # Errors
/// With every mistake that was found. A file that is not valid YAML of its kind tells its first mistake only.
pub(super) fn compile(source: &PackageSource, deployment: &Deployment) -> Result<Knowledge, Problems> {
    let mut ledger = Ledger::default();
    let mut overlay = deployment.overlay.as_ref().and_then(|overlay| Overlaid::read(overlay, &mut ledger));
    let package: Option<PackageFile> = read(source, "package.yaml", &mut ledger);
    let services: Option<ServicesFile> = read(source, "services.yaml", &mut ledger);
    let facts: Option<FactsFile> = read(source, "facts.yaml", &mut ledger);
    let thresholds: Option<ThresholdsFile> = read(source, "thresholds.yaml", &mut ledger);
    let references: Option<ReferencesFile> = read(source, "references.yaml", &mut ledger);
    let orders: Option<OrdersFile> = read(source, "orders.yaml", &mut ledger);
    let synonyms: Option<SynonymsFile> = read(source, "synonyms.yaml", &mut ledger);
    let matrix: Option<MatrixFile> = read(source, "matrix.yaml", &mut ledger);
    let override_reasons = read(source, super::override_reasons::FILE, &mut ledger);
    let mut value_sets = ValueSets::read(source, &mut ledger);
    let products = drug_products(source, &mut ledger);
    let topics: Vec<TopicFiles> = package
        .iter()
        .flat_map(|package| &package.topics)
        .filter_map(|topic| TopicFiles::read(source, topic.id.as_str(), deployment, &mut ledger))
        .collect();
    let (
        Some(mut package),
        Some(services),
        Some(facts),
        Some(mut thresholds),
        Some(references),
        Some(orders),
    ) = (package, services, facts, thresholds, references, orders)
    else {
        return Err(ledger.close().err().unwrap_or(Problems(Vec::new())));
    };

    let off = match &mut overlay {
        Some(overlay) => {
            overlay.reviews(&mut package, &mut ledger);
            overlay.thresholds(&mut thresholds, &mut ledger);
            overlay.codes(&mut value_sets, &mut ledger);
            overlay.off(topics.iter().map(|topic| &topic.rules), &mut ledger)
        }
        None => BTreeSet::new(),
    };
    let compiled_topics: Vec<Topic> =
        package.topics.iter().map(|topic| compiled_topic(topic, &package, deployment)).collect();
    let questionnaires = Questionnaire::read_all(source, &mut ledger);
    let facts = FactTable::compile(&facts, &value_sets, products, &questionnaires, &mut ledger);
    let limits = limits(&thresholds, &references, &facts, &mut ledger);
    let statements = statements(&topics, &references, &mut ledger);
    let mut compiler =
        rules::Compiler::new(&facts, &limits, &statements, &value_sets, &questionnaires, &mut ledger);
    compiler.orders(&orders);
    compiler.topics(&topics);
    let (mut rules, groups, orders, used) = compiler.finish();
    for rule in &mut rules {
        let shown = compiled_topics.get(rule.topic).is_some_and(|topic| topic.shown);
        rule.judged = shown && !off.contains(&rule.name);
    }
    let services = needs::services(&services, &topics, &rules, &groups, &facts, &value_sets, &mut ledger);
    unused(&used, &facts, &limits, &mut ledger);
    let of_topic = |topic: &TopicFiles| Some((topic.path("cases.yaml"), topic.cases.clone()?));
    let cases: Vec<_> = topics.iter().filter_map(of_topic).collect();
    let override_reasons = super::override_reasons::compile(override_reasons, &mut ledger);
    if !deployment.without_cases {
        super::lint::cases(&rules, &cases, &mut ledger);
    }
    super::lint::rules(&rules, &services, &mut ledger);
    let overlay =
        overlay.map(|overlay| overlay.finish(topics.iter().map(|topic| &topic.statements), &mut ledger));
    if let Some(cases) = overlay.as_ref().and_then(|overlay| overlay.cases.as_ref()) {
        super::lint::cases_name_rules(&rules, super::overlay::CASES, cases, &mut ledger);
    }
    let matrix = matrix.map(|matrix| matrix.rows).unwrap_or_default();
    super::lint::matrix(&matrix, &statements, &rules, &groups, &mut ledger);
    ledger.close()?;

    Ok(Knowledge {
        matrix,
        synonyms: synonyms.unwrap_or_default().synonyms,
        topics: compiled_topics,
        overlay,
        package,
        references: references.references,
        statements: statements.into_values().collect(),
        rules,
        groups,
        orders: orders.into_values().collect(),
        services,
        override_reasons,
        limits: limits.into_values().collect(),
        cases,
        value_sets,
        measured: facts.measured.values().cloned().collect(),
        answered: facts.answered.values().cloned().collect(),
        fact_count: facts.names().count(),
        plan: facts.plan,
        questionnaires,
    })
}

fn compiled_topic(topic: &TopicEntry, package: &PackageFile, deployment: &Deployment) -> Topic {
    let review = topic.review.clone().unwrap_or_else(|| package.review.clone());
    Topic {
        id: topic.id.text.clone(),
        title: topic.title.clone(),
        plain: topic.plain.clone(),
        shown: review.state >= deployment.minimum_review,
        review,
    }
}

/// The files of one topic.
pub(super) struct TopicFiles {
    id: String,
    statements: StatementsFile,
    rules: RulesFile,
    /// Left out where nobody needs them.
    cases: Option<CaseFile>,
}

impl TopicFiles {
    fn read(
        source: &PackageSource,
        id: &str,
        deployment: &Deployment,
        ledger: &mut Ledger,
    ) -> Option<TopicFiles> {
        let path = |file: &str| format!("topics/{id}/{file}");
        let statements = read(source, &path("statements.yaml"), ledger);
        let rules = read(source, &path("rules.yaml"), ledger);
        let cases = match deployment.without_cases {
            true => None,
            false => Some(read(source, &path("cases.yaml"), ledger)?),
        };
        Some(TopicFiles { id: id.to_owned(), statements: statements?, rules: rules?, cases })
    }

    fn path(&self, file: &str) -> String {
        format!("topics/{}/{file}", self.id)
    }
}

pub(super) fn read<T: DeserializeOwned>(
    source: &PackageSource,
    path: &str,
    ledger: &mut Ledger,
) -> Option<T> {
    let Some(text) = source.text(path) else {
        ledger.note(path, 0, "the file is missing");
        return None;
    };
    match serde_saphyr::from_str(text) {
        Ok(file) => Some(file),
        Err(error) => {
            let line = error.location().map_or(0, |location| location.line());
            let text = error.without_snippet().to_string();
            ledger.note(path, line, text.lines().next().unwrap_or("not readable").to_owned());
            None
        }
    }
}

fn limits(
    file: &ThresholdsFile,
    references: &ReferencesFile,
    facts: &FactTable,
    ledger: &mut Ledger,
) -> BTreeMap<String, Arc<Limit>> {
    const FILE: &str = "thresholds.yaml";
    file.thresholds
        .iter()
        .map(|(name, threshold)| {
            for source in &threshold.source {
                if !references.references.contains_key(source.as_str()) {
                    ledger.unknown::<()>(FILE, source, "reference");
                }
            }
            if threshold.source.is_empty() {
                ledger.note(FILE, 0, format!("`{name}` names no source"));
            }
            let limit = Limit {
                name: name.clone(),
                title: threshold.title.clone(),
                value: threshold.value,
                unit: threshold.unit.clone(),
                unit_shown: facts.unit_shown(&threshold.unit),
            };
            (name.clone(), Arc::new(limit))
        })
        .collect()
}

fn statements(
    topics: &[TopicFiles],
    references: &ReferencesFile,
    ledger: &mut Ledger,
) -> BTreeMap<String, Arc<Statement>> {
    let mut statements = BTreeMap::new();
    for (topic, files) in topics.iter().enumerate() {
        let path = files.path("statements.yaml");
        for text in &files.statements.statements {
            let additions = text.beyond.iter().flat_map(|addition| &addition.cite);
            for cite in text.cite.iter().chain(additions) {
                if !references.references.contains_key(cite.as_str()) {
                    ledger.unknown::<()>(&path, cite, "reference");
                }
            }
            let id = text.id.text.clone();
            let statement = Arc::new(Statement { topic, id: id.clone(), text: text.clone() });
            if statements.insert(id, statement).is_some() {
                ledger.note(&path, text.id.line, format!("`{}` is there twice", text.id));
            }
        }
    }
    statements
}

/// What nothing refers to is a mistake or dead.
fn unused(
    used: &BTreeSet<String>,
    facts: &FactTable,
    limits: &BTreeMap<String, Arc<Limit>>,
    ledger: &mut Ledger,
) {
    for name in facts.names().filter(|name| !used.contains(*name)) {
        ledger.note("facts.yaml", 0, format!("`{name}` is used by no rule and no text"));
    }
    for name in limits.keys().filter(|name| !used.contains(*name)) {
        ledger.note("thresholds.yaml", 0, format!("`{name}` is used by no rule and no text"));
    }
}
