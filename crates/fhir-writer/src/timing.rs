//! `dateTime`, `Period` and `Timing`.

use std::num::NonZeroU32;

use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::{
    WriteError,
    quantity::{Quantity, TimeUnit, duration, positive},
};

/// A stretch of time (`Period`). Without start and end it counts as absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period<'a> {
    /// `Period.start`: a FHIR dateTime.
    pub start: Option<&'a str>,
    /// `Period.end`: a FHIR dateTime, included.
    pub end: Option<&'a str>,
}

/// How long each occurrence lasts (`Timing.repeat.duration`, `durationMax`, `durationUnit`).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SessionLength {
    /// At least this long, in `unit`.
    pub min: f64,
    /// At most this long, in `unit`.
    pub max: Option<f64>,
    /// The unit of both.
    pub unit: TimeUnit,
}

/// How often something is done (`Timing.repeat`): `frequency` times every `period`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timing {
    /// `frequency`: times in each period, at least one.
    pub frequency: u32,
    /// `frequencyMax`: up to so many times in each period.
    pub frequency_max: Option<u32>,
    /// `period`, in `period_unit`.
    pub period: f64,
    /// `periodMax`, in `period_unit`.
    pub period_max: Option<f64>,
    /// `periodUnit`.
    pub period_unit: TimeUnit,
    /// `duration`, `durationMax` and `durationUnit`: the length of each session.
    pub duration: Option<SessionLength>,
    /// `boundsDuration`: the length of the whole course, such as 12 weeks.
    pub bounds_duration: Option<(f64, TimeUnit)>,
    /// `count`: how many times in all.
    pub count: Option<u32>,
}

/// A FHIR dateTime, as it was given.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(crate) struct DateTime<'a> {
    text: &'a str,
    #[serde(skip)]
    instant: Option<OffsetDateTime>,
}

impl<'a> DateTime<'a> {
    fn day(&self) -> &'a str {
        self.text.split_once('T').map_or(self.text, |(day, _)| day)
    }

    /// Is it later than `other`, as far as both are written?
    fn is_after(&self, other: &DateTime<'_>) -> bool {
        if let (Some(one), Some(other)) = (self.instant, other.instant) {
            return one > other;
        }
        let both = self.day().len().min(other.day().len());
        self.day().get(..both) > other.day().get(..both)
    }
}

/// A FHIR dateTime.
pub(crate) fn date_time<'a>(text: &'a str, element: &'static str) -> Result<DateTime<'a>, WriteError> {
    let none = |_| WriteError::Date { element };
    let day = text.split_once('T').map_or(text, |(day, _)| day);
    let has_clock = day.len() < text.len();
    // What is not written may be anything that makes a whole date.
    let whole = match day.len() {
        4 if !has_clock => format!("{day}-01-01"),
        7 if !has_clock => format!("{day}-01"),
        10 => day.to_owned(),
        _ => return Err(WriteError::Date { element }),
    };
    if !day.starts_with(|first: char| first.is_ascii_digit()) || day.starts_with("0000") {
        return Err(WriteError::Date { element });
    }
    Date::parse(&whole, format_description!("[year]-[month]-[day]")).map_err(none)?;
    let instant = has_clock.then(|| OffsetDateTime::parse(text, &Rfc3339)).transpose().map_err(none)?;
    Ok(DateTime { text, instant })
}

/// An optional FHIR dateTime.
pub(crate) fn optional_date_time<'a>(
    text: Option<&'a str>,
    element: &'static str,
) -> Result<Option<DateTime<'a>>, WriteError> {
    text.map(|text| date_time(text, element)).transpose()
}

/// A `Period` that runs forwards.
#[derive(Serialize)]
pub(crate) struct CheckedPeriod<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<DateTime<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<DateTime<'a>>,
}

/// `Period`, or nothing if it has neither start nor end.
pub(crate) fn period<'a>(
    period: Option<Period<'a>>,
    element: &'static str,
) -> Result<Option<CheckedPeriod<'a>>, WriteError> {
    let Some(Period { start, end }) = period.filter(|period| period.start.or(period.end).is_some()) else {
        return Ok(None);
    };
    let (start, end) = (optional_date_time(start, element)?, optional_date_time(end, element)?);
    if start.zip(end).is_some_and(|(start, end)| start.is_after(&end)) {
        return Err(WriteError::Reversed { element });
    }
    Ok(Some(CheckedPeriod { start, end }))
}

/// A FHIR positiveInt.
fn count(value: u32, element: &'static str) -> Result<NonZeroU32, WriteError> {
    // The type ends at 2^31 - 1.
    NonZeroU32::new(value)
        .filter(|value| value.get() <= i32::MAX.unsigned_abs())
        .ok_or(WriteError::Number { element })
}

/// A maximum in JSON, not below its minimum.
fn maximum(value: Option<f64>, minimum: f64, element: &'static str) -> Result<Option<f64>, WriteError> {
    let Some(value) = value else { return Ok(None) };
    if value < minimum { Err(WriteError::Number { element }) } else { positive(value, element).map(Some) }
}

/// A `Timing` whose numbers can be followed.
#[derive(Serialize)]
pub(crate) struct CheckedTiming {
    repeat: Repeat,
}

/// `Timing.repeat`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Repeat {
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds_duration: Option<Quantity<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_unit: Option<&'static str>,
    frequency: NonZeroU32,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_max: Option<NonZeroU32>,
    period: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_max: Option<f64>,
    period_unit: &'static str,
}

/// `Timing`, with everything in `repeat`.
pub(crate) fn timing(timing: &Timing) -> Result<CheckedTiming, WriteError> {
    let period = positive(timing.period, "Timing.repeat.period")?;
    let frequency_max = match timing.frequency_max {
        Some(most) if most < timing.frequency => {
            return Err(WriteError::Number { element: "Timing.repeat.frequencyMax" });
        }
        most => most.map(|most| count(most, "Timing.repeat.frequencyMax")).transpose()?,
    };
    let session = timing.duration;
    let least = session.map(|session| positive(session.min, "Timing.repeat.duration")).transpose()?;
    let most =
        session.zip(least).map(|(session, least)| maximum(session.max, least, "Timing.repeat.durationMax"));
    let bounds = timing.bounds_duration;
    let repeat = Repeat {
        bounds_duration: bounds
            .map(|(value, unit)| duration(value, unit, "Timing.repeat.boundsDuration"))
            .transpose()?,
        count: timing.count.map(|times| count(times, "Timing.repeat.count")).transpose()?,
        duration: least,
        duration_max: most.transpose()?.flatten(),
        duration_unit: session.map(|session| session.unit.code()),
        frequency: count(timing.frequency, "Timing.repeat.frequency")?,
        frequency_max,
        period,
        period_max: maximum(timing.period_max, period, "Timing.repeat.periodMax")?,
        period_unit: timing.period_unit.code(),
    };
    Ok(CheckedTiming { repeat })
}
