//! Cards made of several rules: one table instead of five cards.

use std::sync::Arc;

use super::value::{Prose, is_on_one_line};
use super::{Draft, Parts, ROOM, Rendering};
use crate::chart::Truth;
use crate::evaluate::{Finding, Findings, Outcome, Strictness, judge};
use crate::feedback::OriginId;
use crate::knowledge::files::TableKind;
use crate::knowledge::{Group, RowPlan, Suggest, Text};
use crate::wire::Indicator;

/// One row of the table.
struct Row<'f> {
    finding: &'f Finding<'f>,
    plan: &'f RowPlan,
}

impl Row<'_> {
    fn missed(&self) -> bool {
        self.finding.outcome == Outcome::Fires
    }

    fn state(&self, lay: bool) -> &'static str {
        match (self.finding.truth, lay) {
            (Truth::True, false) => "**missed**",
            (Truth::False, false) => "met",
            (Truth::Unknown, false) => "not known",
            (Truth::True, true) => "**not there yet**",
            (Truth::False, true) => "fine",
            (Truth::Unknown, true) => "we do not know",
        }
    }
}

impl Rendering<'_> {
    /// One card for each group with at least one missed row.
    pub(super) fn tables(&self, findings: &Findings<'_>) -> Vec<Draft> {
        let groups = self.knowledge.groups.iter().enumerate();
        groups.filter_map(|(number, group)| self.table(number, group, findings)).collect()
    }

    /// Rows that are on trial and would be missed; those with a card of their own are counted with it.
    pub(super) fn rows_on_trial<'f>(&'f self, findings: &'f Findings<'_>) -> impl Iterator<Item = OriginId> {
        let missed = findings.findings.iter().filter(|finding| {
            finding.rule.trial && finding.outcome == Outcome::Fires && finding.rule.card.is_none()
        });
        let rows = missed.filter(|finding| finding.rule.row.as_ref().is_some_and(|row| self.applies(row)));
        rows.map(|finding| self.origin(&finding.rule.name).id())
    }

    fn applies(&self, row: &RowPlan) -> bool {
        row.applies
            .as_ref()
            .is_none_or(|applies| judge(applies, self.chart, Strictness::Plain, &mut ()) != Truth::False)
    }

    fn table(&self, number: usize, group: &Group, findings: &Findings<'_>) -> Option<Draft> {
        // A row on trial would change a card that is shown.
        let judged = findings.findings.iter().filter(|finding| !finding.rule.trial);
        let of_group = judged.filter_map(|finding| {
            let plan = finding.rule.row.as_ref().filter(|row| row.group == number)?;
            Some(Row { finding, plan })
        });
        let mut rows: Vec<Row<'_>> = of_group
            .filter(|row| !matches!(row.finding.outcome, Outcome::SilencedBy(_) | Outcome::PatientDeceased))
            .filter(|row| self.applies(row.plan))
            .filter(|row| group.table == TableKind::Targets || row.finding.truth != Truth::False)
            .collect();
        let indicator: Indicator =
            rows.iter().filter(|row| row.missed()).map(|row| self.urgency(row)).max()?;
        let position = rows.iter().map(|row| usize::from(row.finding.id.0)).min()?;
        rows.sort_by_key(|row| (!row.missed(), row.finding.id));

        let missed: Vec<&str> =
            rows.iter().filter(|row| row.missed()).map(|row| self.about(row.plan)).collect();
        let words = if self.lay() { &group.plain } else { &group.words };
        let mut because = String::with_capacity(ROOM);
        self.add_text(&mut because, &words.because, Prose::Markdown, &missed);
        because.push_str("\n\n");
        let mut table = Table { rendering: self, to: &mut because };
        match (self.lay(), group.table) {
            (true, TableKind::Targets) => table.plain_targets(&rows),
            (true, TableKind::Reasons) => table.plain_concerns(&rows),
            (false, TableKind::Targets) => table.targets(&rows),
            (false, TableKind::Reasons) => table.concerns(&rows),
        }
        let mut says = group.says.clone();
        for statement in rows.iter().filter(|row| row.missed()).flat_map(|row| &row.plan.says) {
            if !says.iter().any(|other| other.id == statement.id) {
                says.push(Arc::clone(statement));
            }
        }
        let mut detail = self.detail(because, &says);
        self.add_footer(&mut detail, group.topic);
        let suggest: Vec<&Suggest> =
            rows.iter().filter(|row| row.missed()).filter_map(|row| row.plan.suggest.as_ref()).collect();
        let (card, origin) = self.assemble(Parts {
            code: &group.name,
            title: &group.title,
            topic: group.topic,
            says: &says,
            summary: self.summary(&words.summary, &missed),
            detail,
            indicator,
            suggest: &suggest,
            links: &[],
        });
        Some(Draft { card, origin, trial: false, position })
    }

    fn urgency(&self, row: &Row<'_>) -> Indicator {
        match &row.plan.raised {
            Some((when, to)) if judge(when, self.chart, Strictness::Plain, &mut ()).is_true() => *to,
            _ => row.plan.indicator,
        }
    }

    fn about<'r>(&self, plan: &'r RowPlan) -> &'r str {
        if self.lay() { &plan.plain_about } else { &plan.about }
    }
}

/// Writes the rows of a table at the end of a text.
struct Table<'t> {
    rendering: &'t Rendering<'t>,
    to: &'t mut String,
}

impl Table<'_> {
    fn targets(&mut self, rows: &[Row<'_>]) {
        self.to.push_str(
            "| Risk factor | This patient | Target | The article | Current practice (beyond the article) \
             |\n|---|---|---|---|---|",
        );
        for row in rows {
            self.add("\n| ")
                .about(row)
                .add(" | ")
                .cell(&row.plan.now)
                .add(" | ")
                .add(row.state(false))
                .add(" | ");
            self.optional_cell(row.plan.article.as_ref()).add(" | ");
            let before = self.to.len();
            self.optional_cell(row.plan.current.as_ref());
            if self.to.len() == before {
                self.add("as the article");
            }
            self.add(" |");
        }
    }

    fn plain_targets(&mut self, rows: &[Row<'_>]) {
        self.add("| What | Aim | Now |\n|---|---|---|");
        for row in rows {
            self.add("\n| ").one_line(&row.plan.plain_about).add(" | ").cell(&row.plan.plain_aim);
            self.add(" | ").add(row.state(true)).add(" |");
        }
    }

    fn concerns(&mut self, rows: &[Row<'_>]) {
        self.add("| Concern | In this chart | What is advised |\n|---|---|---|");
        for row in rows {
            self.add("\n| ").about(row).add(" | ");
            if row.missed() {
                self.add("**").cell(&row.plan.now).add("**");
            } else {
                self.cell(&row.plan.now).add("; could not be judged");
            }
            self.add(" | ").optional_cell(row.plan.advice.as_ref()).add(" |");
        }
    }

    fn plain_concerns(&mut self, rows: &[Row<'_>]) {
        self.add("| What | Why it matters |\n|---|---|");
        for row in rows.iter().filter(|row| row.missed()) {
            self.add("\n| **")
                .one_line(&row.plan.plain_about)
                .add("** | ")
                .cell(&row.plan.plain_aim)
                .add(" |");
        }
    }

    /// What a row is about, with its id.
    fn about(&mut self, row: &Row<'_>) -> &mut Self {
        self.one_line(&row.plan.about).add(" (").add(&row.finding.rule.name).add(")")
    }

    fn optional_cell(&mut self, text: Option<&Text>) -> &mut Self {
        match text {
            Some(text) => self.cell(text),
            None => self,
        }
    }

    fn cell(&mut self, text: &Text) -> &mut Self {
        let begin = self.to.len();
        self.rendering.add_text(self.to, text, Prose::Markdown, &[]);
        // Most texts are on one line as they are.
        let written = self.to.get(begin..).unwrap_or_default();
        if !is_on_one_line(written) {
            let written = written.to_owned();
            self.to.truncate(begin);
            self.one_line(&written);
        }
        self
    }

    /// Text on one line, as a table cell must be.
    fn one_line(&mut self, text: &str) -> &mut Self {
        let begin = self.to.len();
        for word in text.split_whitespace() {
            if self.to.len() > begin {
                self.to.push(' ');
            }
            self.to.push_str(word);
        }
        self
    }

    fn add(&mut self, text: &str) -> &mut Self {
        self.to.push_str(text);
        self
    }
}
