//! Measured facts: units, plausible ranges, sides.

use super::super::fact::Measured;
use super::super::files::{MeasurementFact, SiteText};
use super::super::problem::Ledger;
use super::super::value_set::ValueSets;
use super::facts::{FILE, camel};
use crate::chart::MeasurementId;
use crate::fhir::plan::{MeasurementPlan, SitePlan, UnitConversion, unit_key};

pub(super) fn measurement_plan(
    name: &str,
    fact: &MeasurementFact,
    sets: &ValueSets,
    ledger: &mut Ledger,
) -> MeasurementPlan {
    let left = sets.concepts(FILE, &fact.left, ledger);
    let right = sets.concepts(FILE, &fact.right, ledger);
    let mut units = std::collections::HashMap::default();
    for unit in &fact.units {
        let conversion = UnitConversion {
            multiply: unit.multiply.unwrap_or(1.0),
            add: unit.add.unwrap_or(0.0),
            decimals: unit.decimals,
        };
        if conversion.multiply <= 0.0 {
            ledger.note(FILE, 0, format!("`{name}`: a unit must be multiplied by more than 0"));
        }
        for spelling in &unit.spellings {
            if units.insert(unit_key(spelling).into(), conversion).is_some_and(|other| other != conversion) {
                ledger.note(FILE, 0, format!("`{name}`: the unit `{spelling}` is there twice"));
            }
        }
    }
    // Most laboratories spell a unit as it stands here: those are found without making a key of it.
    for spelling in fact.units.iter().flat_map(|unit| &unit.spellings) {
        if let Some(conversion) = units.get(unit_key(spelling).as_str()).copied() {
            units.insert(spelling.as_str().into(), conversion);
        }
    }
    if units.get(unit_key(&fact.unit).as_str()) != Some(&UnitConversion::NONE) {
        ledger.note(
            FILE,
            0,
            format!("`{name}`: its own unit `{}` must be among its units, unconverted", fact.unit),
        );
    }
    if fact.plausible.from >= fact.plausible.to {
        ledger.note(FILE, 0, format!("`{name}`: the plausible range is empty"));
    }
    MeasurementPlan {
        codes: sets.concepts(FILE, &fact.codes, ledger).union(left).union(right),
        left,
        right,
        units,
        unitless: fact.unit == "1",
        plausible: (fact.plausible.from, fact.plausible.to),
        per_leg: fact.per_leg,
        panels: sets.concepts(FILE, &fact.panels, ledger),
        related: sets.concepts(FILE, &fact.related, ledger),
        sites: fact.sites.as_ref().map(|sites| site_plan(sites, sets, ledger)).unwrap_or_default(),
    }
}

fn site_plan(sites: &SiteText, sets: &ValueSets, ledger: &mut Ledger) -> SitePlan {
    let never_at = sets.concepts(FILE, &sites.never_at, ledger);
    SitePlan {
        codes: sets.concepts(FILE, &sites.codes, ledger),
        at: sets.concepts(FILE, &sites.at, ledger),
        never_at,
        never_words: sites.never_words.iter().map(|word| (word.to_lowercase(), never_at)).collect(),
    }
}

pub(super) fn measured(
    id: MeasurementId,
    name: &str,
    fact: &MeasurementFact,
    computed_from: Vec<MeasurementId>,
) -> Measured {
    let sited = fact.sites.iter().map(|sites| &sites.codes);
    let asked_by =
        [&fact.codes, &fact.left, &fact.right, &fact.panels, &fact.related].into_iter().chain(sited);
    Measured {
        id,
        name: name.to_owned(),
        title: fact.title.clone(),
        plain: fact.plain.clone(),
        unit: fact.unit.clone(),
        unit_shown: fact.unit_shown.clone(),
        decimals: usize::from(fact.decimals),
        current_for_days: fact.current_for_days,
        when_old: fact.when_old,
        per_leg: fact.per_leg,
        prefetch_key: fact.prefetch_key.clone().unwrap_or_else(|| camel(name)),
        asked_by: asked_by.flatten().map(|name| name.text.clone()).collect(),
        computed_from,
    }
}
