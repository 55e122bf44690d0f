//! The detail of a card: why it appears, what the article says, what is beyond it, what is open.

use std::fmt::Write;
use std::sync::Arc;

use super::Rendering;
use crate::evaluate::{Finding, Strictness, reason};
use crate::knowledge::files::Name;
use crate::knowledge::{Condition, Statement};

impl Rendering<'_> {
    /// `because`, then the statements: the article and what is beyond it stand apart.
    pub(super) fn detail(&self, because: String, says: &[Arc<Statement>]) -> String {
        let mut detail = because;
        detail.truncate(detail.trim_end().len());
        detail.drain(..detail.len() - detail.trim_start().len());
        if self.lay() {
            for statement in says {
                detail.push_str("\n\n");
                detail.push_str(statement.text.plain.trim());
            }
            return detail;
        }
        let mut article = Section::of(&mut detail, "The article says");
        for statement in says.iter().filter(|statement| !statement.is_beyond()) {
            self.add_statement(article.line(), statement, &statement.text.text, &statement.text.cite);
        }
        let mut beyond = Section::of(&mut detail, "Beyond the article");
        for statement in says.iter().filter(|statement| statement.is_beyond()) {
            self.add_statement(beyond.line(), statement, &statement.text.text, &statement.text.cite);
        }
        for statement in says {
            if let Some(addition) = &statement.text.beyond {
                self.add_statement(beyond.line(), statement, &addition.text, &addition.cite);
            }
        }
        let mut doubts = Section::of(&mut detail, "Open to doubt");
        for doubt in says.iter().filter_map(|statement| statement.text.doubt.as_deref()) {
            doubts.line().push_str(doubt.trim());
        }
        detail
    }

    /// A statement with its id, its class and what it cites.
    fn add_statement(&self, detail: &mut String, statement: &Statement, text: &str, cite: &[Name]) {
        detail.push_str(text.trim());
        detail.push_str(" *");
        detail.push_str(&statement.id);
        if let Some(grade) = &statement.text.grade {
            detail.push_str("; ");
            detail.push_str(grade);
        }
        for cite in cite {
            detail.push_str("; ");
            // A number is one that the article prints; its entry is on the guidance page.
            let printed = cite.as_str().bytes().all(|byte| byte.is_ascii_digit());
            match self.knowledge.references.get(cite.as_str()) {
                Some(reference) if !printed => detail.push_str(&reference.short),
                _ => {
                    detail.push_str("article reference ");
                    detail.push_str(cite.as_str());
                }
            }
        }
        detail.push('*');
    }

    /// What the chart did not tell, where a rule asked for it.
    pub(super) fn add_open_questions(&self, detail: &mut String, finding: &Finding<'_>) {
        if self.lay() {
            return;
        }
        let mut open = Vec::new();
        finding.rule.when.walk(&mut |condition| {
            if condition.children().is_empty() {
                open.extend(self.open_question(condition));
            }
        });
        open.dedup();
        let mut section = Section::of(detail, "Not known from this chart");
        for question in &open {
            section.line().push_str(question);
        }
    }

    fn open_question(&self, condition: &Condition) -> Option<String> {
        let reason = reason(condition, self.chart, Strictness::Plain);
        (reason.outcome == "unknown").then(|| {
            let because: Vec<String> =
                reason.because.iter().map(|text| super::escape_markdown(text)).collect();
            format!("{}: {}", reason.condition, because.join("; "))
        })
    }

    /// Review state, date and disclaimer.
    pub(super) fn add_footer(&self, detail: &mut String, topic: usize) {
        let package = &self.knowledge.package;
        let review = self.knowledge.review_of(topic);
        if self.lay() {
            let _ = write!(detail, "\n\n*{}*", package.plain_caveat.trim());
            return;
        }
        let _ = write!(
            detail,
            "\n\n*{} Review state: {} ({}). Article of {}; package {} {}. {}*",
            package.caveat.trim(),
            review.state.words(),
            review.date,
            package.article_updated,
            package.id,
            package.version,
            package.disclaimer.trim(),
        );
        if self.knowledge.is_old(self.now.date()) {
            let months = package.old_after_months;
            let _ = write!(detail, " *The article was last updated more than {months} months ago.*");
        }
    }
}

/// A heading and its lines at the end of a detail; nothing where there are no lines.
struct Section<'d> {
    detail: &'d mut String,
    /// Until it is written.
    heading: Option<&'static str>,
}

impl<'d> Section<'d> {
    fn of(detail: &'d mut String, heading: &'static str) -> Self {
        Self { detail, heading: Some(heading) }
    }

    /// Begins a line, to which the text is added.
    fn line(&mut self) -> &mut String {
        if let Some(heading) = self.heading.take() {
            self.detail.push_str("\n\n**");
            self.detail.push_str(heading);
            self.detail.push_str("**\n");
        }
        self.detail.push_str("\n- ");
        self.detail
    }
}
