//! Draft orders: what is being ordered now.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::condition::sites;
use super::medication::{RawUse, described};
use super::service::bounds;
use super::{Reader, date, period};
use crate::chart::{ConceptSet, Gap, Order, ResourceRef, Side, Unusable, Usage, When};
use crate::fhir::Draft;
use crate::fhir::concept::{CodeableConcept, Sides};
use crate::fhir::json::{Field, Str, is_modified, read, read_object, resource};

/// An order that is no medicine: the members of ServiceRequest, DeviceRequest, SupplyRequest and their like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOrder<'a> {
    #[serde(borrow, default)]
    status: Str<'a>,
    #[serde(borrow)]
    do_not_perform: Option<&'a RawValue>,
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
    side: Option<Side>,
    from: Option<When>,
    until: Option<When>,
}

impl<'a> Reader<'_, 'a> {
    /// Reads one draft. One that cannot be read is an order still: of something that cannot be told.
    pub(super) fn order(&mut self, draft: &Draft<'a>) {
        let id = draft.id.split_once('/').map_or("", |(_, id)| id);
        let source = ResourceRef::new(&draft.resource_type, id);
        let asked = match draft.resource_type.as_ref() {
            "MedicationRequest" | "MedicationOrder" => self.medicine_asked(draft.raw, &source),
            _ => self.thing_asked(draft.raw),
        };
        let asked = match asked {
            Ok(None) => return,
            Ok(Some(asked)) => asked,
            Err(why) => {
                self.chart.gaps.push(Gap { source: source.clone(), why });
                Asked::default()
            }
        };
        self.chart.orders.push(Order {
            concepts: asked.concepts,
            label: asked.label,
            in_focus: draft.in_focus,
            medication: asked.medication,
            sites: asked.sites,
            site_said: false,
            stops: false,
            side: asked.side,
            from: asked.from,
            until: asked.until,
            uncoded: !asked.coded,
            source,
        });
    }

    fn medicine_asked(&self, raw: &'a RawValue, source: &ResourceRef) -> Result<Option<Asked>, Unusable> {
        let found: RawUse<'a> = resource(raw).ok_or(Unusable::Malformed)?;
        if !is_asked(&found.status, found.do_not_perform)? {
            return Ok(None);
        }
        if is_modified(found.modifier_extension) {
            return Err(Unusable::ModifierExtension);
        }
        let product = self.product(&found)?;
        let (label, coded) = (product.label.clone(), product.coded);
        let each = product.ingredients.iter().map(|ingredient| ingredient.concepts);
        let concepts = each.fold(ConceptSet::EMPTY, ConceptSet::union);
        let medication = described(&found, product, Usage::Current, source.clone());
        let (from, until) = (medication.since, medication.until);
        Ok(Some(Asked {
            concepts,
            label,
            coded,
            medication: Some(medication),
            from,
            until,
            ..Asked::default()
        }))
    }

    fn thing_asked(&self, raw: &'a RawValue) -> Result<Option<Asked>, Unusable> {
        let order: RawOrder<'a> = resource(raw).ok_or(Unusable::Malformed)?;
        if !is_asked(&order.status, order.do_not_perform)? {
            return Ok(None);
        }
        if is_modified(order.modifier_extension) {
            return Err(Unusable::ModifierExtension);
        }
        let code = order.code.or(order.code_codeable_concept).or(order.item_codeable_concept);
        let code = match read_object::<CodeableConcept<'a>>(code) {
            Field::Ok(code) => code,
            Field::Absent => CodeableConcept::default(),
            Field::Bad => return Err(Unusable::Malformed),
        };
        let vocabulary = &self.plan.vocabulary;
        let concepts = code.concepts(vocabulary);
        let sites = sites(order.body_site)
            .iter()
            .map(|site| site.concepts(vocabulary))
            .fold(ConceptSet::EMPTY, ConceptSet::union);
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
        Ok(Some(Asked {
            concepts,
            label: code.label(vocabulary),
            coded: code.is_coded(),
            medication: None,
            sites,
            side: side.one(),
            from: start.into_iter().flatten().next().and_then(|raw| date(Some(raw))),
            until: date(planned.end.or(bounds.end).or(done.end)),
        }))
    }
}

/// Does the draft ask for something? One that stops an order, or forbids it, does not.
fn is_asked(status: &Str<'_>, do_not_perform: Option<&RawValue>) -> Result<bool, Unusable> {
    match read::<bool>(do_not_perform) {
        Field::Ok(true) => return Ok(false),
        Field::Bad => return Err(Unusable::Malformed),
        Field::Ok(false) | Field::Absent => {}
    }
    Ok(!matches!(
        status.get(),
        Some("entered-in-error" | "cancelled" | "stopped" | "revoked" | "completed" | "ended" | "rejected")
    ))
}
