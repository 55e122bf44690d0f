//! The detail of a card: why it appears, what the article says, what is beyond it, what is open.

use std::fmt::Write;
use std::sync::Arc;

use super::Rendering;
use crate::evaluate::{Finding, Strictness, reason};
use crate::knowledge::files::Name;
use crate::knowledge::{Condition, Statement};

impl Rendering<'_> {
    /// `because`, then the statements: the article and what is beyond it stand apart.
    pub(super) fn detail(&self, because: &str, says: &[Arc<Statement>]) -> String {
        let mut detail = because.trim().to_owned();
        if self.lay() {
            for statement in says {
                let _ = write!(detail, "\n\n{}", statement.text.plain.trim());
            }
            return detail;
        }
        let article: Vec<String> = says
            .iter()
            .filter(|statement| !statement.is_beyond())
            .map(|statement| self.line(&statement.text.text, statement, &statement.text.cite))
            .collect();
        let own = says
            .iter()
            .filter(|statement| statement.is_beyond())
            .map(|statement| self.line(&statement.text.text, statement, &statement.text.cite));
        let added = says.iter().filter_map(|statement| {
            let addition = statement.text.beyond.as_ref()?;
            Some(self.line(&addition.text, statement, &addition.cite))
        });
        let beyond: Vec<String> = own.chain(added).collect();
        let doubts = says.iter().filter_map(|statement| statement.text.doubt.as_deref());
        let doubts: Vec<String> = doubts.map(|doubt| doubt.trim().to_owned()).collect();
        section(&mut detail, "The article says", &article);
        section(&mut detail, "Beyond the article", &beyond);
        section(&mut detail, "Open to doubt", &doubts);
        detail
    }

    /// A statement with its id, its class and what it cites.
    fn line(&self, text: &str, statement: &Statement, cite: &[Name]) -> String {
        let mut marks = vec![statement.id.clone()];
        marks.extend(statement.text.grade.clone());
        marks.extend(cite.iter().map(|cite| {
            // A number is one that the article prints; its entry is on the guidance page.
            let printed = cite.as_str().bytes().all(|byte| byte.is_ascii_digit());
            match self.knowledge.references.get(cite.as_str()) {
                Some(reference) if !printed => reference.short.clone(),
                _ => format!("article reference {cite}"),
            }
        }));
        format!("{} *{}*", text.trim(), marks.join("; "))
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
        section(detail, "Not known from this chart", &open);
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

/// A heading and its lines; nothing where there are none.
fn section(detail: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(detail, "\n\n**{heading}**\n");
    for line in lines {
        let _ = write!(detail, "\n- {line}");
    }
}
