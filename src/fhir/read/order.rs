//! Draft orders: what is being ordered now.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::condition::sites;
use super::medication::{RawUse, described};
use super::product::Beside;
use super::service::bounds;
use super::site::{Sited, dosage_sites, notes};
use super::{Reader, date, period};
use crate::chart::{ConceptSet, Gap, Order, ResourceRef, Side, Unusable, Usage, When};
use crate::fhir::Draft;
use crate::fhir::concept::{CodeableConcept, Sides, concept};
use crate::fhir::json::{Field, Str, is_modified, read, resource};

/// An order that is no medicine: the members of ServiceRequest, DeviceRequest, SupplyRequest and their like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOrder<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    code_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    item_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    body_site: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_period: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_timing: Option<&'a RawValue>,
    #[serde(borrow)]
    performed_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    performed_period: Option<&'a RawValue>,
    #[serde(borrow)]
    authored_on: Option<&'a RawValue>,
    #[serde(borrow)]
    note: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

/// What an order asks for, besides its place among the drafts.
#[derive(Default)]
struct Asked {
    concepts: ConceptSet,
    label: String,
    coded: bool,
    medication: Option<crate::chart::Medication>,
    sites: ConceptSet,
    site_said: bool,
    side: Option<Side>,
    from: Option<When>,
    until: Option<When>,
}

impl<'a> Reader<'_, 'a> {
    /// Reads one draft. One that cannot be read is an order still: of something that cannot be told.
    pub(super) fn order(&mut self, draft: &Draft<'a>) {
        let id = draft.id.split_once('/').map_or("", |(_, id)| id);
        let source = ResourceRef::new(&draft.resource_type, id);
        let standing = Standing::of(draft.raw);
        if standing == Ok(Standing::Withdrawn) {
            return;
        }
        let asked = standing.and_then(|_| match draft.resource_type.as_ref() {
            "MedicationRequest" | "MedicationOrder" => self.medicine_asked(draft.raw, &source),
            _ => self.thing_asked(draft.raw),
        });
        let asked = asked.unwrap_or_else(|why| {
            self.chart.gaps.push(Gap { source: source.clone(), why });
            Asked::default()
        });
        self.chart.orders.push(Order {
            concepts: asked.concepts,
            label: asked.label,
            in_focus: draft.in_focus,
            medication: asked.medication,
            sites: asked.sites,
            site_said: asked.site_said,
            side: asked.side,
            from: asked.from,
            until: asked.until,
            uncoded: !asked.coded,
            stops: standing == Ok(Standing::Stops),
            source,
        });
    }

    fn medicine_asked(&self, raw: &'a RawValue, source: &ResourceRef) -> Result<Asked, Unusable> {
        let found: RawUse<'a> = resource(raw).ok_or(Unusable::Malformed)?;
        if is_modified(found.modifier_extension) {
            return Err(Unusable::ModifierExtension);
        }
        let product = self.product(&found, Beside::Drafts)?;
        let (label, coded) = (product.label.clone(), product.coded);
        let each = product.ingredients.iter().map(|ingredient| ingredient.concepts);
        let concepts = each.fold(ConceptSet::EMPTY, ConceptSet::union);
        let medication = described(&found, product, Usage::Current, source.clone());
        let named: CodeableConcept<'a> = concept(found.medication_codeable_concept).ok().unwrap_or_default();
        let (sites, instructions) = dosage_sites(found.dosage_instruction);
        let notes = notes(found.note);
        let written = instructions.iter().chain(&notes).filter_map(Str::get);
        let sited = Sited::of(self.plan, &sites, named.words().chain(written));
        let (from, until) = (medication.since, medication.until);
        Ok(Asked {
            concepts,
            label,
            coded,
            medication: Some(medication),
            sites: sited.sites,
            site_said: sited.said,
            from,
            until,
            ..Asked::default()
        })
    }

    fn thing_asked(&self, raw: &'a RawValue) -> Result<Asked, Unusable> {
        let order: RawOrder<'a> = resource(raw).ok_or(Unusable::Malformed)?;
        if is_modified(order.modifier_extension) {
            return Err(Unusable::ModifierExtension);
        }
        let code = order.code.or(order.code_codeable_concept).or(order.item_codeable_concept);
        let code = match concept(code) {
            Field::Ok(code) => code,
            Field::Absent => CodeableConcept::default(),
            Field::Bad => return Err(Unusable::Malformed),
        };
        let vocabulary = &self.plan.vocabulary;
        let concepts = code.concepts(vocabulary);
        let (sites, notes) = (sites(order.body_site), notes(order.note));
        let written = code.words().chain(notes.iter().filter_map(Str::get));
        let sited = Sited::of(self.plan, &sites, written);
        let side = self
            .sides(order.body_site, &code)
            .or_else(|| Sides::in_concepts(concepts, self.plan.left, self.plan.right))
            .or_else(|| Sides::in_words(code.text()));
        let (planned, done) = (period(order.occurrence_period), period(order.performed_period));
        let bounds = bounds(order.occurrence_timing);
        let start = [
            order.occurrence_date_time,
            planned.start,
            bounds.start,
            order.performed_date_time,
            done.start,
            order.authored_on,
        ];
        Ok(Asked {
            concepts,
            label: code.label(vocabulary),
            coded: code.is_coded(),
            medication: None,
            sites: sited.sites,
            site_said: sited.said,
            side: side.one(),
            from: start.into_iter().flatten().next().and_then(|raw| date(Some(raw))),
            until: date(planned.end.or(bounds.end).or(done.end)),
        })
    }
}

/// What a draft does with what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It asks for it.
    Asks,
    /// It ends or forbids it.
    Stops,
    /// Nothing: it was a mistake, or refused.
    Withdrawn,
}

impl Standing {
    fn of(draft: &RawValue) -> Result<Standing, Unusable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Stated<'a> {
            #[serde(borrow, default)]
            status: Str<'a>,
            #[serde(borrow)]
            do_not_perform: Option<&'a RawValue>,
        }
        let stated: Stated<'_> = resource(draft).ok_or(Unusable::Malformed)?;
        match (stated.status.get(), read::<bool>(stated.do_not_perform)) {
            (Some("entered-in-error" | "rejected"), _) => Ok(Standing::Withdrawn),
            (_, Field::Bad) => Err(Unusable::Malformed),
            (_, Field::Ok(true)) => Ok(Standing::Stops),
            (Some("cancelled" | "stopped" | "revoked" | "completed" | "ended"), _) => Ok(Standing::Stops),
            _ => Ok(Standing::Asks),
        }
    }
}
