//! From findings to cards: words, order, suggestions.

mod detail;
mod one_action;
mod origins;
mod suggestion;
mod table;
mod value;

use std::borrow::Cow;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::chart::{Chart, Truth};
use crate::evaluate::{Finding, Findings, Outcome};
use crate::feedback::{Origin, OriginId};
use crate::fhir::Drafts;
use crate::knowledge::{CardPlan, Knowledge, Piece, Service, Statement, Suggest, Text, Words};
use crate::wire::{Card, Coding, Context, Indicator, Link, LinkType, SelectionBehavior, Source};
use value::{Prose, is_on_one_line};

pub use one_action::one_action_each;
pub use origins::origins;
pub use value::escape_markdown;

/// Characters of a summary: fewer than this.
const SUMMARY_LIMIT: usize = 140;

/// Bytes that most details have room in.
const ROOM: usize = 2048;

/// What rendering needs beside the findings.
#[derive(Debug, Clone, Copy)]
pub struct Rendering<'a> {
    /// The knowledge.
    pub knowledge: &'a Knowledge,
    /// The service that answers.
    pub service: &'a Service,
    /// The chart.
    pub chart: &'a Chart,
    /// Who is looking at whom.
    pub context: &'a Context<'a>,
    /// The drafts, for changes to them.
    pub drafts: &'a Drafts<'a>,
    /// When the call came.
    pub now: OffsetDateTime,
    /// Where this service is reached, without a slash at its end.
    pub public_url: &'a str,
}

/// One card with what it is about, before the order is settled.
struct Draft {
    card: Card,
    origin: OriginId,
    /// Counted and not shown.
    trial: bool,
    /// The place of its rule in the package.
    position: usize,
}

/// What became of the findings.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The cards to show: most severe first, at most as many as the package allows.
    pub cards: Vec<Card>,
    /// Cards of rules on trial: counted and not shown.
    pub trial: Vec<Card>,
    /// What each of both is, and whether it is on trial.
    pub origins: Vec<(OriginId, bool)>,
}

/// Renders the cards of a call.
#[must_use]
pub fn render(rendering: &Rendering<'_>, findings: &Findings<'_>) -> Rendered {
    let mut drafts: Vec<Draft> =
        findings.findings.iter().filter_map(|finding| rendering.card(finding)).collect();
    drafts.extend(rendering.tables(findings));
    drafts.sort_by_key(|draft| (std::cmp::Reverse(draft.card.indicator), draft.position));
    let (trial, mut shown): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(|draft| draft.trial);
    shown.truncate(usize::from(rendering.knowledge.package.most_cards));
    Rendered {
        origins: shown
            .iter()
            .chain(&trial)
            .map(|draft| (draft.origin, draft.trial))
            .chain(rendering.rows_on_trial(findings).map(|origin| (origin, true)))
            .collect(),
        cards: shown.into_iter().map(|draft| draft.card).collect(),
        trial: trial.into_iter().map(|draft| draft.card).collect(),
    }
}

impl<'a> Rendering<'a> {
    fn lay(&self) -> bool {
        self.context.user_type.is_lay()
    }

    /// The card of one rule, where it has something to say to this reader.
    fn card(&self, finding: &Finding<'_>) -> Option<Draft> {
        let plan = match finding.outcome {
            Outcome::Fires => finding.rule.card.as_ref()?,
            Outcome::Unknown => finding.rule.unknown.as_ref()?,
            _ => return None,
        };
        let code = match finding.truth {
            Truth::Unknown => Cow::Owned(origins::unknown(&finding.rule.name)),
            _ => Cow::Borrowed(finding.rule.name.as_str()),
        };
        let words = self.words(plan)?;
        let mut because = String::with_capacity(ROOM);
        self.add_text(&mut because, &words.because, Prose::Markdown, &[]);
        let mut detail = self.detail(because, &plan.says);
        self.add_open_questions(&mut detail, finding);
        self.add_footer(&mut detail, finding.rule.topic);
        let suggest: Vec<&Suggest> = plan.suggest.iter().collect();
        let (card, origin) = self.assemble(Parts {
            code: &code,
            title: &finding.rule.title,
            topic: finding.rule.topic,
            says: &plan.says,
            summary: self.summary(&words.summary, &[]),
            detail,
            indicator: plan.indicator,
            suggest: &suggest,
            links: &plan.links,
        });
        Some(Draft { card, origin, trial: finding.rule.trial, position: usize::from(finding.id.0) })
    }

    fn origin<'o>(&'o self, card: &'o str) -> Origin<&'o str> {
        origins::origin(&self.knowledge.package, self.service, card)
    }

    /// Every card that asks for something offers reasons not to; a patient is not asked for them.
    fn override_reasons(&self, indicator: Indicator) -> Arc<[Coding]> {
        if self.lay() || indicator < Indicator::Warning {
            return Arc::default();
        }
        Arc::clone(&self.knowledge.override_reasons)
    }

    fn words(&self, plan: &'a CardPlan) -> Option<&'a Words> {
        if self.lay() { plan.plain.as_ref() } else { Some(&plan.words) }
    }

    fn summary(&self, text: &Text, missed: &[&str]) -> String {
        let mut summary = String::with_capacity(SUMMARY_LIMIT);
        self.add_text(&mut summary, text, Prose::Plain, missed);
        shortened(summary)
    }

    fn add_text(&self, to: &mut String, text: &Text, prose: Prose, missed: &[&str]) {
        for piece in &text.0 {
            match piece {
                Piece::Words(same) => to.push_str(same),
                Piece::Named(named, shown) => {
                    value::add_in_words(to, named, *shown, self.chart, prose, missed);
                }
            }
        }
    }

    fn assemble(&self, parts: Parts<'_>) -> (Card, OriginId) {
        let origin = self.origin(parts.code);
        let id = origin.id();
        let package = &self.knowledge.package;
        let review = self.knowledge.review_of(parts.topic);
        let suggestions = if self.lay() { Vec::new() } else { self.suggestions(parts.suggest, origin) };
        let one_of_them = |suggest: &&Suggest| suggest.selection == SelectionBehavior::AtMostOne;
        let selection = if parts.suggest.iter().all(one_of_them) {
            SelectionBehavior::AtMostOne
        } else {
            SelectionBehavior::Any
        };
        let topic = self.knowledge.topics.get(parts.topic);
        let guidance = topic.zip(parts.says.first()).map(|(topic, statement)| Link {
            label: format!("Guidance: {}", if self.lay() { &topic.plain } else { &topic.title }),
            url: format!(
                "{}/guidance/{}/{}{}#{}",
                self.public_url,
                package.id,
                topic.id,
                if self.lay() { "?for=patient" } else { "" },
                statement.id
            ),
            kind: LinkType::Absolute,
        });
        let questionnaires = parts.links.iter().filter_map(|(label, position)| {
            let questionnaire = self.knowledge.questionnaires.get(*position)?;
            Some(Link {
                label: label.clone(),
                url: format!(
                    "{}/guidance/{}/questionnaires/{}",
                    self.public_url, package.id, questionnaire.id
                ),
                kind: LinkType::Absolute,
            })
        });
        let card = Card {
            uuid: id.uuid().to_string(),
            summary: parts.summary,
            detail: Some(parts.detail).filter(|detail| !detail.is_empty()),
            indicator: parts.indicator,
            source: Source {
                label: format!("{} {} ({})", package.publisher, package.title, review.state.words()),
                url: topic.map(|_| format!("{}/guidance/{}", self.public_url, package.id)),
                topic: Coding {
                    code: parts.code.chars().filter(char::is_ascii_alphanumeric).collect(),
                    system: package.topic_system.clone(),
                    display: Some(parts.title.to_owned()),
                },
            },
            selection_behavior: (!suggestions.is_empty()).then_some(selection),
            suggestions,
            override_reasons: self.override_reasons(parts.indicator),
            links: guidance.into_iter().chain(questionnaires).chain(self.of_the_site(parts.says)).collect(),
        };
        (card, id)
    }
}

impl Rendering<'_> {
    /// What the site links with these statements.
    fn of_the_site(&self, says: &[Arc<Statement>]) -> impl Iterator<Item = Link> {
        let links = self.knowledge.overlay.iter().flat_map(|overlay| &overlay.links);
        links
            .filter(|link| says.iter().any(|statement| statement.id == link.statement.as_str()))
            .map(|link| Link { label: link.label.clone(), url: link.url.clone(), kind: LinkType::Absolute })
    }
}

/// What a card is made of.
struct Parts<'p> {
    code: &'p str,
    title: &'p str,
    topic: usize,
    says: &'p [Arc<Statement>],
    summary: String,
    detail: String,
    indicator: Indicator,
    suggest: &'p [&'p Suggest],
    links: &'p [(String, usize)],
}

/// A summary that keeps to its limit whatever a chart puts into it.
fn shortened(mut summary: String) -> String {
    if !is_on_one_line(&summary) {
        summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if summary.chars().count() < SUMMARY_LIMIT {
        return summary;
    }
    let mut short: String = summary.chars().take(SUMMARY_LIMIT - 2).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_summary_has_fewer_than_140_characters() {
        for (length, kept) in [(10, 10), (139, 139), (140, 139), (500, 139)] {
            assert_eq!(shortened("é".repeat(length)).chars().count(), kept, "{length}");
        }
        assert_eq!(shortened("two\n lines".to_owned()), "two lines");
    }
}
