//! The quick form: a guard against accidents, not against noise.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::goals::{self, Aim, short};
use crate::memory;
use crate::results;
use crate::server::{Programs, Target};
use crate::throughput;

const ROUNDS: usize = 3;
const SECONDS: u64 = 2;

/// Measures, prints each figure, and fails where one is beyond what is tolerated.
pub(crate) fn run(programs: &Programs) -> Result<ExitCode> {
    let [large, small] = throughput::measure(programs, &[Target::Open, Target::Typed], ROUNDS, SECONDS)?;
    let figures = [
        (Aim::LargeCall, results::ratio(&large)?.context("a target was not loaded")?),
        (Aim::SmallCall, results::ratio(&small)?.context("a target was not loaded")?),
        (Aim::PeakMemory, memory::peak(programs, SECONDS)? as f64 / 1e6),
    ];
    let mut passed = true;
    for (aim, tolerated) in goals::TOLERATED {
        let (_, figure) = figures.iter().find(|(of, _)| *of == aim).context("a figure was not measured")?;
        let goal = goals::of(aim).context("a figure without a goal")?;
        let holds = tolerated.holds(*figure);
        println!(
            "{}: {}{}; the goal is {goal}, tolerated is {tolerated}{}",
            goal.what,
            short(*figure),
            goal.unit,
            if holds { "" } else { ": FAR OFF" }
        );
        passed &= holds;
    }
    if !passed {
        println!(
            "After a change of code the likeliest cause is a recording that fits it no longer: `make recording`."
        );
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
