//! From a case of the knowledge to the body of a hook call.

use serde_json::{Value, json};

use crate::chart::System;
use crate::fhir::{Gives, Need};
use crate::knowledge::files::{
    CaseChart, CaseCondition, CaseDraft, CaseMedication, CaseResult, CaseRule, CaseService, CaseText,
};
use crate::knowledge::{Code, Knowledge, Service};

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
            && matches!(service.hook, crate::wire::Hook::OrderSelect | crate::wire::Hook::OrderSign)
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
            if service.hook == crate::wire::Hook::OrderSelect {
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
                self.list(|chart| chart.conditions.as_deref(), |n, c| self.condition(n, c))?
            }
            Gives::Allergies => self.list(|chart| chart.allergies.as_deref(), |n, a| self.allergy(n, a))?,
            Gives::MedicationRequests => {
                self.list(|chart| chart.medications.as_deref(), |n, m| self.medication(n, m))?
            }
            Gives::MedicationStatements
            | Gives::Procedures
            | Gives::DeviceRequests
            | Gives::QuestionnaireResponses { .. } => Vec::new(),
            Gives::ServiceRequests => {
                self.list(|chart| chart.services.as_deref(), |n, s| self.service(n, s))?
            }
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

    fn observation(
        &self,
        id: &str,
        set: &str,
        unit: Option<&str>,
        result: &CaseResult,
    ) -> Result<Value, CaseError> {
        let mut observation = json!({
            "resourceType": "Observation",
            "id": id,
            "status": result.status.as_deref().unwrap_or("final"),
            "code": self.concept(set)?,
            "subject": subject(),
        });
        let Some(members) = observation.as_object_mut() else { return Ok(observation) };
        if let Some(when) = &result.on {
            members.insert("effectiveDateTime".into(), json!(when));
        }
        if let Some(leg) = &result.leg {
            members.insert("bodySite".into(), json!({ "text": format!("{leg} leg") }));
        }
        match (&result.value, unit) {
            (Value::Number(number), Some(unit)) => {
                let unit = result.unit.as_deref().unwrap_or(unit);
                let mut quantity = json!({ "value": number });
                if let Some(quantity) = quantity.as_object_mut() {
                    if !unit.is_empty() {
                        quantity.insert("unit".into(), json!(unit));
                        quantity.insert("system".into(), json!("http://unitsofmeasure.org"));
                        quantity.insert("code".into(), json!(unit));
                    }
                    if let Some(comparator) = &result.comparator {
                        quantity.insert("comparator".into(), json!(comparator));
                    }
                }
                members.insert("valueQuantity".into(), quantity);
            }
            (Value::String(text), Some(_)) => {
                members.insert("valueString".into(), json!(text));
            }
            (Value::String(code), None) => {
                members.insert("valueCodeableConcept".into(), self.concept(code)?);
            }
            (other, _) => return Err(CaseError(format!("{id}: `{other}` is no value of a result"))),
        }
        Ok(observation)
    }

    fn condition(&self, number: usize, entry: &CaseCondition) -> Result<Value, CaseError> {
        let mut condition = json!({
            "resourceType": "Condition",
            "id": format!("condition-{number}"),
            "clinicalStatus": status("condition-clinical", entry.status.as_deref().unwrap_or("active")),
            "verificationStatus": status("condition-ver-status", entry.verification.as_deref().unwrap_or("confirmed")),
            "code": self.concept(entry.is.as_str())?,
            "subject": subject(),
        });
        if let (Some(members), Some(since)) = (condition.as_object_mut(), &entry.since) {
            members.insert("onsetDateTime".into(), json!(since));
        }
        Ok(condition)
    }

    fn allergy(&self, number: usize, entry: &CaseCondition) -> Result<Value, CaseError> {
        Ok(json!({
            "resourceType": "AllergyIntolerance",
            "id": format!("allergy-{number}"),
            "clinicalStatus": status("allergyintolerance-clinical", entry.status.as_deref().unwrap_or("active")),
            "verificationStatus":
                status("allergyintolerance-verification", entry.verification.as_deref().unwrap_or("confirmed")),
            "type": entry.kind.as_deref().unwrap_or("allergy"),
            "code": self.concept(entry.is.as_str())?,
            "patient": subject(),
        }))
    }

    fn medication(&self, number: usize, entry: &CaseMedication) -> Result<Value, CaseError> {
        let code = if entry.text_only {
            json!({ "text": entry.is.as_str() })
        } else {
            self.concept(entry.is.as_str())?
        };
        let mut request = json!({
            "resourceType": "MedicationRequest",
            "id": format!("medication-{number}"),
            "status": entry.status.as_deref().unwrap_or("active"),
            "intent": "order",
            "medicationCodeableConcept": code,
            "subject": subject(),
        });
        if let Some(members) = request.as_object_mut() {
            if let Some(since) = &entry.since {
                members.insert("authoredOn".into(), json!(since));
            }
            if let Some(dosage) = dosage(entry.milligrams, entry.times_a_day) {
                members.insert("dosageInstruction".into(), dosage);
            }
        }
        Ok(request)
    }

    fn service(&self, number: usize, entry: &CaseService) -> Result<Value, CaseError> {
        let mut request = json!({
            "resourceType": "ServiceRequest",
            "id": format!("service-{number}"),
            "status": entry.status.as_deref().unwrap_or("active"),
            "intent": "order",
            "code": self.concept(entry.is.as_str())?,
            "subject": subject(),
        });
        if let (Some(members), Some(on)) = (request.as_object_mut(), &entry.on) {
            members.insert("authoredOn".into(), json!(on));
        }
        Ok(request)
    }

    fn draft(&self, number: usize, draft: &CaseDraft) -> Result<(&'static str, Value), CaseError> {
        let code = self.code(draft.is.as_str());
        let medication = !draft.text_only && matches!(&code, Ok(code) if code.system == System::RxNorm);
        let concept = if draft.text_only {
            json!({ "text": draft.is.as_str() })
        } else {
            self.concept(draft.is.as_str())?
        };
        let resource_type = if medication { "MedicationRequest" } else { "ServiceRequest" };
        let mut resource = json!({
            "resourceType": resource_type,
            "id": format!("draft-{number}"),
            "status": "draft",
            "intent": "order",
            "subject": subject(),
        });
        if let Some(members) = resource.as_object_mut() {
            members.insert(if medication { "medicationCodeableConcept" } else { "code" }.into(), concept);
            if let Some(dosage) = dosage(draft.milligrams, draft.times_a_day) {
                members.insert("dosageInstruction".into(), dosage);
            }
            if draft.from.is_some() || draft.until.is_some() {
                let mut period = serde_json::Map::new();
                period.extend(draft.from.iter().map(|from| ("start".to_owned(), json!(from))));
                period.extend(draft.until.iter().map(|until| ("end".to_owned(), json!(until))));
                members.insert("occurrencePeriod".into(), period.into());
            }
        }
        Ok((resource_type, resource))
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

    fn concept(&self, name: &str) -> Result<Value, CaseError> {
        let code = self.code(name)?;
        let display = if code.display.is_empty() { code.code.clone() } else { code.display };
        Ok(json!({ "coding": [{ "system": code.system.uri(), "code": code.code, "display": display }] }))
    }
}

fn subject() -> Value {
    json!({ "reference": format!("Patient/{PATIENT}") })
}

fn status(system: &str, code: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn dosage(milligrams: Option<f64>, times_a_day: Option<u32>) -> Option<Value> {
    let dose = milligrams.map(|value| {
        json!([{ "doseQuantity": { "value": value, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg" } }])
    });
    let timing =
        times_a_day.map(|times| json!({ "repeat": { "frequency": times, "period": 1, "periodUnit": "d" } }));
    let mut dosage = serde_json::Map::new();
    dosage.extend(dose.map(|dose| ("doseAndRate".to_owned(), dose)));
    dosage.extend(timing.map(|timing| ("timing".to_owned(), timing)));
    (!dosage.is_empty()).then(|| json!([dosage]))
}

fn short_system(name: &str) -> Option<System> {
    Some(match name {
        "loinc" => System::Loinc,
        "snomed" => System::Snomed,
        "icd-10-cm" => System::Icd10Cm,
        "rxnorm" => System::RxNorm,
        "cpt" => System::Cpt,
        "hcpcs" => System::Hcpcs,
        _ => return None,
    })
}
