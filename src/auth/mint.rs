//! Test tokens, signed with a key that is made for them.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::config::{Algorithm, TEST_ISSUER};

/// A key that signs test tokens. Its `Debug` form shows nothing of it.
pub struct TestKey {
    private: Vec<u8>,
    public: Vec<u8>,
}

/// A key or a token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// No valid file of ours brings this about.
    #[error("the key is not a private key of this command (PKCS #8, P-384)")]
    NotAKey,
    /// The machine has no random numbers to give.
    #[error("making a key")]
    NoKey,
    /// The token could not be signed.
    #[error("signing the token")]
    Unsigned(#[from] jsonwebtoken::errors::Error),
}

impl fmt::Debug for TestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestKey").finish_non_exhaustive()
    }
}

impl TestKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// Where the machine has no random numbers to give.
    pub fn generate() -> Result<TestKey, MintError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(|_| MintError::NoKey)?;
        let document = pair.to_pkcs8v1().map_err(|_| MintError::NoKey)?;
        TestKey::read(document.as_ref())
    }

    /// Reads a key that was kept.
    ///
    /// # Errors
    /// Where it is not one.
    pub fn read(pkcs8: &[u8]) -> Result<TestKey, MintError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8);
        let pair = pair.map_err(|_| MintError::NotAKey)?;
        Ok(TestKey { private: pkcs8.to_vec(), public: pair.public_key().as_ref().to_vec() })
    }

    /// The key itself, to keep it (PKCS #8).
    #[must_use]
    pub fn private(&self) -> &[u8] {
        &self.private
    }

    /// The JWK Set that a service needs for checking what this key signs.
    #[must_use]
    pub fn key_set(&self) -> String {
        // An uncompressed point: 4, then two coordinates of the same length.
        let point = self.public.get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({ "keys": [{
            "kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": self.kid(), "x": x, "y": y
        }] })
        .to_string()
    }

    /// A token for `audience` that is good for `life`.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn token(
        &self,
        audience: &str,
        tenant: Option<&str>,
        now: OffsetDateTime,
        life: Duration,
    ) -> Result<String, MintError> {
        self.token_from(TEST_ISSUER, audience, tenant, now, life)
    }

    /// As [`token`](Self::token), of a client with an issuer of its own.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn token_from(
        &self,
        issuer: &str,
        audience: &str,
        tenant: Option<&str>,
        now: OffsetDateTime,
        life: Duration,
    ) -> Result<String, MintError> {
        let mut header = Header::new(super::token::jws(Algorithm::Es384));
        header.kid = Some(self.kid());
        let issued = now.unix_timestamp();
        let mut claims = json!({
            "iss": issuer,
            "aud": audience,
            "iat": issued,
            "exp": issued + life.whole_seconds(),
            "jti": uuid::Uuid::new_v4().to_string()
        });
        if let (Some(tenant), Some(claims)) = (tenant, claims.as_object_mut()) {
            claims.insert("tenant".to_owned(), tenant.into());
        }
        Ok(encode(&header, &claims, &EncodingKey::from_ec_der(&self.private))?)
    }

    /// Made of the public key, so that it stays the same for the same key.
    fn kid(&self) -> String {
        let digest = digest::digest(&digest::SHA256, &self.public);
        URL_SAFE_NO_PAD.encode(digest.as_ref().get(..12).unwrap_or_default())
    }
}
