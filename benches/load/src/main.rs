//! Loads the release binary and bare handlers of the same work in turn, and writes what came of it.

mod calls;
mod client;
mod crowd;
mod document;
mod exercise;
mod fetching;
mod goals;
mod machine;
mod memory;
mod micro;
mod plots;
mod process;
mod quick;
mod results;
mod scaling;
mod server;
mod soak;
mod start;
mod statistics;
mod throughput;
mod wrk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::machine::{Awake, Machine};
use crate::results::Results;
use crate::server::{Programs, Target};

/// Measures Gaitkeeper against bare handlers of the same work. Needs two cores, wrk, taskset and prlimit.
#[derive(Parser)]
struct Arguments {
    /// The release binary of the service.
    #[arg(long)]
    gaitkeeper: PathBuf,
    /// The binary of the bare handlers, optimised for speed.
    #[arg(long)]
    bare: PathBuf,
    /// Only what tells an accident, in under three minutes: fails where something is far off its goal.
    #[arg(long)]
    quick: bool,
    /// Measure nothing: make the recorded calls of this folder and the load of a measurement, for a binary that records
    /// what it executes.
    #[arg(long)]
    exercise: Option<PathBuf>,
    /// How often each target is loaded.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Seconds of the soak.
    #[arg(long, default_value_t = 600)]
    soak: u64,
    /// What the micro-benchmarks printed.
    #[arg(long)]
    micro: Option<PathBuf>,
    /// The folder for performance.md and its plots; without it the document is printed. What a person found is taken
    /// from performance-findings.md there.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let wrk = wrk::ensure_installed()?;
    machine::prepare()?;
    let programs = Programs {
        gaitkeeper: arguments.gaitkeeper.clone(),
        bare: arguments.bare.clone(),
        ticks_per_second: process::ticks_per_second()?,
    };
    if let Some(recorded) = &arguments.exercise {
        exercise::run(&programs, recorded, arguments.seconds)?;
        return Ok(ExitCode::SUCCESS);
    }
    let awake = Awake::keep();
    if awake.is_none() {
        eprintln!(
            "idle cores may sleep here (/dev/cpu_dma_latency): servers may pay for waking the load tool"
        );
    }
    if arguments.quick {
        return quick::run(&programs);
    }
    let results = measure(&programs, &arguments, Machine::look(wrk, awake.is_some())?)?;
    let findings = arguments.write.as_deref().map(findings).transpose()?;
    let text = document::text(&results, findings.as_deref())?;
    let Some(folder) = &arguments.write else {
        println!("{text}");
        return Ok(ExitCode::SUCCESS);
    };
    plots::write(&folder.join("performance"), &results)?;
    let path = folder.join("performance.md");
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(ExitCode::SUCCESS)
}

/// Read before anything is overwritten.
fn findings(folder: &Path) -> Result<String> {
    let path = folder.join("performance-findings.md");
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

fn measure(programs: &Programs, arguments: &Arguments, machine: Machine) -> Result<Results> {
    let Arguments { rounds, seconds, soak, .. } = *arguments;
    ensure!(rounds > 0 && seconds > 0 && soak > 1, "rounds, seconds and soak must be more than nothing");
    let read =
        |path: &PathBuf| fs::read_to_string(path).with_context(|| format!("reading {}", path.display()));
    let micro = arguments.micro.as_ref().map(read).transpose()?;
    let targets = [Target::Open, Target::Signed, Target::Typed, Target::Read, Target::Value];
    Ok(Results {
        machine,
        rounds,
        seconds,
        soak_seconds: soak,
        micro,
        binary: machine::size(&programs.gaitkeeper)?,
        start: start::measure(programs)?,
        fetching: fetching::measure(programs)?,
        throughput: throughput::measure(programs, &targets, rounds, seconds)?,
        scaling: scaling::measure(programs, rounds.min(5), seconds.min(3))?,
        peak_memory: memory::peak(programs, seconds)?,
        memory: [memory::of_large_calls(programs)?, memory::of_huge_calls(programs)?],
        crowd: crowd::measure(programs, seconds * 2)?,
        soak: soak::measure(programs, soak)?,
    })
}
