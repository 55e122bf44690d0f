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

/// A ratio below this part of its goal is far off.
const RATIO_OF_GOAL: f64 = 0.5;
/// Memory of more than so many times its goal is far off.
const MEMORY_OF_GOAL: f64 = 2.0;

/// Measures, prints the ratios, and fails where one is far off.
pub(crate) fn run(programs: &Programs) -> Result<ExitCode> {
    let [large, small] = throughput::measure(programs, &[Target::Open, Target::Typed], ROUNDS, SECONDS)?;
    let memory = memory::peak(programs, SECONDS)? as f64 / 1e6;
    let mut far_off = false;
    for (aim, table) in [(Aim::LargeCall, &large), (Aim::SmallCall, &small)] {
        let ratio = results::ratio(table)?.context("a target was not loaded")?;
        let goal = goals::limit(aim).context("a ratio without a goal")?;
        println!(
            "{} call: {} of the bare typed handler's calls per CPU-second (goal {goal})",
            table.name,
            short(ratio)
        );
        far_off |= ratio < goal * RATIO_OF_GOAL;
    }
    let goal = goals::limit(Aim::PeakMemory).context("memory without a goal")?;
    println!(
        "peak memory at {} connections of the large call: {} MB (goal {goal} MB)",
        throughput::CONNECTIONS,
        short(memory)
    );
    far_off |= memory > goal * MEMORY_OF_GOAL;
    if far_off {
        println!(
            "far off: a ratio below {RATIO_OF_GOAL} of its goal, or memory over {MEMORY_OF_GOAL} times its goal"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
