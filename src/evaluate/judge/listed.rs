//! Words about lists: diagnoses, medicines, allergies, services.

use super::{Leaf, in_use, was_given};
use crate::chart::{ConditionState, Medication, Stage, Truth, Usage};
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
        if suspected { Truth::Unknown } else { self.not_found(list, diagnosis) }
    }

    pub(super) fn suspected(&mut self, diagnosis: &Coded) -> Truth {
        let list = &self.chart.conditions;
        let suspected = |state| state == ConditionState::Suspected;
        if let Some(condition) =
            list.items.iter().find(|c| suspected(c.state) && diagnosis.matches(c.concepts))
        {
            let remark = Some("not confirmed");
            self.sink.add(Evidence::Entry { label: &condition.label, source: &condition.source, remark });
            return Truth::True;
        }
        if let Some(entry) = list.unusable.iter().find(|entry| diagnosis.matches(entry.concepts)) {
            self.sink.add(Evidence::Unusable(&entry.gap));
            return Truth::True;
        }
        self.not_found(list, diagnosis)
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
            None => self.not_found(list, diagnosis),
        }
    }

    pub(super) fn adding(&mut self, diagnosis: &Coded) -> Truth {
        let added = self.chart.conditions.items.iter().filter(|condition| condition.being_added);
        let mut adding = Truth::False;
        for condition in added.filter(|condition| diagnosis.matches(condition.concepts)) {
            let state = match condition.state {
                ConditionState::Active | ConditionState::ActiveUnstated => Truth::True,
                ConditionState::Suspected => Truth::Unknown,
                ConditionState::Past => continue,
            };
            let remark = Some("being added");
            self.sink.add(Evidence::Entry { label: &condition.label, source: &condition.source, remark });
            adding = adding.or(state);
        }
        if adding == Truth::False {
            self.sink.add(Evidence::NotOnRecord);
        }
        adding
    }

    pub(super) fn took(&mut self, medicine: &Coded) -> Truth {
        let now = &self.chart.medications;
        let before = &self.chart.past_medications;
        let by_a_route_that_counts = |medication: &&Medication| was_given(medication, medicine);
        match now.items.iter().chain(&before.items).find(by_a_route_that_counts) {
            Some(medication) => {
                let remark = (medication.usage == Usage::Past).then_some("no longer in use");
                self.sink.add(Evidence::Entry {
                    label: &medication.label,
                    source: &medication.source,
                    remark,
                });
                Truth::True
            }
            None => self.not_found(now, medicine).or(self.not_found(before, medicine)),
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
            None => self.not_found(list, medicine),
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
            None => self.not_found(list, allergy),
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
        if undated { Truth::Unknown } else { self.not_found(list, wanted) }
    }
}
