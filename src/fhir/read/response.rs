//! QuestionnaireResponses: what was answered to the questions of a form.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Common, Reader, date};
use crate::chart::{Answer, AnswerId, ConceptSet, Gap, ResourceRef, Unusable, When};
use crate::fhir::Resource;
use crate::fhir::concept::Coding;
use crate::fhir::json::{Field, Str, is_modified, read, read_object, resource};

/// Forms nest a few levels; what lies deeper is not looked at.
const DEEPEST_ITEM: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResponse<'a> {
    #[serde(borrow, default)]
    id: Str<'a>,
    #[serde(borrow, default)]
    status: Str<'a>,
    #[serde(borrow, default)]
    questionnaire: Str<'a>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    authored: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawItem<'a> {
    #[serde(borrow, default)]
    link_id: Str<'a>,
    #[serde(borrow)]
    answer: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    modifier_extension: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAnswer<'a> {
    #[serde(borrow)]
    value_coding: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
}

/// When a response was given, to tell whether a page of them is in order.
pub(super) fn authored(resource: &Resource<'_>) -> Option<When> {
    date(resource.read::<RawResponse<'_>>()?.authored)
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn questionnaire_response(&mut self, resource: &Resource<'a>) {
        let Some(response) = resource.read::<RawResponse<'a>>() else {
            return self.malformed("QuestionnaireResponse");
        };
        // Taken back, or to a form that nobody asks about: neither an answer nor a gap.
        let Some(form) = response.questionnaire.get() else { return };
        let asked: Vec<(AnswerId, &str, &[ConceptSet])> = self.plan.questions_of(form).collect();
        if asked.is_empty() || response.status.get() == Some("entered-in-error") {
            return;
        }
        let common = Common {
            kind: "QuestionnaireResponse",
            id: &response.id,
            version: [response.authored.map(RawValue::get), None],
            subject: response.subject,
            modifier_extension: response.modifier_extension,
        };
        let (source, problem) = match self.admit(&common) {
            None => return,
            Some(Ok(source)) => (source, None),
            Some(Err(Gap { source, why })) => (source, Some(why)),
        };
        let problem = problem.or(match response.status.get() {
            Some("completed" | "amended") => None,
            Some("in-progress" | "stopped") => Some(Unusable::Unfinished),
            _ => Some(Unusable::Malformed),
        });
        let items = items(response.item);
        let problem = problem.or(items.is_none().then_some(Unusable::Malformed));
        let when = match response.authored {
            None => Err(Unusable::NoDate),
            authored => self.in_the_past(date(authored).ok_or(Unusable::UnreadableDate)),
        };
        let items = items.unwrap_or_default();
        for (id, link_id, choices) in asked {
            if let Some(why) = problem {
                self.answered(id, Err(why), &source);
                continue;
            }
            for item in items.iter().filter(|item| item.link_id.get() == Some(link_id)) {
                for outcome in self.given(item, choices, when, &source) {
                    self.answered(id, outcome, &source);
                }
            }
        }
    }

    /// What one item answers: several answers where the question may have them.
    fn given(
        &self,
        item: &RawItem<'a>,
        choices: &[ConceptSet],
        when: Result<When, Unusable>,
        source: &ResourceRef,
    ) -> Vec<Result<Answer, Unusable>> {
        if is_modified(item.modifier_extension) {
            return vec![Err(Unusable::ModifierExtension)];
        }
        let answers = match answers(item.answer) {
            Some(answers) if answers.is_empty() => return vec![Err(Unusable::NoValue)],
            Some(answers) => answers,
            None => return vec![Err(Unusable::Malformed)],
        };
        let one = |answer: &RawAnswer<'a>| {
            // A text is never guessed at.
            let coding = match read_object::<Coding<'a>>(answer.value_coding) {
                Field::Ok(coding) => coding,
                Field::Absent => return Err(Unusable::UnknownAnswer),
                Field::Bad => return Err(Unusable::Malformed),
            };
            let concepts = coding.concepts(&self.plan.vocabulary);
            let answer = choices.iter().position(|choice| choice.meets(concepts));
            let answer = answer.ok_or(Unusable::UnknownAnswer)?;
            Ok(Answer { answer, when: when?, issued: None, source: source.clone() })
        };
        answers.iter().map(one).collect()
    }
}

/// All items, those inside items and inside answers among them, in their order; `None` where they cannot be read.
fn items<'a>(raw: Option<&'a RawValue>) -> Option<Vec<RawItem<'a>>> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, &'a RawValue)> = raw.into_iter().map(|raw| (0, raw)).collect();
    while let Some((depth, raw)) = open.pop() {
        let items: Vec<&'a RawValue> = read(Some(raw)).ok()?;
        let mut inside = Vec::new();
        for item in items {
            let item: RawItem<'a> = resource(item)?;
            if depth < DEEPEST_ITEM {
                let of_answers = answers(item.answer).unwrap_or_default();
                let of_answers = of_answers.iter().filter_map(|answer| answer.item);
                inside.extend(item.item.into_iter().chain(of_answers).map(|raw| (depth + 1, raw)));
            }
            found.push(item);
        }
        open.extend(inside.into_iter().rev());
    }
    Some(found)
}

fn answers<'a>(raw: Option<&'a RawValue>) -> Option<Vec<RawAnswer<'a>>> {
    match read::<Vec<&'a RawValue>>(raw) {
        Field::Absent => Some(Vec::new()),
        Field::Bad => None,
        Field::Ok(answers) => answers.into_iter().map(resource).collect(),
    }
}
