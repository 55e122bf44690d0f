//! The load tool is wrk: what it is told, and what it says.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::server::Server;

/// Servers have a core of their own, and so has all that loads them.
const CORE: &str = "1";

/// What a run of wrk is to do.
pub(crate) struct Plan<'a> {
    /// The body of each call.
    pub body: &'a Path,
    pub connections: usize,
    pub seconds: u64,
}

/// What came of a run of wrk.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Outcome {
    /// Calls that were answered, whatever with.
    pub requests: u64,
    /// Microseconds.
    duration: u64,
    pub errors: Errors,
    /// Percentile and microseconds.
    latency: Vec<(f64, u64)>,
}

/// Calls that failed, by how they did.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Errors {
    connect: u64,
    read: u64,
    write: u64,
    /// Answers of status 400 and above.
    status: u64,
    timeout: u64,
}

impl Errors {
    pub(crate) fn all(&self) -> u64 {
        self.connect + self.read + self.write + self.status + self.timeout
    }
}

impl Outcome {
    /// The last line of JSON is ours; before it wrk reports to people.
    fn read(printed: &str) -> Result<Self> {
        let line = printed.lines().rev().find(|line| line.starts_with('{')).context("wrk printed no JSON")?;
        serde_json::from_str(line).context("what the script of wrk printed is not what we know")
    }

    pub(crate) fn seconds(&self) -> f64 {
        Duration::from_micros(self.duration).as_secs_f64()
    }

    pub(crate) fn calls_per_second(&self) -> f64 {
        self.requests as f64 / self.seconds()
    }

    /// Percentiles and their milliseconds.
    pub(crate) fn latency(&self) -> impl Iterator<Item = (f64, f64)> {
        self.latency.iter().map(|(percentile, micros)| (*percentile, *micros as f64 / 1_000.0))
    }

    /// Milliseconds at a percentile that the script asks for.
    pub(crate) fn percentile(&self, wanted: f64) -> Result<f64> {
        let found = self.latency().find(|(percentile, _)| *percentile == wanted);
        Ok(found.with_context(|| format!("wrk was not asked for percentile {wanted}"))?.1)
    }
}

/// A run of wrk that has not ended.
pub(crate) struct Running(Child);

/// Loads a server. Give it up to the end with [`Running::finish`].
pub(crate) fn start(server: &Server, plan: &Plan<'_>) -> Result<Running> {
    let mut command = Command::new("taskset");
    command.args(["-c", CORE, "wrk", "--threads", "1", "--timeout", "20s"]);
    command.arg("--connections").arg(plan.connections.to_string());
    command.arg("--duration").arg(format!("{}s", plan.seconds));
    command.arg("--script").arg(server.script()).arg(server.call_url()).arg("--").arg(plan.body);
    command.args(server.token()?);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("starting wrk")?;
    Ok(Running(child))
}

impl Running {
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait().context("asking whether wrk has ended")?.is_some())
    }

    pub(crate) fn finish(self) -> Result<Outcome> {
        let output = self.0.wait_with_output().context("waiting for wrk")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "wrk failed ({}): {}", output.status, said.trim());
        Outcome::read(&String::from_utf8_lossy(&output.stdout))
    }
}

/// Loads a server to the end. A load of which anything failed measures nothing.
pub(crate) fn load(server: &Server, plan: &Plan<'_>) -> Result<Outcome> {
    let outcome = start(server, plan)?.finish()?;
    ensure!(outcome.errors.all() == 0, "{}: calls failed: {:?}", server.target().name(), outcome.errors);
    ensure!(outcome.requests > 0, "{}: no call was answered", server.target().name());
    Ok(outcome)
}

/// Installs wrk where it is missing and we may; says its version.
pub(crate) fn ensure_installed() -> Result<String> {
    if let Some(version) = version() {
        return Ok(version);
    }
    let root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout.starts_with(b"0\n"));
    if root {
        eprintln!("wrk is not installed; asking apt-get for it");
        for arguments in [&["update", "-q"][..], &["install", "-y", "-q", "--no-install-recommends", "wrk"]] {
            Command::new("apt-get")
                .args(arguments)
                .stdout(Stdio::null())
                .status()
                .context("running apt-get")?;
        }
    }
    match version() {
        Some(version) => Ok(version),
        None => bail!("wrk is not installed, and it is what loads the service: apt-get install wrk"),
    }
}

/// `wrk -v` says its version first and fails.
fn version() -> Option<String> {
    let said = Command::new("wrk").arg("-v").output().ok()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    Some(text.split(" Copyright").next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "Running 1s test @ http://127.0.0.1:1/\n  2059 requests in 1.10s, 828.43KB read\n\
        {\"requests\":2059,\"duration\":1100000,\"errors\":{\"connect\":0,\"read\":1,\"write\":0,\"status\":2,\"timeout\":0},\
        \"latency\":[[50,410],[99.9,6042]]}\n";

    #[test]
    fn what_the_script_prints_is_read() {
        let outcome = Outcome::read(PRINTED).unwrap();
        assert_eq!((outcome.requests, outcome.errors.all()), (2059, 3));
        assert_eq!(outcome.calls_per_second().round(), 1872.0);
        assert_eq!(outcome.percentile(99.9).unwrap(), 6.042);
        assert!(outcome.percentile(42.0).is_err());
    }

    #[test]
    fn a_run_that_ended_early_is_no_outcome() {
        assert!(Outcome::read("unable to connect to 127.0.0.1:1 Connection refused\n").is_err());
        assert!(Outcome::read("{\"requests\":1}\n").is_err());
    }
}
