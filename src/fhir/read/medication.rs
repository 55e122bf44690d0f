//! MedicationRequests and MedicationStatements: medicines in use, or once in use.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::dosage::dosing;
use super::product::{Beside, MedicineOf, Product};
use super::service::bounds;
use super::{Common, Period, Reader, date, period};
use crate::chart::{ConceptSet, Gap, Medication, ResourceRef, Unusable, Usage};
use crate::fhir::Resource;
use crate::fhir::json::{Field, Str, read, read_object};

/// A MedicationRequest or a MedicationStatement: the members they share have the same names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawUse<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
    #[serde(borrow, default)]
    pub(super) status: Str<'a>,
    #[serde(borrow, default)]
    intent: Str<'a>,
    #[serde(borrow)]
    pub(super) do_not_perform: Option<&'a RawValue>,
    #[serde(borrow)]
    reported_boolean: Option<&'a RawValue>,
    #[serde(borrow)]
    reported_reference: Option<&'a RawValue>,
    /// STU3: `n` where it was not taken.
    #[serde(borrow, default)]
    taken: Str<'a>,
    /// DSTU2, for the same.
    #[serde(borrow)]
    was_not_taken: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) medication_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    medication_reference: Option<&'a RawValue>,
    #[serde(borrow)]
    contained: Option<&'a RawValue>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    authored_on: Option<&'a RawValue>,
    #[serde(borrow)]
    effective_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    effective_period: Option<&'a RawValue>,
    #[serde(borrow)]
    dispense_request: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) dosage_instruction: Option<&'a RawValue>,
    #[serde(borrow)]
    dosage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) note: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) modifier_extension: Option<&'a RawValue>,
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn medication_request(&mut self, resource: &Resource<'a>) {
        self.medication(resource, "MedicationRequest", |_, request| {
            match request.intent.get() {
                Some("option") => return Ok(None),
                // A medicine from home that somebody told of is written as a proposal by some servers.
                Some("proposal") => match read::<bool>(request.reported_boolean) {
                    Field::Ok(true) => {}
                    Field::Bad => return Err(Unusable::Malformed),
                    _ if request.reported_reference.is_some() => {}
                    _ => return Ok(None),
                },
                Some(
                    "plan" | "order" | "original-order" | "reflex-order" | "filler-order" | "instance-order",
                ) => {}
                _ => return Err(Unusable::Malformed),
            }
            match request.status.get() {
                Some("active") => Ok(Some(Usage::Current)),
                Some("on-hold") => Ok(Some(Usage::OnHold)),
                Some("completed" | "stopped" | "ended") => Ok(Some(Usage::Past)),
                // A cancelled one was withdrawn before any of it was given.
                Some("cancelled" | "draft" | "entered-in-error") => Ok(None),
                Some("unknown") => Err(Unusable::StatusUnknown),
                _ => Err(Unusable::Malformed),
            }
        });
    }

    pub(super) fn medication_statement(&mut self, resource: &Resource<'a>) {
        self.medication(resource, "MedicationStatement", |reader, statement| {
            match read::<bool>(statement.was_not_taken) {
                Field::Ok(true) => return Ok(None),
                Field::Bad => return Err(Unusable::Malformed),
                Field::Ok(false) | Field::Absent => {}
            }
            if matches!(statement.taken.get(), Some("n" | "na")) {
                return Ok(None);
            }
            let ended = date(period(statement.effective_period).end);
            match statement.status.get() {
                Some("active" | "intended") if ended.is_some_and(|end| end.last() < reader.subject.today) => {
                    Ok(Some(Usage::Past))
                }
                Some("active" | "intended") => Ok(Some(Usage::Current)),
                Some("on-hold") => Ok(Some(Usage::OnHold)),
                Some("completed" | "stopped") => Ok(Some(Usage::Past)),
                // Never taken is not the same as once taken.
                Some("not-taken" | "entered-in-error") => Ok(None),
                Some("unknown") => Err(Unusable::StatusUnknown),
                _ => Err(Unusable::Malformed),
            }
        });
    }

    fn medication(
        &mut self,
        resource: &Resource<'a>,
        kind: &'static str,
        usage: impl Fn(&Self, &RawUse<'a>) -> Result<Option<Usage>, Unusable>,
    ) {
        let Some(found) = resource.read::<RawUse<'a>>() else { return self.malformed(kind) };
        let product = self.product(&found, Beside::Chart);
        if product.as_ref().is_ok_and(|product| product.ingredients.is_empty() && product.coded) {
            return;
        }
        let usage = match read::<bool>(found.do_not_perform) {
            Field::Ok(true) => return,
            Field::Bad => Err(Unusable::Malformed),
            Field::Ok(false) | Field::Absent => usage(self, &found),
        };
        if usage == Ok(None) {
            return;
        }
        let concepts = product.as_ref().map_or(ConceptSet::EMPTY, |product| {
            product.ingredients.iter().fold(ConceptSet::EMPTY, |all, one| all.union(one.concepts))
        });
        let common = Common {
            kind,
            id: &found.id,
            version: [None; 2],
            subject: found.subject,
            modifier_extension: found.modifier_extension,
        };
        let source = match self.admit(&common) {
            None => return,
            Some(Err(gap)) => return self.chart.medications.unusable.push(gap.of(concepts)),
            Some(Ok(source)) => source,
        };
        let product = product.and_then(|product| {
            if product.ingredients.is_empty() { Err(Unusable::NotCoded) } else { Ok(product) }
        });
        match (product, usage) {
            (Err(why), _) | (_, Err(why)) => {
                self.chart.medications.unusable.push(Gap { source, why }.of(concepts))
            }
            (Ok(product), Ok(Some(usage))) => {
                let medication = described(&found, product, usage, source);
                self.chart.medications.items.push(medication);
            }
            (Ok(_), Ok(None)) => {}
        }
    }

    /// What the medicine is.
    pub(super) fn product(&self, found: &RawUse<'a>, beside: Beside) -> Result<Product, Unusable> {
        let medicine = MedicineOf {
            concept: found.medication_codeable_concept,
            reference: found.medication_reference,
            contained: found.contained,
            known: &self.medications,
            beside,
        };
        medicine.product(self.plan, self.subject.fhir_server)
    }
}

/// A medicine with how it is given.
pub(super) fn described(
    found: &RawUse<'_>,
    product: Product,
    usage: Usage,
    source: ResourceRef,
) -> Medication {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Dispense<'a> {
        #[serde(borrow)]
        validity_period: Option<&'a RawValue>,
    }
    let dispense = read_object::<Dispense<'_>>(found.dispense_request).ok();
    let validity = period(dispense.and_then(|dispense| dispense.validity_period));
    let effective = period(found.effective_period);
    let dosage = found.dosage_instruction.or(found.dosage);
    let (dosing, route) = dosing(dosage);
    let given = given(dosage);
    Medication {
        ingredients: product.ingredients,
        label: product.label,
        usage,
        route: route.or(product.route),
        dosing,
        since: date(found.authored_on.or(found.effective_date_time).or(effective.start).or(given.start)),
        until: date(validity.end.or(effective.end).or(given.end)),
        source,
    }
}

/// From when to when the only instruction says the medicine is given.
fn given<'a>(dosage: Option<&'a RawValue>) -> Period<'a> {
    #[derive(Deserialize)]
    struct Dosage<'a> {
        #[serde(borrow)]
        timing: Option<&'a RawValue>,
    }
    let only = match dosage {
        Some(one) if one.get().starts_with('{') => Some(one),
        list => match read::<Vec<&'a RawValue>>(list).ok().unwrap_or_default().as_slice() {
            [only] => Some(*only),
            _ => None,
        },
    };
    bounds(read_object::<Dosage<'a>>(only).ok().and_then(|dosage| dosage.timing))
}
