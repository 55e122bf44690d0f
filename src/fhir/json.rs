//! Reading JSON member by member: what is absent, what is readable, and what is there but unreadable.
//!
//! Nothing here goes through `serde_json::Value`, `flatten` or `untagged`: those lose the difference between absent
//! and unreadable, which for a laboratory result is the difference between "not measured" and "not understood".

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

use crate::wire::{lists_are, objects_are, scalars_are};

/// A member of a resource. `null` is the same as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Field<T> {
    /// Not there.
    #[default]
    Absent,
    /// There, and of the expected type.
    Ok(T),
    /// There, and of another type.
    Bad,
}

impl<T> Field<T> {
    pub(super) fn ok(self) -> Option<T> {
        match self {
            Field::Ok(value) => Some(value),
            Field::Absent | Field::Bad => None,
        }
    }

    pub(super) fn as_ref(&self) -> Field<&T> {
        match self {
            Field::Absent => Field::Absent,
            Field::Ok(value) => Field::Ok(value),
            Field::Bad => Field::Bad,
        }
    }

    pub(super) fn is_bad(&self) -> bool {
        matches!(self, Field::Bad)
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Field::Absent)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<&'de RawValue>::deserialize(deserializer).map(read)
    }
}

/// A JSON text, borrowed from the body unless it holds an escape. Anything else that is not `null` is bad.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Str<'a>(pub(super) Field<Cow<'a, str>>);

impl<'a> Str<'a> {
    /// Reads a member that was kept raw.
    pub(super) fn of(raw: &'a RawValue) -> Str<'a> {
        // A text without escapes is what stands between its quotes.
        let plain = raw.get().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match plain {
            Some(text) if !text.contains('\\') => Str(Field::Ok(Cow::Borrowed(text))),
            _ => serde_json::from_str(raw.get()).unwrap_or(Str(Field::Bad)),
        }
    }

    /// The text without blanks around it; `None` where there is none, or only blanks.
    pub(super) fn get(&self) -> Option<&str> {
        match &self.0 {
            Field::Ok(text) => match text.as_bytes() {
                // Nearly all: nothing to trim, which the bytes at both ends tell.
                [b'!'..=b'~', .., b'!'..=b'~'] => Some(text),
                _ => Some(text.trim()).filter(|text| !text.is_empty()),
            },
            Field::Absent | Field::Bad => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Field::Ok(Cow::Borrowed(text))))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Field::Ok(Cow::Owned(text.to_owned()))))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Str(Field::Absent))
            }

            scalars_are!(Str(Field::Bad));
            lists_are!(Str(Field::Bad));
            objects_are!(Str(Field::Bad));
        }
        deserializer.deserialize_any(Texts)
    }
}

/// Reads one member that was kept raw.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Field<T> {
    match raw.map(RawValue::get) {
        None | Some("null") => Field::Absent,
        Some(json) => serde_json::from_str(json).map_or(Field::Bad, Field::Ok),
    }
}

/// Reads one member that must be a JSON object: serde would take an array for a struct, by position.
pub(super) fn read_object<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Field<T> {
    match raw {
        Some(raw) if !raw.get().starts_with('{') && raw.get() != "null" => Field::Bad,
        raw => read(raw),
    }
}

/// A resource as a struct of its members; `None` where it is no JSON object or names a member twice.
pub(super) fn resource<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    read_object(Some(raw)).ok()
}

/// Does a `modifierExtension` say anything?
pub(super) fn is_modified(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| !matches!(raw.get(), "null" | "[]" | "{}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn absent_readable_and_unreadable_are_three_things() {
        assert_eq!(read::<f64>(None), Field::Absent);
        assert_eq!(read::<f64>(Some(raw("null"))), Field::Absent);
        assert_eq!(read::<f64>(Some(raw("6.5"))), Field::Ok(6.5));
        assert_eq!(read::<f64>(Some(raw("\"6.5\""))), Field::Bad);
        for json in ["1", "-1", "1.5", "true", "[[[1]]]", "{\"a\":{}}"] {
            assert_eq!(read::<Str<'_>>(Some(raw(json))), Field::Ok(Str(Field::Bad)), "{json}");
        }
        assert_eq!(read::<Str<'_>>(Some(raw(r#""a\u0062""#))).ok().unwrap().get(), Some("ab"));
    }
}
