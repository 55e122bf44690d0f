//! Facts: from value-set names to concepts, and the plan that reading follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::fact::{Answered, Coded, Measured};
use super::super::files::{FactsFile, Name};
use super::super::problem::Ledger;
use super::super::questionnaire::Questionnaire;
use super::super::value_set::ValueSets;
use super::{coded, measurements};
use crate::chart::{AnswerId, MeasurementId};
use crate::fhir::ReadPlan;
use crate::fhir::plan::{AbiInputs, DrugProducts};

pub(super) const FILE: &str = "facts.yaml";

/// All facts by name, and the plan made of them.
pub(super) struct FactTable {
    pub(super) measured: BTreeMap<String, Arc<Measured>>,
    pub(super) answered: BTreeMap<String, Arc<Answered>>,
    pub(super) diagnoses: BTreeMap<String, Arc<Coded>>,
    pub(super) medicines: BTreeMap<String, Arc<Coded>>,
    pub(super) allergies: BTreeMap<String, Arc<Coded>>,
    pub(super) services: BTreeMap<String, Arc<Coded>>,
    pub(super) orders: BTreeMap<String, Arc<Coded>>,
    pub(super) sites: BTreeMap<String, Arc<Coded>>,
    pub(super) plan: ReadPlan,
    pub(super) computed_from: Vec<String>,
}

impl FactTable {
    pub(super) fn compile(
        file: &FactsFile,
        sets: &ValueSets,
        products: DrugProducts,
        questionnaires: &[Questionnaire],
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
                let reading = measurements::measurement_plan(name, fact, sets, ledger);
                plan.measured = plan.measured.union(reading.all_codes());
                plan.panels = plan.panels.union(reading.panels);
                plan.measurements.push(reading);
                (name.clone(), Arc::new(measurements::measured(id, name, fact, computed_from(id))))
            })
            .collect();
        let answered = (0..)
            .map(AnswerId)
            .zip(&file.answers)
            .map(|(id, (name, fact))| {
                let reading = coded::answer_plan(name, fact, sets, questionnaires, ledger);
                plan.answered = plan.answered.union(reading.codes);
                plan.answers.push(reading);
                (name.clone(), Arc::new(coded::answered(id, name, fact)))
            })
            .collect();
        let named = file.diagnoses.iter().map(|(name, fact)| (name.as_str(), &*fact.codes, &*fact.words));
        plan.problem_words = coded::words(named, sets, ledger);
        let named = file.sites.iter().map(|(name, fact)| (name.as_str(), &*fact.codes, &*fact.words));
        plan.site_words = coded::words(named, sets, ledger);
        let table = FactTable {
            measured,
            answered,
            diagnoses: coded::table(&file.diagnoses, sets, ledger),
            medicines: coded::table(&file.medicines, sets, ledger),
            allergies: coded::table(&file.allergies, sets, ledger),
            services: coded::table(&file.services, sets, ledger),
            orders: coded::table(&file.orders, sets, ledger),
            sites: coded::table(&file.sites, sets, ledger),
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
        let coded =
            [&self.diagnoses, &self.medicines, &self.allergies, &self.services, &self.orders, &self.sites];
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
