//! What calls in flight take of memory.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gaitkeeper_bodies as bodies;

use crate::calls::Body;
use crate::client::Held;
use crate::server::{Programs, Server, Target};
use crate::throughput::{self, CONNECTIONS};

/// Memory of a service that was started for it, before and while [`CONNECTIONS`] calls are in flight, whole.
pub(crate) struct InFlight {
    pub body: usize,
    /// In use after small calls over as many connections.
    pub idle: u64,
    /// In use when all but the last byte of each call was sent.
    pub held: u64,
    /// The most that was ever in use.
    pub peak: u64,
}

impl InFlight {
    /// What a call in flight takes.
    pub(crate) fn per_call(&self) -> f64 {
        self.peak.saturating_sub(self.idle) as f64 / CONNECTIONS as f64
    }

    /// As a part of what it may take: one and a half times its body and 256 KiB.
    pub(crate) fn of_allowance(&self) -> f64 {
        self.per_call() / (1.5 * self.body as f64 + 256.0 * 1024.0)
    }
}

/// The most bytes that a service uses under the load of the large call.
pub(crate) fn peak(programs: &Programs, seconds: u64) -> Result<u64> {
    let server = Server::start(programs, Target::Open)?;
    throughput::run(&server, &Body::large()?, CONNECTIONS, seconds)?;
    let peak = server.peak_memory()?;
    eprintln!("peak memory under the large call: {peak} bytes");
    Ok(peak)
}

/// Of the large call.
pub(crate) fn of_large_calls(programs: &Programs) -> Result<InFlight> {
    in_flight(programs, &Body::large()?)
}

/// Of a call of 10 MB.
pub(crate) fn of_huge_calls(programs: &Programs) -> Result<InFlight> {
    in_flight(programs, &Body::new(bodies::of_size(10_000_000))?)
}

fn in_flight(programs: &Programs, body: &Body) -> Result<InFlight> {
    let server = Server::start(programs, Target::Open)?;
    throughput::run(&server, &Body::small()?, CONNECTIONS, 1)?;
    let idle = server.memory()?;
    let calls: Result<Vec<Held>> =
        (0..CONNECTIONS).map(|_| Held::send(server.address(), body.as_bytes(), None)).collect();
    let mut calls = calls?;
    let held = settled(&server)?;
    for call in &mut calls {
        call.release()?;
    }
    for call in &mut calls {
        let answer = call.finish()?;
        ensure!(answer.status == 200, "a call of {} bytes is answered {}", body.len(), answer.status);
    }
    let memory = InFlight { body: body.len(), idle, held, peak: server.peak_memory()? };
    eprintln!(
        "calls of {} bytes in flight: {idle} bytes idle, {held} held, {} at most",
        memory.body, memory.peak
    );
    Ok(memory)
}

/// Memory once it no longer changes: what was sent may still lie in the kernel.
fn settled(server: &Server<'_>) -> Result<u64> {
    let begin = Instant::now();
    let mut before = server.memory()?;
    loop {
        sleep(Duration::from_millis(300));
        let now = server.memory()?;
        if now == before {
            return Ok(now);
        }
        ensure!(begin.elapsed() < Duration::from_secs(8), "calls that are held do not come to rest");
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_may_take_one_and_a_half_times_its_body_and_more() {
        let calls = CONNECTIONS as u64;
        let allowed = 1_500 + 256 * 1024;
        let memory = InFlight { body: 1_000, idle: 7, held: 7, peak: 7 + calls * allowed };
        assert_eq!((memory.per_call(), memory.of_allowance()), (allowed as f64, 1.0));
    }
}
