//! Many connections that do nothing beside many that are busy.

use std::net::TcpStream;

use anyhow::{Context, Result, ensure};

use crate::calls::Body;
use crate::client;
use crate::server::{Programs, Server, Target};
use crate::wrk::{self, Plan};

pub(crate) const IDLE: usize = 1_000;
pub(crate) const BUSY: usize = 256;

pub(crate) struct Crowd {
    pub calls: u64,
    pub errors: u64,
    /// Idle connections that were closed meanwhile.
    pub closed: usize,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
}

pub(crate) fn measure(programs: &Programs, seconds: u64) -> Result<Crowd> {
    let small = Body::small()?;
    let server = Server::start(programs, Target::Open)?;
    let idle: Result<Vec<TcpStream>> = (0..IDLE).map(|_| open(&server)).collect();
    let idle = idle.context("opening the idle connections")?;
    let plan = Plan { body: small.path(), connections: BUSY, seconds };
    let outcome = wrk::start(&server, &plan)?.finish()?;
    ensure!(outcome.requests > 0, "no call was answered beside {IDLE} idle connections");
    let mut closed = 0;
    for connection in &idle {
        closed += usize::from(!client::is_open(connection)?);
    }
    let (p50, p99) = (outcome.percentile(50.0)?, outcome.percentile(99.0)?);
    eprintln!(
        "{IDLE} idle and {BUSY} busy: p50 {p50} ms, p99 {p99} ms, {} errors, {closed} closed",
        outcome.errors.all()
    );
    Ok(Crowd { calls: outcome.requests, errors: outcome.errors.all(), closed, p50, p99 })
}

/// A connection that was used once and is kept.
fn open(server: &Server<'_>) -> Result<TcpStream> {
    let (answer, connection) = client::discover(server.address())?;
    ensure!(answer.status == 200, "discovery answers {}", answer.status);
    Ok(connection)
}
