//! What a uuid on a card tells: which card of which version it was, and nothing about anybody.
//!
//! The uuid is of version 8 (RFC 9562): 48 bits name the [`Origin`], 58 are random, 16 are a check over the rest. The
//! name is a digest, so that every replica makes the same without asking anybody; what it stands for is written to the
//! store when a package is first served, and stays there when the next version is.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid, Variant, Version};

/// What a card or a suggestion is, across replicas and restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin<T = String> {
    /// The package.
    pub package: T,
    /// Its version.
    pub version: T,
    /// The service that showed it.
    pub service: T,
    /// The rule or the group of rules; with `-UNKNOWN` where something could not be checked.
    pub card: T,
    /// The label of the suggestion; none for the card itself.
    pub suggestion: Option<T>,
}

/// The digest of an [`Origin`], 48 bits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginId(i64);

/// Bytes of a uuid that name the origin.
const NAMED: usize = 6;
/// Bytes before the check.
const CHECKED: usize = 14;

impl OriginId {
    /// As it stands in the store.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    /// A uuid for one more card of this origin.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        let mut bytes = Uuid::new_v4().into_bytes();
        for (byte, named) in bytes.iter_mut().zip(self.0.to_be_bytes().into_iter().skip(8 - NAMED)) {
            *byte = named;
        }
        // Sets the version before the check is taken over it.
        let mut bytes = Builder::from_custom_bytes(bytes).into_uuid().into_bytes();
        let check = check(bytes);
        for (byte, check) in bytes.iter_mut().skip(CHECKED).zip(check) {
            *byte = check;
        }
        Uuid::from_bytes(bytes)
    }

    fn from_bytes(bytes: impl IntoIterator<Item = u8>) -> OriginId {
        OriginId(bytes.into_iter().take(NAMED).fold(0, |number, byte| number << 8 | i64::from(byte)))
    }
}

impl fmt::Display for OriginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

impl<T: AsRef<str>> Origin<T> {
    /// Its digest.
    #[must_use]
    pub fn id(&self) -> OriginId {
        let mut digest = Sha256::new_with_prefix("gaitkeeper origin 1");
        for part in [&self.package, &self.version, &self.service, &self.card] {
            add(&mut digest, Some(part.as_ref()));
        }
        add(&mut digest, self.suggestion.as_ref().map(T::as_ref));
        OriginId::from_bytes(digest.finalize())
    }
}

/// With its length before it, so that no two lists of parts read alike.
fn add(digest: &mut Sha256, part: Option<&str>) {
    match part {
        Some(part) => {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        None => digest.update(u64::MAX.to_be_bytes()),
    }
}

fn check(bytes: [u8; 16]) -> impl Iterator<Item = u8> {
    let mut digest = Sha256::new_with_prefix("gaitkeeper check 1");
    digest.update(bytes.get(..CHECKED).unwrap_or_default());
    digest.finalize().into_iter().take(16 - CHECKED)
}

/// The origin that an id of a client names; nothing for an id that is none of ours.
#[must_use]
pub fn origin_of(id: &str) -> Option<OriginId> {
    let uuid = Uuid::parse_str(id.trim()).ok()?;
    if uuid.get_version() != Some(Version::Custom) || uuid.get_variant() != Variant::RFC4122 {
        return None;
    }
    let bytes = uuid.into_bytes();
    bytes.iter().skip(CHECKED).copied().eq(check(bytes)).then(|| OriginId::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn origin(version: &str, card: &str, suggestion: Option<&str>) -> Origin {
        Origin {
            package: "leg-pain".to_owned(),
            version: version.to_owned(),
            service: "leg-pain-patient-view".to_owned(),
            card: card.to_owned(),
            suggestion: suggestion.map(str::to_owned),
        }
    }

    #[test]
    fn a_uuid_leads_back_to_its_origin_across_versions() {
        let origins: Vec<Origin> = ["1.0.0", "1.0.1"]
            .into_iter()
            .flat_map(|version| {
                [
                    origin(version, "PAD-05", None),
                    origin(version, "PAD-05-UNKNOWN", None),
                    origin(version, "PAD-05", Some("Start")),
                    origin(version, "PAD-05", Some("")),
                ]
            })
            .collect();
        let ids: BTreeSet<OriginId> = origins.iter().map(Origin::id).collect();
        assert_eq!(ids.len(), origins.len());
        for origin in &origins {
            let uuid = origin.id().uuid();
            assert_eq!(uuid.get_version_num(), 8);
            assert_eq!(uuid.get_variant(), Variant::RFC4122);
            for text in [uuid.to_string(), uuid.to_string().to_uppercase(), format!("urn:uuid:{uuid}")] {
                assert_eq!(origin_of(&text), Some(origin.id()), "{text}");
            }
        }
    }

    /// Every replica and every release must name the same: this value is written in stores.
    #[test]
    fn the_digest_stays_as_it_is() {
        assert_eq!(origin("1.0.0", "PAD-05", None).id().to_string(), "9df00af9c473");
    }

    #[test]
    fn uuids_do_not_repeat() {
        let origin = origin("1.0.0", "PAD-05", None).id();
        let uuids: BTreeSet<Uuid> = (0..10_000).map(|_| origin.uuid()).collect();
        assert_eq!(uuids.len(), 10_000);
    }

    #[test]
    fn foreign_ids_are_told_apart() {
        let ours = origin("1.0.0", "PAD-05", None).id().uuid();
        let mut changed = ours.into_bytes();
        changed[3] ^= 1;
        for id in [
            "".to_owned(),
            "card-1".to_owned(),
            Uuid::new_v4().to_string(),
            Uuid::from_bytes(changed).to_string(),
            Uuid::nil().to_string(),
            format!("{ours}0"),
        ] {
            assert_eq!(origin_of(&id), None, "{id}");
        }
    }
}
