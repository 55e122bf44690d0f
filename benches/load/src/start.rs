//! From starting the program to its first answer.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::calls::Body;
use crate::client;
use crate::server::{Programs, Server, Target};
use crate::statistics::Spread;

const STARTS: usize = 10;

/// Milliseconds until a small call is answered, each time with a new feedback database.
pub(crate) fn measure(programs: &Programs) -> Result<Spread> {
    let small = Body::small()?;
    let times: Result<Vec<f64>> = (0..STARTS).map(|_| once(programs, small.as_bytes())).collect();
    let spread = Spread::of(times?)?;
    eprintln!("first answer after {:.1} ms", spread.median);
    Ok(spread)
}

fn once(programs: &Programs, body: &[u8]) -> Result<f64> {
    let begin = Instant::now();
    let mut server = Server::spawn(programs, Target::Open)?;
    server.await_first(|server| {
        client::call(server.address(), body, None).is_ok_and(|answer| answer.status == 200)
    })?;
    let passed: Duration = begin.elapsed();
    Ok(passed.as_secs_f64() * 1_000.0)
}
