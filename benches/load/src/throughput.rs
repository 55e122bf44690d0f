//! Every target under the same load, in turn, several times.

use anyhow::{Result, ensure};

use crate::calls::Body;
use crate::server::{Programs, Server, Target};
use crate::statistics::Spread;
use crate::wrk::{self, Outcome, Plan};

pub(crate) const CONNECTIONS: usize = 32;

/// One load of one target.
pub(crate) struct Run {
    pub outcome: Outcome,
    pub cpu_seconds: f64,
}

impl Run {
    pub(crate) fn calls_per_cpu_second(&self) -> f64 {
        self.outcome.requests as f64 / self.cpu_seconds
    }
}

/// What one target made of one body.
pub(crate) struct Row {
    pub target: Target,
    /// How many cards it answers with.
    pub cards: usize,
    /// One run for each round.
    pub runs: Vec<Run>,
}

impl Row {
    pub(crate) fn spread(&self, figure: impl Fn(&Run) -> f64) -> Result<Spread> {
        Spread::of(self.runs.iter().map(figure))
    }

    /// Calls per CPU-second as a part of what another reached in the same round.
    pub(crate) fn ratio(&self, other: &Row) -> Result<Spread> {
        let pairs = self.runs.iter().zip(&other.runs);
        Spread::of(pairs.map(|(mine, its)| mine.calls_per_cpu_second() / its.calls_per_cpu_second()))
    }

    /// Milliseconds at a percentile, in the middle of the rounds.
    pub(crate) fn latency(&self, percentile: f64) -> Result<f64> {
        let each: Result<Vec<f64>> = self.runs.iter().map(|run| run.outcome.percentile(percentile)).collect();
        Ok(Spread::of(each?)?.median)
    }
}

/// All targets with one body.
pub(crate) struct Table {
    pub name: &'static str,
    pub bytes: usize,
    pub rows: Vec<Row>,
}

impl Table {
    pub(crate) fn row(&self, target: Target) -> Option<&Row> {
        self.rows.iter().find(|row| row.target == target)
    }

    pub(crate) fn ratio(&self, target: Target, other: Target) -> Result<Option<Spread>> {
        let (Some(row), Some(other)) = (self.row(target), self.row(other)) else { return Ok(None) };
        row.ratio(other).map(Some)
    }
}

/// All targets run all the time; one is loaded while the others have nothing to do.
pub(crate) fn measure(
    programs: &Programs,
    targets: &[Target],
    rounds: usize,
    seconds: u64,
) -> Result<[Table; 2]> {
    let servers: Result<Vec<Server<'_>>> =
        targets.iter().map(|target| Server::start(programs, *target)).collect();
    let servers = servers?;
    let small = table("small", &Body::small()?, &servers, rounds, seconds)?;
    let large = table("large", &Body::large()?, &servers, rounds, seconds)?;
    Ok([large, small])
}

fn table(
    name: &'static str,
    body: &Body,
    servers: &[Server<'_>],
    rounds: usize,
    seconds: u64,
) -> Result<Table> {
    let mut rows = Vec::new();
    for server in servers {
        let cards = server.cards(body.as_bytes())?;
        // What is needed on first use is got before anything is counted.
        run(server, body, CONNECTIONS, 1)?;
        rows.push(Row { target: server.target(), cards, runs: Vec::new() });
    }
    for round in 0..rounds {
        // Another one begins each round, so that nobody always follows the same.
        for place in 0..servers.len() {
            let place = (round + place) % servers.len();
            if let (Some(server), Some(row)) = (servers.get(place), rows.get_mut(place)) {
                let run = run(server, body, CONNECTIONS, seconds)?;
                eprintln!(
                    "{name} call, round {}: {}: {:.0} calls/s, {:.0} for each second of CPU",
                    round + 1,
                    server.target().name(),
                    run.outcome.calls_per_second(),
                    run.calls_per_cpu_second()
                );
                row.runs.push(run);
            }
        }
    }
    Ok(Table { name, bytes: body.len(), rows })
}

/// Loads a server and takes its CPU time before and after.
pub(crate) fn run(server: &Server<'_>, body: &Body, connections: usize, seconds: u64) -> Result<Run> {
    let before = server.cpu_seconds()?;
    let outcome = wrk::load(server, &Plan { body: body.path(), connections, seconds })?;
    let cpu_seconds = server.cpu_seconds()? - before;
    ensure!(cpu_seconds > 0.0, "{} used no CPU time", server.target().name());
    let logs = matches!(server.target(), Target::Open | Target::Signed);
    ensure!(!logs || server.logged()? > outcome.requests, "the service does not log its calls");
    server.empty_log()?;
    Ok(Run { outcome, cpu_seconds })
}
