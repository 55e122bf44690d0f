//! The members of an Observation.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::value::Value;
use super::{Period, date, period};
use crate::chart::{Unusable, When};
use crate::fhir::json::{Str, read_object, resource};

/// An Observation, or one of its components: the members they share have the same names.
///
/// Members stay raw until they are needed, so that an Observation that no fact asks for costs one scan.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawObservation<'a> {
    #[serde(borrow, default)]
    pub(super) id: Str<'a>,
    #[serde(borrow, default)]
    pub(super) status: Str<'a>,
    #[serde(borrow)]
    pub(super) code: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) subject: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) effective_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) effective_instant: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) effective_period: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) issued: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_string: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_integer: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_boolean: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_range: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_ratio: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_sampled_data: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) value_period: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) data_absent_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) body_site: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) component: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) has_member: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) modifier_extension: Option<&'a RawValue>,
}

impl<'a> RawObservation<'a> {
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

    /// A panel whose results are its members or components, and that has no value of its own.
    pub(super) fn is_only_panel(&self) -> bool {
        matches!(self.value(), Value::Nothing)
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
pub(super) fn dated(raw: &RawValue) -> Option<When> {
    effective(&resource::<RawObservation<'_>>(raw)?).ok()
}
