//! The ankle-brachial index of a leg, from the pressures it is defined by.

use time::Date;

use super::may_be_outdated;
use crate::chart::{Bounded, Chart, Comparator, Computed, Measurement, Side, trimmed};
use crate::fhir::ReadPlan;
use crate::fhir::plan::AbiInputs;

/// Aboyans et al., Circulation 2012;126:2890.
const EQUATION: &str = "the higher ankle pressure over the higher arm pressure (AHA 2012)";

/// Adds an index for each leg that has none that was reported.
pub(in crate::fhir) fn add_abi(chart: &mut Chart, plan: &ReadPlan, inputs: AbiInputs) {
    let computed: Vec<Measurement> =
        [Side::Left, Side::Right].into_iter().filter_map(|side| abi_of(chart, inputs, side)).collect();
    let plausible = plan.measurements.get(usize::from(inputs.abi.0)).map(|plan| plan.plausible);
    let Some(results) = chart.measurements.get_mut(usize::from(inputs.abi.0)) else { return };
    let possible = |result: &Measurement| {
        plausible.is_some_and(|(least, most)| (least..=most).contains(&result.value.number))
    };
    results.newest_first.extend(computed.into_iter().filter(possible));
}

/// The index of one leg, from the newest day on which its ankle and an arm were measured; `None` where one was
/// reported for this leg or without a side, or where a pressure of that day is only a bound.
fn abi_of(chart: &Chart, inputs: AbiInputs, side: Side) -> Option<Measurement> {
    let reported = &chart.measured(inputs.abi)?.newest_first;
    if reported.iter().any(|result| result.side.is_none_or(|reported| reported == side)) {
        return None;
    }
    let (of_ankle, of_arm) = (chart.measured(inputs.ankle)?, chart.measured(inputs.arm)?);
    let (ankles, arms) = (&of_ankle.newest_first, &of_arm.newest_first);
    let of_leg = || ankles.iter().filter(|ankle| ankle.side == Some(side));
    let days = of_leg().filter_map(day);
    let day = days.filter(|day| arms.iter().any(|arm| self::day(arm) == Some(*day))).max()?;
    let ankle = highest(of_leg(), day)?;
    let arm = highest(arms.iter(), day).filter(|arm| arm.value.number > 0.0)?;
    let number = |result: &Measurement| trimmed(result.value.number, 1);
    Some(Measurement {
        value: Bounded::exactly(ankle.value.number / arm.value.number),
        converted_from: None,
        side: Some(side),
        preliminary: ankle.preliminary || arm.preliminary,
        computed: Some(Computed {
            equation: EQUATION,
            inputs: format!("ankle {} mmHg, arm {} mmHg on {day}", number(ankle), number(arm)),
            may_be_outdated: [of_ankle, of_arm].into_iter().any(may_be_outdated),
        }),
        ..ankle.clone()
    })
}

/// The day of a result; `None` where it may be one of several.
fn day(result: &Measurement) -> Option<Date> {
    (result.when.first() == result.when.last()).then(|| result.when.first())
}

/// The highest pressure of a day. Where one is only a bound it may be the highest, and then there is none.
fn highest<'m>(results: impl Iterator<Item = &'m Measurement>, on: Date) -> Option<&'m Measurement> {
    let mut highest: Option<&Measurement> = None;
    for result in results.filter(|result| day(result) == Some(on)) {
        if result.value.comparator != Comparator::Exactly {
            return None;
        }
        if highest.is_none_or(|other| result.value.number > other.value.number) {
            highest = Some(result);
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{MeasurementId, ResourceRef, When};
    use time::macros::date;

    const INPUTS: AbiInputs =
        AbiInputs { ankle: MeasurementId(0), arm: MeasurementId(1), abi: MeasurementId(2) };

    fn result(number: f64, side: Option<Side>, on: &str) -> Measurement {
        Measurement {
            value: Bounded::exactly(number),
            converted_from: None,
            when: When::parse(on).unwrap(),
            issued: None,
            side,
            preliminary: false,
            computed: None,
            source: ResourceRef::new("Observation", &number.to_string()),
        }
    }

    fn chart(ankles: &[Measurement], arms: &[Measurement], abi: &[Measurement]) -> Chart {
        let mut chart = Chart::empty(date!(2026 - 03 - 01), 3, 0);
        for (place, results) in [ankles, arms, abi].into_iter().enumerate() {
            chart.measurements[place].newest_first = results.to_vec();
        }
        chart
    }

    const LEFT: Option<Side> = Some(Side::Left);
    const RIGHT: Option<Side> = Some(Side::Right);

    #[test]
    fn the_higher_of_each_counts() {
        let ankles = [
            result(84.0, LEFT, "2026-01-10"),
            result(70.0, LEFT, "2026-01-10T09:00:00Z"),
            result(154.0, RIGHT, "2026-01-10"),
        ];
        let arms = [result(140.0, RIGHT, "2026-01-10"), result(120.0, LEFT, "2026-01-10")];
        let chart = chart(&ankles, &arms, &[]);
        let left = abi_of(&chart, INPUTS, Side::Left).unwrap();
        assert_eq!(
            (left.value, left.side, left.source.as_str()),
            (Bounded::exactly(0.6), LEFT, "Observation/84")
        );
        assert_eq!(left.computed.unwrap().inputs, "ankle 84 mmHg, arm 140 mmHg on 2026-01-10");
        assert_eq!(abi_of(&chart, INPUTS, Side::Right).unwrap().value, Bounded::exactly(1.1));
    }

    #[test]
    fn pressures_of_one_day_belong_together() {
        let (ankle, arm) = (result(84.0, LEFT, "2026-01-10"), result(140.0, None, "2026-01-10"));
        let older = [result(70.0, LEFT, "2025-01-10"), result(140.0, None, "2025-01-10")];
        for (what, ankles, arms, expected) in [
            ("the same day", vec![ankle.clone()], vec![arm.clone()], Some(0.6)),
            ("another day", vec![ankle.clone()], vec![older[1].clone()], None),
            (
                "the newest day with both",
                vec![result(99.0, LEFT, "2026-02-10"), ankle.clone(), older[0].clone()],
                vec![arm.clone(), older[1].clone()],
                Some(0.6),
            ),
            ("only a month", vec![result(84.0, LEFT, "2026-01")], vec![result(140.0, None, "2026-01")], None),
            ("no side", vec![result(84.0, None, "2026-01-10")], vec![arm.clone()], None),
            ("no arm", vec![ankle.clone()], vec![], None),
            ("an arm without pressure", vec![ankle.clone()], vec![result(0.0, None, "2026-01-10")], None),
            (
                "a bound among them",
                vec![
                    ankle.clone(),
                    Measurement {
                        value: Bounded { number: 80.0, comparator: Comparator::Above },
                        ..ankle.clone()
                    },
                ],
                vec![arm.clone()],
                None,
            ),
        ] {
            let found = abi_of(&chart(&ankles, &arms, &[]), INPUTS, Side::Left);
            assert_eq!(found.map(|found| found.value.number), expected, "{what}");
        }
    }

    #[test]
    fn a_computed_index_never_stands_beside_a_reported_one() {
        let ankles = [result(84.0, LEFT, "2026-01-10"), result(84.0, RIGHT, "2026-01-10")];
        let arms = [result(140.0, None, "2026-01-10")];
        for (reported, left, right) in [(LEFT, false, true), (RIGHT, true, false), (None, false, false)] {
            let chart = chart(&ankles, &arms, &[result(0.9, reported, "2019-01-10")]);
            assert_eq!(abi_of(&chart, INPUTS, Side::Left).is_some(), left, "{reported:?}");
            assert_eq!(abi_of(&chart, INPUTS, Side::Right).is_some(), right, "{reported:?}");
        }
    }
}
