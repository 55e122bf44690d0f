//! A resource, split into its members in the pass that splits everything around it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::json::Str;
use crate::wire::{Members, Object, Text};

/// The members of a resource that a reading may go by, none of them read. Without any where something stands in its place that is no object.
#[derive(Debug, Clone, Default)]
pub struct Resource<'a> {
    kind: Option<Cow<'a, str>>,
    members: Vec<(Text<'a>, &'a RawValue)>,
}

/// Is a member with this name one of those that no reading goes by? They are passed over at once, and are half of what
/// servers send.
macro_rules! passed_over {
    ($($name:literal),+ $(,)?) => {
        pub(super) fn is_passed_over(name: &str) -> bool {
            matches!(name, $($name)|+)
        }

        #[cfg(test)]
        const PASSED_OVER: &[&str] = &[$($name),+];
    };
}

passed_over![
    "category",
    "encounter",
    "extension",
    "identifier",
    "interpretation",
    "meta",
    "performer",
    "recorder",
    "referenceRange",
    "text",
];

/// Few resources have more other members.
const MEMBERS: usize = 8;

impl<'a> Resource<'a> {
    /// Splits a resource; one that is no JSON object has no members.
    #[must_use]
    pub fn split(raw: &'a RawValue) -> Resource<'a> {
        serde_json::from_str::<Object<Resource<'a>>>(raw.get()).ok().and_then(Object::ok).unwrap_or_default()
    }

    /// `resourceType`; `None` where there is none, or no telling which.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The members in their order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.members.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    /// The first member with this name.
    pub(super) fn member(&self, name: &str) -> Option<&'a RawValue> {
        self.members().find(|(member, _)| *member == name).map(|(_, raw)| raw)
    }

    /// Reads the resource as a struct of its members; `None` where it names one of them twice.
    pub(super) fn read<T: Deserialize<'a>>(&self) -> Option<T> {
        T::deserialize(MapDeserializer::<_, serde_json::Error>::new(self.members())).ok()
    }

    /// Adds a member, as it stands in the text.
    pub(super) fn push(&mut self, name: Text<'a>, raw: &'a RawValue) {
        if self.members.is_empty() {
            self.members.reserve(MEMBERS);
        }
        if name.as_ref() == "resourceType" {
            let is_first = self.member("resourceType").is_none();
            self.kind = Str::of(raw).0.ok().filter(|_| is_first);
        }
        self.members.push((name, raw));
    }
}

/// A struct of the members of a resource that a reading goes by: `text` is read, `raw` is kept. `of` makes it of a
/// resource, and of nothing where one of them is there twice.
///
/// [`Resource::read`] does the same for any struct and passes over each member once more, which tells where there are
/// hundreds of resources.
macro_rules! members {
    (
        $(#[$about:meta])*
        $visible:vis struct $name:ident {
            $($(#[$member:meta])* $kind:ident $field:ident: $json:literal,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Default)]
        $visible struct $name<'a> {
            $($(#[$member])* $visible $field: crate::fhir::resource::members!(@type $kind),)*
        }

        impl<'a> $name<'a> {
            $visible fn of(resource: &crate::fhir::Resource<'a>) -> Option<$name<'a>> {
                let mut found = $name::default();
                for (name, raw) in resource.members() {
                    match name {
                        $($json => {
                            if !crate::fhir::resource::members!(@unset $kind found.$field) {
                                return None;
                            }
                            found.$field = crate::fhir::resource::members!(@read $kind raw);
                        })*
                        _ => {}
                    }
                }
                Some(found)
            }
        }
    };
    (@type text) => { crate::fhir::json::Str<'a> };
    (@type raw) => { Option<&'a serde_json::value::RawValue> };
    (@unset text $field:expr) => { $field.0.is_absent() };
    (@unset raw $field:expr) => { $field.is_none() };
    (@read text $raw:expr) => { crate::fhir::json::Str::of($raw) };
    (@read raw $raw:expr) => { Some($raw).filter(|raw| raw.get() != "null") };
}
pub(super) use members;

impl<'de: 'a, 'a> Members<'de> for Resource<'a> {
    fn of<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut resource = Resource::default();
        while let Some(name) = members.next_key::<Text<'a>>()? {
            if is_passed_over(name.as_ref()) {
                members.next_value::<IgnoredAny>()?;
            } else {
                resource.push(name, members.next_value()?);
            }
        }
        Ok(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_read_nowhere() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fhir/read");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let sources: Vec<String> = files.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        // `text` is a member of much inside resources.
        for name in PASSED_OVER.iter().filter(|name| **name != "text") {
            let field = name.replace('R', "_r");
            for read in [format!("\"{name}\""), format!(" {field}: Option<&"), format!(" {field}: Str<")] {
                assert!(!sources.iter().any(|source| source.contains(&read)), "{read} is passed over");
            }
        }
        assert!(sources.iter().any(|source| source.contains("\"bodySite\"")), "the sources are found");
    }

    #[test]
    fn the_type_may_stand_anywhere_and_only_once() {
        for (json, kind, members) in [
            (r#"{"resourceType":"Patient","id":"1"}"#, Some("Patient"), 2),
            (r#"{ "resourceType" : "Patient" }"#, Some("Patient"), 1),
            (r#"{"id":"1","resourceType":"Patient"}"#, Some("Patient"), 2),
            (r#"{"resourceType":"Pati\u0065nt"}"#, Some("Patient"), 1),
            (r#"{"resourceType":"Patient","resourceType":"Group"}"#, None, 2),
            (r#"{"resourceType":7}"#, None, 1),
            (r#"[{"resourceType":"Patient"}]"#, None, 0),
            ("{}", None, 0),
            (r#""Patient""#, None, 0),
            ("null", None, 0),
        ] {
            let resource = Resource::split(serde_json::from_str(json).unwrap());
            assert_eq!((resource.kind(), resource.members().count()), (kind, members), "{json}");
        }
    }
}
