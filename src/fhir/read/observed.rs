//! The members of an Observation.

use serde_json::value::RawValue;

use super::value::Value;
use super::{Period, Version, date, period};
use crate::chart::{Unusable, When};
use crate::fhir::Resource;
use crate::fhir::json::{Field, read, read_object};
use crate::fhir::resource::members;
use crate::wire::Object;

members! {
    /// An Observation, or one of its components: the members they share have the same names.
    ///
    /// Members stay raw until they are needed: most Observations are of nothing that a fact asks for.
    pub(super) struct RawObservation {
        text id: "id",
        text status: "status",
        raw code: "code",
        raw subject: "subject",
        raw effective_date_time: "effectiveDateTime",
        raw effective_instant: "effectiveInstant",
        raw effective_period: "effectivePeriod",
        raw issued: "issued",
        raw value_quantity: "valueQuantity",
        raw value_string: "valueString",
        raw value_integer: "valueInteger",
        raw value_codeable_concept: "valueCodeableConcept",
        raw value_boolean: "valueBoolean",
        raw value_range: "valueRange",
        raw value_ratio: "valueRatio",
        raw value_sampled_data: "valueSampledData",
        raw value_time: "valueTime",
        raw value_date_time: "valueDateTime",
        raw value_period: "valuePeriod",
        raw data_absent_reason: "dataAbsentReason",
        raw body_site: "bodySite",
        raw component: "component",
        raw has_member: "hasMember",
        raw modifier_extension: "modifierExtension",
    }
}

impl<'a> RawObservation<'a> {
    /// What tells two states of the same Observation apart, as it is written.
    pub(super) fn version(&self) -> Version<'a> {
        let effective = self.effective_date_time.or(self.effective_instant).or(self.effective_period);
        [effective, self.issued].map(|raw| raw.map(RawValue::get))
    }

    pub(super) fn value(&self) -> Value<'a> {
        // A reason for no value beside a value is a contradiction; the reason is believed.
        if self.data_absent_reason.is_some() {
            return Value::Nothing;
        }
        let others = [
            self.value_boolean,
            self.value_range,
            self.value_ratio,
            self.value_sampled_data,
            self.value_time,
            self.value_date_time,
            self.value_period,
        ];
        let mut values = [
            self.value_quantity.map(Value::Quantity),
            self.value_string.map(Value::Text),
            self.value_integer.map(Value::Integer),
            self.value_codeable_concept.map(Value::Concept),
            others.iter().any(Option::is_some).then_some(Value::Other),
        ]
        .into_iter()
        .flatten();
        match (values.next(), values.next()) {
            (None, _) => Value::Nothing,
            (Some(value), None) => value,
            (Some(_), Some(_)) => Value::Several,
        }
    }

    /// A panel whose results are its members or components, and whose own `value` is nothing.
    pub(super) fn is_only_panel(&self, value: Value<'_>) -> bool {
        matches!(value, Value::Nothing)
            && self.data_absent_reason.is_none()
            && (self.component.is_some() || self.has_member.is_some())
    }
}

/// When the result was true: the end of a period, because that is when it was complete.
pub(super) fn effective(observation: &RawObservation<'_>) -> Result<When, Unusable> {
    let stated =
        [observation.effective_date_time, observation.effective_instant].into_iter().flatten().next();
    let stated = stated.or_else(|| {
        let period = period(observation.effective_period);
        period.end.or(period.start)
    });
    let Some(stated) = stated else {
        let unreadable = read_object::<Period<'_>>(observation.effective_period).is_bad();
        return Err(if unreadable { Unusable::UnreadableDate } else { Unusable::NoDate });
    };
    date(Some(stated)).ok_or(Unusable::UnreadableDate)
}

/// When an Observation was true, to tell whether a page of them is in order.
pub(super) fn dated(resource: &Resource<'_>) -> Option<When> {
    effective(&RawObservation::of(resource)?).ok()
}

/// The components of an Observation, as far as they can be read.
#[derive(Default)]
pub(super) struct Components<'a> {
    pub(super) each: Vec<RawObservation<'a>>,
    /// Is there one that cannot be read?
    pub(super) unreadable: bool,
}

pub(super) fn components<'a>(observation: &RawObservation<'a>) -> Components<'a> {
    let listed: Field<Vec<Object<Resource<'a>>>> = match observation.component {
        // One that stands without its list.
        Some(one) if one.get().starts_with('{') => Field::Ok(vec![Object::Is(Resource::split(one))]),
        raw => read(raw),
    };
    let mut components = Components { unreadable: listed.is_bad(), ..Components::default() };
    for one in listed.ok().into_iter().flatten() {
        match one {
            Object::Absent => {}
            Object::Other => components.unreadable = true,
            Object::Is(one) => match RawObservation::of(&one) {
                Some(one) => components.each.push(one),
                None => components.unreadable = true,
            },
        }
    }
    components
}

/// Why a panel does not give what it holds, where it does not: a component that cannot be read, or a value of its own
/// such as `152/86`, which is no result of one fact.
pub(super) fn panel_problem(
    panel: &RawObservation<'_>,
    value: Value<'_>,
    components_bad: bool,
) -> Option<Unusable> {
    if components_bad {
        return Some(Unusable::Malformed);
    }
    match value {
        Value::Nothing => None,
        Value::Several => Some(Unusable::Malformed),
        _ => panel.component.is_none().then_some(Unusable::NotANumber),
    }
}
