//! What a byte and an entry cost in small and in large calls.

use anyhow::Result;
use gaitkeeper_bodies as bodies;

use crate::calls::Body;
use crate::server::{Programs, Server, Target};
use crate::statistics::Spread;
use crate::throughput;

const BYTES: [usize; 7] = [9_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];
const ENTRIES: [usize; 6] = [10, 100, 1_000, 5_000, 20_000, 50_000];

/// What an entry takes with its share of the call.
const BYTES_OF_ENTRY: usize = 1_340;

/// Few: the memory of many large calls is another question.
const CONNECTIONS: usize = 2;

/// Calls of one size.
pub(crate) struct Step {
    /// Bytes, or entries.
    pub size: usize,
    pub bytes: usize,
    /// How many cards the service answers with.
    pub cards: usize,
    /// Seconds of CPU for one call: of the service, of the bare typed handler.
    pub cpu: [f64; 2],
}

/// Calls of growing size.
pub(crate) struct Series {
    pub steps: Vec<Step>,
}

impl Series {
    /// Seconds of CPU for each further unit of size, from each step to the next. What a call costs before its first
    /// byte is in none of them.
    pub(crate) fn further(&self, target: usize) -> Vec<f64> {
        let pairs = self.steps.iter().zip(self.steps.iter().skip(1));
        pairs
            .filter_map(|(small, large)| {
                let grown = (large.size - small.size) as f64;
                Some((large.cpu.get(target)? - small.cpu.get(target)?) / grown)
            })
            .collect()
    }

    /// The dearest unit of size over the cheapest.
    pub(crate) fn unevenness(&self, target: usize) -> Result<f64> {
        let spread = Spread::of(self.further(target))?;
        Ok(spread.most / spread.least)
    }
}

/// Sizes in bytes, and in entries.
pub(crate) struct Scaling {
    pub bytes: Series,
    pub entries: Series,
}

pub(crate) fn measure(programs: &Programs, rounds: usize, seconds: u64) -> Result<Scaling> {
    let servers = [Server::start(programs, Target::Open)?, Server::start(programs, Target::Typed)?];
    let series =
        |sizes: &[usize], body: &dyn Fn(usize) -> Result<Body>, size_of: &dyn Fn(usize, &Body) -> usize| {
            let steps = sizes.iter().map(|wanted| {
                let body = body(*wanted)?;
                step(size_of(*wanted, &body), &body, &servers, rounds, seconds)
            });
            Ok::<_, anyhow::Error>(Series { steps: steps.collect::<Result<_>>()? })
        };
    Ok(Scaling {
        bytes: series(&BYTES, &|size| Body::new(with_claudication(size)), &|_, body| body.len())?,
        entries: series(&ENTRIES, &|size| Body::new(bodies::of_small_entries(size)), &|size, _| size)?,
    })
}

/// About so many bytes. Even the smallest has the three Conditions that bring cards: a card more would look like dearer
/// bytes. Of what comes to that, nine of ten entries are Observations at each size: so would another kind.
fn with_claudication(bytes: usize) -> String {
    let entries = bytes / BYTES_OF_ENTRY;
    let conditions = 3 + entries / 10;
    bodies::patient_view(entries.saturating_sub(conditions), conditions)
}

fn step(size: usize, body: &Body, servers: &[Server<'_>; 2], rounds: usize, seconds: u64) -> Result<Step> {
    let [service, typed] = servers;
    typed.cards(body.as_bytes())?;
    let cards = service.cards(body.as_bytes())?;
    let mut each = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (server, found) in servers.iter().zip(&mut each) {
            found.push(1.0 / throughput::run(server, body, CONNECTIONS, seconds)?.calls_per_cpu_second());
        }
    }
    let [service, typed] = each;
    let [service, typed] = [Spread::of(service)?.median, Spread::of(typed)?.median];
    eprintln!(
        "calls of {} bytes: {:.1} µs of CPU, bare and typed {:.1} µs",
        body.len(),
        service * 1e6,
        typed * 1e6
    );
    Ok(Step { size, bytes: body.len(), cards, cpu: [service, typed] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_about_the_size_that_was_asked_for() {
        for bytes in BYTES {
            let found = with_claudication(bytes).len();
            assert!(found.abs_diff(bytes) <= bytes / 10, "{found} for {bytes}");
        }
    }

    #[test]
    fn what_a_call_costs_before_its_first_byte_is_not_uneven() {
        let step = |size: usize| Step {
            size,
            bytes: size,
            cards: 1,
            cpu: [50.0 + 2.0 * size as f64, (size * size) as f64],
        };
        let series = Series { steps: [10, 100, 1_000].map(step).into() };
        assert_eq!(series.further(0), [2.0, 2.0]);
        assert_eq!(series.unevenness(0).unwrap(), 1.0);
        assert_eq!(series.unevenness(1).unwrap(), 10.0);
    }
}
