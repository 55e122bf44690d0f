//! What every card of a package is, for feedback on it.

use std::collections::BTreeSet;

use crate::feedback::Origin;
use crate::knowledge::files::PackageFile;
use crate::knowledge::{CardPlan, Knowledge, RowPlan, Rule, Service, Suggest};

/// Everything that the services of a package may show: cards and suggestions.
#[must_use]
pub fn origins(knowledge: &Knowledge) -> Vec<Origin> {
    let mut origins = BTreeSet::new();
    for service in &knowledge.services {
        for rule in service.shows.iter().filter_map(|id| knowledge.rule(*id)) {
            for (card, suggest) in cards(knowledge, rule) {
                let origin = owned(origin(&knowledge.package, service, &card));
                for option in suggest.iter().flat_map(|suggest| &suggest.options) {
                    origins.insert(Origin { suggestion: Some(option.label.clone()), ..origin.clone() });
                }
                origins.insert(origin);
            }
        }
    }
    origins.into_iter().collect()
}

/// The cards that a rule may lead to, with what they suggest.
fn cards<'k>(knowledge: &'k Knowledge, rule: &'k Rule) -> Vec<(String, Option<&'k Suggest>)> {
    let own = |plan: &'k CardPlan, name: String| (name, plan.suggest.as_ref());
    let group =
        |row: &'k RowPlan| Some((knowledge.groups.get(row.group)?.name.clone(), row.suggest.as_ref()));
    let card = rule.card.iter().map(|plan| own(plan, rule.name.clone()));
    let open = rule.unknown.iter().map(|plan| own(plan, unknown(&rule.name)));
    // A row has no card of its own; on trial it is counted by itself, because its table goes on without it.
    let row_on_trial = (rule.trial && rule.row.is_some()).then(|| (rule.name.clone(), None));
    card.chain(open).chain(rule.row.iter().filter_map(group)).chain(row_on_trial).collect()
}

fn owned(origin: Origin<&str>) -> Origin {
    Origin {
        package: origin.package.to_owned(),
        version: origin.version.to_owned(),
        service: origin.service.to_owned(),
        card: origin.card.to_owned(),
        suggestion: origin.suggestion.map(str::to_owned),
    }
}

/// The name of a rule's card where it could not be judged.
pub(super) fn unknown(rule: &str) -> String {
    format!("{rule}-UNKNOWN")
}

/// One card of a service.
pub(super) fn origin<'a>(package: &'a PackageFile, service: &'a Service, card: &'a str) -> Origin<&'a str> {
    Origin { package: &package.id, version: &package.version, service: &service.id, card, suggestion: None }
}
