//! Facts: from value-set names to concepts, and the plan that reading follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::fact::{Answered, Choice, Coded, Measured};
use super::super::files::{
    AnswerFact, CodedFact, FactsFile, MeasurementFact, MedicineFact, Name, RouteText, SiteText,
};
use super::super::problem::Ledger;
use super::super::value_set::ValueSets;
use crate::chart::{AnswerId, ConceptSet, MeasurementId, Route};
use crate::fhir::ReadPlan;
use crate::fhir::plan::{
    AbiInputs, AnswerPlan, DrugProducts, MeasurementPlan, SitePlan, UnitConversion, unit_key,
};

const FILE: &str = "facts.yaml";

/// All facts by name, and the plan made of them.
pub(super) struct FactTable {
    pub(super) measured: BTreeMap<String, Arc<Measured>>,
    pub(super) answered: BTreeMap<String, Arc<Answered>>,
    pub(super) diagnoses: BTreeMap<String, Arc<Coded>>,
    pub(super) medicines: BTreeMap<String, Arc<Coded>>,
    pub(super) allergies: BTreeMap<String, Arc<Coded>>,
    pub(super) services: BTreeMap<String, Arc<Coded>>,
    pub(super) orders: BTreeMap<String, Arc<Coded>>,
    pub(super) plan: ReadPlan,
    pub(super) computed_from: Vec<String>,
}

impl FactTable {
    pub(super) fn compile(
        file: &FactsFile,
        sets: &ValueSets,
        products: DrugProducts,
        ledger: &mut Ledger,
    ) -> FactTable {
        let mut plan = ReadPlan {
            vocabulary: sets.vocabulary.clone(),
            products,
            left: sets.concepts(FILE, &file.sides.left, ledger),
            right: sets.concepts(FILE, &file.sides.right, ledger),
            ..ReadPlan::default()
        };
        let number = |name: &str| {
            let position = file.measurements.keys().position(|other| other == name)?;
            u16::try_from(position).ok().map(MeasurementId)
        };
        let mut known = |name: &Name| {
            let found = number(name.as_str());
            if found.is_none() {
                ledger.unknown::<()>(FILE, name, "measured fact");
            }
            found
        };
        plan.derive_egfr = file.computed_egfr.as_ref().and_then(|computed| {
            let (from, to) = (known(&computed.from), known(&computed.to));
            Some((from?, to?))
        });
        plan.derive_abi = file.computed_abi.as_ref().and_then(|computed| {
            let (ankle, arm, abi) = (known(&computed.ankle), known(&computed.arm), known(&computed.to));
            Some(AbiInputs { ankle: ankle?, arm: arm?, abi: abi? })
        });
        let (egfr, abi) = (plan.derive_egfr, plan.derive_abi);
        let computed_from = |id| {
            let egfr = egfr.filter(|(_, to)| *to == id).map(|(from, _)| from);
            let abi = abi.filter(|inputs| inputs.abi == id).map(|inputs| [inputs.ankle, inputs.arm]);
            egfr.into_iter().chain(abi.into_iter().flatten()).collect::<Vec<_>>()
        };
        let measured = (0..)
            .map(MeasurementId)
            .zip(&file.measurements)
            .map(|(id, (name, fact))| {
                let reading = measurement_plan(name, fact, sets, ledger);
                plan.measured = plan.measured.union(reading.all_codes());
                plan.measurements.push(reading);
                (name.clone(), Arc::new(measured(id, name, fact, computed_from(id))))
            })
            .collect();
        let answered = (0..)
            .map(AnswerId)
            .zip(&file.answers)
            .map(|(id, (name, fact))| {
                let reading = answer_plan(fact, sets, ledger);
                plan.answered = plan.answered.union(reading.codes);
                plan.answers.push(reading);
                (name.clone(), Arc::new(answered(id, name, fact)))
            })
            .collect();
        let table = FactTable {
            measured,
            answered,
            diagnoses: coded_table(&file.diagnoses, sets, ledger),
            medicines: file
                .medicines
                .iter()
                .map(|(name, fact)| (name.clone(), Arc::new(medicine(name, fact, sets, ledger))))
                .collect(),
            allergies: coded_table(&file.allergies, sets, ledger),
            services: coded_table(&file.services, sets, ledger),
            orders: coded_table(&file.orders, sets, ledger),
            plan,
            computed_from: [
                file.computed_egfr.as_ref().map(|computed| &computed.from),
                file.computed_abi.as_ref().map(|computed| &computed.ankle),
                file.computed_abi.as_ref().map(|computed| &computed.arm),
            ]
            .into_iter()
            .flatten()
            .map(|name| name.text.clone())
            .collect(),
        };
        table.check_unique(ledger);
        table
    }

    /// Every fact's name, of all kinds.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let coded = [&self.diagnoses, &self.medicines, &self.allergies, &self.services, &self.orders];
        let coded = coded.into_iter().flat_map(|table| table.keys());
        self.measured.keys().chain(self.answered.keys()).chain(coded).map(String::as_str)
    }

    /// How people read a unit.
    pub(super) fn unit_shown(&self, unit: &str) -> String {
        let plural = match unit {
            "1" => "",
            "d" => "days",
            "wk" => "weeks",
            "mo" => "months",
            "a" => "years",
            "mg/d" => "mg a day",
            unit => {
                let fact = self.measured.values().find(|fact| fact.unit == unit);
                return fact.map_or(unit, |fact| fact.unit_shown.as_str()).to_owned();
            }
        };
        plural.to_owned()
    }

    fn check_unique(&self, ledger: &mut Ledger) {
        let mut names: Vec<_> = self.names().collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            if let [a, b] = pair
                && a == b
            {
                ledger.note(FILE, 0, format!("two facts are called `{a}`"));
            }
        }
    }
}

fn measurement_plan(
    name: &str,
    fact: &MeasurementFact,
    sets: &ValueSets,
    ledger: &mut Ledger,
) -> MeasurementPlan {
    let left = sets.concepts(FILE, &fact.left, ledger);
    let right = sets.concepts(FILE, &fact.right, ledger);
    sets.concepts(FILE, &fact.panels, ledger);
    let mut units = std::collections::HashMap::new();
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
        plausible: (fact.plausible.from, fact.plausible.to),
        per_leg: fact.per_leg,
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

fn measured(
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

fn answer_plan(fact: &AnswerFact, sets: &ValueSets, ledger: &mut Ledger) -> AnswerPlan {
    AnswerPlan {
        question: None,
        codes: sets.concepts(FILE, &fact.codes, ledger),
        answers: fact.answers.values().map(|choice| sets.concepts(FILE, &choice.codes, ledger)).collect(),
    }
}

fn answered(id: AnswerId, name: &str, fact: &AnswerFact) -> Answered {
    Answered {
        id,
        name: name.to_owned(),
        title: fact.title.clone(),
        plain: fact.plain.clone(),
        answers: fact
            .answers
            .iter()
            .map(|(name, choice)| Choice {
                name: name.clone(),
                title: choice.title.clone(),
                undecided: choice.undecided,
            })
            .collect(),
        current_for_days: fact.current_for_days,
        asked_by: texts(&fact.codes),
    }
}

fn coded_table(
    facts: &BTreeMap<String, CodedFact>,
    sets: &ValueSets,
    ledger: &mut Ledger,
) -> BTreeMap<String, Arc<Coded>> {
    let compiled = facts.iter().map(|(name, fact)| {
        let coded = Coded {
            name: name.clone(),
            title: fact.title.clone(),
            plain: fact.plain.clone(),
            concepts: sets.concepts(FILE, &fact.codes, ledger),
            except: sets.concepts(FILE, &fact.except, ledger),
            except_routes: Vec::new(),
            within_days: fact.within_days,
            asked_by: texts(&fact.codes),
        };
        (name.clone(), Arc::new(coded))
    });
    compiled.collect()
}

fn medicine(name: &str, fact: &MedicineFact, sets: &ValueSets, ledger: &mut Ledger) -> Coded {
    Coded {
        name: name.to_owned(),
        title: fact.title.clone(),
        plain: fact.plain.clone(),
        concepts: sets.concepts(FILE, &fact.codes, ledger),
        except: ConceptSet::EMPTY,
        except_routes: fact.except_routes.iter().copied().map(route).collect(),
        within_days: None,
        asked_by: texts(&fact.codes),
    }
}

fn route(text: RouteText) -> Route {
    match text {
        RouteText::Oral => Route::Oral,
        RouteText::Injected => Route::Injected,
        RouteText::Topical => Route::Topical,
        RouteText::EyeOrEar => Route::EyeOrEar,
        RouteText::Other => Route::Other,
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.text.clone()).collect()
}

/// `smoking-status` as `smokingStatus`: prefetch keys are plain words for every client.
pub(super) fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (index, word) in name.split('-').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => camel.extend(first.to_uppercase()),
            Some(first) => camel.push(first),
            None => {}
        }
        camel.extend(letters);
    }
    camel
}
