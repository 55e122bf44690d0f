//! Words about lists: diagnoses, medicines, allergies, services, drafts.

use super::{Leaf, drafts, in_use};
use crate::chart::{ConditionState, Order, ResourceRef, Stage, Truth, Usage, When};
use crate::evaluate::evidence::{Evidence, Sink};
use crate::knowledge::Coded;

impl<'c, 'k, S: Sink<'c, 'k>> Leaf<'c, '_, S> {
    pub(super) fn has(&mut self, diagnosis: &Coded) -> Truth {
        let list = &self.chart.conditions;
        let mut suspected = false;
        for condition in list.items.iter().filter(|condition| diagnosis.matches(condition.concepts)) {
            let remark = match condition.state {
                ConditionState::Active => None,
                ConditionState::ActiveUnstated => Some("no clinical status"),
                ConditionState::Suspected => Some("not confirmed"),
                ConditionState::Past => continue,
            };
            self.sink.add(Evidence::Entry { label: &condition.label, source: &condition.source, remark });
            if condition.state.is_present() {
                return Truth::True;
            }
            suspected = true;
        }
        if suspected { Truth::Unknown } else { self.not_found(list.coverage, &list.unusable) }
    }

    pub(super) fn had(&mut self, diagnosis: &Coded) -> Truth {
        let list = &self.chart.conditions;
        let past = |state| state == ConditionState::Past;
        match list.items.iter().find(|c| past(c.state) && diagnosis.matches(c.concepts)) {
            Some(condition) => {
                let remark = Some("no longer active");
                self.sink.add(Evidence::Entry { label: &condition.label, source: &condition.source, remark });
                Truth::True
            }
            None => self.not_found(list.coverage, &list.unusable),
        }
    }

    pub(super) fn has_for(&mut self, diagnosis: &Coded, days: Option<i64>) -> Truth {
        let list = &self.chart.conditions;
        let mut longest = Truth::False;
        let mut found = false;
        for condition in &list.items {
            if condition.state.is_present() && diagnosis.matches(condition.concepts) {
                found = true;
                longest =
                    longest.or(self.lasting(condition.onset, days, &condition.label, &condition.source));
            }
        }
        if found { longest } else { self.not_found(list.coverage, &list.unusable) }
    }

    /// Has something that began at `start` lasted at least `days`?
    pub(super) fn lasting(
        &mut self,
        start: Option<When>,
        days: Option<i64>,
        label: &'c str,
        source: &'c ResourceRef,
    ) -> Truth {
        let (Some(start), Some(days)) = (start, days) else {
            self.sink.add(Evidence::Entry { label, source, remark: Some("no date of its beginning") });
            return Truth::Unknown;
        };
        let (least, most) = start.days_until(self.chart.today);
        #[expect(clippy::cast_precision_loss, reason = "days of a life are far below 2^52")]
        let range = (least as f64, most as f64);
        self.sink.add(Evidence::Amount { label, source, range, unit: "days" });
        if least >= days {
            Truth::True
        } else if most < days {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    pub(super) fn takes(&mut self, medicine: &Coded) -> Truth {
        let list = &self.chart.medications;
        match list.items.iter().find(|medication| in_use(medication, medicine)) {
            Some(medication) => {
                let remark = (medication.usage == Usage::OnHold).then_some("on hold");
                self.sink.add(Evidence::Entry {
                    label: &medication.label,
                    source: &medication.source,
                    remark,
                });
                Truth::True
            }
            None => self.not_found(list.coverage, &list.unusable),
        }
    }

    pub(super) fn taken_for(&mut self, medicine: &Coded, days: Option<i64>) -> Truth {
        let list = &self.chart.medications;
        let mut longest = Truth::False;
        let mut found = false;
        for medication in list.items.iter().filter(|medication| in_use(medication, medicine)) {
            found = true;
            longest = longest.or(self.lasting(medication.since, days, &medication.label, &medication.source));
        }
        if found { longest } else { self.not_found(list.coverage, &list.unusable) }
    }

    pub(super) fn drafted(&mut self, kind: &Coded, counts: impl Fn(&Order) -> bool) -> Truth {
        let mut any = Truth::False;
        for order in self.chart.orders.iter().filter(|order| counts(order) && drafts(order, kind)) {
            self.sink.add(Evidence::Entry {
                label: &order.label,
                source: &order.source,
                remark: Some("draft"),
            });
            any = Truth::True;
        }
        if any == Truth::False {
            self.sink.add(Evidence::NotOnRecord);
        }
        any
    }

    pub(super) fn ordering_uncoded(&mut self) -> Truth {
        match self.chart.orders.iter().find(|order| order.in_focus && order.uncoded && !order.stops) {
            Some(order) => {
                let remark = Some("draft without a known code");
                self.sink.add(Evidence::Entry { label: &order.label, source: &order.source, remark });
                Truth::True
            }
            None => Truth::False,
        }
    }

    pub(super) fn allergic(&mut self, allergy: &Coded, truly: bool) -> Truth {
        let list = &self.chart.allergies;
        match list.items.iter().find(|entry| allergy.matches(entry.concepts) && !(truly && entry.intolerance))
        {
            Some(entry) => {
                let remark = entry.intolerance.then_some("intolerance");
                self.sink.add(Evidence::Entry { label: &entry.label, source: &entry.source, remark });
                Truth::True
            }
            None => self.not_found(list.coverage, &list.unusable),
        }
    }

    pub(super) fn service(&mut self, wanted: &Coded, stage: Option<Stage>) -> Truth {
        let list = &self.chart.services;
        let today = self.chart.today;
        let mut undated = false;
        for service in list.items.iter().filter(|service| wanted.matches(service.concepts)) {
            let counts = match stage {
                Some(stage) => service.stage == stage,
                None => service.stage != Stage::Stopped,
            };
            if !counts {
                continue;
            }
            let too_old = match (wanted.within_days, service.until.or(service.when)) {
                (None, _) => Truth::False,
                (Some(_), _) if service.stage == Stage::Open && service.when.is_none() => Truth::False,
                (Some(days), Some(when)) => when.older_than(i64::from(days), today),
                (Some(_), None) => Truth::Unknown,
            };
            let remark = (too_old != Truth::False).then_some("long ago, or without a date");
            self.sink.add(Evidence::Entry { label: &service.label, source: &service.source, remark });
            match too_old {
                Truth::False => return Truth::True,
                Truth::True => {}
                Truth::Unknown => undated = true,
            }
        }
        if undated { Truth::Unknown } else { self.not_found(list.coverage, &list.unusable) }
    }

    pub(super) fn service_for(&mut self, wanted: &Coded, days: Option<i64>) -> Truth {
        let mut longest = Truth::False;
        for order in self.chart.orders.iter().filter(|order| order.in_focus && drafts(order, wanted)) {
            if let (Some(from), Some(until), Some(days)) = (order.from, order.until, days) {
                let planned = (until.first() - from.first()).whole_days();
                longest = longest.or((planned >= days).into());
            }
        }
        let list = &self.chart.services;
        for service in list.items.iter().filter(|service| wanted.matches(service.concepts)) {
            if service.stage == Stage::Open {
                longest = longest.or(self.lasting(service.when, days, &service.label, &service.source));
            }
        }
        if longest == Truth::False { self.not_found(list.coverage, &list.unusable) } else { longest }
    }
}
