//! What a client or a server answered a query with: split into resources and their members in one pass, nothing read.

use serde::de::{IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Resource;
use super::json::Str;
use super::resource::is_passed_over;
use crate::wire::{List, Members, Object, Text};

/// What stands under one prefetch key, or came for one request: split, and nothing of it read.
#[derive(Debug, Clone, Default)]
pub struct Answer<'a>(pub(super) Object<Answered<'a, Object<Resource<'a>>>>);

impl<'a> Answer<'a> {
    /// Splits what was kept raw.
    #[must_use]
    pub fn split(raw: &'a RawValue) -> Answer<'a> {
        serde_json::from_str(raw.get()).unwrap_or_default()
    }

    /// Is it a JSON object?
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self.0, Object::Is(_))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Answer<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::deserialize(deserializer).map(Answer)
    }
}

/// A Bundle, or a resource that stands there bare.
#[derive(Debug, Clone)]
pub(super) struct Answered<'a, R> {
    /// `entry`; `Other` where it is there twice.
    pub(super) entry: List<Object<Entry<'a, R>>>,
    /// All other members.
    pub(super) rest: Resource<'a>,
}

impl<'de: 'a, 'a, R: Deserialize<'de>> Members<'de> for Answered<'a, R> {
    fn of<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let (mut entry, mut rest) = (None, Resource::default());
        while let Some(name) = members.next_key::<Text<'a>>()? {
            if is_passed_over(name.as_ref()) {
                members.next_value::<IgnoredAny>()?;
            } else if name.as_ref() == "entry" {
                let list = members.next_value()?;
                entry = Some(if entry.is_none() { list } else { List::Other });
            } else {
                rest.push(name, members.next_value()?);
            }
        }
        Ok(Answered { entry: entry.unwrap_or(List::Absent), rest })
    }
}

/// One entry of a Bundle.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a, R> {
    /// `fullUrl`
    pub(super) full_url: Str<'a>,
    /// `resource`
    pub(super) resource: Option<R>,
    /// `search`
    pub(super) search: Option<&'a RawValue>,
    /// Is a member there twice, so that there is no telling which is meant?
    is_ambiguous: bool,
}

impl<'de: 'a, 'a, R: Deserialize<'de>> Members<'de> for Entry<'a, R> {
    fn of<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut entry = Entry { full_url: Str::default(), resource: None, search: None, is_ambiguous: false };
        let mut seen = [false; 3];
        while let Some(name) = members.next_key::<Text<'a>>()? {
            let [url, resource, search] = &mut seen;
            let seen = match name.as_ref() {
                "fullUrl" => {
                    entry.full_url = Str::of(members.next_value()?);
                    url
                }
                "resource" => {
                    entry.resource = members.next_value()?;
                    resource
                }
                "search" => {
                    entry.search = members.next_value()?;
                    search
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            entry.is_ambiguous |= std::mem::replace(seen, true);
        }
        Ok(entry)
    }
}

/// A Bundle, or a resource that stands there bare, with the resources of its entries raw; `None` where it is no object.
pub(super) fn undivided<'a>(raw: &'a RawValue) -> Option<Answered<'a, &'a RawValue>> {
    serde_json::from_str::<Object<_>>(raw.get()).ok()?.ok()
}

/// The entry, where it is one and no member of it is there twice.
pub(super) fn readable<'a, R>(entry: Object<Entry<'a, R>>) -> Option<Entry<'a, R>> {
    entry.ok().filter(|entry| !entry.is_ambiguous)
}
