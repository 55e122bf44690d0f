//! Observations: results with a number, and findings with a coded answer.

use time::Duration;

use super::observed::{Components, RawObservation, components, effective, panel_problem};
use super::value::{Value, number};
use super::{Common, Reader, date};
use crate::chart::{
    Answer, AnswerId, ConceptSet, Gap, Measurement, MeasurementId, ResourceRef, Unusable, When,
};
use crate::fhir::Resource;
use crate::fhir::concept::{CodeableConcept, Coding, Sides, concept, in_words};
use crate::fhir::json::{Field, is_modified};
use crate::fhir::plan::MeasurementPlan;

/// A result inside an Observation: its own, or that of a component.
struct Part<'r, 'a> {
    observation: &'r RawObservation<'a>,
    value: Value<'a>,
    /// The code of the component itself.
    code: Option<&'r CodeableConcept<'a>>,
    concepts: ConceptSet,
    side: Sides,
}

/// What names an Observation: what was measured, and where on the body.
struct Named<'a> {
    code: CodeableConcept<'a>,
    site: CodeableConcept<'a>,
    /// What the site stands for.
    sites: ConceptSet,
}

impl Named<'_> {
    /// Was it measured where a result is never one of this fact?
    fn is_elsewhere(&self, fact: &MeasurementPlan) -> bool {
        let words = self.site.words().chain(self.code.words());
        self.sites.meets(fact.sites.never_at) || !in_words(words, &fact.sites.never_words).is_empty()
    }
}

/// What all results of one Observation share.
struct Shared<'r> {
    /// Why none of them can be used.
    problem: Option<Unusable>,
    when: Result<When, Unusable>,
    issued: Option<When>,
    preliminary: bool,
    source: &'r ResourceRef,
}

/// What is known of an Observation beyond one of its results.
#[derive(Clone, Copy)]
struct Whole {
    components_bad: bool,
    is_alone: bool,
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn observation(&mut self, resource: &Resource<'a>) {
        let Some(observation) = RawObservation::of(resource) else {
            return self.malformed("Observation");
        };
        // Taken back, or not yet there: not a finding, and not a gap either.
        if let Some("entered-in-error" | "cancelled" | "registered") = observation.status.get() {
            return;
        }
        let unreadable = |reader: &mut Self, why| {
            let source = reader.source("Observation", &observation.id);
            reader.chart.gaps.push(Gap { source, why });
        };
        let code = match concept(observation.code) {
            Field::Ok(code) => code,
            Field::Absent => CodeableConcept::default(),
            Field::Bad => return unreadable(self, Unusable::Malformed),
        };
        let Components { each, unreadable: components_bad } = components(&observation);
        let codes: Vec<CodeableConcept<'a>> =
            each.iter().map(|part| concept(part.code).ok().unwrap_or_default()).collect();
        let concepts = code.concepts(&self.plan.vocabulary);
        let value = observation.value();
        let mut parts = self.parts(&observation, value, concepts, &each, &codes);
        let panel_problem = panel_problem(&observation, value, components_bad);
        if parts.is_empty() && !(panel_problem.is_some() && concepts.meets(self.plan.panels)) {
            if components_bad {
                unreadable(self, Unusable::Malformed);
            } else if !code.is_coded() && !codes.iter().any(CodeableConcept::is_coded) {
                unreadable(self, Unusable::NotCoded);
            }
            return;
        }
        let site: CodeableConcept<'a> = concept(observation.body_site).ok().unwrap_or_default();
        let named = Named { sites: site.concepts(&self.plan.vocabulary), code, site };
        self.give_sides(&mut parts, &named);
        let common = Common {
            kind: "Observation",
            id: &observation.id,
            version: observation.version(),
            subject: observation.subject,
            modifier_extension: observation.modifier_extension,
        };
        let (source, problem) = match self.admit(&common) {
            None => return,
            Some(Ok(source)) => (source, None),
            Some(Err(Gap { source, why })) => (source, Some(why)),
        };
        let standing = match observation.status.get() {
            Some("final" | "amended" | "corrected" | "preliminary") => None,
            Some("unknown") => Some(Unusable::StatusUnknown),
            // Without a status it cannot be told whether the result was withdrawn.
            _ => Some(Unusable::Malformed),
        };
        let shared = Shared {
            problem: problem.or(standing),
            when: self.in_the_past(effective(&observation)),
            issued: date(observation.issued),
            preliminary: observation.status.get() == Some("preliminary"),
            source: &source,
        };
        let whole = Whole { components_bad, is_alone: parts.len() == 1 };
        for part in &parts {
            self.part(part, &named, &shared, whole);
        }
        if let Some(why) = panel_problem {
            self.panel(concepts, &parts, &named, &source, shared.problem.unwrap_or(why));
        }
    }

    /// A panel that cannot be read in full may hold each of the facts that are asked for by it and that it did not give.
    fn panel(
        &mut self,
        concepts: ConceptSet,
        parts: &[Part<'_, 'a>],
        named: &Named<'a>,
        source: &ResourceRef,
        why: Unusable,
    ) {
        let plan = self.plan;
        for (id, fact) in plan.measurements_in(concepts) {
            let given = parts.iter().any(|part| fact.codes.meets(part.concepts));
            if !given && !fact.codes.is_empty() && !named.is_elsewhere(fact) {
                self.measured(id, Err(why), source);
            }
        }
    }

    /// The results inside an Observation that a fact asks for.
    fn parts<'r>(
        &self,
        observation: &'r RawObservation<'a>,
        value: Value<'a>,
        concepts: ConceptSet,
        components: &'r [RawObservation<'a>],
        codes: &'r [CodeableConcept<'a>],
    ) -> Vec<Part<'r, 'a>> {
        let plan = self.plan;
        let asked = plan.measured.union(plan.answered);
        let mut parts = Vec::new();
        if concepts.meets(asked) {
            parts.push(Part { observation, value, code: None, concepts, side: Sides::default() });
        }
        let per_leg = || plan.measurements_of(concepts).any(|(_, fact)| fact.per_leg);
        for (component, code) in components.iter().zip(codes) {
            let words = code.words().chain(code.coding.iter().filter_map(Coding::code));
            let side = Sides::in_words(words);
            let own = own_concepts(code, concepts, plan);
            let value = component.value();
            let part = |concepts| Part { observation: component, value, code: Some(code), concepts, side };
            if own.meets(asked) {
                parts.push(part(own));
            } else if own.is_empty() && !code.is_coded() && !side.is_silent() && per_leg() {
                // "right-abi" in a vendor's own codes: what it is, the Observation says; which leg, the component.
                parts.push(part(concepts));
            }
        }
        parts
    }

    /// Where a part has no side of its own, it is that of the Observation.
    fn give_sides(&self, parts: &mut [Part<'_, 'a>], named: &Named<'a>) {
        let coded = Sides::in_concepts(named.sites, self.plan.left, self.plan.right);
        let outer = coded
            .or_else(|| Sides::in_words(named.site.words()))
            .or_else(|| Sides::in_words(named.code.words()));
        for part in parts {
            part.side = part.side.or_else(|| outer);
        }
    }

    fn part(&mut self, part: &Part<'_, 'a>, named: &Named<'a>, shared: &Shared<'_>, whole: Whole) {
        let plan = self.plan;
        let is_panel = part.observation.is_only_panel(part.value);
        let modified =
            is_modified(part.observation.modifier_extension).then_some(Unusable::ModifierExtension);
        let unreadable = (is_panel && whole.components_bad).then_some(Unusable::Malformed);
        let problem = shared.problem.or(modified).or(unreadable);
        // The results of a panel are read from its components and members, unless nothing is known of any of those.
        if problem.is_none() && is_panel && (part.observation.component.is_none() || !whole.is_alone) {
            return;
        }
        for (id, fact) in plan.measurements_of(part.concepts) {
            let Some(counts) = part.counts_as(fact, named) else { continue };
            let outcome = match problem.or(counts.err()) {
                Some(why) => Err(why),
                None => measurement(part, fact, shared),
            };
            self.measured(id, outcome, shared.source);
        }
        if part.concepts.meets(plan.answered) {
            for (id, fact) in plan.answers_of(part.concepts) {
                let outcome = problem.map_or_else(|| self.answer(part, &fact.answers, shared), Err);
                self.answered(id, outcome, shared.source);
            }
        }
    }

    fn measured(&mut self, id: MeasurementId, outcome: Result<Measurement, Unusable>, source: &ResourceRef) {
        let Some(results) = self.chart.measurements.get_mut(usize::from(id.0)) else { return };
        match outcome {
            Ok(measurement) => results.newest_first.push(measurement),
            Err(why) => note(&mut results.unusable, source, why),
        }
    }

    pub(super) fn answered(&mut self, id: AnswerId, outcome: Result<Answer, Unusable>, source: &ResourceRef) {
        let Some(given) = self.chart.answers.get_mut(usize::from(id.0)) else { return };
        match outcome {
            Ok(answer) => given.newest_first.push(answer),
            Err(why) => note(&mut given.unusable, source, why),
        }
    }

    fn answer(
        &self,
        part: &Part<'_, 'a>,
        answers: &[ConceptSet],
        shared: &Shared<'_>,
    ) -> Result<Answer, Unusable> {
        let given = match part.value {
            Value::Nothing => return Err(Unusable::NoValue),
            Value::Several => return Err(Unusable::Malformed),
            Value::Concept(raw) => concept(Some(raw)).ok().ok_or(Unusable::Malformed)?,
            // A text is never guessed at.
            _ => return Err(Unusable::UnknownAnswer),
        };
        let concepts = given.concepts(&self.plan.vocabulary);
        let answer =
            answers.iter().position(|answer| answer.meets(concepts)).ok_or(Unusable::UnknownAnswer)?;
        Ok(Answer { answer, when: shared.when?, issued: shared.issued, source: shared.source.clone() })
    }

    /// A day of grace for clocks and zones.
    pub(super) fn in_the_past(&self, when: Result<When, Unusable>) -> Result<When, Unusable> {
        let when = when?;
        let future = match when.instant() {
            Some(instant) => instant > self.subject.now.saturating_add(Duration::days(1)),
            None => when.first() > self.subject.today.saturating_add(Duration::days(1)),
        };
        if future { Err(Unusable::InTheFuture) } else { Ok(when) }
    }
}

impl Part<'_, '_> {
    /// Is it a result of this fact? `None` where it is one of something else, and an error where it is of something
    /// related that somebody may take for it.
    fn counts_as(&self, fact: &MeasurementPlan, named: &Named<'_>) -> Option<Result<(), Unusable>> {
        let sites = &fact.sites;
        let own = self.code.into_iter().flat_map(CodeableConcept::words);
        if named.is_elsewhere(fact) || !in_words(own, &sites.never_words).is_empty() {
            return None;
        }
        let at_site = || sites.codes.meets(self.concepts) && named.sites.meets(sites.at);
        if fact.codes.meets(self.concepts) || at_site() {
            return Some(Ok(()));
        }
        fact.related.meets(self.concepts).then_some(Err(Unusable::Related))
    }
}

/// What a component stands for. Some servers repeat the code of the panel in each component; it counts only where
/// the component has no other.
fn own_concepts(code: &CodeableConcept<'_>, panel: ConceptSet, plan: &crate::fhir::ReadPlan) -> ConceptSet {
    let (mut own, mut repeated) = (ConceptSet::EMPTY, ConceptSet::EMPTY);
    for coding in &code.coding {
        let concepts = coding.concepts(&plan.vocabulary);
        if concepts.meets(panel) {
            repeated = repeated.union(concepts);
        } else {
            own = own.union(concepts);
        }
    }
    if own.is_empty() { repeated } else { own }
}

fn measurement(
    part: &Part<'_, '_>,
    fact: &MeasurementPlan,
    shared: &Shared<'_>,
) -> Result<Measurement, Unusable> {
    let number = number(part.value, fact)?;
    let side = Sides::in_concepts(part.concepts, fact.left, fact.right).or_else(|| part.side).one();
    Ok(Measurement {
        value: number.value,
        converted_from: number.converted_from,
        when: shared.when?,
        issued: shared.issued,
        side,
        preliminary: shared.preliminary,
        computed: None,
        source: shared.source.clone(),
    })
}

/// Notes a gap once for each Observation and reason.
fn note(unusable: &mut Vec<Gap>, source: &ResourceRef, why: Unusable) {
    let gap = Gap { source: source.clone(), why };
    if unusable.last() != Some(&gap) {
        unusable.push(gap);
    }
}
