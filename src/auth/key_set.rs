//! A JWK Set, read key by key, so that one bad key costs that key.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Denial;
use crate::config::Algorithm;

/// Keys beyond this number are not looked at.
const MOST_KEYS: usize = 100;
/// Bytes of an RSA modulus of 2048 bits.
const SHORTEST_MODULUS: usize = 256;

/// Why there are no keys. The text is for operators and holds nothing of what came.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// Not JSON, or without a list of keys.
    #[error("not a JWK Set")]
    NotASet,
    /// There are keys, and none that can be used.
    #[error("no key of {0} can be used: EC on P-256 or P-384, or RSA of 2048 bits and more, with `kid`")]
    NoUsableKey(usize),
    /// The file cannot be read.
    #[error("reading the file")]
    File(#[source] std::io::Error),
    /// The server answered, and not with 200.
    #[error("the server answered {0}")]
    Status(u16),
    /// What came is too large.
    #[error("the JWK Set is larger than `auth.key_set_bytes`")]
    TooLarge,
    /// No connection, or one that broke, or an address that is refused.
    #[error("the server cannot be reached")]
    Network,
    /// The address is not public and not listed as private.
    #[error("the server has a private address (`private_key_sets`)")]
    Private,
    /// It took too long.
    #[error("no answer within `auth.key_set_deadline`")]
    Late,
}

/// The keys of a client that can be used.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// How many keys cannot be used.
    pub(super) unusable: usize,
}

#[derive(Debug)]
struct Key {
    kid: String,
    /// What it may have signed: one algorithm for an elliptic curve, two for RSA unless the key says which.
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl KeySet {
    pub(super) fn read(text: &[u8]) -> Result<KeySet, KeySetError> {
        #[derive(Deserialize)]
        struct Raw<'a> {
            #[serde(borrow)]
            keys: Vec<&'a RawValue>,
        }
        let raw: Raw<'_> = serde_json::from_slice(text).map_err(|_| KeySetError::NotASet)?;
        let keys: Vec<Key> = raw.keys.iter().take(MOST_KEYS).filter_map(|raw| Key::read(raw)).collect();
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey(raw.keys.len()));
        }
        Ok(KeySet { unusable: raw.keys.len() - keys.len(), keys })
    }

    /// The key for a token.
    pub(super) fn find(&self, kid: &str, algorithm: Algorithm) -> Result<DecodingKey, Denial> {
        let mut of_kid = self.keys.iter().filter(|key| key.kid == kid).peekable();
        if of_kid.peek().is_none() {
            return Err(Denial::UnknownKid);
        }
        let fitting = of_kid.find(|key| key.algorithms.contains(&algorithm));
        fitting.map(|key| key.key.clone()).ok_or(Denial::KeyForOtherAlgorithm)
    }
}

impl Key {
    /// A public key for signatures that names itself; `None` for everything else.
    fn read(raw: &RawValue) -> Option<Key> {
        let jwk: Jwk = serde_json::from_str(raw.get()).ok()?;
        if !jwk.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature) {
            return None;
        }
        let operations = jwk.common.key_operations.as_deref();
        if !operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify)) {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P384 => vec![Algorithm::Es384],
                EllipticCurve::P256 => vec![Algorithm::Es256],
                _ => return None,
            },
            AlgorithmParameters::RSA(key) => {
                // Four characters of base64 are three bytes.
                if key.n.trim_end_matches('=').len() * 3 / 4 < SHORTEST_MODULUS {
                    return None;
                }
                vec![Algorithm::Rs384, Algorithm::Rs256]
            }
            // Shared secrets above all.
            _ => return None,
        };
        if let Some(named) = &jwk.common.key_algorithm {
            algorithms.retain(|algorithm| named.to_string() == algorithm.name());
        }
        let kid = jwk.common.key_id.clone().filter(|kid| !kid.is_empty())?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then_some(Key { kid, algorithms, key })
    }
}
