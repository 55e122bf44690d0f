//! The parts of a token: what its header says, and whether its signature is good.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Jws, DecodingKey, crypto};
use serde::Deserialize;

use super::Denial;
use crate::config::Algorithm;

/// Longer tokens are none that a client of ours makes.
const LONGEST: usize = 8 * 1024;

/// The bearer token of the values of `Authorization`.
///
/// # Errors
/// Where there is none, or more than one, or something else.
pub fn bearer<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<&'a str, Denial> {
    let value = values.next().ok_or(Denial::NoToken)?;
    if values.next().is_some() {
        return Err(Denial::NotBearer);
    }
    let text = std::str::from_utf8(value).map_err(|_| Denial::NotBearer)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(Denial::NotBearer)?;
    let token = token.trim();
    let well = scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty();
    if well { Ok(token) } else { Err(Denial::NotBearer) }
}

/// A token whose header was read and whose signature was not checked yet.
pub(super) struct Token<'a> {
    /// What it says it is signed with: one of ours.
    pub(super) algorithm: Algorithm,
    header: Header,
    signed: &'a str,
    signature: &'a str,
    payload: Vec<u8>,
}

/// The members that are looked at. `jwk`, `x5c` and `x5u` are not: a token does not bring its own key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    jku: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

impl<'a> Token<'a> {
    pub(super) fn read(token: &'a str) -> Result<Token<'a>, Denial> {
        if token.len() > LONGEST {
            return Err(Denial::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Denial::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Denial::Malformed)?;
        if payload.contains('.') {
            return Err(Denial::Malformed);
        }
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Denial::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Denial::Malformed)?;
        let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == header.alg);
        let algorithm = algorithm.ok_or(Denial::Algorithm)?;
        if !header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT")) {
            return Err(Denial::Type);
        }
        if header.crit.is_some() {
            return Err(Denial::Critical);
        }
        if header.kid.as_deref().is_none_or(str::is_empty) {
            return Err(Denial::NoKid);
        }
        Ok(Token { algorithm, header, signed, signature, payload: decode(payload)? })
    }

    pub(super) fn kid(&self) -> &str {
        self.header.kid.as_deref().unwrap_or_default()
    }

    pub(super) fn jku(&self) -> Option<&str> {
        self.header.jku.as_deref()
    }

    /// What is claimed, to be believed once the signature was checked.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(super) fn check_signature(&self, key: &DecodingKey) -> Result<(), Denial> {
        let algorithm = jws(self.algorithm);
        match crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm) {
            Ok(true) => Ok(()),
            _ => Err(Denial::Signature),
        }
    }
}

/// The algorithm in the words of the library.
pub(super) const fn jws(algorithm: Algorithm) -> Jws {
    match algorithm {
        Algorithm::Es384 => Jws::ES384,
        Algorithm::Rs384 => Jws::RS384,
        Algorithm::Es256 => Jws::ES256,
        Algorithm::Rs256 => Jws::RS256,
    }
}
