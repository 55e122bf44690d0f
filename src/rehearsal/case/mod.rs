//! From a case of the knowledge to the body of a hook call.

mod resources;

use serde_json::{Value, json};

use crate::chart::System;
use crate::fhir::{Gives, Need};
use crate::knowledge::files::{CaseChart, CaseMedication, CaseResource, CaseRule, CaseService, CaseText};
use crate::knowledge::{Code, Knowledge, Service};
use crate::wire::Hook;

/// A case that cannot be made into a call: it names something that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CaseError(String);

const PATIENT: &str = "case-patient";

/// The body of the call that `case` describes.
///
/// # Errors
/// Where the case names a value set, code or fact that the package does not have.
pub fn request_of_case(
    knowledge: &Knowledge,
    service: &Service,
    rule: &CaseRule,
    case: &CaseText,
) -> Result<Vec<u8>, CaseError> {
    let maker = Maker { knowledge, base: &rule.chart, own: &case.chart };
    let body = maker.body(service)?;
    serde_json::to_vec(&body).map_err(|error| CaseError(error.to_string()))
}

struct Maker<'a> {
    knowledge: &'a Knowledge,
    base: &'a CaseChart,
    own: &'a CaseChart,
}

impl<'a> Maker<'a> {
    /// What the case says, else what its rule says for all cases.
    fn said<T>(&self, part: impl Fn(&'a CaseChart) -> Option<T>) -> Option<T> {
        part(self.own).or_else(|| part(self.base))
    }

    fn body(&self, service: &Service) -> Result<Value, CaseError> {
        let withheld = self.said(|chart| chart.withheld.as_deref()).unwrap_or_default();
        let mut prefetch = serde_json::Map::new();
        for need in service.needs.iter().filter(|need| !withheld.iter().any(|key| key.as_str() == need.key)) {
            prefetch.insert(need.key.clone(), self.supply(need)?);
        }
        if let Some(key) =
            withheld.iter().find(|key| !service.needs.iter().any(|need| need.key == key.as_str()))
        {
            return Err(CaseError(format!("`{key}` is no prefetch key of `{}`", service.id)));
        }
        let drafts = self.said(|chart| chart.drafts.as_deref()).unwrap_or_default();
        let mut context = json!({
            "userId": self.said(|chart| chart.user.as_deref()).unwrap_or("Practitioner/case-user"),
            "patientId": PATIENT,
        });
        if let Some(context) = context.as_object_mut()
            && service.hook == Hook::ProblemListItemCreate
        {
            let added = self.said(|chart| chart.adding.as_deref()).unwrap_or_default();
            let entries: Result<Vec<Value>, CaseError> = added
                .iter()
                .enumerate()
                .map(|(number, entry)| Ok(json!({ "resource": self.condition("added", number, entry)? })))
                .collect();
            context.insert("conditions".into(), json!({ "resourceType": "Bundle", "entry": entries? }));
        }
        if let Some(context) = context.as_object_mut()
            && matches!(service.hook, Hook::OrderSelect | Hook::OrderSign)
        {
            let mut entries = Vec::new();
            let mut selections = Vec::new();
            for (number, draft) in drafts.iter().enumerate() {
                let (resource_type, resource) = self.draft(number, draft)?;
                if !draft.not_selected {
                    selections.push(json!(format!("{resource_type}/draft-{number}")));
                }
                entries.push(json!({ "resource": resource }));
            }
            context.insert("draftOrders".into(), json!({ "resourceType": "Bundle", "entry": entries }));
            if service.hook == Hook::OrderSelect {
                context.insert("selections".into(), selections.into());
            }
        }
        Ok(json!({
            "hook": service.hook.name(),
            "hookInstance": "00000000-0000-4000-8000-000000000000",
            "context": context,
            "prefetch": prefetch,
        }))
    }

    fn supply(&self, need: &Need) -> Result<Value, CaseError> {
        let resources: Vec<Value> = match &need.gives {
            Gives::Patient => return Ok(self.patient()),
            Gives::Conditions => {
                self.list(|chart| chart.conditions.as_deref(), |n, c| self.condition("condition", n, c))?
            }
            Gives::Allergies => self.list(|chart| chart.allergies.as_deref(), |n, a| self.allergy(n, a))?,
            Gives::MedicationRequests => self.medications(false)?,
            Gives::PastMedicationRequests => self.medications(true)?,
            Gives::MedicationStatements => Vec::new(),
            Gives::Procedures => self.services(CaseResource::Procedure)?,
            Gives::ServiceRequests => self.services(CaseResource::ServiceRequest)?,
            Gives::DeviceRequests => self.services(CaseResource::DeviceRequest)?,
            Gives::QuestionnaireResponses { answers } => self.responses(answers)?,
            Gives::Observations { measurements, answers } => {
                let measured = self.knowledge.measured.iter().filter(|fact| measurements.contains(&fact.id));
                let measured = measured.map(|fact| (&fact.name, &fact.asked_by, Some(fact.unit.as_str())));
                let answered = self.knowledge.answered.iter().filter(|fact| answers.contains(&fact.id));
                let answered = answered.map(|fact| (&fact.name, &fact.asked_by, None));
                let mut observations = Vec::new();
                for (name, asked_by, unit) in measured.chain(answered) {
                    let results = self.own.results.get(name).or_else(|| self.base.results.get(name));
                    for (number, result) in results.and_then(Option::as_ref).into_iter().flatten().enumerate()
                    {
                        let code = asked_by.first().map(String::as_str).unwrap_or_default();
                        let id = format!("{name}-{number}");
                        observations.push(self.observation(&id, code, unit, result)?);
                    }
                }
                observations
            }
        };
        let entries: Vec<Value> =
            resources.into_iter().map(|resource| json!({ "resource": resource })).collect();
        Ok(json!({ "resourceType": "Bundle", "type": "searchset", "total": entries.len(), "entry": entries }))
    }

    /// Medicines of the chart: those in use, or those that are over.
    fn medications(&self, past: bool) -> Result<Vec<Value>, CaseError> {
        let entries = self.said(|chart| chart.medications.as_deref()).unwrap_or_default();
        let over = |entry: &CaseMedication| matches!(entry.status.as_deref(), Some("completed" | "stopped"));
        let entries = entries.iter().enumerate().filter(|(_, entry)| over(entry) == past);
        entries.map(|(number, entry)| self.medication(number, entry)).collect()
    }

    fn services(&self, resource: CaseResource) -> Result<Vec<Value>, CaseError> {
        let entries = self.said(|chart| chart.services.as_deref()).unwrap_or_default();
        let of_type =
            |entry: &CaseService| entry.resource.unwrap_or(CaseResource::ServiceRequest) == resource;
        let entries = entries.iter().enumerate().filter(|(_, entry)| of_type(entry));
        entries.map(|(number, entry)| self.service(number, entry, resource)).collect()
    }

    fn list<T: 'a>(
        &self,
        part: impl Fn(&'a CaseChart) -> Option<&'a [T]>,
        make: impl Fn(usize, &T) -> Result<Value, CaseError>,
    ) -> Result<Vec<Value>, CaseError> {
        self.said(part)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(number, entry)| make(number, entry))
            .collect()
    }

    fn patient(&self) -> Value {
        json!({
            "resourceType": "Patient",
            "id": PATIENT,
            "birthDate": self.said(|chart| chart.born.as_deref()).unwrap_or("1958-04-01"),
            "gender": self.said(|chart| chart.sex.as_deref()).unwrap_or("female"),
            "deceasedBoolean": self.said(|chart| chart.deceased).unwrap_or(false),
        })
    }

    /// The code that a case means by the name of a value set or by `system|code`.
    fn code(&self, name: &str) -> Result<Code, CaseError> {
        if let Some((system, code)) = name.split_once('|') {
            let system = short_system(system).or_else(|| System::from_uri(system));
            let system = system.ok_or_else(|| CaseError(format!("`{name}` names no code system")))?;
            return Ok(Code { system, code: code.to_owned(), display: String::new(), family: false });
        }
        let codes = self.knowledge.value_sets.codes(name);
        let codes = codes.ok_or_else(|| CaseError(format!("`{name}` is not a value set")))?;
        let first = codes.iter().find(|code| !code.family).or_else(|| codes.first());
        first.cloned().ok_or_else(|| CaseError(format!("the value set `{name}` is empty")))
    }

    fn coding(&self, name: &str) -> Result<Value, CaseError> {
        let code = self.code(name)?;
        let display = if code.display.is_empty() { code.code.clone() } else { code.display };
        Ok(json!({ "system": code.system.uri(), "code": code.code, "display": display }))
    }

    fn concept(&self, name: &str) -> Result<Value, CaseError> {
        Ok(json!({ "coding": [self.coding(name)?] }))
    }
}

fn short_system(name: &str) -> Option<System> {
    Some(match name {
        "loinc" => System::Loinc,
        "snomed" => System::Snomed,
        "icd-10-cm" => System::Icd10Cm,
        "rxnorm" => System::RxNorm,
        "cpt" => System::Cpt,
        "hcpcs" => System::Hcpcs,
        "pain-pattern" => System::PainPattern,
        _ => return None,
    })
}
