//! The words of a condition, judged on a chart.

mod drafted;
mod lasting;
mod listed;
mod measured;

use super::evidence::{Evidence, Sink};
use crate::chart::{Chart, Listed, Medication, Order, Truth, UnusableEntry, Usage};
use crate::knowledge::{Coded, Condition};

/// How a list that holds entries nobody could read is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// What is not found in a complete list is not there, unless an entry that cannot be used has its code. For rules:
    /// one uncoded entry must not silence them all.
    Plain,
    /// An entry that could not be read or coded might be anything. For what is proposed: only what is known counts.
    Strict,
}

/// Judges `condition` on `chart`; what a leaf rests on goes to `sink`.
pub fn judge<'c, 'k>(
    condition: &'k Condition,
    chart: &'c Chart,
    strictness: Strictness,
    sink: &mut impl Sink<'c, 'k>,
) -> Truth {
    let mut judge = |condition| judge(condition, chart, strictness, sink);
    match condition {
        Condition::All(conditions) => {
            let mut all = Truth::True;
            for condition in conditions {
                all = all.and(judge(condition));
                if all == Truth::False {
                    break;
                }
            }
            all
        }
        Condition::Any(conditions) => {
            let mut any = Truth::False;
            for condition in conditions {
                any = any.or(judge(condition));
                if any == Truth::True {
                    break;
                }
            }
            any
        }
        Condition::Not(condition) => !judge(condition),
        Condition::Known(condition) => judge(condition).is_true().into(),
        leaf => Leaf { chart, strictness, sink }.judge(leaf),
    }
}

struct Leaf<'c, 's, S> {
    chart: &'c Chart,
    strictness: Strictness,
    sink: &'s mut S,
}

impl<'c, 'k, S: Sink<'c, 'k>> Leaf<'c, '_, S> {
    fn judge(&mut self, condition: &'k Condition) -> Truth {
        match condition {
            Condition::Has(diagnosis) => self.has(diagnosis),
            Condition::Suspected(diagnosis) => self.suspected(diagnosis),
            Condition::Had(diagnosis) => self.had(diagnosis),
            Condition::Adding(diagnosis) => self.adding(diagnosis),
            Condition::HasFor { diagnosis, length } => self.has_for(diagnosis, length),
            Condition::Compare { fact, comparison, limit } => self.compare(fact, *comparison, limit.value),
            Condition::OnRecord(fact) => self.on_record(fact),
            Condition::Answer { fact, accepted } => self.answer(fact, accepted),
            Condition::Takes(medicine) => self.takes(medicine),
            Condition::TakesOrOrders(medicine) => {
                let drafted = self.drafted(medicine, |_| true);
                if drafted.is_true() { drafted } else { self.takes(medicine) }
            }
            Condition::Took(medicine) => self.took(medicine),
            Condition::Ordering(kind) => self.drafted(kind, |order| order.in_focus),
            Condition::OrderingAt { kind, site } => self.ordering_at(kind, site),
            Condition::OrderedFor { kind, length } => self.ordered_for(kind, length),
            Condition::Stopping(kind) => self.stopping(kind),
            Condition::OrderingUncoded => self.ordering_uncoded(),
            Condition::AllergicTo { allergy, truly } => self.allergic(allergy, *truly),
            Condition::Service { service, stage } => self.service(service, *stage),
            Condition::TakenFor { medicine, length } => self.taken_for(medicine, length),
            Condition::TookFor { medicine, length } => self.took_for(medicine, length),
            Condition::ServiceFor { service, length } => self.service_for(service, length),
            Condition::Dose { medicine, per_day, above, within } => {
                self.dose(medicine, *per_day, above.value, *within)
            }
            Condition::AgeAtLeast(limit) => self.age_at_least(limit.value),
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) | Condition::Known(_) => Truth::Unknown,
        }
    }

    /// Nothing was found: is it known not to be there?
    pub(super) fn not_found<T>(&mut self, list: &'c Listed<T>, wanted: &Coded) -> Truth {
        if let Some(lack) = list.coverage.lack() {
            self.sink.add(Evidence::Lack(lack));
            return Truth::Unknown;
        }
        let counts =
            |entry: &&UnusableEntry| self.strictness == Strictness::Strict || wanted.matches(entry.concepts);
        if let Some(entry) = list.unusable.iter().find(counts) {
            self.sink.add(Evidence::Unusable(&entry.gap));
            return Truth::Unknown;
        }
        self.sink.add(Evidence::NotOnRecord);
        Truth::False
    }
}

/// Is the medicine in use, by a route that counts?
pub(crate) fn in_use(medication: &Medication, medicine: &Coded) -> bool {
    medication.usage != Usage::Past && was_given(medication, medicine)
}

/// Is it the medicine, in use or not, by a route that counts?
fn was_given(medication: &Medication, medicine: &Coded) -> bool {
    medication.holds(medicine.concepts)
        && !medication.route.is_some_and(|route| medicine.except_routes.contains(&route))
}

/// Does the draft ask for something of this kind?
pub(crate) fn drafts(order: &Order, kind: &Coded) -> bool {
    !order.stops && of_kind(order, kind)
}

/// Is the draft about this kind, whether it asks for it or stops it?
fn of_kind(order: &Order, kind: &Coded) -> bool {
    order.is(kind.concepts, &kind.except_routes) && !kind.except.meets(order.concepts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{ConceptId, ConceptSet, ResourceRef};

    #[test]
    fn what_is_being_stopped_is_not_being_ordered() {
        let concepts = ConceptSet::from_iter([ConceptId(1)]);
        let kind = Coded {
            name: String::new(),
            title: String::new(),
            plain: String::new(),
            concepts,
            except: ConceptSet::EMPTY,
            except_routes: Vec::new(),
            within_days: None,
            asked_by: Vec::new(),
            resources: Vec::new(),
        };
        let order = |stops| Order {
            concepts,
            label: String::new(),
            in_focus: true,
            medication: None,
            sites: ConceptSet::EMPTY,
            site_said: false,
            side: None,
            from: None,
            until: None,
            uncoded: false,
            stops,
            source: ResourceRef::new("ServiceRequest", "x"),
        };
        assert!(drafts(&order(false), &kind));
        assert!(!drafts(&order(true), &kind));
    }
}
