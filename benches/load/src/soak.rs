//! Memory over a long load.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::calls::Body;
use crate::server::{Programs, Server, Target};
use crate::statistics::{Spread, slope};
use crate::throughput::CONNECTIONS;
use crate::wrk::{self, Plan};

pub(crate) struct Soak {
    pub calls: u64,
    /// Seconds since the beginning, and bytes in use.
    pub samples: Vec<(f64, f64)>,
}

impl Soak {
    fn second_half(&self) -> &[(f64, f64)] {
        self.samples.get(self.samples.len() / 2..).unwrap_or_default()
    }

    /// Bytes by which the second half grows in a minute.
    pub(crate) fn growth_per_minute(&self) -> Option<f64> {
        Some(slope(self.second_half())? * 60.0)
    }

    /// What the second half grows by in all, as a part of its middle.
    pub(crate) fn growth(&self) -> Result<Option<f64>> {
        let half = self.second_half();
        let (Some(slope), Some((first, _)), Some((last, _))) = (slope(half), half.first(), half.last())
        else {
            return Ok(None);
        };
        Ok(Some(slope * (last - first) / self.memory()?.median))
    }

    /// Bytes in use, in the second half.
    pub(crate) fn memory(&self) -> Result<Spread> {
        Spread::of(self.second_half().iter().map(|(_, bytes)| *bytes))
    }
}

pub(crate) fn measure(programs: &Programs, seconds: u64) -> Result<Soak> {
    let large = Body::large()?;
    let server = Server::start(programs, Target::Open)?;
    let mut load = wrk::start(&server, &Plan { body: large.path(), connections: CONNECTIONS, seconds })?;
    let begin = Instant::now();
    let mut samples = Vec::new();
    while !load.has_ended()? {
        samples.push((begin.elapsed().as_secs_f64(), server.memory()? as f64));
        // The disk may be small.
        if samples.len().is_multiple_of(30) {
            server.empty_log()?;
        }
        sleep(Duration::from_secs(1));
    }
    let outcome = load.finish()?;
    ensure!(outcome.errors.all() == 0, "calls failed in the soak: {:?}", outcome.errors);
    let soak = Soak { calls: outcome.requests, samples };
    eprintln!(
        "soak: {} calls, grows {:.0} bytes a minute",
        soak.calls,
        soak.growth_per_minute().unwrap_or(f64::NAN)
    );
    Ok(soak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_the_first_half_is_no_growth() {
        let filling = |second: u32| (f64::from(second), if second < 50 { f64::from(second) } else { 100.0 });
        let soak = Soak { calls: 1, samples: (0..100).map(filling).collect() };
        assert_eq!(soak.growth().unwrap(), Some(0.0));
        let leaking = |second: u32| (f64::from(second), 1_000.0 + f64::from(second));
        let soak = Soak { calls: 1, samples: (0..100).map(leaking).collect() };
        assert_eq!(soak.growth_per_minute(), Some(60.0));
        assert!(soak.growth().unwrap().is_some_and(|growth| (0.04..0.05).contains(&growth)));
        assert_eq!(Soak { calls: 1, samples: Vec::new() }.growth().unwrap(), None);
    }
}
