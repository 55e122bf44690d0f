//! Numbers with units.

use serde::Serialize;

use crate::WriteError;

/// The unit system of every coded unit written here.
const UCUM: &str = "http://unitsofmeasure.org";

/// A unit of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// UCUM `min`.
    Minute,
    /// UCUM `h`.
    Hour,
    /// UCUM `d`.
    #[default]
    Day,
    /// UCUM `wk`.
    Week,
    /// UCUM `mo`.
    Month,
    /// UCUM `a`.
    Year,
}

impl TimeUnit {
    /// The UCUM code, which is also the code of the FHIR value set `units-of-time`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week => "wk",
            Self::Month => "mo",
            Self::Year => "a",
        }
    }

    /// The word a reader sees after the number one, and after any other number.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Minute => ("minute", "minutes"),
            Self::Hour => ("hour", "hours"),
            Self::Day => ("day", "days"),
            Self::Week => ("week", "weeks"),
            Self::Month => ("month", "months"),
            Self::Year => ("year", "years"),
        }
    }
}

/// A finite number above zero. Anything else would become `null` in JSON, or say nothing a clinician could follow.
pub(crate) fn positive(value: f64, element: &'static str) -> Result<f64, WriteError> {
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(WriteError::Number { element }) }
}

/// `Quantity`, or a `Duration`, which has the same members.
#[derive(Serialize)]
pub(crate) struct Quantity<'a> {
    value: f64,
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// `Ratio`.
#[derive(Serialize)]
pub(crate) struct Ratio<'a> {
    numerator: Quantity<'a>,
    denominator: Quantity<'a>,
}

/// A quantity whose unit has a code where UCUM knows it.
fn quantity<'a>(value: f64, unit: &'a str, code: Option<&'static str>) -> Quantity<'a> {
    Quantity { value, unit, system: code.map(|_| UCUM), code }
}

/// A `Duration`: `value` in `unit`.
pub(crate) fn duration(
    value: f64,
    unit: TimeUnit,
    element: &'static str,
) -> Result<Quantity<'static>, WriteError> {
    let value = positive(value, element)?;
    let (one, many) = unit.words();
    Ok(quantity(value, if value == 1.0 { one } else { many }, Some(unit.code())))
}

/// The UCUM code of a unit of dose. Units that are not measures, such as `tablet`, have none.
fn dose_code(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "kg" => "kg",
        "g" => "g",
        "mg" => "mg",
        "ug" | "mcg" | "µg" => "ug",
        "L" => "L",
        "mL" => "mL",
        "mmol" => "mmol",
        "[iU]" | "IU" => "[iU]",
        _ => return None,
    })
}

/// A dose, such as 100 mg or 2 tablets, as a simple `Quantity`; coded where UCUM knows the unit.
pub(crate) fn dose<'a>(value: f64, unit: &'a str, element: &'static str) -> Result<Quantity<'a>, WriteError> {
    Ok(quantity(positive(value, element)?, crate::text::required(unit, element)?, dose_code(unit)))
}

/// A dose for each day, as a `Ratio`.
pub(crate) fn dose_per_day<'a>(
    value: f64,
    unit: &'a str,
    element: &'static str,
) -> Result<Ratio<'a>, WriteError> {
    let day = quantity(1.0, "day", Some(TimeUnit::Day.code()));
    Ok(Ratio { numerator: dose(value, unit, element)?, denominator: day })
}
