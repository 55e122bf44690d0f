//! Facts worked out from others. Marked as computed, and only where nothing usable was reported.

mod abi;

use super::ReadPlan;
use crate::chart::{
    Bounded, Chart, Comparator, Computed, Measurement, MeasurementId, Measurements, Patient, Sex, trimmed,
};

pub(super) use abi::add_abi;

/// Adds an eGFR computed from the newest creatinine where the chart holds no usable eGFR.
pub(super) fn add_egfr(chart: &mut Chart, plan: &ReadPlan, creatinine: MeasurementId, egfr: MeasurementId) {
    let Some(computed) = egfr_of(chart, creatinine, egfr) else {
        return tell_of_unusable(chart, creatinine, egfr);
    };
    let plausible = plan.measurements.get(usize::from(egfr.0)).map(|plan| plan.plausible);
    let Some(results) = chart.measurements.get_mut(usize::from(egfr.0)) else { return };
    if plausible.is_some_and(|(least, most)| (least..=most).contains(&computed.value.number)) {
        results.newest_first.push(computed);
    }
}

/// Where nothing was reported or worked out, a creatinine that cannot be used is why there is no eGFR.
fn tell_of_unusable(chart: &mut Chart, creatinine: MeasurementId, egfr: MeasurementId) {
    let unusable = match (chart.measured(creatinine), chart.measured(egfr)) {
        (Some(inputs), Some(results)) if inputs.newest().is_none() && results.newest().is_none() => {
            inputs.unusable.clone()
        }
        _ => return,
    };
    if let Some(results) = chart.measurements.get_mut(usize::from(egfr.0)) {
        results.unusable.extend(unusable);
    }
}

/// The eGFR that follows from the newest creatinine, in mg/dL; `None` where one was reported, where the creatinine is
/// only a bound, or where age (18 or more) or sex is not known.
#[must_use]
pub fn egfr_of(chart: &Chart, creatinine: MeasurementId, egfr: MeasurementId) -> Option<Measurement> {
    if chart.measured(egfr)?.newest().is_some() {
        return None;
    }
    let results = chart.measured(creatinine)?;
    let measured = results.newest()?;
    if measured.value.comparator != Comparator::Exactly || measured.value.number <= 0.0 {
        return None;
    }
    let sex = chart.patient.sex?;
    let (youngest, oldest) = age_on(&chart.patient, measured)?;
    if youngest < 18 {
        return None;
    }
    // Where only a birth year is known, the older age: it gives the lower, more careful value.
    let value = ckd_epi_2021(measured.value.number, oldest, sex);
    let age = if youngest == oldest { oldest.to_string() } else { format!("{youngest}-{oldest}") };
    let sex = match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    };
    let inputs = format!(
        "creatinine {} mg/dL on {}, age {age}, {sex}",
        trimmed(measured.value.number, 2),
        measured.when
    );
    Some(Measurement {
        value: Bounded::exactly(value),
        converted_from: None,
        computed: Some(Computed {
            equation: "CKD-EPI 2021",
            inputs,
            may_be_outdated: may_be_outdated(results),
        }),
        side: None,
        ..measured.clone()
    })
}

/// May there be a newer result than the one that is known?
fn may_be_outdated(results: &Measurements) -> bool {
    results.coverage.may_lack_newer() || results.perhaps_newest(None).nth(1).is_some()
}

/// Age when the sample was taken: the least and the most it may have been.
fn age_on(patient: &Patient, measured: &Measurement) -> Option<(i32, i32)> {
    let (youngest, _) = patient.age(measured.when.first())?;
    let (_, oldest) = patient.age(measured.when.last())?;
    Some((youngest, oldest))
}

/// Inker et al., N Engl J Med 2021;385:1737: mL/min/1.73 m² from creatinine in mg/dL, without race.
#[must_use]
pub fn ckd_epi_2021(creatinine: f64, age: i32, sex: Sex) -> f64 {
    let (kappa, alpha, factor) = match sex {
        Sex::Female => (0.7, -0.241, 1.012),
        Sex::Male => (0.9, -0.302, 1.0),
    };
    let ratio = creatinine / kappa;
    142.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.2) * 0.9938_f64.powi(age) * factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Coverage, Lack, ResourceRef, When};
    use time::macros::date;

    const CREATININE: MeasurementId = MeasurementId(0);
    const EGFR: MeasurementId = MeasurementId(1);

    #[test]
    fn the_equation_gives_the_published_values() {
        // 71 is what the calculator of kidney.org shows; the others are reference values of independent programs.
        for (creatinine, age, sex, expected) in [
            (1.2, 55, Sex::Male, 71.4),
            (1.8, 55, Sex::Male, 43.9),
            (1.8, 55, Sex::Female, 32.9),
            (1.14, 34, Sex::Male, 86.5),
            (0.8, 60, Sex::Female, 84.3),
            (0.9, 40, Sex::Male, 110.7),
        ] {
            let value = ckd_epi_2021(creatinine, age, sex);
            assert!((value - expected).abs() < 0.06, "{creatinine} {age} {sex:?}: {value}");
        }
    }

    fn result(number: f64, comparator: Comparator) -> Measurement {
        Measurement {
            value: Bounded { number, comparator },
            converted_from: None,
            when: When::parse("2026-01-10").unwrap(),
            issued: None,
            side: None,
            preliminary: false,
            computed: None,
            source: ResourceRef::new("Observation", "creatinine"),
        }
    }

    fn chart(creatinine: Measurement, birth: &str, sex: Option<Sex>) -> Chart {
        let mut chart = Chart::empty(date!(2026 - 03 - 01), 2, 0);
        chart.patient = Patient { birth: When::parse(birth).ok(), sex, deceased: false };
        chart.measurements[0] = Measurements { newest_first: vec![creatinine], ..Measurements::default() };
        chart
    }

    #[test]
    fn an_egfr_is_computed_only_where_all_inputs_are_known() {
        let exact = || result(1.8, Comparator::Exactly);
        let computed = egfr_of(&chart(exact(), "1970-05-05", Some(Sex::Male)), CREATININE, EGFR).unwrap();
        assert_eq!(computed.value.shown(1), "43.9");
        let how = computed.computed.unwrap();
        assert_eq!(how.equation, "CKD-EPI 2021");
        assert_eq!(how.inputs, "creatinine 1.8 mg/dL on 2026-01-10, age 55, male");
        for (why, chart) in [
            ("no sex", chart(exact(), "1970-05-05", None)),
            ("no birth date", chart(exact(), "", Some(Sex::Male))),
            ("a child", chart(exact(), "2008-05-05", Some(Sex::Male))),
            ("only a bound", chart(result(1.8, Comparator::Above), "1970-05-05", Some(Sex::Male))),
        ] {
            assert_eq!(egfr_of(&chart, CREATININE, EGFR), None, "{why}");
        }
    }

    #[test]
    fn an_egfr_from_a_creatinine_that_may_not_be_the_newest_says_so() {
        let exact = || result(1.8, Comparator::Exactly);
        let outdated =
            |chart: &Chart| egfr_of(chart, CREATININE, EGFR).unwrap().computed.unwrap().may_be_outdated;
        let mut chart = chart(exact(), "1970-05-05", Some(Sex::Male));
        for (coverage, expected) in [
            (Coverage::Complete, false),
            (Coverage::Partial(Lack::MorePages), true),
            (Coverage::Unavailable(Lack::FetchFailed), true),
        ] {
            chart.measurements[0].coverage = coverage;
            assert_eq!(outdated(&chart), expected, "{coverage:?}");
        }
        chart.measurements[0].coverage = Coverage::Complete;
        let of_that_year = Measurement { when: When::parse("2026").unwrap(), ..exact() };
        chart.measurements[0].newest_first.push(of_that_year);
        assert!(outdated(&chart), "of that year, and perhaps of February");
    }

    #[test]
    fn a_computed_egfr_never_stands_beside_a_reported_one() {
        let mut chart = chart(result(1.8, Comparator::Exactly), "1970-05-05", Some(Sex::Male));
        chart.measurements[1].newest_first.push(result(90.0, Comparator::Exactly));
        assert_eq!(egfr_of(&chart, CREATININE, EGFR), None);
    }

    #[test]
    fn a_birth_year_gives_the_lower_of_two_values() {
        let computed =
            egfr_of(&chart(result(1.8, Comparator::Exactly), "1970", Some(Sex::Male)), CREATININE, EGFR);
        let computed = computed.unwrap();
        assert_eq!(computed.value.number, ckd_epi_2021(1.8, 56, Sex::Male));
        assert!(computed.computed.unwrap().inputs.contains("age 55-56"));
    }
}
