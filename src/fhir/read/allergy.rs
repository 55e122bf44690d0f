//! AllergyIntolerances.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::product::ingredients;
use super::{Common, Reader};
use crate::chart::{Allergy, ConceptSet, Gap, Unusable};
use crate::fhir::Resource;
use crate::fhir::concept::{CodeableConcept, concept, status};
use crate::fhir::json::{Field, Str, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAllergy<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
    #[serde(borrow)]
    clinical_status: Option<&'a RawValue>,
    #[serde(borrow)]
    verification_status: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow, default)]
    criticality: Str<'a>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    /// `code` in DSTU2.
    #[serde(borrow)]
    substance: Option<&'a RawValue>,
    #[serde(borrow)]
    reaction: Option<&'a RawValue>,
    #[serde(borrow)]
    patient: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Reaction<'a> {
    #[serde(borrow)]
    substance: Option<&'a RawValue>,
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn allergy(&mut self, resource: &Resource<'a>) {
        let Some(allergy) = resource.read::<RawAllergy<'a>>() else {
            return self.malformed("AllergyIntolerance");
        };
        let mut names = Vec::new();
        let mut unreadable = false;
        let mut name = |raw| match concept(raw) {
            Field::Ok(name) => names.push(name),
            Field::Bad => unreadable = true,
            Field::Absent => {}
        };
        name(allergy.code.or(allergy.substance));
        let reactions = read::<Vec<Reaction<'a>>>(allergy.reaction);
        reactions.as_ref().ok().into_iter().flatten().for_each(|reaction| name(reaction.substance));
        let concepts =
            names.iter().map(|name| self.substances(name)).fold(ConceptSet::EMPTY, ConceptSet::union);
        let coded = names.iter().any(|name| name.is_coded() || name.says_nothing_known());
        if concepts.is_empty() && coded && !unreadable {
            return;
        }
        let stands = stands(&allergy);
        if stands == Ok(false) {
            return;
        }
        let common = Common {
            kind: "AllergyIntolerance",
            id: &allergy.id,
            version: [None; 2],
            subject: allergy.patient,
            modifier_extension: allergy.modifier_extension,
        };
        let source = match self.admit(&common) {
            None => return,
            Some(Err(gap)) => return self.chart.allergies.unusable.push(gap.of(concepts)),
            Some(Ok(source)) => source,
        };
        let why = match stands {
            Err(why) => Some(why),
            Ok(_) if concepts.is_empty() && unreadable => Some(Unusable::Malformed),
            Ok(_) if concepts.is_empty() => Some(Unusable::NotCoded),
            Ok(_) => None,
        };
        if let Some(why) = why {
            return self.chart.allergies.unusable.push(Gap { source, why }.of(concepts));
        }
        let label = names.first().map(|name| name.label(&self.plan.vocabulary)).unwrap_or_default();
        self.chart.allergies.items.push(Allergy {
            concepts,
            label,
            intolerance: allergy.kind.get() == Some("intolerance"),
            high_criticality: matches!(allergy.criticality.get(), Some("high" | "CRITH")),
            source,
        });
    }

    /// What the allergy is to: a product stands for what it holds.
    fn substances(&self, name: &CodeableConcept<'_>) -> ConceptSet {
        let held = ingredients(&name.coding, self.plan);
        held.iter().map(|ingredient| ingredient.concepts).fold(ConceptSet::EMPTY, ConceptSet::union)
    }
}

/// Does it still stand? Neither refuted nor taken back, nor over.
fn stands(allergy: &RawAllergy<'_>) -> Result<bool, Unusable> {
    let gone = |raw, any: &[&str]| match status(raw) {
        Field::Bad => Err(Unusable::Malformed),
        Field::Absent => Ok(false),
        Field::Ok(codes) => Ok(codes.iter().any(|code| any.contains(&&**code))),
    };
    let refuted = gone(allergy.verification_status, &["refuted", "entered-in-error"])?;
    let over = gone(allergy.clinical_status, &["inactive", "resolved"])?;
    Ok(!refuted && !over)
}
