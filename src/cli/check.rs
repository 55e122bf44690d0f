//! `gaitkeeper check`

use std::process::ExitCode;

use clap::Args;

use super::{KnowledgeAt, Outcome, package, print};
use crate::knowledge::{Knowledge, Problems};
use crate::rehearsal::{CaseVerdict, Fate, MutationReport, mutate, run_cases, run_cases_of_overlay};

/// Check the knowledge package and run all its cases.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    at: KnowledgeAt,
    /// Run the cases of these rules only.
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Change each condition of the rules a little as well: a case has to notice.
    #[arg(long)]
    mutate: bool,
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        let source = package(self.at.knowledge.as_deref())?;
        let mut told = String::new();
        let sound = match Knowledge::load(&source) {
            Err(problems) => mistakes(&problems, &mut told),
            Ok(mut knowledge) => {
                let mut sound = self.cases(&knowledge, &mut told);
                if self.mutate && sound {
                    sound = unnoticed(&mutate(&mut knowledge, &self.rule), &mut told);
                }
                if self.at.overlay.is_some() {
                    sound &= match Knowledge::deployed(&source, &self.at.deployment()?) {
                        Err(problems) => mistakes(&problems, &mut told),
                        Ok(deployed) => self.overlay(&knowledge, &deployed, &mut told),
                    };
                }
                sound
            }
        };
        print(&told)?;
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn asked(&self, verdicts: Vec<CaseVerdict>) -> Vec<CaseVerdict> {
        verdicts.into_iter().filter(|v| self.rule.is_empty() || self.rule.contains(&v.rule)).collect()
    }

    /// Runs the cases of the package; are all as expected?
    fn cases(&self, knowledge: &Knowledge, told: &mut String) -> bool {
        let verdicts = self.asked(run_cases(knowledge));
        let failed = tell(&verdicts, told);
        told.push_str(&format!(
            "{} {}: {} statements, {} rules, {} facts, {} services; {} cases, {failed} failed\n",
            knowledge.package.id,
            knowledge.package.version,
            knowledge.statements.len(),
            knowledge.rules.len(),
            knowledge.fact_count,
            knowledge.services.len(),
            verdicts.len(),
        ));
        failed == 0
    }

    /// Says what the overlay changes, by its own list and by the cases of the package that come out otherwise, and
    /// runs the site's own cases.
    fn overlay(&self, before: &Knowledge, deployed: &Knowledge, told: &mut String) -> bool {
        let Some(overlay) = &deployed.overlay else { return true };
        told.push_str(&format!("overlay of {}:\n", overlay.site));
        told.extend(overlay.changes.iter().map(|change| format!("  {change}\n")));
        let failed_before: Vec<_> = run_cases(before).into_iter().map(|v| !v.problems.is_empty()).collect();
        let after = run_cases(deployed);
        let judged = |verdict: &CaseVerdict| {
            deployed.rules.iter().any(|rule| rule.judged && rule.name == verdict.rule)
        };
        let otherwise: Vec<_> = after
            .into_iter()
            .zip(failed_before)
            .filter(|(verdict, before)| !verdict.problems.is_empty() && !before && judged(verdict))
            .map(|(verdict, _)| verdict)
            .collect();
        told.push_str(&format!("{} cases of the package come out otherwise:\n", otherwise.len()));
        told.extend(otherwise.iter().map(|verdict| format!("  {}: {}\n", verdict.rule, verdict.name)));
        let own = self.asked(run_cases_of_overlay(deployed));
        let failed = tell(&own, told);
        told.push_str(&format!("{} cases of the site, {failed} failed\n", own.len()));
        failed == 0
    }
}

fn mistakes(problems: &Problems, told: &mut String) -> bool {
    told.extend(problems.0.iter().map(|problem| format!("{problem}\n")));
    told.push_str(&format!("{} mistake(s)\n", problems.0.len()));
    false
}

/// Tells the cases that are not as expected, and how many they are.
fn tell(verdicts: &[CaseVerdict], told: &mut String) -> usize {
    let failed = verdicts.iter().filter(|verdict| !verdict.problems.is_empty());
    for verdict in failed.clone() {
        let CaseVerdict { file, line, rule, name, .. } = verdict;
        told.push_str(&format!("{file}:{line}: {rule}: {name}\n"));
        told.extend(verdict.problems.iter().map(|problem| format!("    {problem}\n")));
    }
    failed.count()
}

/// Tells what went unnoticed; is there nothing of it?
fn unnoticed(report: &MutationReport, told: &mut String) -> bool {
    let of = |fate: Fate| report.mutations.iter().filter(move |mutation| mutation.fate == fate);
    for mutation in of(Fate::Unnoticed) {
        told.push_str(&format!("{}: no case notices: {}\n", mutation.rule, mutation.change));
    }
    for (rule, change) in &report.stale {
        told.push_str(&format!("{rule}: `unnoticed` lists what is noticed or does not exist: {change}\n"));
    }
    let count = of(Fate::Unnoticed).count();
    told.push_str(&format!(
        "{} changes: {} noticed, {} listed as not to be noticed, {count} unnoticed\n",
        report.mutations.len(),
        of(Fate::Noticed).count(),
        of(Fate::Accepted).count(),
    ));
    count == 0 && report.stale.is_empty()
}
