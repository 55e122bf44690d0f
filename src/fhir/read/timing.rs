//! Timing: how often in a day.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::chart::Range;
use crate::fhir::concept::{Coding, concept};
use crate::fhir::json::{Field, Str, is_modified, read, read_object};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timing<'a> {
    #[serde(borrow)]
    repeat: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repeat<'a> {
    #[serde(borrow)]
    count: Option<&'a RawValue>,
    #[serde(borrow)]
    frequency: Option<&'a RawValue>,
    #[serde(borrow)]
    frequency_max: Option<&'a RawValue>,
    #[serde(borrow)]
    period: Option<&'a RawValue>,
    #[serde(borrow)]
    period_max: Option<&'a RawValue>,
    #[serde(borrow, default)]
    period_unit: Str<'a>,
    #[serde(borrow)]
    day_of_week: Option<&'a RawValue>,
    #[serde(borrow)]
    time_of_day: Option<&'a RawValue>,
    #[serde(borrow)]
    when: Option<&'a RawValue>,
}

/// Times per day; `None` where they are not said, or said in two ways that differ.
pub(super) fn times_per_day(raw: Option<&RawValue>) -> Option<Range> {
    let timing: Timing<'_> = read_object(raw).ok()?;
    if is_modified(timing.modifier_extension) {
        return None;
    }
    let code = match concept(timing.code) {
        Field::Absent => None,
        Field::Ok(code) => {
            let codes = code.coding.iter().filter_map(Coding::code).chain(code.words());
            codes.filter_map(coded).next()
        }
        Field::Bad => return None,
    };
    let repeat = match read_object::<Repeat<'_>>(timing.repeat) {
        Field::Absent => return code.map(Range::exactly),
        Field::Ok(repeat) => repeat,
        Field::Bad => return None,
    };
    match (repeated(&repeat)?, code) {
        (Some(times), Some(code)) => (times.low <= code && code <= times.high).then_some(times),
        (Some(times), None) => Some(times),
        (None, code) => code.map(Range::exactly),
    }
}

/// `repeat`: `None` where it cannot be understood, `Some(None)` where it says nothing of the frequency.
fn repeated(repeat: &Repeat<'_>) -> Option<Option<Range>> {
    let (frequency, most) = (number(repeat.frequency)?, number(repeat.frequency_max)?);
    let (period, longest) = (number(repeat.period)?, number(repeat.period_max)?);
    let moments = [repeat.time_of_day, repeat.when].into_iter().map(list).sum::<Option<usize>>()?;
    if frequency.is_none() && most.is_none() && period.is_none() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of moments in a day")]
        let times = (moments > 0).then(|| Range::exactly(moments as f64));
        // A single dose is one in a day.
        let once = || (number(repeat.count) == Some(Some(1.0))).then(|| Range::exactly(1.0));
        return Some(times.or_else(once));
    }
    let days = match repeat.period_unit.get()? {
        "h" => 1.0 / 24.0,
        "d" => 1.0,
        "wk" => 7.0,
        "mo" => 30.0,
        _ => return None,
    };
    let period = period? * days;
    let longest = longest.map_or(period, |longest| longest * days);
    // FHIR: without a frequency it is once per period, unless moments in it are named.
    #[expect(clippy::cast_precision_loss, reason = "a handful of moments in a day")]
    let frequency = frequency.unwrap_or(if moments > 0 { moments as f64 } else { 1.0 });
    let most = most.unwrap_or(frequency);
    if !(period > 0.0 && longest >= period && frequency > 0.0 && most >= frequency) {
        return None;
    }
    let mut times = Range { low: frequency / longest, high: most / period };
    let days_of_week = list(repeat.day_of_week)?;
    if days_of_week > 0 && days <= 1.0 {
        // Only on some days: on average less, on those days all of it.
        #[expect(clippy::cast_precision_loss, reason = "at most seven days")]
        let share = (days_of_week as f64 / 7.0).min(1.0);
        times.low *= share;
    }
    Some(Some(times))
}

/// `None` where it is there and no number.
fn number(raw: Option<&RawValue>) -> Option<Option<f64>> {
    match read::<f64>(raw) {
        Field::Absent => Some(None),
        Field::Ok(number) => Some(Some(number)),
        Field::Bad => None,
    }
}

fn list(raw: Option<&RawValue>) -> Option<usize> {
    match read::<Vec<Str<'_>>>(raw) {
        Field::Absent => Some(0),
        Field::Ok(items) => Some(items.len()),
        Field::Bad => None,
    }
}

/// HL7's abbreviations, and those that everybody writes.
pub(super) fn coded(code: &str) -> Option<f64> {
    let code = code.trim().to_ascii_uppercase();
    match code.as_str() {
        "QD" | "DAILY" | "AM" | "PM" | "BED" | "HS" | "QHS" | "QAM" | "QPM" => Some(1.0),
        "BID" => Some(2.0),
        "TID" => Some(3.0),
        "QID" => Some(4.0),
        "QOD" => Some(0.5),
        "WK" => Some(1.0 / 7.0),
        "MO" => Some(1.0 / 30.0),
        code => {
            let hours: u8 = code.strip_prefix('Q')?.strip_suffix('H')?.parse().ok()?;
            (1..=24).contains(&hours).then(|| 24.0 / f64::from(hours))
        }
    }
}
