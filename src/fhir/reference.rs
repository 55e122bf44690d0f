//! References, and whose patient they name.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{Field, Str, read_object};

/// A FHIR Reference, as far as it is used.
#[derive(Debug, Clone, Deserialize, Default)]
pub(super) struct Reference<'a> {
    #[serde(borrow, default)]
    pub(super) reference: Str<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Str<'a>,
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'r> {
    /// `#id`: a resource inside this one.
    Contained(&'r str),
    /// `urn:uuid:…`: an entry of the Bundle, by its `fullUrl`.
    Urn(&'r str),
    /// A resource of a server; the base is empty where the reference is relative.
    Resource { base: &'r str, kind: Option<&'r str>, id: &'r str },
}

/// Takes a reference apart; `None` for an empty one. Versions, queries and slashes at the end do not count.
pub(super) fn target(reference: &str) -> Option<Target<'_>> {
    let reference = reference.trim();
    if let Some(id) = reference.strip_prefix('#') {
        return Some(Target::Contained(id));
    }
    if reference.starts_with("urn:") {
        return Some(Target::Urn(reference));
    }
    let path = reference.split(['?', '#', '|']).next()?;
    let path = path.split_once("/_history").map_or(path, |(path, _)| path).trim_end_matches('/');
    let (head, id) = match path.rsplit_once('/') {
        Some((head, id)) => (Some(head), id),
        None => (None, path),
    };
    if id.is_empty() {
        return None;
    }
    let (base, kind) = match head.map(|head| head.rsplit_once('/').unwrap_or(("", head))) {
        Some((base, kind)) => (base, Some(kind).filter(|kind| !kind.is_empty())),
        None => ("", None),
    };
    Some(Target::Resource { base, kind, id })
}

/// Whether a resource belongs to the patient in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// The reference names the patient.
    Yes,
    /// It names someone or something else.
    No,
    /// It names nobody that can be told: it is missing, or an identifier, or a name only.
    Unsaid,
    /// It is there and cannot be read.
    Unreadable,
    /// There is no telling who it is: an entry of a Bundle that did not come, or somebody with the same id in what may be
    /// another record.
    Unresolved,
}

/// Whom `subject` (or `patient`) names. `on_server` says whether a base is that of the patient's server; `None` where there
/// is no telling.
pub(super) fn belongs<'a>(
    raw: Option<&'a RawValue>,
    patient_id: &str,
    patient_urls: &[Cow<'_, str>],
    on_server: impl Fn(&str) -> Option<bool>,
) -> Belongs {
    let reference = match read_object::<Reference<'a>>(raw) {
        Field::Absent => return Belongs::Unsaid,
        Field::Ok(reference) if reference.reference.0.is_bad() => return Belongs::Unreadable,
        Field::Ok(reference) => reference,
        Field::Bad => return Belongs::Unreadable,
    };
    let kind_said = reference.kind.get();
    if kind_said.is_some_and(|kind| kind.rsplit('/').next() != Some("Patient")) {
        return Belongs::No;
    }
    let Some(target) = reference.reference.get().and_then(target) else { return Belongs::Unsaid };
    let is_patient_url = |written: &str| patient_urls.iter().any(|url| url.as_ref() == written);
    match target {
        Target::Contained(_) => Belongs::Unsaid,
        Target::Urn(urn) if urn.rsplit(':').next() == Some(patient_id) || is_patient_url(urn) => Belongs::Yes,
        // Only where the patient has such a name as well is another one somebody else.
        Target::Urn(_) if patient_urls.iter().any(|url| url.starts_with("urn:")) => Belongs::No,
        Target::Urn(_) => Belongs::Unresolved,
        Target::Resource { kind, id, .. }
            if kind.is_some_and(|kind| kind != "Patient") || id != patient_id =>
        {
            Belongs::No
        }
        Target::Resource { base: "", .. } => Belongs::Yes,
        Target::Resource { .. } if reference.reference.get().is_some_and(is_patient_url) => Belongs::Yes,
        Target::Resource { base, .. } => match on_server(base) {
            Some(true) => Belongs::Yes,
            Some(false) => Belongs::No,
            None => Belongs::Unresolved,
        },
    }
}

/// Does a reference say that it is one to a Patient?
pub(super) fn names_a_patient(raw: Option<&RawValue>) -> bool {
    let Some(reference) = read_object::<Reference<'_>>(raw).ok() else { return false };
    let pointed_at = match reference.reference.get().and_then(target) {
        Some(Target::Resource { kind, .. }) => kind,
        _ => None,
    };
    [reference.kind.get(), pointed_at].contains(&Some("Patient"))
}

/// Do two base URLs name the same server? Scheme, a default port, letters of the host and a slash at the end do not
/// count: EHRs write the same base in all these ways.
pub(super) fn same_base(one: &str, other: &str) -> bool {
    host_and_path(one) == host_and_path(other)
}

/// Is it another base on the same host, as those of other tenants are?
pub(super) fn is_beside(one: &str, other: &str) -> bool {
    let (one, other) = (host_and_path(one), host_and_path(other));
    one.0 == other.0 && one.1 != other.1
}

fn host_and_path(base: &str) -> (String, &str) {
    let base = base.trim().trim_end_matches('/');
    let bare = base.split_once("://").map_or(base, |(_, bare)| bare);
    let (host, path) = bare.split_at(bare.find('/').unwrap_or(bare.len()));
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    (host.to_ascii_lowercase(), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_come_in_many_spellings() {
        let on = |base, kind, id| Some(Target::Resource { base, kind, id });
        for (text, expected) in [
            ("Patient/1", on("", Some("Patient"), "1")),
            ("Patient/1/_history/3", on("", Some("Patient"), "1")),
            ("https://ehr.example/r4/Patient/a.B-c", on("https://ehr.example/r4", Some("Patient"), "a.B-c")),
            ("1", on("", None, "1")),
            ("#m", Some(Target::Contained("m"))),
            ("urn:uuid:5f", Some(Target::Urn("urn:uuid:5f"))),
            ("", None),
        ] {
            assert_eq!(target(text), expected, "{text}");
        }
    }

    #[test]
    fn bases_are_compared_as_servers_are() {
        assert!(same_base("https://EHR.example:443/r4/", "https://ehr.example/r4"));
        assert!(!same_base("https://ehr.example/r4", "https://ehr.example/other"));
        assert!(!same_base("https://ehr.example.evil/r4", "https://ehr.example/r4"));
    }
}
