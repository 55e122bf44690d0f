//! What a token claims. Each claim is looked at by us, by our clock, and named where it is wrong.

use serde::Deserialize;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::Denial;

/// The claims that are looked at, before their types are known.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: Option<Value>,
    aud: Option<Value>,
    exp: Option<Value>,
    iat: Option<Value>,
    nbf: Option<Value>,
    jti: Option<Value>,
    tenant: Option<Value>,
}

impl Claims {
    pub(super) fn read(payload: &[u8]) -> Result<Claims, Denial> {
        // A claim that comes twice is refused here: two readers could take two different ones.
        serde_json::from_slice(payload).map_err(|_| Denial::Malformed)
    }

    pub(super) fn issuer(&self) -> Result<&str, Denial> {
        text("iss", &self.iss)
    }

    /// `tenant`, for an issuer whose clients are told apart by it.
    pub(super) fn tenant(&self) -> Result<Option<&str>, Denial> {
        if self.tenant.is_some() { text("tenant", &self.tenant).map(Some) } else { Ok(None) }
    }

    /// Is the token for one of `urls`, or for a name that this client gives us?
    pub(super) fn check_audience(&self, urls: &[String], others: &[String]) -> Result<(), Denial> {
        let named: Vec<&str> = match &self.aud {
            None => return Err(Denial::Missing("aud")),
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => {
                many.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Denial::WrongType("aud"))?
            }
            Some(_) => return Err(Denial::WrongType("aud")),
        };
        let urls: Vec<String> = urls.iter().map(|url| tidy(url)).collect();
        let ours = |name: &&str| urls.contains(&tidy(name)) || others.iter().any(|other| other == name);
        if named.iter().any(ours) { Ok(()) } else { Err(Denial::Audience) }
    }

    pub(super) fn check_time(
        &self,
        now: OffsetDateTime,
        leeway: Duration,
        longest_life: Duration,
    ) -> Result<(), Denial> {
        let (expires, issued) = (self.expires()?, moment("iat", &self.iat)?);
        if expires + leeway <= now {
            return Err(Denial::Expired);
        }
        if issued - leeway > now {
            return Err(Denial::IssuedInFuture);
        }
        if self.nbf.is_some() && moment("nbf", &self.nbf)? - leeway > now {
            return Err(Denial::NotYet);
        }
        if expires <= issued || expires - issued > longest_life {
            return Err(Denial::Lifetime);
        }
        Ok(())
    }

    pub(super) fn expires(&self) -> Result<OffsetDateTime, Denial> {
        moment("exp", &self.exp)
    }

    /// `jti`
    pub(super) fn nonce(&self) -> Result<&str, Denial> {
        text("jti", &self.jti)
    }
}

/// A URL without doubled slashes in its path and without one at its end: they make no difference in the path of a call,
/// so they make none here either. Everything else does, a query too.
fn tidy(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (host, path) = path.split_at(path.find('/').unwrap_or(path.len()));
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let path: String = segments.flat_map(|segment| ["/", segment]).collect();
    format!("{scheme}://{host}{path}{query}")
}

/// A text that is not empty.
fn text<'a>(name: &'static str, value: &'a Option<Value>) -> Result<&'a str, Denial> {
    match value {
        None => Err(Denial::Missing(name)),
        Some(Value::String(text)) if text.is_empty() => Err(Denial::Missing(name)),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Denial::WrongType(name)),
    }
}

/// Seconds since 1970, perhaps with a fraction.
fn moment(name: &'static str, value: &Option<Value>) -> Result<OffsetDateTime, Denial> {
    let value = value.as_ref().ok_or(Denial::Missing(name))?;
    let seconds = value.as_f64().ok_or(Denial::WrongType(name))?;
    // Up to the year 9999 less what is added to it: beyond it a number is no time.
    if !(0.0..=253_000_000_000.0).contains(&seconds) {
        return Err(Denial::WrongType(name));
    }
    Ok(OffsetDateTime::UNIX_EPOCH + Duration::seconds_f64(seconds))
}
