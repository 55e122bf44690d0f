//! The body of a service call.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::object::{Members, Object};

/// A JSON text, borrowed from the body unless it holds an escape.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A service call as the client sent it. Nothing here is ever changed; what is fetched stands beside it.
///
/// `P` is what is made of each prefetched value, in the one pass that the body is read in. Nothing that stands there may
/// be an error of it.
#[derive(Debug, Clone)]
pub struct Call<'a, P = &'a RawValue> {
    /// `hook`
    pub hook: Text<'a>,
    /// `hookInstance`
    pub hook_instance: Text<'a>,
    /// `fhirServer`: the base URL of the client's FHIR server.
    pub fhir_server: Option<Text<'a>>,
    /// `fhirAuthorization`
    pub fhir_authorization: Option<FhirAuthorization<'a>>,
    /// `context`, read per hook by [`Context::read`](super::Context::read).
    pub context: &'a RawValue,
    /// `prefetch`: each key with what stands under it, `null` too.
    pub prefetch: Vec<(Text<'a>, P)>,
}

/// `fhirAuthorization`. Its `Debug` form never shows the token.
#[derive(Clone)]
pub struct FhirAuthorization<'a> {
    /// `access_token`
    pub access_token: Text<'a>,
    /// `patient`: the only patient the token is good for.
    pub patient: Option<Text<'a>>,
}

impl std::fmt::Debug for FhirAuthorization<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FhirAuthorization").field("patient", &self.patient.is_some()).finish_non_exhaustive()
    }
}

/// Why a body is not a service call. The text is for the client and repeats nothing of the body.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Not JSON at all.
    #[error("the body is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first mistake, from 1.
        line: usize,
        /// Column of the first mistake, from 1.
        column: usize,
    },
    /// JSON, but not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// A member that CDS Hooks requires is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member has another type than CDS Hooks gives it.
    #[error("`{0}` is not of the expected type")]
    WrongType(&'static str),
    /// An object names a member twice: one reader would take the first, another the last.
    #[error("`{0}` names a member twice")]
    Repeated(&'static str),
    /// A member holds a value that cannot be used.
    #[error("`{member}` {problem}")]
    Invalid {
        /// The member, by its path.
        member: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// The members, each still raw, so that one of a wrong type is named.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a, P: Deserialize<'de>"))]
struct RawCall<'a, P> {
    #[serde(borrow)]
    hook: Option<&'a RawValue>,
    #[serde(borrow, rename = "hookInstance")]
    hook_instance: Option<&'a RawValue>,
    #[serde(borrow, rename = "fhirServer")]
    fhir_server: Option<&'a RawValue>,
    #[serde(borrow, rename = "fhirAuthorization")]
    fhir_authorization: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(default = "nothing")]
    prefetch: Object<InOrder<'a, P>>,
}

fn nothing<T>() -> Object<T> {
    Object::Absent
}

impl<'a, P: Deserialize<'a>> Call<'a, P> {
    /// Reads a body, in one pass; the resources inside `context` are not looked at.
    ///
    /// # Errors
    /// A body that is not JSON, not an object, or lacks or mistypes a member that CDS Hooks requires.
    pub fn read(body: &'a [u8]) -> Result<Call<'a, P>, RequestError> {
        // UTF-8 is checked once for the whole, not for each member.
        let read = simdutf8::basic::from_utf8(body)
            .map_or_else(|_| serde_json::from_slice(body), serde_json::from_str);
        // Serde would take a list for a struct, by position.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        let raw: RawCall<'a, P> = read.map_err(|error| match error.is_data() {
            // Nothing else can be wrong with members that are kept as they are.
            true if is_object => RequestError::Repeated("body"),
            true => RequestError::NotAnObject,
            false => RequestError::NotJson { line: error.line(), column: error.column() },
        })?;
        if !is_object {
            return Err(RequestError::NotAnObject);
        }
        let authorization = match present(raw.fhir_authorization) {
            Some(raw) => Some(FhirAuthorization::read(raw)?),
            None => None,
        };
        let fhir_server = optional_text(raw.fhir_server, "fhirServer")?;
        if authorization.is_some() && fhir_server.is_none() {
            return Err(RequestError::Missing("fhirServer"));
        }
        let context = present(raw.context).ok_or(RequestError::Missing("context"))?;
        if !context.get().starts_with('{') {
            return Err(RequestError::WrongType("context"));
        }
        Ok(Call {
            hook: text(raw.hook, "hook")?,
            hook_instance: text(raw.hook_instance, "hookInstance")?,
            fhir_server,
            fhir_authorization: authorization,
            context,
            prefetch: match raw.prefetch {
                Object::Is(prefetch) if prefetch.repeats() => return Err(RequestError::Repeated("prefetch")),
                Object::Is(prefetch) => prefetch.0,
                Object::Absent => Vec::new(),
                Object::Other => return Err(RequestError::WrongType("prefetch")),
            },
        })
    }
}

impl<'a> FhirAuthorization<'a> {
    fn read(raw: &'a RawValue) -> Result<FhirAuthorization<'a>, RequestError> {
        #[derive(Deserialize)]
        struct Raw<'a> {
            #[serde(borrow)]
            access_token: Option<&'a RawValue>,
            #[serde(borrow)]
            token_type: Option<&'a RawValue>,
            #[serde(borrow)]
            patient: Option<&'a RawValue>,
        }
        let raw: Raw<'a> = object(raw, "fhirAuthorization")?;
        if let Some(kind) = optional_text(raw.token_type, "fhirAuthorization.token_type")?
            && !kind.0.eq_ignore_ascii_case("Bearer")
        {
            return Err(RequestError::Invalid {
                member: "fhirAuthorization.token_type",
                problem: "is not `Bearer`",
            });
        }
        Ok(FhirAuthorization {
            access_token: text(raw.access_token, "fhirAuthorization.access_token")?,
            patient: optional_text(raw.patient, "fhirAuthorization.patient")?,
        })
    }
}

/// A member that is there; `null` is the same as absent.
pub(super) fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// The members of an object, each still raw.
pub(super) fn object<'a, T: Deserialize<'a>>(
    raw: &'a RawValue,
    member: &'static str,
) -> Result<T, RequestError> {
    if !raw.get().starts_with('{') {
        return Err(RequestError::WrongType(member));
    }
    // Nothing else can be wrong with members that are kept as they are.
    serde_json::from_str(raw.get()).map_err(|_| RequestError::Repeated(member))
}

/// A required text that is not empty.
pub(super) fn text<'a>(raw: Option<&'a RawValue>, member: &'static str) -> Result<Text<'a>, RequestError> {
    optional_text(raw, member)?.ok_or(RequestError::Missing(member))
}

/// A text that may be absent; an empty one counts as absent.
pub(super) fn optional_text<'a>(
    raw: Option<&'a RawValue>,
    member: &'static str,
) -> Result<Option<Text<'a>>, RequestError> {
    let Some(raw) = present(raw) else { return Ok(None) };
    let text: Text<'a> = serde_json::from_str(raw.get()).map_err(|_| RequestError::WrongType(member))?;
    Ok(Some(text).filter(|text| !text.0.trim().is_empty()))
}

/// The members of a JSON object in their order, values raw; `None` where it is not an object.
#[must_use]
pub fn members<'a>(raw: &'a RawValue) -> Option<Vec<(Text<'a>, &'a RawValue)>> {
    let object: Object<InOrder<'a, &'a RawValue>> = serde_json::from_str(raw.get()).ok()?;
    object.ok().map(|members| members.0)
}

/// The members of an object in their order.
#[derive(Debug, Clone)]
struct InOrder<'a, V>(Vec<(Text<'a>, V)>);

impl<V> InOrder<'_, V> {
    /// Is a member there twice?
    fn repeats(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.0.len());
        !self.0.iter().all(|(name, _)| seen.insert(name.as_ref()))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Members<'de> for InOrder<'a, V> {
    fn of<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut in_order = Vec::new();
        while let Some(member) = members.next_entry()? {
            in_order.push(member);
        }
        Ok(InOrder(in_order))
    }
}
