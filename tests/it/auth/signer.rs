//! What signs tokens as a client does: with the cryptography itself, not with the library that checks them.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A key of a client.
pub(super) struct Signer {
    pub(super) kid: &'static str,
    key: Key,
}

enum Key {
    P384(EcdsaKeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    pub(super) fn p384(kid: &'static str) -> Signer {
        let key = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        Signer { kid, key: Key::P384(key) }
    }

    pub(super) fn p256(kid: &'static str) -> Signer {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Signer { kid, key: Key::P256(key) }
    }

    pub(super) fn rsa(kid: &'static str) -> Signer {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        Signer { kid, key: Key::Rsa(RsaKeyPair::from_pkcs8(der.as_ref()).unwrap()) }
    }

    /// The algorithm that the key is mostly used with.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.key {
            Key::P384(_) => "ES384",
            Key::P256(_) => "ES256",
            Key::Rsa(_) => "RS384",
        }
    }

    pub(super) fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |key: &EcdsaKeyPair, curve: &str| {
            let (x, y) = key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
            json!({ "kty": "EC", "crv": curve, "kid": self.kid, "x": text(x), "y": text(y) })
        };
        match &self.key {
            Key::P384(key) => point(key, "P-384"),
            Key::P256(key) => point(key, "P-256"),
            // A sequence of the modulus, 256 bytes after a zero, and the exponent 65537.
            Key::Rsa(key) => {
                let der = key.public_key().as_ref();
                json!({ "kty": "RSA", "kid": self.kid, "n": text(&der[9..265]), "e": "AQAB" })
            }
        }
    }

    /// The public key as a text that somebody could take for a shared secret.
    pub(super) fn public(&self) -> &[u8] {
        match &self.key {
            Key::P384(key) | Key::P256(key) => key.public_key().as_ref(),
            Key::Rsa(key) => key.public_key().as_ref(),
        }
    }

    pub(super) fn header(&self) -> Value {
        json!({ "alg": self.algorithm(), "typ": "JWT", "kid": self.kid })
    }

    /// A token with the usual header.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    /// A token of these parts; the algorithm of the header is used where the key can.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::P384(key) | Key::P256(key) => {
                key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec()
            }
            Key::Rsa(key) => {
                let padding = if header["alg"] == "RS256" { &RSA_PKCS1_SHA256 } else { &RSA_PKCS1_SHA384 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A token that is authenticated with a shared secret.
pub(super) fn mac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let kind = match header["alg"].as_str() {
        Some("HS384") => hmac::HMAC_SHA384,
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let tag = hmac::sign(&hmac::Key::new(kind, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// A part of a token.
pub(super) fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}
