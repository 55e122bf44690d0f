//! Words about numbers and answers: results, doses, age.

use super::{Leaf, drafts, in_use};
use crate::chart::{Bounded, Chart, Coverage, Gap, Measurement, Side, Truth};
use crate::evaluate::evidence::{Evidence, Sink};
use crate::knowledge::files::{WhenOld, WhoseDose};
use crate::knowledge::{Answered, Coded, Comparison, Measured};

impl<'c, 'k, S: Sink<'c, 'k>> Leaf<'c, '_, S> {
    pub(super) fn compare(&mut self, fact: &'k Measured, comparison: Comparison, limit: f64) -> Truth {
        let Some(measurements) = self.chart.measured(fact.id) else { return Truth::Unknown };
        let decide = |value: Bounded| match comparison {
            Comparison::Below => value.below(limit),
            Comparison::AtMost => value.at_most(limit),
            Comparison::AtLeast => value.at_least(limit),
            Comparison::Above => value.above(limit),
        };
        let newest_is_unsure = measurements.coverage.may_lack_newer();
        let newest_of = |side, sink: &mut S| {
            let each = measurements.perhaps_newest(side).map(|measurement| {
                let old = is_old(fact, measurement, self.chart);
                sink.add(Evidence::Value { fact, measurement, old });
                let unsure = measurement
                    .computed
                    .as_ref()
                    .map_or(newest_is_unsure, |computed| computed.may_be_outdated);
                let unknown = unsure || (old && fact.when_old == WhenOld::Unknown);
                if unknown { Truth::Unknown } else { decide(measurement.value) }
            });
            each.reduce(Truth::agreeing)
        };
        if fact.per_leg {
            match [Side::Right, Side::Left].map(|side| newest_of(Some(side), self.sink)) {
                [Some(right), Some(left)] => return right.or(left),
                // Where only one leg was measured, the other one may be the worse.
                [Some(one), None] | [None, Some(one)] => return one.or(Truth::Unknown),
                [None, None] => {}
            }
        }
        if let Some(truth) = newest_of(None, self.sink) {
            return truth;
        }
        self.nothing_measured(measurements.coverage, &measurements.unusable);
        Truth::Unknown
    }

    pub(super) fn nothing_measured(&mut self, coverage: Coverage, unusable: &'c [Gap]) {
        for gap in unusable {
            self.sink.add(Evidence::Unusable(gap));
        }
        if let Some(lack) = coverage.lack() {
            self.sink.add(Evidence::Lack(lack));
        } else if unusable.is_empty() {
            self.sink.add(Evidence::NotOnRecord);
        }
    }

    pub(super) fn on_record(&mut self, fact: &'k Measured) -> Truth {
        let Some(measurements) = self.chart.measured(fact.id) else { return Truth::Unknown };
        if let Some(measurement) = measurements.newest() {
            let old = is_old(fact, measurement, self.chart);
            self.sink.add(Evidence::Value { fact, measurement, old });
            return Truth::from(!old);
        }
        self.nothing_measured(measurements.coverage, &measurements.unusable);
        if measurements.coverage.is_complete() && measurements.unusable.is_empty() {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    pub(super) fn answer(&mut self, fact: &'k Answered, accepted: &[usize]) -> Truth {
        let Some(answers) = self.chart.answered(fact.id) else { return Truth::Unknown };
        let newest_is_unsure = answers.coverage.may_lack_newer();
        let each = answers.perhaps_newest().map(|together| {
            // A question may be answered by several choices at once: all of one response count.
            let mut any = Truth::False;
            let mut unknown = newest_is_unsure;
            for answer in together {
                let days = i64::from(fact.current_for_days);
                let old = answer.when.older_than(days, self.chart.today) != Truth::False;
                self.sink.add(Evidence::Answer { fact, answer, old });
                let undecided = fact.answers.get(answer.answer).is_some_and(|choice| choice.undecided);
                let accepted = accepted.contains(&answer.answer);
                any = any.or(if undecided && !accepted { Truth::Unknown } else { accepted.into() });
                unknown |= old && fact.when_old == WhenOld::Unknown;
            }
            if unknown { Truth::Unknown } else { any }
        });
        if let Some(truth) = each.reduce(Truth::agreeing) {
            return truth;
        }
        self.nothing_measured(answers.coverage, &answers.unusable);
        Truth::Unknown
    }

    pub(super) fn dose(&mut self, medicine: &Coded, per_day: bool, above: f64, within: WhoseDose) -> Truth {
        let drafted = self.chart.orders.iter().filter(|order| order.in_focus && within != WhoseDose::Taken);
        let drafted =
            drafted.filter(|order| drafts(order, medicine)).filter_map(|order| order.medication.as_ref());
        let medications = &self.chart.medications;
        let taken = medications.items.iter().filter(|_| within != WhoseDose::Drafts);
        let taken = taken.filter(|medication| in_use(medication, medicine));
        let mut any = Truth::False;
        if within != WhoseDose::Drafts
            && let Some(lack) = medications.coverage.lack()
        {
            self.sink.add(Evidence::Lack(lack));
            any = Truth::Unknown;
        }
        for medication in drafted.chain(taken) {
            let milligrams = if per_day {
                medication.milligrams_per_day(medicine.concepts)
            } else {
                medication.milligrams_each(medicine.concepts)
            };
            let (label, source) = (medication.label.as_str(), &medication.source);
            let Some(range) = milligrams else {
                self.sink.add(Evidence::Entry { label, source, remark: Some("its dose is not clear") });
                any = any.or(Truth::Unknown);
                continue;
            };
            let unit = if per_day { "mg a day" } else { "mg" };
            self.sink.add(Evidence::Amount { label, source, range: (range.low, range.high), unit });
            any = any.or((range.high > above).into());
        }
        any
    }

    pub(super) fn age_at_least(&mut self, years: f64) -> Truth {
        let Some((from, to)) = self.chart.patient.age(self.chart.today) else {
            self.sink.add(Evidence::NotOnRecord);
            return Truth::Unknown;
        };
        self.sink.add(Evidence::Age { from, to });
        if f64::from(from) >= years {
            Truth::True
        } else if f64::from(to) < years {
            Truth::False
        } else {
            Truth::Unknown
        }
    }
}

/// Is the value older than the look-back of its fact? One that may be is taken as old.
fn is_old(fact: &Measured, measurement: &Measurement, chart: &Chart) -> bool {
    measurement.when.older_than(i64::from(fact.current_for_days), chart.today) != Truth::False
}
