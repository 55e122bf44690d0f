//! On what, and with what, something was measured.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

pub(crate) struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory: String,
    pub kernel: String,
    pub rustc: String,
    pub wrk: String,
    pub commit: String,
    pub day: String,
    /// Processes that wanted a core in the last minute, before anything was started.
    pub load: String,
    /// Whether idle cores were kept from sleeping.
    pub awake: bool,
}

/// Keeps idle cores from sleeping until this is dropped.
///
/// The load tool waits for most answers on a core that has nothing else to do. Who sends an answer wakes that core, which
/// a virtual machine pays for by leaving to its host, and that is told as time of the server: the slower a server, the
/// more often.
pub(crate) struct Awake(
    #[expect(dead_code, reason = "the kernel keeps the wish while the file is open")] File,
);

impl Awake {
    /// Nothing where this is not allowed, or the kernel has no such file.
    pub(crate) fn keep() -> Option<Self> {
        let mut file = OpenOptions::new().write(true).open("/dev/cpu_dma_latency").ok()?;
        // The longest time to wake up that is put up with, in microseconds.
        file.write_all(&0_i32.to_ne_bytes()).ok()?;
        Some(Self(file))
    }
}

impl Machine {
    pub(crate) fn look(wrk: String, awake: bool) -> Result<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo").context("reading /proc/cpuinfo")?;
        let memory = fs::read_to_string("/proc/meminfo").context("reading /proc/meminfo")?;
        let load = fs::read_to_string("/proc/loadavg").context("reading /proc/loadavg")?;
        let commit = printed("git", &["rev-parse", "--short=12", "HEAD"])?;
        let changed = !printed("git", &["status", "--porcelain", "--untracked-files=no"])?.is_empty();
        Ok(Self {
            cpu: value_of(&cpu, "model name").unwrap_or("unknown").to_owned(),
            cores: cpu.lines().filter(|line| line.starts_with("processor")).count(),
            memory: value_of(&memory, "MemTotal").unwrap_or("unknown").to_owned(),
            kernel: printed("uname", &["-sr"])?,
            rustc: printed("rustc", &["--version"])?,
            wrk,
            commit: if changed { format!("{commit}, with changes that are not committed") } else { commit },
            day: printed("date", &["-u", "+%F"])?,
            load: load.split(' ').next().unwrap_or("unknown").to_owned(),
            awake,
        })
    }
}

/// Lets this process and all that it starts open enough files, and keeps it off the core of the servers.
pub(crate) fn prepare() -> Result<()> {
    let this = std::process::id().to_string();
    printed("prlimit", &["--pid", &this, "--nofile=8192:"])
        .context("8,192 open files are needed: ulimit -n")?;
    printed("taskset", &["-c", "-p", "1", &this])
        .context("two cores are needed: one for servers, one for the load")?;
    Ok(())
}

/// Size of a file in bytes.
pub(crate) fn size(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?.len())
}

fn printed(program: &str, arguments: &[&str]) -> Result<String> {
    let output =
        Command::new(program).args(arguments).output().with_context(|| format!("running {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{program} failed: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_whole_name() {
        let text = "vendor_id\t: A\nmodel\t\t: 17\nmodel name\t: AMD: one\n";
        assert_eq!(value_of(text, "model name"), Some("AMD: one"));
        assert_eq!(value_of(text, "name"), None);
    }
}
