//! The guidance, statement by statement, for clinicians and for patients.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::Reader;
use crate::knowledge::files::{Name, Reference};
use crate::knowledge::{Knowledge, Overlay, Statement, Topic};

/// What is the same on every page.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Frame<'a> {
    /// The path in front of ours.
    pub(super) root: &'a str,
    /// Is there a sandbox to go to?
    pub(super) sandbox: bool,
    package: Package<'a>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(knowledge: &'a Knowledge, root: &'a str, sandbox: bool) -> Frame<'a> {
        Frame { root, sandbox, package: Package::of(knowledge) }
    }
}

#[derive(Debug, Serialize)]
struct PackagePage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    patient: bool,
    topics: Vec<TopicLine<'a>>,
    references: Vec<Source<'a>>,
    questionnaires: Vec<Form<'a>>,
    overlay: Option<Changes<'a>>,
}

/// A questionnaire that is published here.
#[derive(Debug, Serialize)]
struct Form<'a> {
    id: &'a str,
    title: &'a str,
    url: &'a str,
}

/// What the site changed.
#[derive(Debug, Serialize)]
struct Changes<'a> {
    site: &'a str,
    changes: &'a [String],
}

#[derive(Debug, Serialize)]
struct TopicPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    patient: bool,
    topic: TopicLine<'a>,
    statements: Vec<Line<'a>>,
    references: Vec<Source<'a>>,
}

/// Every page, by topic and reader; the page of the package has no topic.
pub(super) fn write(
    templates: &Environment<'_>,
    knowledge: &Knowledge,
    frame: Frame<'_>,
) -> Result<BTreeMap<(Option<String>, Reader), Bytes>, minijinja::Error> {
    let package = templates.get_template("package.html")?;
    let topic = templates.get_template("topic.html")?;
    let mut pages = BTreeMap::new();
    for reader in [Reader::Clinician, Reader::Patient] {
        let patient = reader == Reader::Patient;
        let page = PackagePage {
            frame,
            patient,
            topics: (0..)
                .zip(&knowledge.topics)
                .filter(|(_, topic)| topic.shown)
                .map(|(number, topic)| TopicLine::of(knowledge, number, topic))
                .collect(),
            references: knowledge.references.iter().map(Source::of).collect(),
            questionnaires: knowledge
                .questionnaires
                .iter()
                .map(|form| Form { id: &form.id, title: &form.title, url: &form.url })
                .collect(),
            overlay: knowledge
                .overlay
                .as_ref()
                .map(|overlay| Changes { site: &overlay.site, changes: &overlay.changes }),
        };
        pages.insert((None, reader), package.render(Serde(page))?.into());
        for (number, entry) in knowledge.topics.iter().enumerate().filter(|(_, topic)| topic.shown) {
            let statements: Vec<Line<'_>> =
                of_topic(knowledge, number).map(|it| Line::of(knowledge, it)).collect();
            let cited: BTreeSet<&str> = statements.iter().flat_map(|line| line.cited(patient)).collect();
            let references = knowledge.references.iter().filter(|(id, _)| cited.contains(id.as_str()));
            let references = references.map(Source::of).collect();
            let page = TopicPage {
                frame,
                patient,
                topic: TopicLine::of(knowledge, number, entry),
                statements,
                references,
            };
            pages.insert((Some(entry.id.clone()), reader), topic.render(Serde(page))?.into());
        }
    }
    Ok(pages)
}

fn of_topic(knowledge: &Knowledge, topic: usize) -> impl Iterator<Item = &Statement> {
    knowledge.statements.iter().map(AsRef::as_ref).filter(move |statement| statement.topic == topic)
}

/// What every page says of the package.
#[derive(Debug, Clone, Copy, Serialize)]
struct Package<'k> {
    id: &'k str,
    version: &'k str,
    title: &'k str,
    question: &'k str,
    publisher: &'k str,
    article_updated: &'k str,
    review: &'static str,
    review_date: &'k str,
    review_by: &'k str,
    caveat: &'k str,
    plain_caveat: &'k str,
    disclaimer: &'k str,
    editorial_policy: &'k str,
}

impl<'k> Package<'k> {
    fn of(knowledge: &'k Knowledge) -> Package<'k> {
        let package = &knowledge.package;
        Package {
            id: &package.id,
            version: &package.version,
            title: &package.title,
            question: &package.question,
            publisher: &package.publisher,
            article_updated: &package.article_updated,
            review: package.review.state.words(),
            review_date: &package.review.date,
            review_by: &package.review.by,
            caveat: &package.caveat,
            plain_caveat: &package.plain_caveat,
            disclaimer: &package.disclaimer,
            editorial_policy: &package.editorial_policy,
        }
    }
}

#[derive(Debug, Serialize)]
struct TopicLine<'k> {
    id: &'k str,
    title: &'k str,
    plain: &'k str,
    article: usize,
    beyond: usize,
    review: &'static str,
    review_date: &'k str,
    review_by: &'k str,
}

impl<'k> TopicLine<'k> {
    fn of(knowledge: &'k Knowledge, number: usize, topic: &'k Topic) -> TopicLine<'k> {
        let beyond = of_topic(knowledge, number).filter(|statement| statement.is_beyond()).count();
        let article = of_topic(knowledge, number).count() - beyond;
        TopicLine {
            id: &topic.id,
            title: &topic.title,
            plain: &topic.plain,
            article,
            beyond,
            review: topic.review.state.words(),
            review_date: &topic.review.date,
            review_by: &topic.review.by,
        }
    }
}

/// A statement as a page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Line<'k> {
    id: &'k str,
    beyond: bool,
    grade: Option<&'k str>,
    text: &'k str,
    plain: &'k str,
    cites: Vec<Cite<'k>>,
    addition: Option<&'k str>,
    addition_cites: Vec<Cite<'k>>,
    doubt: Option<&'k str>,
    guidance_only: Option<&'k str>,
    review: &'static str,
    review_date: &'k str,
    links: Vec<SiteLinkLine<'k>>,
}

/// A link of the site.
#[derive(Debug, Serialize)]
struct SiteLinkLine<'k> {
    label: &'k str,
    url: &'k str,
    site: &'k str,
}

impl<'k> Line<'k> {
    pub(super) fn of(knowledge: &'k Knowledge, statement: &'k Statement) -> Line<'k> {
        let text = &statement.text;
        let addition = text.beyond.as_ref();
        let review = knowledge.review_of(statement.topic);
        Line {
            id: &statement.id,
            beyond: statement.is_beyond(),
            grade: text.grade.as_deref(),
            text: &text.text,
            plain: &text.plain,
            cites: cites(knowledge, &text.cite),
            addition: addition.map(|addition| addition.text.as_str()),
            addition_cites: addition.map(|addition| cites(knowledge, &addition.cite)).unwrap_or_default(),
            doubt: text.doubt.as_deref(),
            guidance_only: text.guidance_only.as_deref(),
            review: review.state.words(),
            review_date: &review.date,
            links: links(knowledge, statement),
        }
    }

    /// What a page for this reader cites.
    fn cited(&self, patient: bool) -> impl Iterator<Item = &'k str> {
        let additions = if patient { &[] } else { self.addition_cites.as_slice() };
        self.cites.iter().chain(additions).map(|cite| cite.id)
    }
}

fn links<'k>(knowledge: &'k Knowledge, statement: &Statement) -> Vec<SiteLinkLine<'k>> {
    let of_site = |overlay: &'k Overlay| {
        let links = overlay.links.iter().filter(|link| link.statement.as_str() == statement.id);
        links.map(|link| SiteLinkLine { label: &link.label, url: &link.url, site: &overlay.site })
    };
    knowledge.overlay.iter().flat_map(of_site).collect()
}

#[derive(Debug, Serialize)]
struct Cite<'k> {
    id: &'k str,
    short: &'k str,
}

fn cites<'k>(knowledge: &'k Knowledge, names: &'k [Name]) -> Vec<Cite<'k>> {
    let cite = |name: &'k Name| {
        let short =
            knowledge.references.get(name.as_str()).map_or(name.as_str(), |reference| &reference.short);
        Cite { id: name.as_str(), short }
    };
    names.iter().map(cite).collect()
}

/// A reference as a page shows it.
#[derive(Debug, Serialize)]
struct Source<'k> {
    id: &'k str,
    /// Does the article print its number?
    article: bool,
    short: &'k str,
    entry: &'k str,
    url: Option<&'k str>,
    checked: bool,
    note: Option<&'k str>,
}

impl<'k> Source<'k> {
    fn of((id, reference): (&'k String, &'k Reference)) -> Source<'k> {
        // Escaping does not stop an address that is a script.
        let url =
            reference.url.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        Source {
            id,
            article: id.bytes().all(|byte| byte.is_ascii_digit()),
            short: &reference.short,
            entry: &reference.entry,
            url,
            checked: reference.checked,
            note: reference.note.as_deref(),
        }
    }
}
