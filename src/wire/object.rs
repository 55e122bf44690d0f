//! JSON in which something else may stand where an object or a list is expected, told apart in one pass.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// What a JSON value that is no object, no list, no text and no `null` counts as.
macro_rules! scalars_are {
    ($other:expr) => {
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($other)
        }

        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($other)
        }

        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($other)
        }

        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
}
/// What a JSON list counts as, once it was passed over.
macro_rules! lists_are {
    ($other:expr) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
}
/// What a JSON object counts as, once it was passed over.
macro_rules! objects_are {
    ($other:expr) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
}
pub(crate) use {lists_are, objects_are, scalars_are};

/// What is made of the members of an object.
pub trait Members<'de>: Sized {
    /// Reads all members.
    ///
    /// # Errors
    /// Only where the text is no JSON: whatever is wrong with a member must not cost what stands beside the object.
    fn of<A: MapAccess<'de>>(members: A) -> Result<Self, A::Error>;
}

/// What stands where an object is expected.
#[derive(Debug, Clone, Default)]
pub enum Object<T> {
    /// Nothing, or `null`.
    #[default]
    Absent,
    /// An object.
    Is(T),
    /// A text, a number, a list.
    Other,
}

impl<T> Object<T> {
    /// The object, where there is one.
    pub fn ok(self) -> Option<T> {
        match self {
            Object::Is(object) => Some(object),
            Object::Absent | Object::Other => None,
        }
    }
}

impl<'de, T: Members<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Objects<T>(PhantomData<T>);
        impl<'de, T: Members<'de>> Visitor<'de> for Objects<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::of(map).map(Object::Is)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Object::Absent)
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Object::Other)
            }

            scalars_are!(Object::Other);
            lists_are!(Object::Other);
        }
        deserializer.deserialize_any(Objects(PhantomData))
    }
}

/// What stands where a list is expected.
#[derive(Debug, Clone, Default)]
pub enum List<T> {
    /// Nothing, or `null`.
    #[default]
    Absent,
    /// A list.
    Is(Vec<T>),
    /// A text, a number, an object.
    Other,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lists<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Lists<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = seq.next_element()? {
                    list.push(element);
                }
                Ok(List::Is(list))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(List::Absent)
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(List::Other)
            }

            scalars_are!(List::Other);
            objects_are!(List::Other);
        }
        deserializer.deserialize_any(Lists(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use serde_json::value::RawValue;

    use super::*;

    struct Count(usize);

    impl<'de> Members<'de> for Count {
        fn of<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
            let mut count = 0;
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(Count(count))
        }
    }

    #[test]
    fn whatever_stands_there_costs_nothing_beside_it() {
        for (json, count, length) in [
            (r#"{"a":1,"a":{"b":[]}}"#, "2", "other"),
            ("{}", "0", "other"),
            ("null", "absent", "absent"),
            ("[{},[1]]", "other", "2"),
            (r#""text""#, "other", "other"),
            (r#""\u0041""#, "other", "other"),
            ("true", "other", "other"),
            ("-1", "other", "other"),
            ("1", "other", "other"),
            ("1.5", "other", "other"),
        ] {
            let text = format!("[{json},7]");
            let (object, beside): (Object<Count>, u8) = serde_json::from_str(&text).unwrap();
            let said = match object {
                Object::Absent => "absent".to_owned(),
                Object::Is(Count(count)) => count.to_string(),
                Object::Other => "other".to_owned(),
            };
            assert_eq!((said.as_str(), beside), (count, 7), "{json}");
            let (list, beside): (List<&RawValue>, u8) = serde_json::from_str(&text).unwrap();
            let said = match list {
                List::Absent => "absent".to_owned(),
                List::Is(list) => list.len().to_string(),
                List::Other => "other".to_owned(),
            };
            assert_eq!((said.as_str(), beside), (length, 7), "{json}");
        }
        assert!(serde_json::from_str::<Object<Count>>(r#"{"a":}"#).is_err());
    }
}
