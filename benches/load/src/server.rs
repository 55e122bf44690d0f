//! Servers that are measured, each a process of its own on the core of servers, each on the same settings.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::client::{self, SERVICE};
use crate::process;

/// The core of servers.
const CORE: &str = "0";

/// What can be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Gaitkeeper without clients, so without authentication.
    Open,
    /// Gaitkeeper with one client, whose tokens are signed with ES384.
    Signed,
    /// Gaitkeeper without clients, with the sandbox: it fetches from the loopback.
    Sandbox,
    Typed,
    Read,
    Value,
}

impl Target {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Target::Open => "Gaitkeeper",
            Target::Signed => "Gaitkeeper, ES384",
            Target::Sandbox => "Gaitkeeper, sandbox",
            Target::Typed => "bare, typed",
            Target::Read => "bare, only read",
            Target::Value => "bare, serde_json::Value",
        }
    }

    fn bare_handler(self) -> Option<&'static str> {
        match self {
            Target::Open | Target::Signed | Target::Sandbox => None,
            Target::Typed => Some("typed"),
            Target::Read => Some("read"),
            Target::Value => Some("value"),
        }
    }
}

/// The programs that are measured.
pub(crate) struct Programs {
    pub gaitkeeper: PathBuf,
    pub bare: PathBuf,
    /// See [`process::ticks_per_second`].
    pub ticks_per_second: f64,
}

/// A server that runs until this is dropped.
pub(crate) struct Server<'a> {
    programs: &'a Programs,
    target: Target,
    address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl<'a> Server<'a> {
    /// Starts a server and waits until it answers.
    pub(crate) fn start(programs: &'a Programs, target: Target) -> Result<Self> {
        let mut server = Self::spawn(programs, target)?;
        server.await_first(|server| {
            client::discover(server.address).is_ok_and(|(answer, _)| answer.status == 200)
        })?;
        Ok(server)
    }

    /// Starts a server, which may not answer yet. Its database is new.
    pub(crate) fn spawn(programs: &'a Programs, target: Target) -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("gaitkeeper-load-").tempdir().context("making a folder")?;
        let (address, platform) = (free_address()?, free_address()?);
        fs::write(folder.path().join("wrk.lua"), include_str!("wrk.lua"))
            .context("writing the script of wrk")?;
        let mut command = Command::new("taskset");
        command.args(["-c", CORE]);
        if let Some(handler) = target.bare_handler() {
            command.arg(&programs.bare).arg(handler).arg(address.to_string());
        } else {
            let settings = folder.path().join("settings.toml");
            let clients =
                if target == Target::Signed { client_table(programs, folder.path())? } else { String::new() };
            let text = format!("{}{clients}", settings_text(address, platform, folder.path()));
            fs::write(&settings, text).context("writing settings")?;
            command.arg(&programs.gaitkeeper).arg("serve").arg("--config").arg(settings);
            if target != Target::Open {
                command.arg("--sandbox");
            }
        }
        // Appended to, so that it can be emptied while the server runs.
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.path().join("log"))
            .context("opening a log")?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let child = child.with_context(|| format!("starting {}", target.name()))?;
        Ok(Self { programs, target, address, child, folder })
    }

    /// Asks every millisecond until something holds.
    pub(crate) fn await_first(&mut self, holds: impl Fn(&Self) -> bool) -> Result<()> {
        let begin = Instant::now();
        while !holds(self) {
            if let Some(status) = self.child.try_wait().context("looking after a server")? {
                bail!("{} ended ({status}): {}", self.target.name(), self.end_of_log());
            }
            ensure!(begin.elapsed() < Duration::from_secs(30), "{} does not answer", self.target.name());
            sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Stops it as an operator does, and waits until it has ended.
    pub(crate) fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        ensure!(told.context("running kill")?.success(), "{} cannot be told to stop", self.target.name());
        let ended = self.child.wait().context("waiting for a server to stop")?;
        ensure!(ended.success(), "{} ended ({ended}): {}", self.target.name(), self.end_of_log());
        Ok(())
    }

    pub(crate) fn target(&self) -> Target {
        self.target
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn call_url(&self) -> String {
        format!("http://{}{SERVICE}", self.address)
    }

    pub(crate) fn script(&self) -> PathBuf {
        self.folder.path().join("wrk.lua")
    }

    /// A token for an hour, where one is needed.
    pub(crate) fn token(&self) -> Result<Option<String>> {
        if self.target != Target::Signed {
            return Ok(None);
        }
        let url = format!("http://{}", self.address);
        let service = SERVICE.trim_start_matches("/cds-services/");
        let arguments = ["--url", &url, "--service", service, "--minutes", "59"];
        let token = token_command(self.programs, self.folder.path(), &arguments)?;
        Ok(Some(token.trim().to_owned()))
    }

    /// How many cards a call is answered with. Anything but an answer with cards is an error.
    pub(crate) fn cards(&self, body: &[u8]) -> Result<usize> {
        let answer = client::call(self.address, body, self.token()?.as_deref())?;
        let name = self.target.name();
        ensure!(answer.status == 200, "{name} answers {} to a call of {} bytes", answer.status, body.len());
        let answer: serde_json::Value =
            serde_json::from_slice(&answer.body).context("an answer is not JSON")?;
        let cards = answer.get("cards").and_then(|cards| cards.as_array());
        Ok(cards.with_context(|| format!("{name} answers without cards"))?.len())
    }

    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        process::cpu_seconds(self.child.id(), self.programs.ticks_per_second)
    }

    pub(crate) fn memory(&self) -> Result<u64> {
        process::memory(self.child.id())
    }

    pub(crate) fn peak_memory(&self) -> Result<u64> {
        process::peak_memory(self.child.id())
    }

    /// Bytes that were logged since the log was emptied.
    pub(crate) fn logged(&self) -> Result<u64> {
        Ok(fs::metadata(self.folder.path().join("log")).context("looking at a log")?.len())
    }

    pub(crate) fn empty_log(&self) -> Result<()> {
        File::create(self.folder.path().join("log")).context("emptying a log")?;
        Ok(())
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    listener.local_addr().context("looking for a free port")
}

/// All that a service in use has: logs, metrics, the second listener, a feedback database on the disk. Room for the
/// connections of every measurement; everything else is the default.
fn settings_text(address: SocketAddr, platform: SocketAddr, folder: &Path) -> String {
    let database = folder.join("feedback.db");
    format!(
        r#"[server]
listen = "{address}"
platform_listen = "{platform}"
public_url = "http://{address}"
[limits]
connections = 2048
concurrent_calls = 512
[feedback]
database = '{}'
[log]
level = "info"
format = "json"
"#,
        database.display()
    )
}

/// A client whose one token can be used all the time: what is measured is that it is checked.
fn client_table(programs: &Programs, folder: &Path) -> Result<String> {
    let table = token_command(programs, folder, &["--client"])?;
    Ok(format!("{table}\nreplay = \"off\"\nconcurrent_calls = 512\ncalls_per_second = 1000000\n"))
}

fn token_command(programs: &Programs, folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(&programs.gaitkeeper);
    command.arg("token").arg("--key").arg(folder.join("key.pem")).args(arguments);
    let output = command.output().context("running gaitkeeper token")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "gaitkeeper token failed: {}", said.trim());
    String::from_utf8(output.stdout).context("gaitkeeper token printed no text")
}
