//! The document of a run. No figure stands in it that was not measured in this run, apart from what a person wrote
//! under findings.

use std::fmt::Write;

use anyhow::Result;

use crate::crowd::{BUSY, IDLE};
use crate::fetching::DELAY;
use crate::goals::{self, Verdict, short};
use crate::results::Results;
use crate::scaling::Series;
use crate::server::Target;
use crate::statistics::Spread;
use crate::throughput::{CONNECTIONS, Table};

/// The whole text.
pub(crate) fn text(results: &Results, findings: Option<&str>) -> Result<String> {
    let mut to = String::from("# Performance\n\n");
    to.push_str("Written by `make bench`; what a person found stands in [performance-findings.md](performance-findings.md)\n");
    to.push_str("and is repeated under the last headings. Compare within a run, not between machines.\n\n");
    goals(&mut to, results)?;
    conditions(&mut to, results)?;
    method(&mut to, results)?;
    to.push_str("## Throughput\n\n![Calls per CPU-second](performance/throughput.svg)\n\n");
    for table in &results.throughput {
        throughput(&mut to, table)?;
    }
    to.push_str("## Latency\n\n![Latency at each percentile](performance/latency.svg)\n\n");
    writeln!(
        to,
        "Milliseconds at {CONNECTIONS} connections that never pause, so most of each is waiting for the core. Medians of the rounds.\n"
    )?;
    for table in &results.throughput {
        latency(&mut to, table)?;
    }
    to.push_str("## Growing calls\n\n![CPU time for each byte](performance/scaling.svg)\n\n");
    series(&mut to, "bytes", &results.scaling.bytes)?;
    series(&mut to, "entries", &results.scaling.entries)?;
    memory(&mut to, results)?;
    rest(&mut to, results)?;
    if let Some(micro) = &results.micro {
        write!(
            to,
            "## Micro-benchmarks\n\n`cargo bench --bench call`:\n\n```text\n{}\n```\n\n",
            micro.trim_end()
        )?;
    }
    to.push_str(findings.unwrap_or_default().trim());
    Ok(format!("{}\n", to.trim_end()))
}

fn goals(to: &mut String, results: &Results) -> Result<()> {
    let judged = goals::judge(&results.figures()?);
    to.push_str("## Goals that were not reached\n\n");
    if judged.iter().all(|(_, verdict)| matches!(verdict, Verdict::Reached(_))) {
        to.push_str("None: all were reached.\n");
    }
    for (goal, verdict) in judged.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Reached(_))) {
        writeln!(to, "- {}: {}; the goal is {goal}", goal.what, verdict.figure(goal))?;
    }
    to.push_str("\n## All goals\n\n| | goal | measured | |\n|---|---|---|---|\n");
    for (goal, verdict) in &judged {
        writeln!(to, "| {} | {goal} | {} | {} |", goal.what, verdict.figure(goal), verdict.word())?;
    }
    to.push('\n');
    Ok(())
}

fn conditions(to: &mut String, results: &Results) -> Result<()> {
    let machine = &results.machine;
    to.push_str("## Machine and versions\n\n| | |\n|---|---|\n");
    let rows = [
        ("day", machine.day.as_str()),
        ("commit", &machine.commit),
        ("processor", &machine.cpu),
        ("cores", &machine.cores.to_string()),
        ("memory", &machine.memory),
        ("kernel", &machine.kernel),
        ("compiler", &machine.rustc),
        ("load tool", &machine.wrk),
        ("load of the machine before the run, over a minute", &machine.load),
        ("idle cores", if machine.awake { "kept awake" } else { "may sleep" }),
    ];
    for (name, value) in rows {
        writeln!(to, "| {name} | {value} |")?;
    }
    to.push('\n');
    Ok(())
}

fn method(to: &mut String, results: &Results) -> Result<()> {
    let [large, small] = &results.throughput;
    writeln!(
        to,
        "\
## How it was measured

- Each server is a process pinned to core 0; wrk with one thread, and everything else of the run, is pinned to core 1.
- Ratios are of calls for each second of CPU that the server used (`/proc/PID/stat`), which other work on the machine hardly
  changes. Memory is `VmRSS`, at its peak `VmHWM`.
- Idle cores are kept awake where that is allowed (`/dev/cpu_dma_latency`), for all targets. Otherwise a server that is
  slower than the load tool pays for waking it with each answer, and in a virtual machine that is dear.
- The large call is of {} bytes (300 Observations, 40 Conditions), the small one of {}. Both are synthetic.
- {} rounds of {} s at {CONNECTIONS} connections. All targets run all the time; one is loaded while the others have nothing to
  do, and another one begins each round. A ratio is taken within its round.
- Calls that grow are measured at two connections, in at most five rounds of at most three seconds for each size.
- Gaitkeeper is the binary of the image: it holds the C library, and was compiled with the recording of what calls go through.
  The bare handlers are compiled for speed alone, without a recording.
- Gaitkeeper has the whole package, all rules, logs at `info` to a file, metrics, the platform listener, and the feedback
  database as a SQLite file. The limits of connections and of concurrent calls are raised; the rest is the default.
- With ES384, each call carries a token whose signature is checked. It is the same token throughout, with `replay = \"off\"` in
  the table of the client, so remembering used tokens is not part of it. The sandbox is on, which the dialect of that client needs.
- The bare handlers (`benches/load/src/bin/bare.rs`) check, log and count nothing and answer with two fixed cards: *only read*
  takes the body and does not look at it, *typed* parses it into structs that borrow, *serde_json::Value* into a tree.
- A run in which any call fails is no measurement and stops everything, apart from the connections below, where errors are
  counted.
",
        large.bytes, small.bytes, results.rounds, results.seconds,
    )?;
    Ok(())
}

fn throughput(to: &mut String, table: &Table) -> Result<()> {
    let cards = table.row(Target::Open).map_or(0, |row| row.cards);
    writeln!(
        to,
        "The {} call, {} bytes; Gaitkeeper answers with cards: {cards}.\n",
        table.name, table.bytes
    )?;
    to.push_str("| | calls/s | calls per CPU-second | least to most | of typed | of only read |\n|---|---|---|---|---|---|\n");
    for row in &table.rows {
        let (wall, cpu) = (
            row.spread(|run| run.outcome.calls_per_second())?,
            row.spread(|run| run.calls_per_cpu_second())?,
        );
        let ratio = |other: Target| -> Result<String> {
            Ok(table.ratio(row.target, other)?.map_or_else(|| "–".to_owned(), ranged))
        };
        writeln!(
            to,
            "| {} | {:.0} | {:.0} | {:.0} to {:.0} | {} | {} |",
            row.target.name(),
            wall.median,
            cpu.median,
            cpu.least,
            cpu.most,
            ratio(Target::Typed)?,
            ratio(Target::Read)?
        )?;
    }
    to.push('\n');
    Ok(())
}

/// The median, and between what it lies.
fn ranged(spread: Spread) -> String {
    format!("{} ({} to {})", short(spread.median), short(spread.least), short(spread.most))
}

fn latency(to: &mut String, table: &Table) -> Result<()> {
    writeln!(to, "| {} call | p50 | p90 | p99 | p99.9 |\n|---|---|---|---|---|", table.name)?;
    for row in &table.rows {
        write!(to, "| {} |", row.target.name())?;
        for percentile in [50.0, 90.0, 99.0, 99.9] {
            write!(to, " {} |", short(row.latency(percentile)?))?;
        }
        to.push('\n');
    }
    to.push('\n');
    Ok(())
}

fn series(to: &mut String, unit: &str, series: &Series) -> Result<()> {
    writeln!(
        to,
        "CPU time of one call by its {unit}. *Further* is what each one more costs, from the size before to this one: what a call\n\
         costs before its first byte is not in it.\n"
    )?;
    writeln!(
        to,
        "| {unit} | body, kB | cards | Gaitkeeper, µs | ns a byte | further, ns | typed, µs | ns a byte | further, ns |"
    )?;
    to.push_str("|---|---|---|---|---|---|---|---|---|\n");
    let further = [series.further(0), series.further(1)];
    for (place, step) in series.steps.iter().enumerate() {
        write!(to, "| {} | {} | {} |", step.size, short(step.bytes as f64 / 1e3), step.cards)?;
        for (cpu, further) in step.cpu.iter().zip(&further) {
            let more = place.checked_sub(1).and_then(|before| further.get(before));
            let more = more.map_or_else(String::new, |seconds| short(seconds * 1e9));
            write!(to, " {} | {} | {more} |", short(cpu * 1e6), short(cpu * 1e9 / step.bytes as f64))?;
        }
        to.push('\n');
    }
    let (service, typed) = (series.unevenness(0)?, series.unevenness(1)?);
    writeln!(
        to,
        "\nThe dearest step over the cheapest: {} for Gaitkeeper, {} for the typed handler.\n",
        short(service),
        short(typed)
    )?;
    Ok(())
}

fn memory(to: &mut String, results: &Results) -> Result<()> {
    writeln!(
        to,
        "## Memory\n\nPeak at {CONNECTIONS} connections of the large call that never pause, of a service started for it: {} MB.\n\n\
         For calls in flight, a service is started and loaded with small calls; what it uses then is *idle*. It is then sent\n\
         {CONNECTIONS} calls up to the last byte of each, and then the last bytes, so that all are in flight whole. What a call may take is\n\
         one and a half times its body and 256 KiB.\n",
        short(results.peak_memory as f64 / 1e6)
    )?;
    to.push_str("| body, kB | idle, MB | all but the last bytes sent, MB | peak, MB | for each call, kB | of what it may take |\n");
    to.push_str("|---|---|---|---|---|---|\n");
    for memory in &results.memory {
        writeln!(
            to,
            "| {} | {} | {} | {} | {} | {} |",
            short(memory.body as f64 / 1e3),
            short(memory.idle as f64 / 1e6),
            short(memory.held as f64 / 1e6),
            short(memory.peak as f64 / 1e6),
            short(memory.per_call() / 1e3),
            short(memory.of_allowance())
        )?;
    }
    to.push('\n');
    Ok(())
}

fn rest(to: &mut String, results: &Results) -> Result<()> {
    let Results { start, fetching, crowd, soak, .. } = results;
    writeln!(
        to,
        "## Start and size\n\nFrom starting the process to the answer of a small call, with a new feedback database, asked every millisecond:\n\
         {} ms. The binary has {} bytes.\n",
        ranged(*start),
        results.binary
    )?;
    writeln!(
        to,
        "## Without prefetch\n\nA FHIR server that holds back every answer for {} ms, and nothing prefetched: {} prefetch keys, {} requests for a\n\
         call. Beyond the slowest answer of the FHIR server a call takes {} ms. From its first request to its last\n\
         {} ms pass. In {} % of the calls all requests, one for each key, were in flight at once.\n",
        DELAY.as_millis(),
        fetching.keys,
        short(fetching.requests.median),
        ranged(fetching.added),
        ranged(fetching.spread_of_wave),
        short(fetching.in_one_wave * 100.0)
    )?;
    writeln!(
        to,
        "## Idle and busy connections\n\n{IDLE} connections that were used once and stay open, beside {BUSY} that never pause with small calls: {} calls,\n\
         {} errors, {} idle connections closed; p50 {} ms, p99 {} ms, which is {} times p50.\n",
        crowd.calls,
        crowd.errors,
        crowd.closed,
        short(crowd.p50),
        short(crowd.p99),
        short(crowd.p99 / crowd.p50)
    )?;
    let memory = soak.memory()?;
    writeln!(
        to,
        "## Soak\n\n![Memory over the soak](performance/soak.svg)\n\n{} s of large calls at {CONNECTIONS} connections, {} calls, none failed. In the second half {} MB\n\
         were in use; the line through it rises by {} kB a minute (below nothing, it falls).\n",
        results.soak_seconds,
        soak.calls,
        ranged(Spread { least: memory.least / 1e6, median: memory.median / 1e6, most: memory.most / 1e6 }),
        soak.growth_per_minute()
            .map_or_else(|| "an unknown number of".to_owned(), |bytes| short(bytes / 1e3))
    )?;
    Ok(())
}
