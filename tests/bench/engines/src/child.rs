//! The parts that run in a process of their own: to be killed, or to have their memory measured.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::{Fallible, Kind, Put, Rng, body, key};

const STORM_OWNER: &str = "storm";
const STORM_COUNTER: &str = "storm";

/// Runs a role of this program in a child and returns the figures it printed.
pub fn figures(role: &str, kind: Kind, dir: &Path, number: u64) -> Fallible<HashMap<String, f64>> {
    let output = command(role, kind, dir, number)?.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{role} {} failed", kind.arg()).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, value)| Ok((name.to_owned(), value.parse()?))).collect()
}

fn command(role: &str, kind: Kind, dir: &Path, number: u64) -> Fallible<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([role, kind.arg()]).arg(dir).arg(number.to_string());
    Ok(command)
}

/// The body of a child process.
pub fn run(role: &str, kind: Kind, dir: &Path, number: u64) -> Fallible<()> {
    match role {
        "open" => open(kind, dir),
        "read" => read(kind, dir, number),
        "storm" => storm(kind, dir, number),
        _ => Err(format!("unknown role {role}").into()),
    }
}

fn open(kind: Kind, dir: &Path) -> Fallible<()> {
    let start = Instant::now();
    let engine = kind.open(dir)?;
    // Some work is put off until the first read, so that is part of opening.
    engine.get("owner", "none")?;
    println!("milliseconds {}", start.elapsed().as_secs_f64() * 1e3);
    println!("peak_mib {}", peak_mib());
    Ok(())
}

fn read(kind: Kind, dir: &Path, rows: u64) -> Fallible<()> {
    let engine = kind.open(dir)?;
    let run = Duration::from_secs(3);
    let mut rng = Rng(3);
    let (mut points, start) = (0u64, Instant::now());
    while start.elapsed() < run {
        let (owner, sort) = key(rng.below(rows), rows);
        engine.get(&owner, &sort)?.ok_or("a loaded row is missing")?;
        points += 1;
    }
    println!("points {}", points as f64 / start.elapsed().as_secs_f64());
    let (mut ranges, start) = (0u64, Instant::now());
    while start.elapsed() < run {
        // From the first half of an owner's rows, so that there always are 20 to read.
        let (owner, sort) = key(rng.below(rows / 2), rows);
        if engine.range(&owner, &sort, 20)?.len() != 20 {
            return Err("a range is short".into());
        }
        ranges += 1;
    }
    println!("ranges {}", ranges as f64 / start.elapsed().as_secs_f64());
    println!("peak_mib {}", peak_mib());
    Ok(())
}

/// Writes until killed, `counts` counter commits after each durable one (0: no further durable
/// one), and reports each commit once it is acknowledged.
fn storm(kind: Kind, dir: &Path, counts: u64) -> Fallible<()> {
    let mut engine = kind.open(dir)?;
    let mut rng = Rng(5);
    let mut report = std::io::stdout();
    for round in 0u64.. {
        let sort = format!("{round:012}");
        engine.put(&[Put { owner: STORM_OWNER.into(), sort, body: body(&mut rng) }])?;
        report.write_all(b"durable\n")?;
        let counts = if counts == 0 { u64::MAX } else { counts };
        for _ in 0..counts {
            engine.count(&[STORM_COUNTER.to_owned()])?;
            report.write_all(b"relaxed\n")?;
        }
    }
    Ok(())
}

#[derive(Default)]
pub struct Acknowledged {
    pub durable: u64,
    pub relaxed: u64,
}

/// Starts a storm and kills it `after` its first acknowledgement.
pub fn kill_storm(kind: Kind, dir: &Path, counts: u64, after: Duration) -> Fallible<Acknowledged> {
    let mut child: Child = command("storm", kind, dir, counts)?.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
    let mut acknowledged = Acknowledged { durable: 1, relaxed: 0 };
    lines.next().ok_or("the storm ended by itself")??;
    let killer = thread::spawn(move || {
        thread::sleep(after);
        child.kill()?;
        child.wait()
    });
    // Whatever the child wrote before its death is still in the pipe and counts.
    for line in lines {
        match line?.as_str() {
            "durable" => acknowledged.durable += 1,
            "relaxed" => acknowledged.relaxed += 1,
            other => return Err(format!("unexpected line {other}").into()),
        }
    }
    let status = killer.join().map_err(|_| "the killer panicked")??;
    if status.code().is_some() {
        return Err(format!("the storm ended by itself: {status}").into());
    }
    Ok(acknowledged)
}

/// Opens what a killed storm left in a database that was new, and counts what is missing.
pub fn lost(kind: Kind, dir: &Path, acknowledged: &Acknowledged) -> Fallible<Acknowledged> {
    let engine = kind.open(dir)?;
    let mut durable = 0;
    for round in 0..acknowledged.durable {
        let body = engine.get(STORM_OWNER, &format!("{round:012}"))?;
        durable += u64::from(body.is_none());
    }
    // One commit more may have been made than was acknowledged, but a row and its log entry
    // come and go together.
    let beyond = engine.get(STORM_OWNER, &format!("{:012}", acknowledged.durable))?.is_some();
    let entries = acknowledged.durable - durable + u64::from(beyond);
    if engine.log_len()? != entries {
        return Err("the change log does not match the rows".into());
    }
    // No counter row at all means that not one of the increments survived.
    let relaxed = acknowledged.relaxed.saturating_sub(engine.counter(STORM_COUNTER).unwrap_or(0));
    Ok(Acknowledged { durable, relaxed })
}

/// Peak resident memory of this process, where the system tells (Linux).
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}
