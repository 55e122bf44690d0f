//! Why a call is not from a client of ours.

/// Why a token is refused. The text is for operators and holds nothing of the token; a client reads none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// There is no `Authorization: Bearer`.
    #[error("no token was sent")]
    NoToken,
    /// More than one `Authorization`, or one that is not a bearer token.
    #[error("`Authorization` is not one bearer token")]
    NotBearer,
    /// Not three parts, or not base64url, or not JSON objects.
    #[error("the token is not a signed JWT")]
    Malformed,
    /// `alg` is none of ours, or none of this client's.
    #[error("`alg` is not accepted from this client")]
    Algorithm,
    /// `typ` is not `JWT`.
    #[error("`typ` is not `JWT`")]
    Type,
    /// Without `kid` no key is chosen.
    #[error("`kid` is missing")]
    NoKid,
    /// `crit` asks for what is not understood.
    #[error("`crit` names extensions that are not understood")]
    Critical,
    /// A claim is not there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A claim has another type.
    #[error("`{0}` is not of the expected type")]
    WrongType(&'static str),
    /// No client has this issuer.
    #[error("`iss` is that of no client")]
    UnknownIssuer,
    /// No client of this issuer has this tenant.
    #[error("`tenant` is that of no client with this `iss`")]
    Tenant,
    /// `jku` is none of the URLs in the settings.
    #[error("`jku` is none of `key_set_urls`")]
    Jku,
    /// The key is not in the set, also after the set was read again if that was due.
    #[error("`kid` is not in the JWK Set")]
    UnknownKid,
    /// The key is there, and for something else.
    #[error("`alg` is not what the key is for")]
    KeyForOtherAlgorithm,
    /// The keys could not be read, ever.
    #[error("the JWK Set of the client could not be read yet")]
    NoKeys,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// `aud` is neither the URL called nor listed.
    #[error("`aud` is neither the URL that was called nor among `audiences`")]
    Audience,
    /// `exp` is over.
    #[error("the token has expired (`exp`)")]
    Expired,
    /// `iat` is to come.
    #[error("the token was issued in the future (`iat`)")]
    IssuedInFuture,
    /// `nbf` is to come.
    #[error("the token is not good yet (`nbf`)")]
    NotYet,
    /// From `iat` to `exp` is too long, or backwards.
    #[error("the token lives longer than `auth.longest_token_life`, or not at all")]
    Lifetime,
    /// It was used before.
    #[error("the token was used before (`jti`)")]
    Replayed,
    /// What was used can no longer be remembered.
    #[error("no more tokens of this client can be remembered (`auth.remembered_tokens`)")]
    MemoryFull,
    /// The memory that replicas share cannot be asked.
    #[error("the memory of used tokens does not answer (`auth.used_tokens`)")]
    MemoryGone,
}

impl Denial {
    /// A short name, for metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Denial::NoToken => "no-token",
            Denial::NotBearer => "not-bearer",
            Denial::Malformed => "malformed",
            Denial::Algorithm => "algorithm",
            Denial::Type => "type",
            Denial::NoKid => "no-kid",
            Denial::Critical => "critical",
            Denial::Missing(_) => "missing",
            Denial::WrongType(_) => "wrong-type",
            Denial::UnknownIssuer => "unknown-issuer",
            Denial::Tenant => "tenant",
            Denial::Jku => "jku",
            Denial::UnknownKid => "unknown-kid",
            Denial::KeyForOtherAlgorithm => "key-for-other-algorithm",
            Denial::NoKeys => "no-keys",
            Denial::Signature => "signature",
            Denial::Audience => "audience",
            Denial::Expired => "expired",
            Denial::IssuedInFuture => "issued-in-future",
            Denial::NotYet => "not-yet",
            Denial::Lifetime => "lifetime",
            Denial::Replayed => "replayed",
            Denial::MemoryFull => "memory-full",
            Denial::MemoryGone => "memory-gone",
        }
    }

    /// Is it our fault, and the token perhaps good?
    #[must_use]
    pub fn is_ours(self) -> bool {
        matches!(self, Denial::NoKeys | Denial::MemoryFull | Denial::MemoryGone)
    }
}
