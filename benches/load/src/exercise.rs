//! Calls of every kind, for a binary that records what it executes: the compiler is told by it what to make fast.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::calls::Body;
use crate::client;
use crate::server::{Programs, Server, Target};
use crate::throughput::CONNECTIONS;
use crate::wrk::{self, Plan};

/// How often each recorded call is made: as many calls of the kinds that no load is made of.
const TIMES: usize = 100;

/// Makes every recorded call, and loads the service with the small and the large call, without and with authentication.
/// The service is stopped as an operator stops it, because it writes its record when it ends.
pub(crate) fn run(programs: &Programs, recorded: &Path, seconds: u64) -> Result<()> {
    let calls = read(recorded)?;
    ensure!(!calls.is_empty(), "no recorded call in {}", recorded.display());
    let bodies = [Body::small()?, Body::large()?];
    for target in [Target::Open, Target::Signed] {
        let server = Server::start(programs, target)?;
        if target == Target::Open {
            for (service, body) in std::iter::repeat_n(&calls, TIMES).flatten() {
                let answer = client::call_of(server.address(), service, body, None)?;
                ensure!(answer.status == 200, "a recorded call of {service} is answered {}", answer.status);
            }
        }
        for body in &bodies {
            wrk::start(&server, &Plan { body: body.path(), connections: CONNECTIONS, seconds })?.finish()?;
        }
        server.stop()?;
    }
    Ok(())
}

/// The recorded calls, each in a folder of its own below that of its service.
fn read(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut calls = Vec::new();
    for service in entries(folder)? {
        let name = service.file_name().and_then(|name| name.to_str()).context("a folder without a name")?;
        for call in entries(&service)? {
            let path = call.join("request.json");
            let body = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            calls.push((format!("/cds-services/{name}"), body));
        }
    }
    Ok(calls)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.with_context(|| format!("reading {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}
