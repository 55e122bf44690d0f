//! The resources of a case.

use serde_json::{Map, Value, json};

use super::{CaseError, Maker, PATIENT};
use crate::chart::{AnswerId, System};
use crate::knowledge::files::{
    CaseCondition, CaseDraft, CaseMedication, CaseResource, CaseResult, CaseService,
};

impl Maker<'_> {
    pub(super) fn observation(
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

    /// One QuestionnaireResponse for each answer of a question.
    pub(super) fn responses(&self, answers: &[AnswerId]) -> Result<Vec<Value>, CaseError> {
        let plan = &self.knowledge.plan;
        let mut responses = Vec::new();
        for fact in self.knowledge.answered.iter().filter(|fact| answers.contains(&fact.id)) {
            let question = plan.answers.get(usize::from(fact.id.0)).and_then(|plan| plan.question.as_ref());
            let results = self.own.results.get(&fact.name).or_else(|| self.base.results.get(&fact.name));
            let (Some(question), Some(Some(results))) = (question, results) else { continue };
            for (number, result) in results.iter().enumerate() {
                let codes = match &result.value {
                    Value::String(code) => vec![code.as_str()],
                    Value::Array(codes) => codes.iter().filter_map(Value::as_str).collect(),
                    other => return Err(CaseError(format!("{}: `{other}` is no answer", fact.name))),
                };
                let codings: Result<Vec<Value>, CaseError> =
                    codes.iter().map(|code| Ok(json!({ "valueCoding": self.coding(code)? }))).collect();
                let mut response = json!({
                    "resourceType": "QuestionnaireResponse",
                    "id": format!("{}-{number}", fact.name),
                    "questionnaire": question.questionnaire,
                    "status": result.status.as_deref().unwrap_or("completed"),
                    "subject": subject(),
                    "item": [{ "linkId": question.link_id, "answer": codings? }],
                });
                insert(&mut response, "authored", result.on.as_ref());
                responses.push(response);
            }
        }
        Ok(responses)
    }

    pub(super) fn condition(
        &self,
        prefix: &str,
        number: usize,
        entry: &CaseCondition,
    ) -> Result<Value, CaseError> {
        let mut condition = json!({
            "resourceType": "Condition",
            "id": format!("{prefix}-{number}"),
            "clinicalStatus": status("condition-clinical", entry.status.as_deref().unwrap_or("active")),
            "verificationStatus": status("condition-ver-status", entry.verification.as_deref().unwrap_or("confirmed")),
            "code": self.coded_or_words(entry.is.as_str(), entry.text_only)?,
            "subject": subject(),
        });
        insert(&mut condition, "onsetDateTime", entry.since.as_ref());
        Ok(condition)
    }

    pub(super) fn allergy(&self, number: usize, entry: &CaseCondition) -> Result<Value, CaseError> {
        Ok(json!({
            "resourceType": "AllergyIntolerance",
            "id": format!("allergy-{number}"),
            "clinicalStatus": status("allergyintolerance-clinical", entry.status.as_deref().unwrap_or("active")),
            "verificationStatus":
                status("allergyintolerance-verification", entry.verification.as_deref().unwrap_or("confirmed")),
            "type": entry.kind.as_deref().unwrap_or("allergy"),
            "code": self.coded_or_words(entry.is.as_str(), entry.text_only)?,
            "patient": subject(),
        }))
    }

    pub(super) fn medication(&self, number: usize, entry: &CaseMedication) -> Result<Value, CaseError> {
        let mut request = json!({
            "resourceType": "MedicationRequest",
            "id": format!("medication-{number}"),
            "status": entry.status.as_deref().unwrap_or("active"),
            "intent": "order",
            "medicationCodeableConcept": self.coded_or_words(entry.is.as_str(), entry.text_only)?,
            "subject": subject(),
        });
        insert(&mut request, "authoredOn", entry.since.as_ref());
        insert(&mut request, "dispenseRequest", entry.until.as_ref().map(validity).as_ref());
        let dosage = dosage(entry.milligrams, entry.times_a_day, entry.route.as_deref(), None);
        insert(&mut request, "dosageInstruction", dosage.as_ref());
        Ok(request)
    }

    pub(super) fn service(
        &self,
        number: usize,
        entry: &CaseService,
        resource: CaseResource,
    ) -> Result<Value, CaseError> {
        let (kind, code, on, usual) = match resource {
            CaseResource::ServiceRequest => ("ServiceRequest", "code", "authoredOn", "active"),
            CaseResource::DeviceRequest => ("DeviceRequest", "codeCodeableConcept", "authoredOn", "active"),
            CaseResource::Procedure => ("Procedure", "code", "performedDateTime", "completed"),
        };
        let mut service = json!({
            "resourceType": kind,
            "id": format!("service-{number}"),
            "status": entry.status.as_deref().unwrap_or(usual),
            "subject": subject(),
        });
        if resource != CaseResource::Procedure {
            insert(&mut service, "intent", Some(&"order".to_owned()));
        }
        insert(&mut service, code, Some(&self.concept(entry.is.as_str())?));
        insert(&mut service, on, entry.on.as_ref());
        Ok(service)
    }

    pub(super) fn draft(&self, number: usize, draft: &CaseDraft) -> Result<(&'static str, Value), CaseError> {
        let code = self.code(draft.is.as_str());
        let medication = !draft.text_only
            && draft.resource.is_none()
            && matches!(&code, Ok(code) if code.system == System::RxNorm);
        let (kind, code) = match draft.resource {
            _ if medication => ("MedicationRequest", "medicationCodeableConcept"),
            Some(CaseResource::DeviceRequest) => ("DeviceRequest", "codeCodeableConcept"),
            Some(CaseResource::Procedure) => ("Procedure", "code"),
            Some(CaseResource::ServiceRequest) | None => ("ServiceRequest", "code"),
        };
        let mut resource = json!({
            "resourceType": kind,
            "id": format!("draft-{number}"),
            "status": if draft.stops { "cancelled" } else { "draft" },
            "intent": "order",
            "subject": subject(),
        });
        insert(&mut resource, code, Some(&self.coded_or_words(draft.is.as_str(), draft.text_only)?));
        let mut site = match &draft.site {
            Some(site) => Some(self.concept(site.as_str())?),
            None => None,
        };
        if let Some(words) = &draft.site_text {
            let concept = site.get_or_insert_with(|| json!({}));
            insert(concept, "text", Some(words));
        }
        if medication {
            let dosage = dosage(draft.milligrams, draft.times_a_day, draft.route.as_deref(), site);
            insert(&mut resource, "dosageInstruction", dosage.as_ref());
            insert(&mut resource, "authoredOn", draft.from.as_ref());
            insert(&mut resource, "dispenseRequest", draft.until.as_ref().map(validity).as_ref());
        } else {
            insert(&mut resource, "bodySite", site.map(|site| json!([site])).as_ref());
            if draft.from.is_some() || draft.until.is_some() {
                let mut period = json!({});
                insert(&mut period, "start", draft.from.as_ref());
                insert(&mut period, "end", draft.until.as_ref());
                insert(&mut resource, "occurrencePeriod", Some(&period));
            }
        }
        Ok((kind, resource))
    }

    fn coded_or_words(&self, name: &str, words_only: bool) -> Result<Value, CaseError> {
        if words_only { Ok(json!({ "text": name })) } else { self.concept(name) }
    }
}

fn subject() -> Value {
    json!({ "reference": format!("Patient/{PATIENT}") })
}

fn status(system: &str, code: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn validity(until: &String) -> Value {
    json!({ "validityPeriod": { "end": until } })
}

/// Sets a member, where there is something to set.
fn insert(resource: &mut Value, member: &str, value: Option<&(impl serde::Serialize + Clone)>) {
    if let (Some(members), Some(value)) = (resource.as_object_mut(), value) {
        members.insert(member.to_owned(), json!(value));
    }
}

fn dosage(
    milligrams: Option<f64>,
    times_a_day: Option<u32>,
    route: Option<&str>,
    site: Option<Value>,
) -> Option<Value> {
    let dose = milligrams.map(|value| {
        json!([{ "doseQuantity": { "value": value, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg" } }])
    });
    let timing =
        times_a_day.map(|times| json!({ "repeat": { "frequency": times, "period": 1, "periodUnit": "d" } }));
    let mut dosage = Map::new();
    dosage.extend(dose.map(|dose| ("doseAndRate".to_owned(), dose)));
    dosage.extend(timing.map(|timing| ("timing".to_owned(), timing)));
    dosage.extend(route.map(|route| ("route".to_owned(), json!({ "text": route }))));
    dosage.extend(site.map(|site| ("site".to_owned(), site)));
    (!dosage.is_empty()).then(|| json!([dosage]))
}
