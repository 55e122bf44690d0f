//! Is everything in the call about the same patient? A call that is not is refused, never guessed at.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{Field, Str, read, resource};
use super::reference::{Belongs, belongs, names_a_patient, same_base};
use super::{Acquired, Drafts, Gives, Need, Resource};

/// Where another patient than that of the context is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatientMismatch {
    /// In `fhirAuthorization.patient`.
    #[error("`fhirAuthorization.patient` is not the patient of the context")]
    Token,
    /// In a Patient that was prefetched or fetched.
    #[error("the Patient resource is not the patient of the context")]
    Prefetch,
    /// In a draft order.
    #[error("a draft order is not for the patient of the context")]
    Draft,
    /// In a Condition being added.
    #[error("a condition being added is not for the patient of the context")]
    Problem,
}

/// Compares the patient of the context with that of the token, of what was acquired, of every draft order and of every
/// Condition being added.
///
/// References may be relative or absolute on the client's FHIR server. A draft without a subject is allowed, and so is
/// one that names its patient by an identifier only.
///
/// # Errors
/// Where another patient is named, or a patient that cannot be read.
pub fn check(
    context_patient: &str,
    token_patient: Option<&str>,
    acquired: &Acquired<'_>,
    needs: &[Need],
    drafts: &Drafts<'_>,
    fhir_server: Option<&str>,
) -> Result<(), PatientMismatch> {
    let bare = |id: &'_ str| id.trim().trim_start_matches("Patient/").to_owned();
    if token_patient.is_some_and(|token| bare(token) != bare(context_patient)) {
        return Err(PatientMismatch::Token);
    }
    let mut urls: Vec<Cow<'_, str>> = Vec::new();
    let patients = needs.iter().zip(&acquired.supplies).filter(|(need, _)| need.gives == Gives::Patient);
    for (url, resource) in patients.flat_map(|(_, supply)| supply.entries()) {
        if resource.kind() == Some("Patient") {
            check_patient(resource, context_patient)?;
            urls.extend(url.map(|url| Cow::Owned(url.to_owned())));
        }
    }
    let on_server = |base: &str| Some(fhir_server.is_none_or(|server| same_base(base, server)));
    let orders = drafts.orders.iter().map(|draft| (draft.raw, PatientMismatch::Draft));
    let problems = drafts.problems.iter().map(|raw| (*raw, PatientMismatch::Problem));
    for (raw, mismatch) in orders.chain(problems) {
        let owner: Owner<'_> = resource(raw).ok_or(mismatch)?;
        let subject = owner.subject.or(owner.patient).or(owner.beneficiary);
        match belongs(subject, context_patient, &urls, on_server) {
            Belongs::Yes | Belongs::Unsaid => {}
            Belongs::No | Belongs::Unreadable | Belongs::Unresolved => return Err(mismatch),
        }
        let participants: Vec<Participant<'_>> = match read(owner.participant) {
            Field::Absent => continue,
            Field::Ok(participants) => participants,
            Field::Bad => return Err(mismatch),
        };
        let patients = participants.iter().filter(|one| names_a_patient(one.actor));
        for participant in patients {
            if belongs(participant.actor, context_patient, &urls, on_server) != Belongs::Yes {
                return Err(mismatch);
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Owner<'a> {
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    patient: Option<&'a RawValue>,
    /// `Task.for`
    #[serde(borrow, rename = "for")]
    beneficiary: Option<&'a RawValue>,
    /// `Appointment.participant`, where the patient stands among those who come.
    #[serde(borrow)]
    participant: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Participant<'a> {
    #[serde(borrow)]
    actor: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
}

/// A Patient without an id cannot be compared; the query it answers was for the patient of the context.
fn check_patient(patient: &Resource<'_>, context_patient: &str) -> Result<(), PatientMismatch> {
    match patient.read::<Named<'_>>().map(|named| named.id.0) {
        Some(Field::Absent) => Ok(()),
        Some(Field::Ok(id)) if id == context_patient => Ok(()),
        _ => Err(PatientMismatch::Prefetch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::{Answer, from_prefetch};
    use crate::wire::{Hook, Text};

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    fn verdict(token: Option<&str>, patient: &str, subject: &str) -> Result<(), PatientMismatch> {
        let needs = [Need {
            key: "patient".to_owned(),
            template: "Patient/{{context.patientId}}".to_owned(),
            gives: Gives::Patient,
            required: true,
        }];
        let prefetch = vec![(Text("patient".into()), Answer::split(raw(patient)))];
        let bundle = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":"ServiceRequest","id":"s"{subject}}}}}]}}"#
        );
        let drafts = Drafts::read(Some(raw(&bundle)), &[], Hook::OrderSign).unwrap();
        check(
            "1",
            token,
            &from_prefetch(&needs, prefetch, &crate::fhir::KeyNames::default()),
            &needs,
            &drafts,
            Some("https://ehr.example/r4"),
        )
    }

    #[test]
    fn another_patient_is_refused_wherever_it_is_named() {
        const ONE: &str = r#"{"resourceType":"Patient","id":"1"}"#;
        let by = |reference: &str| format!(r#","subject":{{"reference":"{reference}"}}"#);
        let attended = |actors: &[&str]| {
            let each = actors.iter().map(|actor| format!(r#"{{"actor":{{"reference":"{actor}"}}}}"#));
            format!(r#","participant":[{}]"#, each.collect::<Vec<_>>().join(","))
        };
        for (token, patient, subject, expected) in [
            (None, ONE, String::new(), Ok(())),
            (Some("1"), ONE, by("Patient/1"), Ok(())),
            (Some("Patient/1"), ONE, by("https://EHR.example:443/r4/Patient/1/_history/7"), Ok(())),
            (None, "null", by("urn:uuid:1"), Ok(())),
            (None, ONE, r#","subject":{"identifier":{"value":"7"}}"#.to_owned(), Ok(())),
            (Some("2"), ONE, String::new(), Err(PatientMismatch::Token)),
            (None, r#"{"resourceType":"Patient","id":"2"}"#, String::new(), Err(PatientMismatch::Prefetch)),
            (None, r#"{"resourceType":"Patient","id":1}"#, String::new(), Err(PatientMismatch::Prefetch)),
            (None, ONE, by("Patient/2"), Err(PatientMismatch::Draft)),
            (None, ONE, by("Group/1"), Err(PatientMismatch::Draft)),
            (None, ONE, by("https://other.example/r4/Patient/1"), Err(PatientMismatch::Draft)),
            (None, ONE, r#","subject":7"#.to_owned(), Err(PatientMismatch::Draft)),
            (None, ONE, r#","subject":{"reference":7}"#.to_owned(), Err(PatientMismatch::Draft)),
            (None, ONE, r#","patient":{"reference":"Patient/2"}"#.to_owned(), Err(PatientMismatch::Draft)),
            (None, ONE, attended(&["Practitioner/7", "Patient/1"]), Ok(())),
            (None, ONE, attended(&["Practitioner/7", "Patient/2"]), Err(PatientMismatch::Draft)),
            (None, ONE, r#","participant":7"#.to_owned(), Err(PatientMismatch::Draft)),
        ] {
            assert_eq!(verdict(token, patient, &subject), expected, "{token:?} {patient} {subject}");
        }
    }

    #[test]
    fn a_condition_being_added_must_be_of_the_patient() {
        for (conditions, expected) in [
            (r#"{"resourceType":"Condition","subject":{"reference":"Patient/1"}}"#, Ok(())),
            (r#"{"resourceType":"Condition"}"#, Ok(())),
            (
                r#"{"resourceType":"Condition","subject":{"reference":"Patient/2"}}"#,
                Err(PatientMismatch::Problem),
            ),
            (
                r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","subject":{"reference":"Patient/1"}}},{"resource":{"resourceType":"Condition","subject":{"reference":"Patient/2"}}}]}"#,
                Err(PatientMismatch::Problem),
            ),
            (
                r#"{"entry":[{"resource":{"resourceType":"Condition","subject":7}}]}"#,
                Err(PatientMismatch::Problem),
            ),
        ] {
            let drafts = Drafts::none().adding(Some(raw(conditions))).unwrap();
            let verdict = check("1", None, &Acquired::default(), &[], &drafts, None);
            assert_eq!(verdict, expected, "{conditions}");
        }
    }

    #[test]
    fn the_full_url_of_the_prefetched_patient_is_the_patient() {
        let bundle = r#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:99","resource":{"resourceType":"Patient","id":"1"}}]}"#;
        assert_eq!(verdict(None, bundle, r#","subject":{"reference":"urn:uuid:99"}"#), Ok(()));
        assert_eq!(
            verdict(None, bundle, r#","subject":{"reference":"urn:uuid:98"}"#),
            Err(PatientMismatch::Draft)
        );
    }
}
