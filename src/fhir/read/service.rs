//! Procedures, ServiceRequests and DeviceRequests: what has been done or asked for.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Common, Reader, date, period};
use crate::chart::{Gap, Service, Stage, Unusable};
use crate::fhir::Resource;
use crate::fhir::concept::{CodeableConcept, concept};
use crate::fhir::json::{Field, Str, read, read_object};

/// A Procedure, a ServiceRequest or a DeviceRequest: the members they share have the same names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawService<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
    #[serde(borrow, default)]
    status: Str<'a>,
    #[serde(borrow, default)]
    intent: Str<'a>,
    #[serde(borrow)]
    do_not_perform: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    /// `code` of a DeviceRequest.
    #[serde(borrow)]
    code_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    performed_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    performed_period: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_period: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_timing: Option<&'a RawValue>,
    #[serde(borrow)]
    authored_on: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn procedure(&mut self, resource: &Resource<'a>) {
        self.service(resource, "Procedure", |service| match service.status.get() {
            Some("completed") => Ok(Some(Stage::Completed)),
            Some("preparation" | "in-progress" | "on-hold" | "suspended") => Ok(Some(Stage::Open)),
            Some("not-done" | "stopped" | "aborted") => Ok(Some(Stage::Stopped)),
            Some("entered-in-error") => Ok(None),
            Some("unknown") => Err(Unusable::StatusUnknown),
            _ => Err(Unusable::Malformed),
        });
    }

    pub(super) fn service_request(&mut self, resource: &Resource<'a>) {
        self.service(resource, "ServiceRequest", stage_of_request);
    }

    pub(super) fn device_request(&mut self, resource: &Resource<'a>) {
        self.service(resource, "DeviceRequest", stage_of_request);
    }

    fn service(
        &mut self,
        resource: &Resource<'a>,
        kind: &'static str,
        stage: impl Fn(&RawService<'a>) -> Result<Option<Stage>, Unusable>,
    ) {
        let Some(service) = resource.read::<RawService<'a>>() else {
            return self.malformed(kind);
        };
        let code = concept(service.code.or(service.code_codeable_concept));
        let concepts =
            code.as_ref().ok().map(|code| code.concepts(&self.plan.vocabulary)).unwrap_or_default();
        if concepts.is_empty() && code.as_ref().ok().is_some_and(CodeableConcept::is_coded) {
            return;
        }
        let stage = stage(&service);
        if stage == Ok(None) {
            return;
        }
        let common = Common {
            kind,
            id: &service.id,
            version: [None; 2],
            subject: service.subject,
            modifier_extension: service.modifier_extension,
        };
        let source = match self.admit(&common) {
            None => return,
            Some(Err(gap)) => return self.chart.services.unusable.push(gap.of(concepts)),
            Some(Ok(source)) => source,
        };
        let code = match code {
            Field::Bad => Err(Unusable::Malformed),
            Field::Ok(code) if !concepts.is_empty() => Ok(code),
            _ => Err(Unusable::NotCoded),
        };
        let (code, stage) = match (code, stage) {
            (Ok(code), Ok(Some(stage))) => (code, stage),
            (Err(why), _) | (_, Err(why)) => {
                return self.chart.services.unusable.push(Gap { source, why }.of(concepts));
            }
            (_, Ok(None)) => return,
        };
        let done = period(service.performed_period);
        let planned = period(service.occurrence_period);
        let bounds = bounds(service.occurrence_timing);
        let start = [
            service.performed_date_time,
            done.start,
            service.occurrence_date_time,
            planned.start,
            bounds.start,
            service.authored_on,
        ];
        self.chart.services.items.push(Service {
            concepts,
            label: code.label(&self.plan.vocabulary),
            stage,
            when: start.into_iter().flatten().next().and_then(|raw| date(Some(raw))),
            until: date(done.end.or(planned.end).or(bounds.end)),
            source,
        });
    }
}

fn stage_of_request(request: &RawService<'_>) -> Result<Option<Stage>, Unusable> {
    match read::<bool>(request.do_not_perform) {
        Field::Ok(true) => return Ok(None),
        Field::Bad => return Err(Unusable::Malformed),
        Field::Ok(false) | Field::Absent => {}
    }
    match request.intent.get() {
        Some("proposal" | "option" | "directive") => return Ok(None),
        Some("plan" | "order" | "original-order" | "reflex-order" | "filler-order" | "instance-order") => {}
        _ => return Err(Unusable::Malformed),
    }
    match request.status.get() {
        Some("active" | "on-hold") => Ok(Some(Stage::Open)),
        Some("completed") => Ok(Some(Stage::Completed)),
        Some("revoked") => Ok(Some(Stage::Stopped)),
        Some("draft" | "entered-in-error") => Ok(None),
        Some("unknown") => Err(Unusable::StatusUnknown),
        _ => Err(Unusable::Malformed),
    }
}

/// `repeat.boundsPeriod` of a Timing.
pub(super) fn bounds<'a>(timing: Option<&'a RawValue>) -> super::Period<'a> {
    #[derive(Deserialize)]
    struct Timing<'a> {
        #[serde(borrow)]
        repeat: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Repeat<'a> {
        #[serde(borrow, rename = "boundsPeriod")]
        bounds_period: Option<&'a RawValue>,
    }
    let repeat = read_object::<Timing<'a>>(timing).ok().and_then(|timing| timing.repeat);
    period(read_object::<Repeat<'a>>(repeat).ok().and_then(|repeat| repeat.bounds_period))
}
