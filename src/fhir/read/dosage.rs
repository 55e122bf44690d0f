//! Dosages: how much at a time and how often. What is not said clearly stays unknown.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::dosage_text;
use super::product::Ratio;
use super::route::route;
use super::value::Quantity;
use crate::chart::{Dose, Dosing, Range, Route};
use crate::fhir::concept::concept;
use crate::fhir::json::{Field, Str, is_modified, read, read_object};
use crate::fhir::plan::unit_key;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDosage<'a> {
    #[serde(borrow)]
    sequence: Option<&'a RawValue>,
    #[serde(borrow, default)]
    text: Str<'a>,
    #[serde(borrow)]
    timing: Option<&'a RawValue>,
    #[serde(borrow)]
    as_needed_boolean: Option<&'a RawValue>,
    #[serde(borrow)]
    as_needed_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    route: Option<&'a RawValue>,
    #[serde(borrow)]
    dose_and_rate: Option<&'a RawValue>,
    /// STU3 and DSTU2 have the dose here.
    #[serde(borrow)]
    dose_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    dose_range: Option<&'a RawValue>,
    #[serde(borrow)]
    max_dose_per_period: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DoseAndRate<'a> {
    #[serde(borrow)]
    dose_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    dose_range: Option<&'a RawValue>,
}

/// The dosing and the route that the instructions give together.
pub(super) fn dosing(raw: Option<&RawValue>) -> (Dosing, Option<Route>) {
    // DSTU2 and careless servers send one instruction where a list belongs.
    let instructions: Vec<RawDosage<'_>> = match raw {
        Some(one) if one.get().starts_with('{') => read(raw).ok().into_iter().collect(),
        raw => read(raw).ok().unwrap_or_default(),
    };
    let route = the_same(instructions.iter().map(|one| route(&concept(one.route).ok().unwrap_or_default())));
    let texts: Vec<&str> = instructions.iter().filter_map(|one| one.text.get()).collect();
    let text = (!texts.is_empty()).then(|| texts.join("; "));
    let mut each = instructions.iter().map(instruction);
    let dosing = match (each.next(), instructions.len()) {
        (None, _) => Dosing::default(),
        (Some(only), 1) => only,
        (Some(first), _) => {
            let at_once = the_same(instructions.iter().map(|one| Some(read::<i64>(one.sequence).ok())));
            match at_once {
                Some(_) => each.try_fold(first, both).unwrap_or_default(),
                // One after the other: no telling which step has been reached.
                None => Dosing::default(),
            }
        }
    };
    (Dosing { text, ..dosing }, route)
}

/// The one value of all; `None` where they differ or one is missing.
fn the_same<T: PartialEq>(values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let mut values = values;
    let first = values.next()??;
    values.all(|value| value.as_ref() == Some(&first)).then_some(first)
}

/// Two instructions that hold at the same time. Their sum stands as the limit per day, so that neither the larger dose
/// nor the sum of the times is overstated.
fn both(one: Dosing, other: Dosing) -> Option<Dosing> {
    let (times, more) = (one.times_per_day?, other.times_per_day?);
    let (dose, other_dose) = (one.each?, other.each?);
    let total = |dose: Dose, times: Range, limit: Option<Dose>| limit.or_else(|| per_day(dose, times));
    let sum = add(total(dose, times, one.most_per_day)?, total(other_dose, more, other.most_per_day)?)?;
    Some(Dosing {
        each: Some(widen(dose, other_dose)?),
        times_per_day: Some(Range { low: times.low + more.low, high: times.high + more.high }),
        most_per_day: Some(sum),
        as_needed: one.as_needed || other.as_needed,
        text: None,
    })
}

fn per_day(dose: Dose, times: Range) -> Option<Dose> {
    let product = |range: Range| Range { low: range.low * times.low, high: range.high * times.high };
    Some(match dose {
        Dose::Milligrams(range) => Dose::Milligrams(product(range)),
        Dose::Units(range) => Dose::Units(product(range)),
    })
}

fn pair(one: Dose, other: Dose, with: impl Fn(Range, Range) -> Range) -> Option<Dose> {
    match (one, other) {
        (Dose::Milligrams(one), Dose::Milligrams(other)) => Some(Dose::Milligrams(with(one, other))),
        (Dose::Units(one), Dose::Units(other)) => Some(Dose::Units(with(one, other))),
        _ => None,
    }
}

fn add(one: Dose, other: Dose) -> Option<Dose> {
    pair(one, other, |one, other| Range { low: one.low + other.low, high: one.high + other.high })
}

fn widen(one: Dose, other: Dose) -> Option<Dose> {
    pair(one, other, |one, other| Range { low: one.low.min(other.low), high: one.high.max(other.high) })
}

fn instruction(raw: &RawDosage<'_>) -> Dosing {
    if is_modified(raw.modifier_extension) {
        return Dosing::default();
    }
    let as_needed = match read::<bool>(raw.as_needed_boolean) {
        Field::Ok(as_needed) => as_needed,
        Field::Absent => raw.as_needed_codeable_concept.is_some(),
        // Whether it is taken only when needed decides how a frequency is meant.
        Field::Bad => return Dosing::default(),
    };
    let structured =
        [raw.dose_and_rate, raw.dose_quantity, raw.dose_range, raw.timing, raw.max_dose_per_period];
    if structured.iter().all(Option::is_none) {
        let text = raw.text.get().and_then(dosage_text::parse).unwrap_or_default();
        return Dosing { as_needed: as_needed || text.as_needed, ..text };
    }
    let times = super::timing::times_per_day(raw.timing);
    Dosing {
        each: dose(raw),
        times_per_day: times.map(|times| if as_needed { Range { low: 0.0, ..times } } else { times }),
        most_per_day: limit(raw.max_dose_per_period),
        as_needed,
        text: None,
    }
}

fn dose(raw: &RawDosage<'_>) -> Option<Dose> {
    let listed: Vec<DoseAndRate<'_>> = read(raw.dose_and_rate).ok().unwrap_or_default();
    let older = DoseAndRate { dose_quantity: raw.dose_quantity, dose_range: raw.dose_range };
    let all = listed.iter().chain([&older]);
    let said = all.filter(|dose| dose.dose_quantity.is_some() || dose.dose_range.is_some());
    the_same(said.map(|dose| match (dose.dose_quantity, dose.dose_range) {
        (Some(_), None) => amount(&read_object(dose.dose_quantity).ok()?),
        (None, Some(_)) => range(dose.dose_range),
        _ => None,
    }))
}

fn range(raw: Option<&RawValue>) -> Option<Dose> {
    #[derive(Deserialize)]
    struct RawRange<'a> {
        #[serde(borrow)]
        low: Option<Quantity<'a>>,
        #[serde(borrow)]
        high: Option<Quantity<'a>>,
    }
    let range: RawRange<'_> = read_object(raw).ok()?;
    let high = amount(&range.high?)?;
    let low = match range.low {
        Some(low) => amount(&low)?,
        None => pair(high, high, |_, _| Range::exactly(0.0))?,
    };
    pair(low, high, |low, high| Range { low: low.low, high: high.high })
}

/// `maxDosePerPeriod` as a limit per day. A limit over more than a day may be reached on one.
fn limit(raw: Option<&RawValue>) -> Option<Dose> {
    let ratio: Ratio<'_> = read_object(raw).ok()?;
    let dose = amount(&ratio.numerator?)?;
    let period = ratio.denominator?;
    let number = period.number().ok()?;
    let hours = match unit_key(period.unit()?).as_str() {
        "d" | "day" | "days" => number * 24.0,
        "h" | "hr" | "hour" | "hours" => number,
        _ => return None,
    };
    let times = 24.0 / hours;
    (hours > 0.0 && hours <= 24.0)
        .then(|| pair(dose, dose, |range, _| Range { low: range.low * times, high: range.high * times }))
        .flatten()
}

/// An amount in milligrams or in units of the product; other amounts (millilitres, puffs) are not told apart here.
pub(super) fn amount(quantity: &Quantity<'_>) -> Option<Dose> {
    let milligrams = milligrams(quantity).map(|number| Dose::Milligrams(Range::exactly(number)));
    milligrams.or_else(|| units(quantity).map(|number| Dose::Units(Range::exactly(number))))
}

pub(super) fn milligrams(quantity: &Quantity<'_>) -> Option<f64> {
    Some(plain(quantity)? * milligrams_in(&unit_key(quantity.unit()?))?)
}

pub(super) fn units(quantity: &Quantity<'_>) -> Option<f64> {
    let number = plain(quantity)?;
    is_product_unit(&unit_key(quantity.unit()?)).then_some(number)
}

fn plain(quantity: &Quantity<'_>) -> Option<f64> {
    quantity.number().ok().filter(|number| *number >= 0.0 && !quantity.has_comparator())
}

/// Milligrams in one of a unit of mass.
pub(super) fn milligrams_in(unit: &str) -> Option<f64> {
    match unit {
        "mg" | "milligram" | "milligrams" => Some(1.0),
        "g" | "gm" | "gram" | "grams" => Some(1000.0),
        "ug" | "mcg" | "microgram" | "micrograms" => Some(0.001),
        _ => None,
    }
}

/// Is it one piece of the product?
pub(super) fn is_product_unit(unit: &str) -> bool {
    let unit = unit.strip_prefix('{').and_then(|unit| unit.strip_suffix('}')).unwrap_or(unit);
    let unit = unit.strip_suffix("(s)").unwrap_or(unit);
    matches!(
        unit,
        "1" | "tbl"
            | "tab"
            | "tabs"
            | "tablet"
            | "tablets"
            | "cap"
            | "caps"
            | "capsule"
            | "capsules"
            | "pill"
            | "pills"
            | "patch"
            | "patches"
    )
}
