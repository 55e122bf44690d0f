//! `gaitkeeper check`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Outcome, print};
use crate::knowledge::{Knowledge, PackageSource};
use crate::rehearsal::{Fate, MutationReport, mutate, run_cases};

/// Check the knowledge package and run all its cases.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The folder of the package; the one inside the binary where left out.
    #[arg(long, value_name = "DIR")]
    knowledge: Option<PathBuf>,
    /// Run the cases of these rules only.
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Change each condition of the rules a little as well: a case has to notice.
    #[arg(long)]
    mutate: bool,
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        let source = match &self.knowledge {
            Some(dir) => PackageSource::directory(dir)?,
            None => PackageSource::embedded(),
        };
        let mut knowledge = match Knowledge::load(&source) {
            Ok(knowledge) => knowledge,
            Err(problems) => {
                let mut told: String = problems.0.iter().map(|problem| format!("{problem}\n")).collect();
                told.push_str(&format!("{} mistake(s)\n", problems.0.len()));
                print(&told)?;
                return Ok(ExitCode::FAILURE);
            }
        };
        let verdicts = run_cases(&knowledge);
        let verdicts: Vec<_> =
            verdicts.iter().filter(|v| self.rule.is_empty() || self.rule.contains(&v.rule)).collect();
        let mut told = String::new();
        let mut failed = 0;
        for verdict in verdicts.iter().filter(|verdict| !verdict.problems.is_empty()) {
            failed += 1;
            told.push_str(&format!(
                "{}:{}: {}: {}\n",
                verdict.file, verdict.line, verdict.rule, verdict.name
            ));
            told.extend(verdict.problems.iter().map(|problem| format!("    {problem}\n")));
        }
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
        let mut sound = failed == 0;
        if self.mutate && sound {
            sound = tell(&mutate(&mut knowledge, &self.rule), &mut told);
        }
        print(&told)?;
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Tells what went unnoticed; is there nothing of it?
fn tell(report: &MutationReport, told: &mut String) -> bool {
    let of = |fate: Fate| report.mutations.iter().filter(move |mutation| mutation.fate == fate);
    for mutation in of(Fate::Unnoticed) {
        told.push_str(&format!("{}: no case notices: {}\n", mutation.rule, mutation.change));
    }
    for (rule, change) in &report.stale {
        told.push_str(&format!("{rule}: `unnoticed` lists what is noticed or does not exist: {change}\n"));
    }
    let unnoticed = of(Fate::Unnoticed).count();
    told.push_str(&format!(
        "{} changes: {} noticed, {} listed as not to be noticed, {unnoticed} unnoticed\n",
        report.mutations.len(),
        of(Fate::Noticed).count(),
        of(Fate::Accepted).count(),
    ));
    unnoticed == 0 && report.stale.is_empty()
}
