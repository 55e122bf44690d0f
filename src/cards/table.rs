//! Cards made of several rules: one table instead of five cards.

use std::fmt::Write;

use super::value::Prose;
use super::{Draft, Parts, Rendering};
use crate::chart::Truth;
use crate::evaluate::{Finding, Findings, Outcome, Strictness, judge};
use crate::knowledge::{Group, RowPlan, Suggest};
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

    fn table(&self, number: usize, group: &Group, findings: &Findings<'_>) -> Option<Draft> {
        // A row on trial would change a card that is shown.
        let judged = findings.findings.iter().filter(|finding| !finding.rule.trial);
        let of_group = judged.filter_map(|finding| {
            let plan = finding.rule.row.as_ref().filter(|row| row.group == number)?;
            Some(Row { finding, plan })
        });
        let applies = |row: &Row<'_>| match &row.plan.applies {
            Some(applies) => judge(applies, self.chart, Strictness::Plain, &mut ()) != Truth::False,
            None => true,
        };
        let mut rows: Vec<Row<'_>> = of_group
            .filter(|row| !matches!(row.finding.outcome, Outcome::SilencedBy(_) | Outcome::PatientDeceased))
            .filter(applies)
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
        because.push_str(&self.rows(&rows));
        let mut detail = self.detail(&because, &group.says);
        self.add_footer(&mut detail);
        let suggest: Vec<&Suggest> =
            rows.iter().filter(|row| row.missed()).filter_map(|row| row.plan.suggest.as_ref()).collect();
        let card = self.assemble(Parts {
            code: &group.name,
            title: &group.title,
            topic: group.topic,
            says: &group.says,
            summary: self.text(&words.summary, Prose::Plain, &missed),
            detail,
            indicator,
            suggest: &suggest,
        });
        Some(Draft { card, origin: self.origin(&group.name).id(), trial: false, position })
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

    fn rows(&self, rows: &[Row<'_>]) -> String {
        let mut table = if self.lay() {
            "| What | Aim | Now |\n|---|---|---|".to_owned()
        } else {
            "| Risk factor | This patient | Target | The article | Current practice (beyond the article) |\n|---|---|---|---|---|"
                .to_owned()
        };
        for row in rows {
            let plan = row.plan;
            let now = self.text(&plan.now, Prose::Markdown, &[]);
            let state = row.state(self.lay());
            let _ = if self.lay() {
                let aim = self.text(&plan.plain_aim, Prose::Markdown, &[]);
                write!(table, "\n| {} | {} | {} |", cell(&plan.plain_about), cell(&aim), state)
            } else {
                let article = self.text(&plan.article, Prose::Markdown, &[]);
                let current = plan.current.as_ref().map(|text| self.text(text, Prose::Markdown, &[]));
                let current = current.unwrap_or_else(|| "as the article".to_owned());
                write!(
                    table,
                    "\n| {} | {} | {} | {} | {} |",
                    format_args!("{} ({})", cell(&plan.about), row.finding.rule.name),
                    cell(&now),
                    state,
                    cell(&article),
                    cell(&current)
                )
            };
        }
        table
    }
}

/// Text on one line, as a table cell must be.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
