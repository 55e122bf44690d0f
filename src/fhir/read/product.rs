//! What a medicine holds: from its codings, from a contained Medication, or from one that stands beside it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::value::Quantity;
use crate::chart::{Ingredient, Route, System, Unusable};
use crate::fhir::concept::{CodeableConcept, Coding};
use crate::fhir::json::{Field, Str, is_modified, read, read_object};
use crate::fhir::reference::{Reference, Target, target};
use crate::fhir::{Acquired, Drafts, ReadPlan, Resource};

/// The Medication resources that came with anything else, by id and by `fullUrl`.
#[derive(Default)]
pub(super) struct Medications<'a>(HashMap<String, Resource<'a>>);

impl<'a> Medications<'a> {
    pub(super) fn of(acquired: &Acquired<'a>, drafts: &Drafts<'a>) -> Medications<'a> {
        let mut known = HashMap::new();
        let supplied = acquired.supplies.iter().flat_map(|supply| supply.entries());
        let drafted = drafts.medications.iter().map(|(url, resource)| (url.as_deref(), resource));
        let alone = acquired.medications.iter().map(|resource| (None, resource));
        for (url, resource) in supplied.chain(drafted).chain(alone) {
            if resource.kind() != Some("Medication") {
                continue;
            }
            if let Some(url) = url {
                known.entry(url.to_owned()).or_insert_with(|| resource.clone());
            }
            if let Some(id) = resource.read::<Named<'a>>().and_then(|named| named.id.get().map(str::to_owned))
            {
                known.entry(id).or_insert_with(|| resource.clone());
            }
        }
        Medications(known)
    }

    pub(super) fn find(&self, reference: &str, contained: &[&'a RawValue]) -> Option<Resource<'a>> {
        match target(reference)? {
            Target::Contained(id) => contained.iter().map(|raw| Resource::split(raw)).find(|resource| {
                let named = resource.read::<Named<'a>>();
                named.is_some_and(|named| named.id.get().map(|own| own.trim_start_matches('#')) == Some(id))
            }),
            Target::Urn(urn) => {
                self.0.get(urn).or_else(|| self.0.get(urn.rsplit(':').next().unwrap_or(urn))).cloned()
            }
            Target::Resource { kind, id, .. } => {
                let is_medication = kind.is_none_or(|kind| kind == "Medication");
                let named = || self.0.get(id).filter(|_| is_medication);
                self.0.get(reference.trim()).or_else(named).cloned()
            }
        }
    }
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMedication<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    ingredient: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawIngredient<'a> {
    #[serde(borrow)]
    item_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    strength: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Ratio<'a> {
    #[serde(borrow)]
    pub(super) numerator: Option<Quantity<'a>>,
    #[serde(borrow)]
    pub(super) denominator: Option<Quantity<'a>>,
}

/// What a medicine is.
#[derive(Debug, Default)]
pub(super) struct Product {
    pub(super) ingredients: Vec<Ingredient>,
    pub(super) label: String,
    /// The route that the dose form implies.
    pub(super) route: Option<Route>,
    /// Is there a code of a system that is known here?
    pub(super) coded: bool,
}

/// The members that name the medicine of a request or statement.
pub(super) struct MedicineOf<'r, 'a> {
    pub(super) concept: Option<&'a RawValue>,
    pub(super) reference: Option<&'a RawValue>,
    pub(super) contained: Option<&'a RawValue>,
    pub(super) known: &'r Medications<'a>,
}

impl<'a> MedicineOf<'_, 'a> {
    /// What the medicine is; a reference that leads nowhere leaves its display, for showing.
    pub(super) fn product(&self, plan: &ReadPlan) -> Result<Product, Unusable> {
        match read_object::<CodeableConcept<'a>>(self.concept) {
            Field::Ok(concept) => return Ok(of_concept(&concept, plan)),
            Field::Bad => return Err(Unusable::Malformed),
            Field::Absent => {}
        }
        let reference = match read_object::<Displayed<'a>>(self.reference) {
            Field::Ok(reference) => reference,
            Field::Bad => return Err(Unusable::Malformed),
            Field::Absent => return Ok(Product::default()),
        };
        let display = reference.display.get().unwrap_or_default().to_owned();
        let unresolved = Product { label: display.clone(), ..Product::default() };
        let pointer = read_object::<Reference<'a>>(self.reference).ok().unwrap_or_default();
        let Some(pointer) = pointer.reference.get() else { return Ok(unresolved) };
        let contained: Vec<&'a RawValue> = read(self.contained).ok().unwrap_or_default();
        let Some(found) = self.known.find(pointer, &contained) else { return Ok(unresolved) };
        let medication: RawMedication<'a> = found.read().ok_or(Unusable::Malformed)?;
        if is_modified(medication.modifier_extension) {
            return Err(Unusable::ModifierExtension);
        }
        let code = match read_object::<CodeableConcept<'a>>(medication.code) {
            Field::Ok(code) => code,
            Field::Absent => CodeableConcept::default(),
            Field::Bad => return Err(Unusable::Malformed),
        };
        let mut product = of_concept(&code, plan);
        if product.ingredients.is_empty() {
            compounded(&mut product, medication.ingredient, plan);
        }
        if code.words().next().is_none() && !display.is_empty() {
            product.label = display;
        }
        Ok(product)
    }
}

#[derive(Deserialize)]
struct Displayed<'a> {
    #[serde(borrow, default)]
    display: Str<'a>,
}

fn of_concept(concept: &CodeableConcept<'_>, plan: &ReadPlan) -> Product {
    let products = concept.coding.iter().filter_map(rxnorm).flat_map(|code| plan.products.ingredients(code));
    Product {
        ingredients: ingredients(&concept.coding, plan),
        label: concept.label(&plan.vocabulary),
        route: products.filter_map(|ingredient| ingredient.route).next(),
        coded: concept.is_coded(),
    }
}

fn rxnorm<'c>(coding: &'c Coding<'_>) -> Option<&'c str> {
    coding.known().filter(|(system, _)| *system == System::RxNorm).map(|(_, code)| code)
}

/// What codings say a medicine holds: the ingredients of its RxNorm products, and what other codings name directly.
///
/// Several codings name the same thing, so that an ingredient is listed once. An ingredient that stands for no
/// concept is kept: milligrams of a combination are not those of one of its ingredients.
pub(super) fn ingredients(codings: &[Coding<'_>], plan: &ReadPlan) -> Vec<Ingredient> {
    let mut found: Vec<(&str, Ingredient)> = Vec::new();
    for product in codings.iter().filter_map(rxnorm).flat_map(|code| plan.products.ingredients(code)) {
        let strength = product.milligrams_per_unit;
        match found.iter_mut().find(|(code, _)| *code == &*product.code) {
            None => {
                let concepts = plan.vocabulary.concepts(System::RxNorm, &product.code);
                found.push((&product.code, Ingredient { concepts, milligrams_per_unit: strength }));
            }
            Some((_, known)) => match (known.milligrams_per_unit, strength) {
                (None, strength) => known.milligrams_per_unit = strength,
                // Two products of different strength: no telling which is taken.
                (Some(one), Some(other)) if one != other => known.milligrams_per_unit = None,
                _ => {}
            },
        }
    }
    let mut found: Vec<Ingredient> = found.into_iter().map(|(_, ingredient)| ingredient).collect();
    for coding in codings {
        let concepts = coding.concepts(&plan.vocabulary);
        if !concepts.is_empty() && !found.iter().any(|ingredient| ingredient.concepts.meets(concepts)) {
            found.push(Ingredient { concepts, milligrams_per_unit: None });
        }
    }
    if found.iter().all(|ingredient| ingredient.concepts.is_empty()) {
        found.clear();
    }
    found
}

/// `Medication.ingredient`, for medicines that are made up and have no product code.
fn compounded(product: &mut Product, raw: Option<&RawValue>, plan: &ReadPlan) {
    for ingredient in read::<Vec<RawIngredient<'_>>>(raw).ok().unwrap_or_default() {
        let item =
            read_object::<CodeableConcept<'_>>(ingredient.item_codeable_concept).ok().unwrap_or_default();
        product.coded |= item.is_coded();
        let strength = read_object::<Ratio<'_>>(ingredient.strength).ok().and_then(|ratio| per_unit(&ratio));
        let mut held = ingredients(&item.coding, plan);
        if let [only] = held.as_mut_slice() {
            only.milligrams_per_unit = only.milligrams_per_unit.or(strength);
        }
        product.ingredients.append(&mut held);
    }
}

fn per_unit(ratio: &Ratio<'_>) -> Option<f64> {
    let (amount, per) = (ratio.numerator.as_ref()?, ratio.denominator.as_ref()?);
    let milligrams = super::dosage::milligrams(amount)?;
    let units = super::dosage::units(per)?;
    (units > 0.0).then(|| milligrams / units)
}
