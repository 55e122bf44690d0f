//! Conditions: problems and diagnoses.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Common, Reader, date, period};
use crate::chart::{ConceptSet, Condition, ConditionState, Gap, Unusable};
use crate::fhir::Resource;
use crate::fhir::concept::{CodeableConcept, Sides, concept, in_words, one_or_several, status};
use crate::fhir::json::{Field, read};
use crate::fhir::resource::members;

members! {
    struct RawCondition {
        text id: "id",
        raw clinical_status: "clinicalStatus",
        raw verification_status: "verificationStatus",
        raw code: "code",
        raw body_site: "bodySite",
        raw subject: "subject",
        /// `subject` in DSTU2.
        raw patient: "patient",
        raw onset_date_time: "onsetDateTime",
        raw onset_period: "onsetPeriod",
        raw recorded_date: "recordedDate",
        /// `recordedDate` in STU3.
        raw asserted_date: "assertedDate",
        /// `recordedDate` in DSTU2.
        raw date_recorded: "dateRecorded",
        raw abatement_date_time: "abatementDateTime",
        raw abatement_period: "abatementPeriod",
        raw abatement_age: "abatementAge",
        raw abatement_range: "abatementRange",
        raw abatement_string: "abatementString",
        raw abatement_boolean: "abatementBoolean",
        raw modifier_extension: "modifierExtension",
    }
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn condition(&mut self, resource: &Resource<'a>) {
        self.problem(resource, false);
    }

    /// A Condition that the call itself adds to the problem list.
    pub(super) fn problem_added(&mut self, raw: &'a RawValue) {
        self.places += 1;
        self.problem(&Resource::split(raw), true);
    }

    fn problem(&mut self, resource: &Resource<'a>, being_added: bool) {
        let Some(condition) = RawCondition::of(resource) else {
            return self.malformed("Condition");
        };
        let code = concept(condition.code);
        let concepts = match code.as_ref().ok() {
            None => ConceptSet::EMPTY,
            Some(code) => match code.concepts(&self.plan.vocabulary) {
                // What somebody writes at this moment is taken at its word; what the chart says in words is not.
                none if none.is_empty() && being_added => in_words(code.words(), &self.plan.problem_words),
                concepts => concepts,
            },
        };
        let coded = code.as_ref().ok().is_some_and(|code| code.is_coded() || code.says_nothing_known());
        if concepts.is_empty() && coded {
            return;
        }
        let state = self.state(&condition);
        if state == Ok(None) {
            return;
        }
        let common = Common {
            kind: "Condition",
            id: &condition.id,
            version: [None; 2],
            subject: condition.subject.or(condition.patient),
            modifier_extension: condition.modifier_extension,
        };
        let source = match self.admit(&common) {
            None => return,
            Some(Err(gap)) => return self.chart.conditions.unusable.push(gap.of(concepts)),
            Some(Ok(source)) => source,
        };
        let code = match (code, concepts.is_empty()) {
            (Field::Bad, _) => Err(Unusable::Malformed),
            (Field::Ok(code), false) => Ok(code),
            _ => Err(Unusable::NotCoded),
        };
        let (code, state) = match (code, state) {
            (Ok(code), Ok(Some(state))) => (code, state),
            (Err(why), _) | (_, Err(why)) => {
                return self.chart.conditions.unusable.push(Gap { source, why }.of(concepts));
            }
            (_, Ok(None)) => return,
        };
        let item = Condition {
            concepts,
            label: code.label(&self.plan.vocabulary),
            state,
            onset: date(condition.onset_date_time.or_else(|| period(condition.onset_period).start)),
            recorded: date(condition.recorded_date.or(condition.asserted_date).or(condition.date_recorded)),
            side: self.sides(condition.body_site, &code).one(),
            being_added,
            source,
        };
        self.chart.conditions.items.push(item);
    }

    /// Which side the body sites name, by code before word; else the name of what was matched.
    pub(super) fn sides(&self, body_site: Option<&'a RawValue>, code: &CodeableConcept<'a>) -> Sides {
        let sites = sites(body_site);
        let vocabulary = &self.plan.vocabulary;
        let concepts =
            sites.iter().map(|site| site.concepts(vocabulary)).reduce(|one, other| one.union(other));
        let coded = Sides::in_concepts(concepts.unwrap_or_default(), self.plan.left, self.plan.right);
        let matched = code.coding.iter().filter(|coding| !coding.concepts(vocabulary).is_empty());
        coded
            .or_else(|| Sides::in_words(sites.iter().flat_map(CodeableConcept::words)))
            .or_else(|| Sides::in_words(matched.filter_map(|coding| coding.display())))
    }

    /// Does it hold now? `None` where it was taken back or refuted.
    fn state(&self, condition: &RawCondition<'_>) -> Result<Option<ConditionState>, Unusable> {
        let verification = match status(condition.verification_status) {
            Field::Bad => return Err(Unusable::Malformed),
            Field::Absent => Vec::new(),
            Field::Ok(codes) => codes,
        };
        let said = |codes: &[Cow<'_, str>], any: &[&str]| codes.iter().any(|code| any.contains(&&**code));
        if said(&verification, &["entered-in-error", "refuted"]) {
            return Ok(None);
        }
        let clinical = match status(condition.clinical_status) {
            Field::Bad => return Err(Unusable::Malformed),
            Field::Absent => Vec::new(),
            Field::Ok(codes) => codes,
        };
        if said(&clinical, &["inactive", "remission", "resolved"]) || self.has_abated(condition)? {
            return Ok(Some(ConditionState::Past));
        }
        let active = said(&clinical, &["active", "recurrence", "relapse"]);
        let suspected = said(&verification, &["provisional", "differential", "unconfirmed"]);
        let confirmed = said(&verification, &["confirmed"]);
        if !(clinical.is_empty() || active) || !(verification.is_empty() || suspected || confirmed) {
            return Err(Unusable::StatusUnknown);
        }
        Ok(Some(match (suspected, active) {
            (true, _) => ConditionState::Suspected,
            (false, true) => ConditionState::Active,
            (false, false) => ConditionState::ActiveUnstated,
        }))
    }

    /// Has it ended before now? An end that cannot be read leaves open whether it has.
    fn has_abated(&self, condition: &RawCondition<'_>) -> Result<bool, Unusable> {
        if condition.abatement_age.is_some() || condition.abatement_range.is_some() {
            return Ok(true);
        }
        if condition.abatement_string.is_some() {
            return Ok(true);
        }
        match read::<bool>(condition.abatement_boolean) {
            Field::Ok(true) => return Ok(true),
            Field::Bad => return Err(Unusable::Malformed),
            Field::Ok(false) | Field::Absent => {}
        }
        let Some(end) = condition.abatement_date_time.or_else(|| period(condition.abatement_period).end)
        else {
            return Ok(false);
        };
        let end = date(Some(end)).ok_or(Unusable::UnreadableDate)?;
        Ok(end.first() <= self.subject.today)
    }
}

/// `bodySite`: a list in Condition, Procedure and ServiceRequest, one in other resources.
pub(super) fn sites<'a>(raw: Option<&'a RawValue>) -> Vec<CodeableConcept<'a>> {
    let each = raw.and_then(one_or_several).unwrap_or_default();
    each.into_iter().filter_map(|site| concept(Some(site)).ok()).collect()
}
