//! What to look for in a chart: made from the knowledge, so that reading never sees a rule.

use std::collections::HashMap;

use crate::chart::{AnswerId, ConceptSet, MeasurementId, Vocabulary};

/// All that reading needs to know: codes, units, products.
#[derive(Debug, Default)]
pub struct ReadPlan {
    /// Which concepts a code stands for.
    pub vocabulary: Vocabulary,
    /// The measured facts, by [`MeasurementId`].
    pub measurements: Vec<MeasurementPlan>,
    /// The facts with a coded answer, by [`AnswerId`].
    pub answers: Vec<AnswerPlan>,
    /// All concepts of measured facts: an Observation that meets none of these is not looked at further.
    pub measured: ConceptSet,
    /// All concepts of panels that hold a measured fact.
    pub panels: ConceptSet,
    /// All concepts that ask for a coded answer.
    pub answered: ConceptSet,
    /// RxNorm products and what they hold.
    pub products: DrugProducts,
    /// Concepts that say "left".
    pub left: ConceptSet,
    /// Concepts that say "right".
    pub right: ConceptSet,
    /// Creatinine in mg/dL, and the eGFR that may be worked out from it where none is reported.
    pub derive_egfr: Option<(MeasurementId, MeasurementId)>,
    /// From which pressures the ankle-brachial index of a leg is worked out where none is reported.
    pub derive_abi: Option<AbiInputs>,
    /// Words, in lower case, that stand for a concept in the name of a problem being added that has no code known
    /// here. Never used for the chart.
    pub problem_words: Vec<(String, ConceptSet)>,
    /// Words, in lower case, that stand for a body site in what is written in a draft order.
    pub site_words: Vec<(String, ConceptSet)>,
}

impl ReadPlan {
    /// The measured facts whose codes meet `concepts`.
    pub fn measurements_of(
        &self,
        concepts: ConceptSet,
    ) -> impl Iterator<Item = (MeasurementId, &MeasurementPlan)> {
        let numbered = (0..).map(MeasurementId).zip(&self.measurements);
        numbered.filter(move |(_, plan)| plan.all_codes().meets(concepts))
    }

    /// The measured facts that a panel with these concepts holds.
    pub fn measurements_in(
        &self,
        panel: ConceptSet,
    ) -> impl Iterator<Item = (MeasurementId, &MeasurementPlan)> {
        let numbered = (0..).map(MeasurementId).zip(&self.measurements);
        numbered.filter(move |(_, plan)| plan.panels.meets(panel))
    }

    /// The coded facts whose codes meet `concepts`.
    pub fn answers_of(&self, concepts: ConceptSet) -> impl Iterator<Item = (AnswerId, &AnswerPlan)> {
        let numbered = (0..).map(AnswerId).zip(&self.answers);
        numbered.filter(move |(_, plan)| plan.codes.meets(concepts))
    }

    /// The coded facts that the form with this canonical URL asks for: `linkId` and choices of each.
    pub fn questions_of<'p>(
        &'p self,
        canonical: &str,
    ) -> impl Iterator<Item = (AnswerId, &'p str, &'p [ConceptSet])> {
        let numbered = (0..).map(AnswerId).zip(&self.answers);
        numbered.filter_map(move |(id, plan)| {
            let question = plan.question.as_ref().filter(|question| question.is_of(canonical))?;
            Some((id, question.link_id.as_str(), plan.answers.as_slice()))
        })
    }
}

/// How one measured fact is read.
#[derive(Debug)]
pub struct MeasurementPlan {
    /// The codes it is known by.
    pub codes: ConceptSet,
    /// Codes that say "left" or "right" by themselves.
    pub left: ConceptSet,
    /// See `left`.
    pub right: ConceptSet,
    /// The units it is accepted in, as they are mostly spelled and by [`unit_key`]; the empty key stands for a number
    /// without a unit.
    pub units: HashMap<Box<str>, UnitConversion, foldhash::quality::RandomState>,
    /// Is it a plain number, such as a ratio?
    pub unitless: bool,
    /// The least and the most that is possible, in the unit of the fact.
    pub plausible: (f64, f64),
    /// Is it told per leg? Then a result without a side is unusable only where its side matters.
    pub per_leg: bool,
    /// Codes of panels that hold it as a component.
    pub panels: ConceptSet,
    /// Codes of something related that must not stand in for it: a result under one is there and not usable.
    pub related: ConceptSet,
    /// What the body site has to say in it.
    pub sites: SitePlan,
}

impl MeasurementPlan {
    /// All codes that anything is read from.
    #[must_use]
    pub fn all_codes(&self) -> ConceptSet {
        self.codes.union(self.related).union(self.sites.codes)
    }
}

/// What the body site of a result has to say in a fact.
#[derive(Debug, Default)]
pub struct SitePlan {
    /// Codes that are the fact where the site is one of `at`, and else are not.
    pub codes: ConceptSet,
    /// See `codes`. Sites count by code only.
    pub at: ConceptSet,
    /// Sites that keep a result out of the fact.
    pub never_at: ConceptSet,
    /// Words, in lower case, that do the same: in the site, or in what was measured.
    pub never_words: Vec<(String, ConceptSet)>,
}

/// The facts that the ankle-brachial index is worked out from, in the same unit, and the fact that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbiInputs {
    /// Systolic pressures at the ankle, per leg.
    pub ankle: MeasurementId,
    /// Systolic pressures at the arm.
    pub arm: MeasurementId,
    /// The index.
    pub abi: MeasurementId,
}

/// How a number in one unit becomes a number in the unit of the fact: times `multiply`, plus `add`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitConversion {
    /// The factor.
    pub multiply: f64,
    /// The offset, after the factor.
    pub add: f64,
    /// Decimals kept of the result, to undo the noise of the conversion; `None` keeps all.
    pub decimals: Option<u8>,
}

impl UnitConversion {
    /// The unit of the fact itself.
    pub const NONE: UnitConversion = UnitConversion { multiply: 1.0, add: 0.0, decimals: None };

    /// Converts a number.
    #[must_use]
    pub fn apply(&self, number: f64) -> f64 {
        let converted = number * self.multiply + self.add;
        match self.decimals {
            Some(decimals) => {
                let scale = 10f64.powi(i32::from(decimals));
                (converted * scale).round() / scale
            }
            None => converted,
        }
    }
}

/// How one fact with a coded answer is read.
#[derive(Debug)]
pub struct AnswerPlan {
    /// The codes of the question.
    pub codes: ConceptSet,
    /// The codes of each answer.
    pub answers: Vec<ConceptSet>,
    /// The question of a form that asks for it, where there is one.
    pub question: Option<Question>,
}

/// A question of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The canonical URL of the Questionnaire; a version behind it is not compared.
    pub questionnaire: String,
    /// `linkId` of the item.
    pub link_id: String,
}

impl Question {
    /// Is it a question of the form with this canonical URL?
    #[must_use]
    pub fn is_of(&self, canonical: &str) -> bool {
        fn unversioned(canonical: &str) -> &str {
            canonical.split('|').next().unwrap_or_default().trim()
        }
        unversioned(&self.questionnaire) == unversioned(canonical)
    }
}

/// RxNorm products, and the ingredients they hold.
#[derive(Debug, Default)]
pub struct DrugProducts {
    products: HashMap<Box<str>, Vec<ProductIngredient>>,
}

/// One ingredient of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductIngredient {
    /// The RxNorm code of the ingredient.
    pub code: Box<str>,
    /// Milligrams in one unit of the product, where the product tells.
    pub milligrams_per_unit: Option<f64>,
    /// The route that the dose form implies.
    pub route: Option<crate::chart::Route>,
}

impl DrugProducts {
    /// Says that the product `code` holds `ingredient`.
    pub fn insert(&mut self, code: &str, ingredient: ProductIngredient) {
        self.products.entry(code.into()).or_default().push(ingredient);
    }

    /// What the product `code` holds; empty for a code that is not a known product.
    #[must_use]
    pub fn ingredients(&self, code: &str) -> &[ProductIngredient] {
        self.products.get(code.trim()).map_or(&[], Vec::as_slice)
    }
}

/// The spelling by which a unit is looked up: without spaces, in lower case, with one sign for micro.
#[must_use]
pub fn unit_key(unit: &str) -> String {
    unit.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(|c| match c {
            'µ' | 'μ' => 'u'.to_lowercase(),
            other => other.to_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_unit_meet_in_one_key() {
        assert_eq!(unit_key(" mL/min/1.73 m^2 "), "ml/min/1.73m^2");
        assert_eq!(unit_key("µmol/L"), unit_key("umol/l"));
        assert_eq!(unit_key("μmol/L"), unit_key("umol/l"));
    }

    #[test]
    fn ifcc_becomes_ngsp_as_the_matrix_has_it() {
        let ifcc = UnitConversion { multiply: 0.09148, add: 2.152, decimals: Some(2) };
        for (mmol_per_mol, percent) in [(52.0, 6.91), (53.0, 7.0), (54.0, 7.09)] {
            assert_eq!(ifcc.apply(mmol_per_mol), percent, "{mmol_per_mol} mmol/mol");
        }
    }
}
