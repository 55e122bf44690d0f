//! From a patient's record, as one Bundle, to the body of a hook call: every prefetch template answered from it.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::chart::{System, When};
use crate::knowledge::Service;
use crate::wire::{Hook, Text};

/// What to rehearse beside the record.
#[derive(Debug, Clone, Copy)]
pub struct Rehearsal<'a> {
    /// The service to call.
    pub service: &'a Service,
    /// `context.userId`
    pub user: &'a str,
    /// Draft orders, each a FHIR resource as JSON; a missing subject is filled in.
    pub drafts: &'a [Vec<u8>],
}

/// A record that cannot be made into a call. The text repeats nothing of the record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is not a FHIR Bundle.
    #[error("the record is not a FHIR Bundle")]
    NotABundle(#[source] serde_json::Error),
    /// It holds no Patient.
    #[error("the record holds no Patient with an id")]
    NoPatient,
    /// A draft is not a FHIR resource.
    #[error("draft {0} is not a FHIR resource")]
    Draft(usize, #[source] serde_json::Error),
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, rename = "fullUrl", default)]
    full_url: Option<Text<'a>>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

/// As much of a resource as a search looks at; what it does not find does not match.
#[derive(Deserialize, Default)]
struct Searched<'a> {
    #[serde(borrow, rename = "resourceType", default)]
    resource_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, rename = "effectiveDateTime", default)]
    effective: Option<&'a RawValue>,
}

/// The body of a call of `rehearsal.service` for the patient of `record`.
///
/// References by `urn:uuid:` become `Type/id`, as a server does when it takes a record in.
///
/// # Errors
/// Where the record is no Bundle with a Patient, or a draft no resource.
pub fn request_of_record(record: &[u8], rehearsal: &Rehearsal<'_>) -> Result<Vec<u8>, RecordError> {
    let record = resolved(record)?;
    let bundle: Bundle<'_> = serde_json::from_str(&record).map_err(RecordError::NotABundle)?;
    let resources: Vec<(&RawValue, Searched<'_>)> = bundle
        .entry
        .iter()
        .filter_map(|entry| entry.resource)
        .map(|raw| (raw, serde_json::from_str(raw.get()).unwrap_or_default()))
        .collect();
    let is =
        |searched: &Searched<'_>, kind: &str| searched.resource_type.as_ref().is_some_and(|t| t.0 == kind);
    let patient = resources.iter().find(|(_, searched)| is(searched, "Patient"));
    let (patient, patient_id) = patient
        .and_then(|(raw, searched)| Some((raw, searched.id.as_ref()?.0.as_ref())))
        .ok_or(RecordError::NoPatient)?;

    let mut bodies: Vec<(String, Box<RawValue>)> = Vec::new();
    for need in &rehearsal.service.needs {
        let Some((kind, query)) = need.template.split_once('?') else {
            bodies.push((need.key.clone(), (*patient).to_owned()));
            continue;
        };
        let mut found: Vec<&(&RawValue, Searched<'_>)> =
            resources.iter().filter(|(_, searched)| is(searched, kind) && matches(searched, query)).collect();
        if query.contains("_sort=-date") {
            found.sort_by_key(|(_, searched)| std::cmp::Reverse(when(searched)));
        }
        if let Some(count) = parameter(query, "_count").and_then(|count| count.parse().ok()) {
            found.truncate(count);
        }
        let medications = kind.starts_with("Medication");
        let included = resources.iter().filter(|(_, searched)| medications && is(searched, "Medication"));
        let entries = found.into_iter().map(|(raw, _)| raw).chain(included.map(|(raw, _)| raw));
        bodies.push((need.key.clone(), bundle_of(entries)));
    }
    let mut context = serde_json::Map::new();
    context.insert("userId".into(), json!(rehearsal.user));
    context.insert("patientId".into(), json!(patient_id));
    if matches!(rehearsal.service.hook, Hook::OrderSelect | Hook::OrderSign) {
        let drafts = drafts(rehearsal.drafts, patient_id)?;
        if rehearsal.service.hook == Hook::OrderSelect {
            let ids: Vec<String> = drafts.iter().map(|(id, _)| id.clone()).collect();
            context.insert("selections".into(), json!(ids));
        }
        let entries: Vec<_> = drafts.into_iter().map(|(_, draft)| json!({ "resource": draft })).collect();
        context.insert("draftOrders".into(), json!({ "resourceType": "Bundle", "entry": entries }));
    }
    // Raw resources go in as they are, so that a number keeps its digits.
    Ok(written(rehearsal.service.hook, &context, &bodies))
}

/// The record with every `urn:uuid:` that names an entry replaced by the entry's `Type/id`.
fn resolved(record: &[u8]) -> Result<String, RecordError> {
    const URN: &str = "\"urn:uuid:";
    let bundle: Bundle<'_> = serde_json::from_slice(record).map_err(RecordError::NotABundle)?;
    let mut names: HashMap<&str, String> = HashMap::new();
    for entry in &bundle.entry {
        let (Some(url), Some(raw)) = (&entry.full_url, entry.resource) else { continue };
        let searched: Searched<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        if let (Some(uuid), Some(kind), Some(id)) =
            (url.0.strip_prefix("urn:uuid:"), searched.resource_type, searched.id)
        {
            names.insert(uuid, format!("\"{}/{}", kind.0, id.0));
        }
    }
    let text = std::str::from_utf8(record).unwrap_or_default();
    let mut pieces = text.split(URN);
    let mut resolved = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find('"').unwrap_or(piece.len());
        let (uuid, rest) = piece.split_at(end);
        match names.get(uuid) {
            Some(name) => resolved.push_str(name),
            None => {
                resolved.push_str(URN);
                resolved.push_str(uuid);
            }
        }
        resolved.push_str(rest);
    }
    Ok(resolved)
}

fn written(
    hook: Hook,
    context: &serde_json::Map<String, serde_json::Value>,
    bodies: &[(String, Box<RawValue>)],
) -> Vec<u8> {
    let members: Vec<String> = bodies
        .iter()
        .map(|(key, raw)| format!("{}:{}", serde_json::Value::from(key.as_str()), raw.get()))
        .collect();
    let context = serde_json::Value::Object(context.clone());
    format!(
        r#"{{"hook":"{hook}","hookInstance":"00000000-0000-4000-8000-000000000000","context":{context},"prefetch":{{{}}}}}"#,
        members.join(",")
    )
    .into_bytes()
}

fn bundle_of<'r, 'a: 'r>(resources: impl Iterator<Item = &'r &'a RawValue>) -> Box<RawValue> {
    let entries: Vec<String> = resources.map(|raw| format!(r#"{{"resource":{}}}"#, raw.get())).collect();
    let text = format!(
        r#"{{"resourceType":"Bundle","type":"searchset","total":{},"entry":[{}]}}"#,
        entries.len(),
        entries.join(",")
    );
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn drafts(drafts: &[Vec<u8>], patient_id: &str) -> Result<Vec<(String, serde_json::Value)>, RecordError> {
    let made = drafts.iter().enumerate().map(|(number, text)| {
        let mut draft: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(text).map_err(|error| RecordError::Draft(number + 1, error))?;
        let id = draft.entry("id").or_insert_with(|| json!(format!("draft-{number}"))).clone();
        draft.entry("subject").or_insert_with(|| json!({ "reference": format!("Patient/{patient_id}") }));
        let kind = draft.get("resourceType").and_then(|kind| kind.as_str()).unwrap_or_default();
        let id = format!("{kind}/{}", id.as_str().unwrap_or_default());
        Ok((id, draft.into()))
    });
    made.collect()
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// Does a resource match `code` and `status`? Everything in the record is the patient's own.
fn matches(searched: &Searched<'_>, query: &str) -> bool {
    let text =
        |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
    if let Some(statuses) = parameter(query, "status")
        && !text(searched.status).is_some_and(|status| statuses.split(',').any(|s| s == status))
    {
        return false;
    }
    let Some(codes) = parameter(query, "code") else { return true };
    codings(searched.code).iter().any(|(system, code)| {
        let system =
            System::from_uri(system).map_or_else(|| system.to_string(), |known| known.uri().to_owned());
        let wanted = format!("{system}%7C{code}");
        codes.split(',').any(|token| token == wanted)
    })
}

fn codings<'a>(code: Option<&'a RawValue>) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    #[derive(Deserialize)]
    struct Concept<'a> {
        #[serde(borrow, default)]
        coding: Vec<Coding<'a>>,
    }
    #[derive(Deserialize)]
    struct Coding<'a> {
        #[serde(borrow)]
        system: Option<Text<'a>>,
        #[serde(borrow)]
        code: Option<Text<'a>>,
    }
    let concept: Option<Concept<'a>> = code.and_then(|code| serde_json::from_str(code.get()).ok());
    let codings = concept.map(|concept| concept.coding).unwrap_or_default();
    codings.into_iter().filter_map(|coding| Some((coding.system?.0, coding.code?.0))).collect()
}

fn when(searched: &Searched<'_>) -> Option<(time::OffsetDateTime, bool)> {
    let text: Cow<'_, str> = serde_json::from_str(searched.effective?.get()).ok()?;
    When::parse(&text).ok().map(|when| when.sort_key(time::UtcOffset::UTC))
}
