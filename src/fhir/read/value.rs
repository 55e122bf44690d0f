//! Values of results: numbers with a unit, bounds, and texts that hold a number.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::chart::{Bounded, Comparator, Unusable};
use crate::fhir::json::{Field, Str, read, read_object};
use crate::fhir::plan::{MeasurementPlan, UnitConversion, unit_key};

/// What `value[x]` holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    /// Nothing, or a reason why there is nothing.
    Nothing,
    Quantity(&'a RawValue),
    Text(&'a RawValue),
    Integer(&'a RawValue),
    Concept(&'a RawValue),
    /// A kind that no fact is read from.
    Other,
    /// More than one kind at once, which FHIR does not allow: no telling which is meant.
    Several,
}

/// A FHIR Quantity.
#[derive(Debug, Deserialize)]
pub(super) struct Quantity<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    comparator: Str<'a>,
    #[serde(borrow, default)]
    unit: Str<'a>,
    #[serde(borrow, default)]
    system: Str<'a>,
    #[serde(borrow, default)]
    code: Str<'a>,
}

impl Quantity<'_> {
    pub(super) fn number(&self) -> Field<f64> {
        read(self.value)
    }

    pub(super) fn has_comparator(&self) -> bool {
        !self.comparator.0.is_absent()
    }

    /// How the unit is spelled: a UCUM code is binding, a text only where there is none.
    pub(super) fn unit(&self) -> Option<&str> {
        let is_ucum = self.system.get().is_some_and(|system| {
            matches!(
                system.trim_end_matches('/'),
                "http://unitsofmeasure.org" | "https://unitsofmeasure.org" | "urn:oid:2.16.840.1.113883.6.8"
            )
        });
        let code = self.code.get();
        if is_ucum && code.is_some() { code } else { self.unit.get().or(code) }
    }

    fn shown_unit(&self) -> &str {
        self.unit.get().or(self.code.get()).unwrap_or_default()
    }

    fn comparator(&self) -> Result<Comparator, Unusable> {
        match &self.comparator.0 {
            Field::Absent => Ok(Comparator::Exactly),
            Field::Ok(sign) => comparator(sign.trim()).ok_or(Unusable::Malformed),
            Field::Bad => Err(Unusable::Malformed),
        }
    }
}

/// A value in the unit of its fact.
#[derive(Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: Bounded,
    pub(super) converted_from: Option<String>,
}

/// The number of a result, in the unit of the fact.
pub(super) fn number(value: Value<'_>, plan: &MeasurementPlan) -> Result<Number, Unusable> {
    match value {
        Value::Nothing => Err(Unusable::NoValue),
        Value::Quantity(raw) => {
            let quantity: Quantity<'_> = read_object(Some(raw)).ok().ok_or(Unusable::Malformed)?;
            let number = match quantity.number() {
                Field::Ok(number) => number,
                Field::Absent => return Err(Unusable::NoValue),
                Field::Bad => return Err(Unusable::Malformed),
            };
            if [&quantity.unit, &quantity.system, &quantity.code].iter().any(|text| text.0.is_bad()) {
                return Err(Unusable::Malformed);
            }
            let bound = Bounded { number, comparator: quantity.comparator()? };
            let unit = quantity.unit().unwrap_or_default();
            let conversion = conversion(unit, plan).ok_or(if unit.is_empty() {
                Unusable::NoUnit
            } else {
                Unusable::UnknownUnit
            })?;
            converted(bound, quantity.shown_unit(), conversion, plan)
        }
        Value::Integer(raw) => {
            let number = read::<i64>(Some(raw)).ok().ok_or(Unusable::Malformed)?;
            #[expect(clippy::cast_precision_loss, reason = "results are far below 2^52")]
            let number = Bounded::exactly(number as f64);
            converted(number, "", conversion("", plan).ok_or(Unusable::NoUnit)?, plan)
        }
        Value::Text(raw) => {
            let text = read::<Str<'_>>(Some(raw)).ok().ok_or(Unusable::Malformed)?;
            match &text.0 {
                Field::Ok(text) => in_text(text, plan),
                _ => Err(Unusable::Malformed),
            }
        }
        Value::Concept(_) | Value::Other => Err(Unusable::NotANumber),
        Value::Several => Err(Unusable::Malformed),
    }
}

/// Reads `>60`, `4.0`, `15.0 g/L`, `1,4`. Anything that is more than a number and a unit is not a number.
fn in_text(text: &str, plan: &MeasurementPlan) -> Result<Number, Unusable> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Unusable::NoValue);
    }
    let signs = text.bytes().take_while(|byte| matches!(byte, b'<' | b'>' | b'=')).count();
    let (sign, rest) = text.split_at(signs);
    let comparator =
        if sign.is_empty() { Comparator::Exactly } else { comparator(sign).ok_or(Unusable::NotANumber)? };
    let rest = rest.trim_start();
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let after = rest.get(whole..).unwrap_or_default();
    let decimals = match after.strip_prefix(['.', ',']) {
        Some(decimals) => digits(decimals),
        None => 0,
    };
    // "1,234" is 1234 to some and 1.234 to others.
    if whole == 0 || (after.starts_with(',') && decimals == 3) {
        return Err(Unusable::NotANumber);
    }
    let length = if decimals == 0 { whole } else { whole + 1 + decimals };
    let (number, unit) = rest.split_at(length);
    let number: f64 = number.replace(',', ".").parse().map_err(|_| Unusable::NotANumber)?;
    let unit = unit.trim();
    let conversion = match conversion(unit, plan) {
        Some(conversion) => conversion,
        None if unit.is_empty() => return Err(Unusable::NoUnit),
        // A flag ("1.40 H") or a remark is no unit; what is written like one is a unit that is not known.
        None if unit.contains(['/', '%']) && !unit.contains(char::is_whitespace) => {
            return Err(Unusable::UnknownUnit);
        }
        None => return Err(Unusable::NotANumber),
    };
    converted(Bounded { number, comparator }, unit, conversion, plan)
}

fn comparator(sign: &str) -> Option<Comparator> {
    match sign {
        "<" => Some(Comparator::Below),
        "<=" => Some(Comparator::AtMost),
        ">=" => Some(Comparator::AtLeast),
        ">" => Some(Comparator::Above),
        _ => None,
    }
}

fn conversion<'p>(unit: &str, plan: &'p MeasurementPlan) -> Option<&'p UnitConversion> {
    plan.units.get(unit).or_else(|| plan.units.get(unit_key(unit).as_str()))
}

/// The number in the unit of the fact. Factors are positive, so that a bound stays a bound on the same side.
fn converted(
    reported: Bounded,
    unit: &str,
    conversion: &UnitConversion,
    plan: &MeasurementPlan,
) -> Result<Number, Unusable> {
    let value = Bounded { number: conversion.apply(reported.number), comparator: reported.comparator };
    let (least, most) = plan.plausible;
    if !(least..=most).contains(&value.number) {
        return Err(Unusable::Implausible);
    }
    let is_same = conversion.multiply == 1.0 && conversion.add == 0.0;
    let lacks_unit = unit.is_empty() && !plan.unitless;
    let unit = if lacks_unit { "without a unit" } else { unit };
    let converted_from = (lacks_unit || !is_same).then(|| {
        let text = format!("{}{} {unit}", reported.comparator, reported.number);
        text.trim_end().to_owned()
    });
    Ok(Number { value, converted_from })
}
