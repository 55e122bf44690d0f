//! Cards made of several rules: one table instead of five cards.

use std::fmt::Write;
use std::sync::Arc;

use super::value::Prose;
use super::{Draft, Parts, Rendering};
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

    /// What the row is about, with its id.
    fn named(&self) -> String {
        format!("{} ({})", on_one_line(&self.plan.about), self.finding.rule.name)
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
        let mut because = self.text(&words.because, Prose::Markdown, &missed);
        because.push_str("\n\n");
        because.push_str(&match (self.lay(), group.table) {
            (true, TableKind::Targets) => self.plain_targets(&rows),
            (true, TableKind::Reasons) => self.plain_concerns(&rows),
            (false, TableKind::Targets) => self.targets(&rows),
            (false, TableKind::Reasons) => self.concerns(&rows),
        });
        let mut says = group.says.clone();
        for statement in rows.iter().filter(|row| row.missed()).flat_map(|row| &row.plan.says) {
            if !says.iter().any(|other| other.id == statement.id) {
                says.push(Arc::clone(statement));
            }
        }
        let mut detail = self.detail(&because, &says);
        self.add_footer(&mut detail, group.topic);
        let suggest: Vec<&Suggest> =
            rows.iter().filter(|row| row.missed()).filter_map(|row| row.plan.suggest.as_ref()).collect();
        let origin = self.origin(&group.name);
        let card = self.assemble(Parts {
            origin: &origin,
            code: &group.name,
            title: &group.title,
            topic: group.topic,
            says: &says,
            summary: self.text(&words.summary, Prose::Plain, &missed),
            detail,
            indicator,
            suggest: &suggest,
            links: &[],
        });
        Some(Draft { card, origin: origin.id(), trial: false, position })
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

    fn targets(&self, rows: &[Row<'_>]) -> String {
        let mut table = "| Risk factor | This patient | Target | The article | Current practice (beyond the \
                         article) |\n|---|---|---|---|---|"
            .to_owned();
        for row in rows {
            let current = self.cell(row.plan.current.as_ref());
            let _ = write!(
                table,
                "\n| {} | {} | {} | {} | {} |",
                row.named(),
                self.cell(Some(&row.plan.now)),
                row.state(false),
                self.cell(row.plan.article.as_ref()),
                if current.is_empty() { "as the article" } else { &current },
            );
        }
        table
    }

    fn plain_targets(&self, rows: &[Row<'_>]) -> String {
        let mut table = "| What | Aim | Now |\n|---|---|---|".to_owned();
        for row in rows {
            let aim = self.cell(Some(&row.plan.plain_aim));
            let _ =
                write!(table, "\n| {} | {aim} | {} |", on_one_line(&row.plan.plain_about), row.state(true));
        }
        table
    }

    fn concerns(&self, rows: &[Row<'_>]) -> String {
        let mut table = "| Concern | In this chart | What is advised |\n|---|---|---|".to_owned();
        for row in rows {
            let now = self.cell(Some(&row.plan.now));
            let now = if row.missed() { format!("**{now}**") } else { format!("{now}; could not be judged") };
            let advice = self.cell(row.plan.advice.as_ref());
            let _ = write!(table, "\n| {} | {now} | {advice} |", row.named());
        }
        table
    }

    fn plain_concerns(&self, rows: &[Row<'_>]) -> String {
        let mut table = "| What | Why it matters |\n|---|---|".to_owned();
        for row in rows.iter().filter(|row| row.missed()) {
            let aim = self.cell(Some(&row.plan.plain_aim));
            let _ = write!(table, "\n| **{}** | {aim} |", on_one_line(&row.plan.plain_about));
        }
        table
    }

    fn cell(&self, text: Option<&Text>) -> String {
        text.map(|text| on_one_line(&self.text(text, Prose::Markdown, &[]))).unwrap_or_default()
    }
}

/// Text on one line, as a table cell must be.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
