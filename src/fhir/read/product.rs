//! What a medicine holds: from its codings, from a contained Medication, or from one that stands beside it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::value::Quantity;
use crate::chart::{Ingredient, Route, System, Unusable};
use crate::fhir::concept::{CodeableConcept, Coding, concept};
use crate::fhir::json::{Field, Str, is_modified, read, read_object};
use crate::fhir::reference::{Reference, Target, same_base, target};
use crate::fhir::{Acquired, Drafts, ReadPlan, Resource};

/// The Medication resources that came with anything else.
#[derive(Default)]
pub(super) struct Medications<'a> {
    drafted: Named<'a>,
    charted: Named<'a>,
}

/// Where something refers to a Medication from: it means the one that stands there, before any other of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Among the draft orders.
    Drafts,
    /// In the chart.
    Chart,
}

impl<'a> Medications<'a> {
    pub(super) fn of(acquired: &Acquired<'a>, drafts: &Drafts<'a>) -> Medications<'a> {
        let supplied = acquired.supplies.iter().flat_map(|supply| supply.entries());
        let alone = acquired.medications.iter().map(|resource| (None, resource));
        let drafted = drafts.medications.iter().map(|(url, resource)| (url.as_deref(), resource));
        Medications { drafted: Named::of(drafted), charted: Named::of(supplied.chain(alone)) }
    }

    /// What `reference` means. One on another server than `server` is known by its `fullUrl` only.
    pub(super) fn find(
        &self,
        reference: &str,
        contained: &[&'a RawValue],
        beside: Beside,
        server: Option<&str>,
    ) -> Option<Resource<'a>> {
        let target = target(reference)?;
        if let Target::Contained(id) = target {
            let mut contained = contained.iter().map(|raw| Resource::split(raw));
            return contained.find(|one| {
                id_of(one).map(|own| own.trim_start_matches('#').to_owned()).as_deref() == Some(id)
            });
        }
        let in_order = match beside {
            Beside::Drafts => [&self.drafted, &self.charted],
            Beside::Chart => [&self.charted, &self.drafted],
        };
        in_order.into_iter().find_map(|named| named.get(reference.trim(), target, server)).cloned()
    }
}

/// Medications by id and by `fullUrl`.
#[derive(Default)]
struct Named<'a>(HashMap<String, Resource<'a>>);

impl<'a> Named<'a> {
    fn of<'r>(resources: impl Iterator<Item = (Option<&'r str>, &'r Resource<'a>)>) -> Named<'a>
    where
        'a: 'r,
    {
        let mut named = HashMap::new();
        for (url, resource) in resources.filter(|(_, resource)| resource.kind() == Some("Medication")) {
            for name in url.map(str::to_owned).into_iter().chain(id_of(resource)) {
                named.entry(name).or_insert_with(|| resource.clone());
            }
        }
        Named(named)
    }

    fn get(&self, reference: &str, target: Target<'_>, server: Option<&str>) -> Option<&Resource<'a>> {
        let by_id = match target {
            Target::Contained(_) => None,
            Target::Urn(urn) => urn.rsplit(':').next(),
            Target::Resource { base, kind, id } => {
                let is_here = base.is_empty() || server.is_none_or(|server| same_base(base, server));
                Some(id).filter(|_| is_here && kind.is_none_or(|kind| kind == "Medication"))
            }
        };
        self.0.get(reference).or_else(|| self.0.get(by_id?))
    }
}

fn id_of(resource: &Resource<'_>) -> Option<String> {
    Some(resource.read::<Identified<'_>>()?.id.get()?.to_owned())
}

#[derive(Deserialize)]
struct Identified<'a> {
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
    pub(super) beside: Beside,
}

impl<'a> MedicineOf<'_, 'a> {
    /// What the medicine is; a reference that leads nowhere leaves its display, for showing.
    pub(super) fn product(&self, plan: &ReadPlan, server: Option<&str>) -> Result<Product, Unusable> {
        match concept(self.concept) {
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
        let found = self.known.find(pointer, &contained, self.beside, server);
        let Some(found) = found else { return Ok(unresolved) };
        let medication: RawMedication<'a> = found.read().ok_or(Unusable::Malformed)?;
        if is_modified(medication.modifier_extension) {
            return Err(Unusable::ModifierExtension);
        }
        let code = match concept(medication.code) {
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
        let item = concept(ingredient.item_codeable_concept).ok().unwrap_or_default();
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
