//! The `context` of each hook, with what the hook library requires of it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::request::{object, optional_text, present, text};
use super::{Hook, RequestError, Text};

/// The context of a call, whatever its hook. A member that the hook does not define is ignored.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// What kind of user is looking, from `userId`.
    pub user_type: UserType,
    /// `userId`, as `Type/id`.
    pub user_id: Text<'a>,
    /// `patientId`, without a `Patient/` that some clients put before it.
    pub patient_id: Text<'a>,
    /// `encounterId`, without an `Encounter/`.
    pub encounter_id: Option<Text<'a>>,
    /// `selections` of `order-select`, as `Type/id`; empty where the client sent none.
    pub selections: Vec<Text<'a>>,
    /// `draftOrders` of `order-select` and `order-sign`: a raw Bundle.
    pub draft_orders: Option<&'a RawValue>,
    /// `conditions` of `problem-list-item-create`: a raw Bundle.
    pub conditions: Option<&'a RawValue>,
}

/// What kind of user is looking. Patients and relatives read plain language and are offered no orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserType {
    /// `Practitioner` or `PractitionerRole`.
    Practitioner,
    /// `Patient`.
    Patient,
    /// `RelatedPerson`.
    RelatedPerson,
}

impl UserType {
    /// Does this user read the words for patients?
    #[must_use]
    pub fn is_lay(self) -> bool {
        self != UserType::Practitioner
    }
}

#[derive(Deserialize)]
struct RawContext<'a> {
    #[serde(borrow, rename = "userId")]
    user_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "patientId")]
    patient_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "encounterId")]
    encounter_id: Option<&'a RawValue>,
    #[serde(borrow)]
    selections: Option<&'a RawValue>,
    #[serde(borrow, rename = "draftOrders")]
    draft_orders: Option<&'a RawValue>,
    #[serde(borrow)]
    conditions: Option<&'a RawValue>,
}

impl<'a> Context<'a> {
    /// Reads the context of `hook`.
    ///
    /// # Errors
    /// Where `userId` or `patientId` is missing or mistyped, an id is not one, or `draftOrders` or `conditions` is
    /// missing where the hook requires it; or where a member is there twice.
    pub fn read(hook: Hook, raw: &'a RawValue) -> Result<Context<'a>, RequestError> {
        let raw: RawContext<'a> = object(raw, "context")?;
        let user_id = text(raw.user_id, "context.userId")?;
        let patient_id = text(raw.patient_id, "context.patientId")?;
        let patient_id = bare_id(patient_id, "Patient/", "context.patientId")?;
        let encounter_id = optional_text(raw.encounter_id, "context.encounterId")?
            .map(|id| bare_id(id, "Encounter/", "context.encounterId"))
            .transpose()?;
        let draft_orders = optional_object(raw.draft_orders, "context.draftOrders")?;
        let conditions = optional_object(raw.conditions, "context.conditions")?;
        match hook {
            Hook::OrderSelect | Hook::OrderSign if draft_orders.is_none() => {
                return Err(RequestError::Missing("context.draftOrders"));
            }
            Hook::ProblemListItemCreate if conditions.is_none() => {
                return Err(RequestError::Missing("context.conditions"));
            }
            _ => {}
        }
        let selections = match present(raw.selections).filter(|_| hook == Hook::OrderSelect) {
            Some(raw) => {
                serde_json::from_str(raw.get()).map_err(|_| RequestError::WrongType("context.selections"))?
            }
            None => Vec::new(),
        };
        Ok(Context {
            user_type: user_type(&user_id.0),
            user_id,
            patient_id,
            encounter_id,
            selections,
            draft_orders: draft_orders.filter(|_| matches!(hook, Hook::OrderSelect | Hook::OrderSign)),
            conditions: conditions.filter(|_| hook == Hook::ProblemListItemCreate),
        })
    }
}

fn optional_object<'a>(
    raw: Option<&'a RawValue>,
    member: &'static str,
) -> Result<Option<&'a RawValue>, RequestError> {
    match present(raw) {
        Some(raw) if !raw.get().starts_with('{') => Err(RequestError::WrongType(member)),
        raw => Ok(raw),
    }
}

/// The user's kind by the type in `userId`; one that is not understood reads the words for clinicians, because only
/// clinicians fire the hooks that propose orders.
fn user_type(user_id: &str) -> UserType {
    let user_id = user_id.split_once("/_history").map_or(user_id, |(user, _)| user);
    let mut from_behind = user_id.trim().trim_end_matches('/').rsplit('/');
    let kind = from_behind.nth(1).unwrap_or_default();
    // A type is never spelled with other letters by standard; a patient must not read the words for clinicians by it.
    if kind.eq_ignore_ascii_case("Patient") {
        UserType::Patient
    } else if kind.eq_ignore_ascii_case("RelatedPerson") {
        UserType::RelatedPerson
    } else {
        UserType::Practitioner
    }
}

/// An id without the `prefix` that makes it a reference.
fn bare_id<'a>(id: Text<'a>, prefix: &str, member: &'static str) -> Result<Text<'a>, RequestError> {
    let id = match id.0 {
        Cow::Borrowed(id) => Cow::Borrowed(id.strip_prefix(prefix).unwrap_or(id)),
        Cow::Owned(id) => Cow::Owned(id.strip_prefix(prefix).map(str::to_owned).unwrap_or(id)),
    };
    if is_id(&id) { Ok(Text(id)) } else { Err(RequestError::Invalid { member, problem: "is not a FHIR id" }) }
}

/// Characters of a FHIR id. Its limit of 64 is not enforced: real records hold longer ones.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=256).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each but the plain ones read the words for clinicians, and the offers of orders.
    #[test]
    fn a_patient_is_a_patient_however_the_reference_is_spelled() {
        for (user_id, expected) in [
            ("Patient/1", UserType::Patient),
            ("https://ehr.example/r4/Patient/1", UserType::Patient),
            ("Patient/1/_history/2", UserType::Patient),
            ("Patient/1/", UserType::Patient),
            (" Patient/1", UserType::Patient),
            ("patient/1", UserType::Patient),
            ("RelatedPerson/1/_history/2", UserType::RelatedPerson),
            ("Practitioner/1", UserType::Practitioner),
            ("PractitionerRole/Patient", UserType::Practitioner),
            ("1", UserType::Practitioner),
            ("", UserType::Practitioner),
        ] {
            assert_eq!(user_type(user_id), expected, "{user_id}");
        }
    }
}
