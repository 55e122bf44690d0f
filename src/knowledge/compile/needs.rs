//! Services, and the prefetch they ask for: nothing but what their rules use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::condition::Condition;
use super::super::fact::{Answered, Coded, Measured, Named};
use super::super::files::{ServiceResource, ServicesFile};
use super::super::problem::Ledger;
use super::super::rule::{ActionPlan, CardPlan, Group, Piece, Rule, RuleId, Service, Suggest, Text, Words};
use super::super::value_set::ValueSets;
use super::facts::camel;
use super::{FactTable, TopicFiles};
use crate::fhir::{Gives, Need};

const FILE: &str = "services.yaml";

/// Results asked for under one key: enough to reach past unusable ones, few enough to stay small.
const RESULTS_PER_FACT: usize = 20;

/// Questionnaire responses asked for: of all questionnaires, because few servers search by one.
const RESPONSES: usize = 20;

/// Bytes of a list of codes that still fit into a URL everywhere, together with base and patient.
const LONGEST_CODE_LIST: usize = 1500;

pub(super) fn services(
    file: &ServicesFile,
    topics: &[TopicFiles],
    rules: &[Rule],
    groups: &[Group],
    facts: &FactTable,
    value_sets: &ValueSets,
    ledger: &mut Ledger,
) -> Vec<Service> {
    let numbered: Vec<(RuleId, &Rule)> = (0..).map(RuleId).zip(rules).collect();
    let mut services: Vec<Service> = Vec::new();
    for entry in &file.services {
        for topic in entry.topics.iter().flatten() {
            if !topics.iter().any(|files| files.id == topic.as_str()) {
                ledger.unknown::<()>(FILE, topic, "topic");
            }
        }
        if services.iter().any(|other| other.id == entry.id.as_str() && other.hook == entry.hook) {
            ledger.note(FILE, entry.id.line, format!("`{}` is there twice for one hook", entry.id));
        }
        let of_topic = |rule: &Rule| {
            let Some(listed) = &entry.topics else { return true };
            topics.get(rule.topic).is_some_and(|files| listed.iter().any(|topic| topic.as_str() == files.id))
        };
        let shows: Vec<RuleId> = numbered
            .iter()
            .filter(|(_, rule)| rule.judged && of_topic(rule) && rule.hooks.contains(&entry.hook))
            .map(|(id, _)| *id)
            .collect();
        let listens: Vec<RuleId> = numbered
            .iter()
            .filter(|(id, rule)| {
                rule.judged && !shows.contains(id) && rule.silences.iter().any(|other| shows.contains(other))
            })
            .map(|(id, _)| *id)
            .collect();
        let mut used = Used::default();
        for (id, rule) in &numbered {
            if shows.contains(id) {
                used.rule(rule, groups);
            } else if listens.contains(id) {
                used.condition(&rule.when);
            }
        }
        let mut needs = used.needs(facts, value_sets);
        for required in &entry.requires {
            match needs.iter_mut().find(|need| need.key == required.as_str()) {
                Some(need) => need.required = true,
                // What a site turns off is not asked for either.
                None if rules.iter().any(|rule| !rule.judged) => {}
                None => {
                    ledger.unknown::<()>(FILE, required, "prefetch key of this service");
                }
            }
        }
        services.push(Service {
            id: entry.id.text.clone(),
            hook: entry.hook,
            title: entry.title.clone(),
            description: entry.description.clone(),
            usage_requirements: entry.usage_requirements.clone(),
            shows,
            listens,
            needs,
        });
    }
    services
}

/// The facts that are asked for under one prefetch key.
#[derive(Default)]
struct SharedKey<'u> {
    measured: Vec<&'u Arc<Measured>>,
    answered: Vec<&'u Arc<Answered>>,
}

/// What the rules of a service use.
#[derive(Default)]
struct Used {
    conditions: bool,
    medications: bool,
    past_medications: bool,
    allergies: bool,
    services: BTreeMap<ServiceResource, BTreeSet<String>>,
    measured: BTreeMap<String, Arc<Measured>>,
    answered: BTreeMap<String, Arc<Answered>>,
}

impl Used {
    fn rule(&mut self, rule: &Rule, groups: &[Group]) {
        self.condition(&rule.when);
        for card in rule.card.iter().chain(&rule.unknown) {
            self.card(card);
        }
        if let Some(row) = &rule.row {
            row.applies.iter().for_each(|condition| self.condition(condition));
            row.raised.iter().for_each(|(condition, _)| self.condition(condition));
            self.text(&row.now);
            row.article.iter().for_each(|text| self.text(text));
            row.current.iter().for_each(|text| self.text(text));
            row.advice.iter().for_each(|text| self.text(text));
            self.text(&row.plain_aim);
            row.suggest.iter().for_each(|suggest| self.suggest(suggest));
            if let Some(group) = groups.get(row.group) {
                self.words(&group.words);
                self.words(&group.plain);
            }
        }
    }

    fn card(&mut self, card: &CardPlan) {
        self.words(&card.words);
        card.plain.iter().for_each(|words| self.words(words));
        card.suggest.iter().for_each(|suggest| self.suggest(suggest));
    }

    fn words(&mut self, words: &Words) {
        self.text(&words.summary);
        self.text(&words.because);
    }

    fn suggest(&mut self, suggest: &Suggest) {
        for option in &suggest.options {
            option.when.iter().for_each(|condition| self.condition(condition));
            for action in &option.actions {
                if let ActionPlan::Create(order) = action {
                    self.conditions |= !order.reasons.is_empty();
                    order.evidence.iter().for_each(|fact| self.measured(fact));
                }
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        condition.walk(&mut |condition| match condition {
            Condition::Has(_) | Condition::Suspected(_) | Condition::Had(_) | Condition::HasFor { .. } => {
                self.conditions = true
            }
            Condition::Took(_) | Condition::TookFor { .. } => {
                self.medications = true;
                self.past_medications = true;
            }
            Condition::Compare { fact, .. } | Condition::OnRecord(fact) => self.measured(fact),
            Condition::Answer { fact, .. } => {
                self.answered.insert(fact.name.clone(), Arc::clone(fact));
            }
            Condition::Takes(_) | Condition::TakesOrOrders(_) | Condition::TakenFor { .. } => {
                self.medications = true
            }
            Condition::Dose { within, .. } => {
                self.medications |= *within != super::super::files::WhoseDose::Drafts;
            }
            Condition::AllergicTo { .. } => self.allergies = true,
            Condition::Service { service, .. } | Condition::ServiceFor { service, .. } => {
                self.service(service);
            }
            Condition::All(_)
            | Condition::Any(_)
            | Condition::Not(_)
            | Condition::Known(_)
            | Condition::Adding(_)
            | Condition::Ordering(_)
            | Condition::OrderingAt { .. }
            | Condition::OrderedFor { .. }
            | Condition::Stopping(_)
            | Condition::OrderingUncoded
            | Condition::AgeAtLeast(_) => {}
        });
    }

    fn text(&mut self, text: &Text) {
        for piece in &text.0 {
            let Piece::Named(named, _) = piece else { continue };
            match named {
                Named::Measured(fact) => self.measured(fact),
                Named::Answered(fact) => {
                    self.answered.insert(fact.name.clone(), Arc::clone(fact));
                }
                Named::Diagnosis(_) => self.conditions = true,
                Named::Medicine(_) => self.medications = true,
                Named::Allergy(_) => self.allergies = true,
                Named::Service(fact) => self.service(fact),
                Named::Order(_) | Named::Missed => {}
            }
        }
    }

    fn service(&mut self, fact: &Coded) {
        for resource in &fact.resources {
            self.services.entry(*resource).or_default().extend(fact.asked_by.iter().cloned());
        }
    }

    fn measured(&mut self, fact: &Arc<Measured>) {
        self.measured.insert(fact.name.clone(), Arc::clone(fact));
    }

    /// The needs in a fixed order. The patient is always read: nothing is said of the dead, and the record must be
    /// that of the patient in the context.
    fn needs(mut self, facts: &FactTable, value_sets: &ValueSets) -> Vec<Need> {
        let computed: Vec<_> = self.measured.values().flat_map(|fact| fact.computed_from.clone()).collect();
        for fact in facts.measured.values().filter(|fact| computed.contains(&fact.id)) {
            self.measured(fact);
        }
        const OF_PATIENT: &str = "patient={{context.patientId}}";
        let need = |key: &str, template: String, gives| Need {
            key: key.to_owned(),
            template,
            gives,
            required: false,
        };
        let mut needs = vec![need("patient", "Patient/{{context.patientId}}".to_owned(), Gives::Patient)];
        if self.conditions {
            needs.push(need("conditions", format!("Condition?{OF_PATIENT}"), Gives::Conditions));
        }
        let mut by_key: BTreeMap<String, SharedKey<'_>> = BTreeMap::new();
        for fact in self.measured.values() {
            by_key.entry(fact.prefetch_key.clone()).or_default().measured.push(fact);
        }
        let (asked, observed): (Vec<_>, Vec<_>) =
            self.answered.values().partition(|fact| fact.questionnaire.is_some());
        for fact in observed {
            by_key.entry(camel(&fact.name)).or_default().answered.push(fact);
        }
        for (key, SharedKey { measured, answered }) in by_key {
            let sets = measured.iter().flat_map(|fact| &fact.asked_by);
            let sets = sets.chain(answered.iter().flat_map(|fact| &fact.asked_by));
            let codes = code_list(sets, value_sets);
            let count = RESULTS_PER_FACT * (measured.len() + answered.len());
            needs.push(need(
                &key,
                format!("Observation?{OF_PATIENT}&code={codes}&_sort=-date&_count={count}"),
                Gives::Observations {
                    measurements: measured.iter().map(|fact| fact.id).collect(),
                    answers: answered.iter().map(|fact| fact.id).collect(),
                },
            ));
        }
        if self.medications {
            let requests = format!("MedicationRequest?{OF_PATIENT}&status=active,on-hold");
            needs.push(need("medicationRequests", requests, Gives::MedicationRequests));
            let statements = format!("MedicationStatement?{OF_PATIENT}&status=active,intended");
            needs.push(need("medicationStatements", statements, Gives::MedicationStatements));
        }
        if self.past_medications {
            let past = format!("MedicationRequest?{OF_PATIENT}&status=completed,stopped");
            needs.push(need("pastMedicationRequests", past, Gives::PastMedicationRequests));
        }
        if self.allergies {
            needs.push(need("allergies", format!("AllergyIntolerance?{OF_PATIENT}"), Gives::Allergies));
        }
        for (resource, sets) in &self.services {
            let codes = code_list(sets.iter(), value_sets);
            // Servers refuse long URLs, the shortest limit known is 2048 bytes; reading looks at codes anyway.
            let by_code =
                if codes.len() <= LONGEST_CODE_LIST { format!("&code={codes}") } else { String::new() };
            let (key, kind, gives) = match resource {
                ServiceResource::Procedure => ("procedures", "Procedure", Gives::Procedures),
                ServiceResource::ServiceRequest => {
                    ("serviceRequests", "ServiceRequest", Gives::ServiceRequests)
                }
                ServiceResource::DeviceRequest => ("deviceRequests", "DeviceRequest", Gives::DeviceRequests),
            };
            needs.push(need(key, format!("{kind}?{OF_PATIENT}{by_code}"), gives));
        }
        if !asked.is_empty() {
            let answers = asked.iter().map(|fact| fact.id).collect();
            let gives = Gives::QuestionnaireResponses { answers };
            let template = format!("QuestionnaireResponse?{OF_PATIENT}&_sort=-authored&_count={RESPONSES}");
            needs.push(need("questionnaireResponses", template, gives));
        }
        needs
    }
}

/// `system%7Ccode,…` of the value sets, each code once; the bar is encoded because clients paste templates into
/// URLs as they are.
fn code_list<'a>(sets: impl Iterator<Item = &'a String>, value_sets: &ValueSets) -> String {
    let mut codes: Vec<String> = Vec::new();
    for code in sets.filter_map(|set| value_sets.codes(set)).flatten().filter(|code| !code.family) {
        let text = format!("{}%7C{}", code.system.uri(), code.code);
        if !codes.contains(&text) {
            codes.push(text);
        }
    }
    codes.join(",")
}
