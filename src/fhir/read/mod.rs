//! Turns what was acquired into clinical facts and gaps. It cannot fail, and one bad resource costs that resource.

mod allergy;
mod condition;
mod coverage;
mod dosage;
mod dosage_text;
mod medication;
mod newest;
mod observation;
mod observed;
mod order;
mod page;
mod patient;
mod product;
mod response;
mod route;
mod service;
mod site;
mod timing;
mod unread;
mod value;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;
use time::{Date, OffsetDateTime};

use self::coverage::{listed, listed_beside, together};
use self::newest::newest_first;
pub(super) use self::page::newest_is_known;
use self::product::Medications;
pub(super) use self::unread::unread_medications;
use super::json::{Field, Str, is_modified};
use super::reference::{Belongs, belongs, is_beside};
use super::{Acquired, Drafts, Gives, Need, ReadPlan, Resource, Supply, derive};
use crate::chart::{Chart, ConceptSet, Coverage, Gap, Lack, ResourceRef, Unusable, When};

/// Who the call is about, and when.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The patient of the context.
    pub patient_id: &'a str,
    /// The day the chart is judged on.
    pub today: Date,
    /// The moment, to tell what lies in the future.
    pub now: OffsetDateTime,
    /// The client's FHIR server.
    pub fhir_server: Option<&'a str>,
}

/// Most charts have no more resources: the names of so many are made room for at once.
const RESOURCES: usize = 8 * 1024;

/// Reads a chart: what `plan` looks for, in what came for `needs`, and in the draft orders.
#[must_use]
pub fn chart(
    plan: &ReadPlan,
    needs: &[Need],
    acquired: &Acquired<'_>,
    drafts: &Drafts<'_>,
    subject: &Subject<'_>,
) -> Chart {
    let mut reader = Reader {
        medications: Medications::of(acquired, drafts),
        patient_urls: patient_urls(needs, acquired),
        ..Reader::new(plan, subject)
    };
    let resources = acquired.supplies.iter().map(|supply| supply.resources.len());
    reader.seen.reserve(resources.sum::<usize>().min(RESOURCES));
    // Before the chart: a problem may stand in both by the time of the call.
    for problem in &drafts.problems {
        reader.problem_added(problem);
    }
    let supplies = needs.iter().zip(&acquired.supplies);
    let coverages: Vec<Coverage> = supplies.map(|(need, supply)| reader.supply(need, supply)).collect();
    let supplied = || needs.iter().zip(coverages.iter().copied());
    for draft in &drafts.orders {
        reader.order(draft);
    }
    reader.sort();
    let mut chart = reader.chart;
    chart.conditions.coverage = listed(supplied(), |gives| *gives == Gives::Conditions);
    chart.allergies.coverage = listed(supplied(), |gives| *gives == Gives::Allergies);
    chart.services.coverage = listed_beside(
        supplied(),
        |gives| matches!(gives, Gives::Procedures | Gives::ServiceRequests),
        |gives| *gives == Gives::DeviceRequests,
    );
    chart.medications.coverage = listed_beside(
        supplied(),
        |gives| *gives == Gives::MedicationRequests,
        |gives| *gives == Gives::MedicationStatements,
    );
    chart.past_medications.coverage = listed(supplied(), |gives| *gives == Gives::PastMedicationRequests);
    if let Some((creatinine, egfr)) = plan.derive_egfr {
        derive::add_egfr(&mut chart, plan, creatinine, egfr);
    }
    if let Some(inputs) = plan.derive_abi {
        derive::add_abi(&mut chart, plan, inputs);
    }
    chart
}

/// Under which URLs the patient's own resource stands: references may use them in place of the id.
fn patient_urls<'a>(needs: &[Need], acquired: &Acquired<'a>) -> Vec<Cow<'a, str>> {
    let patients = needs.iter().zip(&acquired.supplies).filter(|(need, _)| need.gives == Gives::Patient);
    patients.flat_map(|(_, supply)| supply.full_urls.iter().flatten().cloned()).collect()
}

struct Reader<'p, 'a> {
    plan: &'p ReadPlan,
    subject: &'p Subject<'p>,
    medications: Medications<'a>,
    patient_urls: Vec<Cow<'a, str>>,
    /// What was read already: the same resource may stand under several keys.
    seen: HashSet<(&'static str, Cow<'a, str>, Version<'a>), foldhash::quality::RandomState>,
    /// Whom the last `subject` named: nearly all are the same text.
    last_subject: Option<(&'a RawValue, Belongs)>,
    /// Counts resources, to name those without an id.
    places: usize,
    /// Counts resources that could not even be named.
    nameless: usize,
    chart: Chart,
}

/// What tells two states of one result apart that came together: when it was true, and when it was released.
type Version<'a> = [Option<&'a str>; 2];

/// The members that every resource of a patient has, as far as they are used.
struct Common<'r, 'a> {
    kind: &'static str,
    id: &'r Str<'a>,
    version: Version<'a>,
    subject: Option<&'a RawValue>,
    modifier_extension: Option<&'a RawValue>,
}

impl<'p, 'a> Reader<'p, 'a> {
    fn new(plan: &'p ReadPlan, subject: &'p Subject<'p>) -> Reader<'p, 'a> {
        Reader {
            plan,
            subject,
            medications: Medications::default(),
            patient_urls: Vec::new(),
            seen: HashSet::default(),
            last_subject: None,
            places: 0,
            nameless: 0,
            chart: Chart::empty(subject.today, plan.measurements.len(), plan.answers.len()),
        }
    }

    /// Reads what came for a need, and says how much of it there is.
    fn supply(&mut self, need: &Need, supply: &Supply<'a>) -> Coverage {
        match &need.gives {
            Gives::Patient => self.patients(supply),
            Gives::Conditions => self.each(supply, "Condition", Self::condition),
            Gives::MedicationRequests => self.each(supply, "MedicationRequest", Self::medication_request),
            Gives::MedicationStatements => {
                self.each(supply, "MedicationStatement", Self::medication_statement)
            }
            Gives::Allergies => self.each(supply, "AllergyIntolerance", Self::allergy),
            Gives::Procedures => self.each(supply, "Procedure", Self::procedure),
            Gives::ServiceRequests => self.each(supply, "ServiceRequest", Self::service_request),
            Gives::PastMedicationRequests => {
                // The same reading, into the other list.
                std::mem::swap(&mut self.chart.medications, &mut self.chart.past_medications);
                let coverage = self.each(supply, "MedicationRequest", Self::medication_request);
                std::mem::swap(&mut self.chart.medications, &mut self.chart.past_medications);
                coverage
            }
            Gives::DeviceRequests => self.each(supply, "DeviceRequest", Self::device_request),
            Gives::Observations { measurements, answers } => {
                self.page(supply, measurements, answers, observed::dated, |reader| {
                    reader.each(supply, "Observation", Self::observation)
                })
            }
            Gives::QuestionnaireResponses { answers } => {
                self.page(supply, &[], answers, response::authored, |reader| {
                    reader.each(supply, "QuestionnaireResponse", Self::questionnaire_response)
                })
            }
        }
    }

    /// Reads each resource of this kind. Where one could not even be named, or all are of other patients, what was
    /// asked for may be missing, whatever else came.
    fn each(
        &mut self,
        supply: &Supply<'a>,
        kind: &'static str,
        read: fn(&mut Self, &Resource<'a>),
    ) -> Coverage {
        let nameless = self.nameless;
        let (mut of_patient, mut of_others) = (false, false);
        for resource in &supply.resources {
            self.places += 1;
            match resource.kind() {
                Some(found) if found == kind => {
                    if !of_patient {
                        let subject = resource.member("subject").or_else(|| resource.member("patient"));
                        of_patient = self.whose(subject) != Belongs::No;
                        of_others |= !of_patient;
                    }
                    read(self, resource);
                }
                Some(_) => {}
                None => self.malformed(kind),
            }
        }
        if of_others && !of_patient {
            return together(supply.coverage, Coverage::Partial(Lack::OtherPatients));
        }
        if self.nameless > nameless {
            return together(supply.coverage, Coverage::Partial(Lack::WrongShape));
        }
        supply.coverage
    }

    /// A resource that could not even be named.
    fn malformed(&mut self, kind: &str) {
        self.nameless += 1;
        let gap = Gap { source: self.source(kind, &Str::default()), why: Unusable::Malformed };
        let unusable = match kind {
            "Condition" => &mut self.chart.conditions.unusable,
            "MedicationRequest" | "MedicationStatement" => &mut self.chart.medications.unusable,
            "AllergyIntolerance" => &mut self.chart.allergies.unusable,
            "Procedure" | "ServiceRequest" | "DeviceRequest" => &mut self.chart.services.unusable,
            _ => return self.chart.gaps.push(gap),
        };
        unusable.push(gap.of(ConceptSet::EMPTY));
    }

    fn source(&self, kind: &str, id: &Str<'_>) -> ResourceRef {
        match id.get() {
            Some(id) => ResourceRef::new(kind, id),
            None => ResourceRef::new(kind, &format!("#{}", self.places)),
        }
    }

    /// Lets a resource in that matters: once, and only where it belongs to the patient.
    ///
    /// `Some(Err)` where it is there and must not be used; `None` where there is nothing to say of it.
    fn admit(&mut self, common: &Common<'_, 'a>) -> Option<Result<ResourceRef, Gap>> {
        let source = self.source(common.kind, common.id);
        if let Field::Ok(id) = &common.id.0
            && !self.seen.insert((common.kind, id.clone(), common.version))
        {
            return None;
        }
        let whose = self.whose(common.subject);
        let why = match whose {
            Belongs::No => {
                self.chart.gaps.push(Gap { source, why: Unusable::OtherPatient });
                return None;
            }
            Belongs::Unreadable => Unusable::Malformed,
            Belongs::Unresolved => Unusable::UnresolvedPatient,
            _ if is_modified(common.modifier_extension) => Unusable::ModifierExtension,
            Belongs::Yes | Belongs::Unsaid => return Some(Ok(source)),
        };
        Some(Err(Gap { source, why }))
    }

    fn whose(&mut self, subject: Option<&'a RawValue>) -> Belongs {
        let known = self.last_subject.zip(subject).filter(|((last, _), subject)| last.get() == subject.get());
        if let Some(((_, whose), _)) = known {
            return whose;
        }
        let on_server = |base: &str| match self.subject.fhir_server {
            Some(server) if is_beside(base, server) => None,
            // Behind a gateway, servers write the name that they have there.
            _ => Some(true),
        };
        let whose = belongs(subject, self.subject.patient_id, &self.patient_urls, on_server);
        self.last_subject = subject.map(|subject| (subject, whose));
        whose
    }

    fn sort(&mut self) {
        for results in &mut self.chart.measurements {
            newest_first(&mut results.newest_first, |one| (one.when, one.issued, &one.source));
        }
        for answers in &mut self.chart.answers {
            newest_first(&mut answers.newest_first, |one| (one.when, one.issued, &one.source));
        }
    }
}

/// A date that only helps: one that cannot be read is the same as none.
fn date(raw: Option<&RawValue>) -> Option<When> {
    When::parse(Str::of(raw?).get()?).ok()
}

/// A FHIR Period.
#[derive(serde::Deserialize, Default)]
struct Period<'a> {
    #[serde(borrow)]
    start: Option<&'a RawValue>,
    #[serde(borrow)]
    end: Option<&'a RawValue>,
}

fn period<'a>(raw: Option<&'a RawValue>) -> Period<'a> {
    super::json::read_object(raw).ok().unwrap_or_default()
}
