//! What a process has used, from Linux's `/proc`.

use crate::Fallible;
use std::fs;

/// Processor time in nanoseconds, of all threads that live. Finer than the ticks of `/proc/PID/stat`: some of what is
/// measured takes less than one tick.
pub fn cpu_nanos(pid: u32) -> Fallible<u64> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the listing and the look.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        total += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(total)
}

/// Resident memory in bytes.
pub fn resident(pid: u32) -> Fallible<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:")).ok_or("no Rss in smaps_rollup")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
