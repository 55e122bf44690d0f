//! What the kernel knows of a process: its CPU time and its memory.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

/// Processor time that a process used so far, in all its threads, in seconds.
pub(crate) fn cpu_seconds(process: u32, ticks_per_second: f64) -> Result<f64> {
    let stat = read(process, "stat")?;
    Ok(ticks(&stat).context("/proc/PID/stat has no times")? as f64 / ticks_per_second)
}

/// Bytes of memory in use now.
pub(crate) fn memory(process: u32) -> Result<u64> {
    size(&read(process, "status")?, "VmRSS").context("/proc/PID/status has no VmRSS")
}

/// The most bytes of memory that were ever in use.
pub(crate) fn peak_memory(process: u32) -> Result<u64> {
    size(&read(process, "status")?, "VmHWM").context("/proc/PID/status has no VmHWM")
}

/// The unit of the times in `/proc/PID/stat`.
pub(crate) fn ticks_per_second() -> Result<f64> {
    let said = Command::new("getconf").arg("CLK_TCK").output().context("running getconf CLK_TCK")?;
    String::from_utf8_lossy(&said.stdout).trim().parse().context("getconf CLK_TCK printed no number")
}

fn read(process: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{process}/{file}");
    fs::read_to_string(&path).with_context(|| format!("reading {path}; has the process ended?"))
}

/// User and system time: fields 14 and 15. The second field is a name that may hold blanks and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// A line such as `VmHWM:     9120 kB`, in bytes.
fn size(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_after_a_name_with_brackets() {
        let stat = "4711 (a b) c) S 1 2 3 0 -1 4194304 100 0 0 0 250 41 7 9 20 0 2 0 12345 1 2\n";
        assert_eq!(ticks(stat), Some(291));
        assert_eq!(ticks("4711 (cut"), None);
        assert_eq!(ticks("4711 (short) S 1 2"), None);
    }

    #[test]
    fn sizes_are_found_by_their_whole_name() {
        let status =
            "Name:\tgaitkeeper\nVmHWMx:\t1 kB\nVmHWM:\t   31492 kB\nVmRSS:\t   30000 kB\nThreads:\t2\n";
        assert_eq!(size(status, "VmHWM"), Some(31492 * 1024));
        assert_eq!(size(status, "VmRSS"), Some(30000 * 1024));
        assert_eq!(size(status, "Threads"), None);
        assert_eq!(size(status, "VmSwap"), None);
    }

    #[test]
    fn this_process_has_memory() {
        let peak = peak_memory(std::process::id()).unwrap();
        assert!(peak >= memory(std::process::id()).unwrap() / 2);
    }
}
