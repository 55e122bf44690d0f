//! Medications that something refers to, read one by one: no search parameter that brings them along is portable.

use bytes::Bytes;
use futures_util::future::join_all;

use super::encoded;
use super::policy::{Base, FetchPolicy};
use super::request::{self, Outcome, Wave};
use crate::fhir::Resource;
use crate::fhir::json::Str;
use crate::wire::Object;

/// Medications that are read for a call: what is in use comes first, and few people take more.
pub(super) const MOST_MEDICATIONS: usize = 20;
/// Bytes of one Medication.
const MEDICATION_BYTES: usize = 256 * 1024;

/// Reads the Medications with these ids, all at once; and how each was answered.
pub(super) async fn read(
    http: &reqwest::Client,
    policy: &FetchPolicy,
    base: &Base,
    wave: &Wave,
    ids: &[String],
) -> (Vec<Bytes>, Vec<Outcome>) {
    let reads = ids.iter().map(|id| one(http, policy, base, wave, id));
    let (medications, outcomes): (Vec<_>, Vec<_>) = join_all(reads).await.into_iter().unzip();
    (medications.into_iter().flatten().collect(), outcomes.concat())
}

/// Reads one Medication, which must be the one that was asked for.
async fn one(
    http: &reqwest::Client,
    policy: &FetchPolicy,
    base: &Base,
    wave: &Wave,
    id: &str,
) -> (Option<Bytes>, Vec<Outcome>) {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow, default)]
        id: Str<'a>,
    }
    let mut outcomes = Vec::new();
    let Some(url) = encoded(id).and_then(|id| base.query(&format!("Medication/{id}"))) else {
        return (None, vec![Outcome::NoUrl]);
    };
    let room = policy.most_bytes.min(MEDICATION_BYTES);
    let Ok(body) = request::page(http, wave, &url, room, &mut outcomes).await else {
        return (None, outcomes);
    };
    let is_it = serde_json::from_slice::<Object<Resource<'_>>>(&body).is_ok_and(|object| {
        let medication = object.ok().filter(|resource| resource.kind() == Some("Medication"));
        medication
            .and_then(|resource| resource.read::<Named<'_>>())
            .is_some_and(|named| named.id.get() == Some(id))
    });
    if !is_it {
        outcomes.push(Outcome::NotJson);
    }
    (is_it.then_some(body), outcomes)
}
