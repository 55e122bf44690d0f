//! Words about lengths of time.

use super::{Leaf, drafts, in_use, was_given};
use crate::chart::{Condition, Medication, ResourceRef, Stage, Truth, Usage, When};
use crate::evaluate::evidence::{Evidence, Sink};
use crate::knowledge::{Coded, Length};

impl<'c, 'k, S: Sink<'c, 'k>> Leaf<'c, '_, S> {
    pub(super) fn has_for(&mut self, diagnosis: &Coded, length: &Length) -> Truth {
        let list = &self.chart.conditions;
        let mut any = Truth::False;
        let mut found = false;
        for condition in &list.items {
            if condition.state.is_present() && diagnosis.matches(condition.concepts) {
                found = true;
                any = any.or(self.had_for(condition, length));
            }
        }
        if found { any } else { self.not_found(list, diagnosis) }
    }

    /// Without its beginning it has lasted at least since it was written down.
    fn had_for(&mut self, condition: &'c Condition, length: &Length) -> Truth {
        let (label, source) = (condition.label.as_str(), &condition.source);
        match (condition.onset, condition.recorded) {
            (None, Some(recorded)) => {
                let (least, _) = recorded.days_until(self.chart.today);
                self.days((least, None), length, label, source)
            }
            (onset, _) => self.since(onset, length, label, source),
        }
    }

    pub(super) fn taken_for(&mut self, medicine: &Coded, length: &Length) -> Truth {
        let list = &self.chart.medications;
        let mut longest = Truth::False;
        let mut found = false;
        for medication in list.items.iter().filter(|medication| in_use(medication, medicine)) {
            found = true;
            longest = longest.or(self.since(medication.since, length, &medication.label, &medication.source));
        }
        if found { longest } else { self.not_found(list, medicine) }
    }

    pub(super) fn took_for(&mut self, medicine: &Coded, length: &Length) -> Truth {
        let (now, before) = (&self.chart.medications, &self.chart.past_medications);
        let mut longest = Truth::False;
        for medication in now.items.iter().chain(&before.items).filter(|one| was_given(one, medicine)) {
            longest = longest.or(self.course(medication, length));
        }
        if longest.is_true() {
            return longest;
        }
        longest.or(self.not_found(now, medicine)).or(self.not_found(before, medicine))
    }

    fn course(&mut self, medication: &'c Medication, length: &Length) -> Truth {
        let (label, source) = (medication.label.as_str(), &medication.source);
        match (medication.usage, medication.since, medication.until) {
            (Usage::Past, Some(since), Some(until)) => self.between(since, until, length, label, source),
            (Usage::Past, _, _) => {
                self.sink.add(Evidence::Entry { label, source, remark: Some("its length is not clear") });
                Truth::Unknown
            }
            (Usage::Current | Usage::OnHold, since, _) => self.since(since, length, label, source),
        }
    }

    pub(super) fn service_for(&mut self, wanted: &Coded, length: &Length) -> Truth {
        let mut longest = Truth::False;
        for order in self.chart.orders.iter().filter(|order| order.in_focus && drafts(order, wanted)) {
            if let (Some(from), Some(until)) = (order.from, order.until) {
                longest = longest.or(self.between(from, until, length, &order.label, &order.source));
            }
        }
        let list = &self.chart.services;
        for service in list.items.iter().filter(|service| wanted.matches(service.concepts)) {
            if service.stage == Stage::Open {
                longest = longest.or(self.since(service.when, length, &service.label, &service.source));
            }
        }
        if longest == Truth::False { self.not_found(list, wanted) } else { longest }
    }

    /// Has something that began at `start` lasted so long by now?
    fn since(
        &mut self,
        start: Option<When>,
        length: &Length,
        label: &'c str,
        source: &'c ResourceRef,
    ) -> Truth {
        let Some(start) = start else {
            self.sink.add(Evidence::Entry { label, source, remark: Some("no date of its beginning") });
            return Truth::Unknown;
        };
        let (least, most) = start.days_until(self.chart.today);
        self.days((least, Some(most)), length, label, source)
    }

    /// Does something last so long from `start` to `end`?
    pub(super) fn between(
        &mut self,
        start: When,
        end: When,
        length: &Length,
        label: &'c str,
        source: &'c ResourceRef,
    ) -> Truth {
        let (_, most) = start.days_until(end.last());
        let (least, _) = start.days_until(end.first());
        self.days((least, Some(most)), length, label, source)
    }

    /// Is a length between these, the second of which is open where there is none?
    fn days(
        &mut self,
        (least, most): (i64, Option<i64>),
        length: &Length,
        label: &'c str,
        source: &'c ResourceRef,
    ) -> Truth {
        #[expect(clippy::cast_precision_loss, reason = "days of a life are far below 2^52")]
        let range = (least as f64, most.map_or(f64::INFINITY, |most| most as f64));
        self.sink.add(Evidence::Amount { label, source, range, unit: "days" });
        match length.limit.days() {
            #[expect(clippy::cast_precision_loss, reason = "days of a life are far below 2^52")]
            Some(days) => length.comparison.of_range(range.0, range.1, days as f64),
            None => Truth::Unknown,
        }
    }
}
