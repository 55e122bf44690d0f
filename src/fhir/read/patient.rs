//! The Patient: birth date, gender and death, and nothing else.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Reader;
use crate::chart::{Coverage, Gap, Patient, Sex, Unusable, When};
use crate::fhir::Resource;
use crate::fhir::Supply;
use crate::fhir::json::{Field, Str, is_modified, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPatient<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
    #[serde(borrow, default)]
    birth_date: Str<'a>,
    #[serde(borrow, default)]
    gender: Str<'a>,
    #[serde(borrow)]
    deceased_boolean: Option<&'a RawValue>,
    #[serde(borrow)]
    deceased_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn patients(&mut self, supply: &Supply<'a>) -> Coverage {
        self.each(supply, "Patient", Self::patient)
    }

    fn patient(&mut self, resource: &Resource<'a>) {
        let Some(patient) = resource.read::<RawPatient<'a>>() else {
            return self.malformed("Patient");
        };
        let source = self.source("Patient", &patient.id);
        let mut gap = |why| self.chart.gaps.push(Gap { source: source.clone(), why });
        if patient.id.get().is_some_and(|id| id != self.subject.patient_id) {
            return gap(Unusable::OtherPatient);
        }
        if is_modified(patient.modifier_extension) {
            return gap(Unusable::ModifierExtension);
        }
        let birth = match &patient.birth_date.0 {
            Field::Absent => None,
            Field::Ok(text) => match When::parse(text) {
                Ok(birth) if birth.first() > self.subject.today => {
                    gap(Unusable::InTheFuture);
                    None
                }
                Ok(birth) => Some(birth),
                Err(_) => {
                    gap(Unusable::UnreadableDate);
                    None
                }
            },
            Field::Bad => {
                gap(Unusable::UnreadableDate);
                None
            }
        };
        let sex = match patient.gender.get() {
            Some("female") => Some(Sex::Female),
            Some("male") => Some(Sex::Male),
            _ => None,
        };
        let deceased =
            patient.deceased_date_time.is_some() || read(patient.deceased_boolean) == Field::Ok(true);
        self.chart.patient = Patient { birth, sex, deceased };
    }
}
