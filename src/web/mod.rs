//! The web pages: the guidance for people, and the sandbox with its synthetic patients.
//!
//! Everything but a sandbox call is written once at the start, so that a mistake in a template stops the start and no
//! page can fail later. Pages come as bytes; statuses and headers are the rim's.

mod assets;
mod guidance;
mod results;
mod sandbox;
mod search;

pub use assets::{Asset, asset};
pub use sandbox::{NoCall, Sandbox};

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::app::App;
use crate::knowledge::Knowledge;
use crate::rehearsal::SyntheticError;

/// Who reads a guidance page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// A health professional.
    Clinician,
    /// A patient, in plain language.
    Patient,
}

/// The pages could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A template is not right.
    #[error("writing a web page")]
    Template(#[from] minijinja::Error),
    /// The synthetic patients cannot be listed.
    #[error("listing the synthetic patients")]
    Synthetic(#[from] SyntheticError),
    /// A list could not be written as JSON.
    #[error("writing a list")]
    Json(#[from] serde_json::Error),
}

/// All pages.
#[derive(Debug)]
pub struct Site {
    package: String,
    /// By topic; the page of the package itself has none.
    guidance: BTreeMap<(Option<String>, Reader), Bytes>,
    sandbox: Option<Sandbox>,
    templates: Environment<'static>,
    /// Made when the first question comes, because it takes as long as half of all the rest of a start.
    index: OnceLock<search::Index>,
    root: String,
}

impl Site {
    /// Writes the pages of an app.
    ///
    /// # Errors
    /// Where a template is not right or the synthetic patients cannot be listed.
    pub fn new(app: &App) -> Result<Site, SiteError> {
        let templates = templates()?;
        let sandbox = app.config.sandbox.enabled;
        let root = base_path(&app.config.server.public_url);
        let frame = guidance::Frame::new(&app.knowledge, root, sandbox);
        Ok(Site {
            package: app.knowledge.package.id.clone(),
            guidance: guidance::write(&templates, &app.knowledge, frame)?,
            sandbox: if sandbox { Some(Sandbox::new(app, &templates, frame)?) } else { None },
            index: OnceLock::new(),
            root: root.to_owned(),
            templates,
        })
    }

    /// The guidance of a package or of one topic of it.
    #[must_use]
    pub fn guidance(&self, package: &str, topic: Option<&str>, reader: Reader) -> Option<Bytes> {
        if package != self.package {
            return None;
        }
        self.guidance.get(&(topic.map(str::to_owned), reader)).cloned()
    }

    /// What was found for a question, as a page.
    ///
    /// # Errors
    /// Where the template is not right, which the tests rule out.
    pub fn search(
        &self,
        knowledge: &Knowledge,
        question: &str,
        reader: Reader,
    ) -> Result<Bytes, minijinja::Error> {
        let frame = guidance::Frame::new(knowledge, &self.root, self.sandbox.is_some());
        let results = results::Results::of(knowledge, self.index(knowledge), question, reader);
        results.page(&self.templates, frame)
    }

    /// What was found for a question, as JSON.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn search_json(
        &self,
        knowledge: &Knowledge,
        question: &str,
        reader: Reader,
    ) -> Result<Bytes, serde_json::Error> {
        let results = results::Results::of(knowledge, self.index(knowledge), question, reader);
        serde_json::to_vec(&results).map(Bytes::from)
    }

    fn index(&self, knowledge: &Knowledge) -> &search::Index {
        self.index.get_or_init(|| search::Index::new(knowledge))
    }

    /// The sandbox, where it is on.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }
}

/// Every value is escaped as HTML, whatever a template is called; an unknown name is an error.
fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_template("layout.html", include_str!("templates/layout.html"))?;
    templates.add_template("parts.html", include_str!("templates/parts.html"))?;
    templates.add_template("package.html", include_str!("templates/package.html"))?;
    templates.add_template("topic.html", include_str!("templates/topic.html"))?;
    templates.add_template("search.html", include_str!("templates/search.html"))?;
    templates.add_template("sandbox.html", include_str!("templates/sandbox.html"))?;
    Ok(templates)
}

/// The path in front of ours where a proxy serves us under one: `/leg` of `https://cds.example/leg`.
fn base_path(public_url: &str) -> &str {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default().trim_end_matches('/')
}
