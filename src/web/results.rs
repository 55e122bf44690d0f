//! What a search of the guidance found, for a page and for programs.

use bytes::Bytes;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::Reader;
use super::guidance::{Frame, Line};
use super::search::Index;
use crate::knowledge::Knowledge;

/// The statements that were found.
#[derive(Debug, Serialize)]
pub(super) struct Results<'k> {
    /// The question as it was asked.
    question: String,
    /// For patients?
    patient: bool,
    /// Words that were read as others.
    corrected: Vec<Correction>,
    /// What was found, the best first; nothing where the guidance says nothing of it.
    statements: Vec<Hit<'k>>,
    /// The package and how far its review has come.
    source: String,
}

/// A misspelt word.
#[derive(Debug, Serialize)]
struct Correction {
    written: String,
    read: String,
}

/// One statement.
#[derive(Debug, Serialize)]
struct Hit<'k> {
    topic: &'k str,
    topic_title: &'k str,
    /// The path of its page, below the address of this service.
    path: String,
    #[serde(flatten)]
    statement: Line<'k>,
}

#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    #[serde(flatten)]
    results: Results<'a>,
}

impl<'k> Results<'k> {
    pub(super) fn of(knowledge: &'k Knowledge, index: &Index, question: &str, reader: Reader) -> Results<'k> {
        let patient = reader == Reader::Patient;
        let found = index.find(question);
        let hits = found.statements.iter().filter_map(|place| {
            let statement = knowledge.statements.get(*place)?;
            let topic = knowledge.topics.get(statement.topic)?;
            let reader = if patient { "?for=patient" } else { "" };
            Some(Hit {
                topic: &topic.id,
                topic_title: if patient { &topic.plain } else { &topic.title },
                path: format!("/guidance/{}/{}{reader}#{}", knowledge.package.id, topic.id, statement.id),
                statement: Line::of(knowledge, statement),
            })
        });
        let package = &knowledge.package;
        let review = package.review.state.words();
        Results {
            question: question.trim().chars().take(200).collect(),
            patient,
            statements: hits.collect(),
            corrected: found
                .corrected
                .into_iter()
                .map(|(written, read)| Correction { written, read })
                .collect(),
            source: format!("{} {} {}, {review}", package.publisher, package.title, package.version),
        }
    }

    pub(super) fn page(
        self,
        templates: &Environment<'_>,
        frame: Frame<'k>,
    ) -> Result<Bytes, minijinja::Error> {
        let page = templates.get_template("search.html")?.render(Serde(Page { frame, results: self }))?;
        Ok(page.into())
    }
}
