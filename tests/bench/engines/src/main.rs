//! Measures SQLite and redb side by side on the data shape Larder stores, and prints a table.
//!
//! `engines [ROWS [DIRECTORY]]`; the directory must be on the disk that is to be measured.

mod child;
mod engine;
mod rate;
mod redb_engine;
mod sqlite_engine;
mod table;

use std::fs;
use std::io::{Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::{Engine, Fallible, Kind, Put, Rng, body, key, random_put};
use rate::Rate;
use table::Table;

const RUN: Duration = Duration::from_secs(3);
const LOAD_BATCH: u64 = 10_000;
const UPDATE_BATCH: u64 = 100;
const KILLED_OPENS: usize = 5;
const KILL_ROUNDS: u64 = 20;

fn main() -> Fallible<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [role, kind, dir, number] = args.as_slice() {
        return child::run(role, Kind::from_arg(kind)?, Path::new(dir), number.parse()?);
    }
    let rows = args.first().map_or(Ok(1_000_000), |rows| rows.parse())?;
    // Beside the program rather than in the temporary directory, which may be in memory, where
    // fsync costs nothing.
    let dir = match args.get(1) {
        Some(dir) => PathBuf::from(dir),
        None => std::env::current_exe()?.with_file_name("engines-data"),
    };
    fs::create_dir_all(&dir)?;
    println!("{rows} rows\n");
    let mut table = Table::default();
    for kind in Kind::ALL {
        let home = dir.join(kind.arg());
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        // Where the counters are makes no difference to the rows.
        if kind != Kind::RedbApart {
            fill(&mut table, kind, &home.join("full"), rows)?;
        }
        throughput(&mut table, kind, &home.join("full"), rows)?;
        if kind != Kind::RedbApart {
            reads_and_opens(&mut table, kind, &home.join("full"), rows)?;
        }
        kills(&mut table, kind, &home.join("killed"))?;
        fs::remove_dir_all(&home)?;
    }
    print!("{table}");
    Ok(())
}

/// Loads the rows and updates a fifth as many, at random.
fn fill(table: &mut Table, kind: Kind, home: &Path, rows: u64) -> Fallible<()> {
    eprintln!("{}: load", kind.title());
    let mut rng = Rng(7);
    let mut engine = kind.open(home)?;
    let start = Instant::now();
    for first in (0..rows).step_by(LOAD_BATCH as usize) {
        let batch: Vec<Put> = (first..rows.min(first + LOAD_BATCH))
            .map(|index| {
                let (owner, sort) = key(index, rows);
                Put { owner, sort, body: body(&mut rng) }
            })
            .collect();
        engine.put(&batch)?;
    }
    table.set("load, 10,000 rows a commit, rows/s", kind, per_second(rows, start));
    // Sizes are those of a closed database: both engines tidy up when they close.
    drop(engine);
    table.set("files after the load, MiB, length / on disk", kind, mib(home)?);

    eprintln!("{}: update", kind.title());
    let mut engine = kind.open(home)?;
    let start = Instant::now();
    for _ in 0..rows / 5 / UPDATE_BATCH {
        let batch: Vec<Put> = (0..UPDATE_BATCH).map(|_| random_put(&mut rng, rows)).collect();
        engine.put(&batch)?;
    }
    table.set("random updates, 100 rows a commit, rows/s", kind, per_second(rows / 5, start));
    table.set("files after the updates, still open, MiB, length / on disk", kind, mib(home)?);
    drop(engine);
    table.set("files after the updates, MiB, length / on disk", kind, mib(home)?);
    Ok(())
}

fn throughput(table: &mut Table, kind: Kind, home: &Path, rows: u64) -> Fallible<()> {
    eprintln!("{}: commits", kind.title());
    let mut engine = kind.open(home)?;
    let engine: &mut dyn Engine = engine.as_mut();
    let counter = |rng: &mut Rng| format!("counter-{:02}", rng.below(rate::SUBMITTERS));
    if kind != Kind::RedbApart {
        let put = |rng: &mut Rng| random_put(rng, rows);
        let before = fsync_ms(home)?;
        let alone = rate::alone(RUN, put, |batch| engine.put(batch))?;
        table.set("durable commits/s, one writer", kind, shown(&alone));
        let grouped = rate::grouped(RUN, put, |batch| engine.put(batch))?;
        table.set("durable commits/s, 32 submitters (rows a commit)", kind, shown(&grouped));
        let cost = format!("{before:.2} / {:.2}", fsync_ms(home)?);
        table.set("an fdatasync before / after these two, ms", kind, cost);
    }
    let alone = rate::alone(RUN, counter, |batch| engine.count(batch))?;
    table.set("relaxed counts/s, one writer", kind, shown(&alone));
    let grouped = rate::grouped(RUN, counter, |batch| engine.count(batch))?;
    table.set("relaxed counts/s, 32 submitters (counts a commit)", kind, shown(&grouped));
    Ok(())
}

fn reads_and_opens(table: &mut Table, kind: Kind, home: &Path, rows: u64) -> Fallible<()> {
    eprintln!("{}: reads and opens", kind.title());
    let reads = child::figures("read", kind, home, rows)?;
    table.set("point reads/s, one thread", kind, format!("{:.0}", reads["points"]));
    table.set("range reads of 20 rows/s, one thread", kind, format!("{:.0}", reads["ranges"]));
    table.set("peak memory while reading, MiB", kind, format!("{:.0}", reads["peak_mib"]));

    let clean = child::figures("open", kind, home, 0)?;
    table.set("open after a clean close, ms", kind, format!("{:.1}", clean["milliseconds"]));
    let mut rng = Rng(11);
    let mut opens = Vec::new();
    for _ in 0..KILLED_OPENS {
        child::kill_storm(kind, home, 20, Duration::from_millis(20 + rng.below(500)))?;
        let open = child::figures("open", kind, home, 0)?;
        opens.push((open["milliseconds"], open["peak_mib"]));
    }
    opens.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median, slowest) = (opens[KILLED_OPENS / 2], opens[KILLED_OPENS - 1]);
    let times = format!("{:.1} / {:.1}", median.0, slowest.0);
    table.set("open after kill -9, ms, median / slowest of 5", kind, times);
    table.set("peak memory of that open, MiB", kind, format!("{:.0}", median.1));

    eprintln!("{}: compact", kind.title());
    table.set("files before the compaction, MiB, length / on disk", kind, mib(home)?);
    let mut engine = kind.open(home)?;
    let start = Instant::now();
    engine.compact()?;
    drop(engine);
    table.set("compaction, s", kind, format!("{:.1}", start.elapsed().as_secs_f64()));
    table.set("files after the compaction, MiB, length / on disk", kind, mib(home)?);
    Ok(())
}

/// Kills a writing process again and again, each time on a new database.
fn kills(table: &mut Table, kind: Kind, home: &Path) -> Fallible<()> {
    let cases = [(20, "durable write after every 20 counts"), (0, "counts only")];
    for (counts, case) in cases {
        eprintln!("{}: kill -9, {case}", kind.title());
        let mut rng = Rng(13);
        let (mut durable, mut relaxed, mut worst) = ((0, 0), (0, 0), 0);
        for _ in 0..KILL_ROUNDS {
            if home.exists() {
                fs::remove_dir_all(home)?;
            }
            let after = Duration::from_micros(20_000 + rng.below(200_000));
            let told = child::kill_storm(kind, home, counts, after)?;
            let lost = child::lost(kind, home, &told)?;
            durable = (durable.0 + lost.durable, durable.1 + told.durable);
            relaxed = (relaxed.0 + lost.relaxed, relaxed.1 + told.relaxed);
            worst = worst.max(lost.relaxed);
        }
        let cell = format!("{} of {}", durable.0, durable.1);
        table.set(&format!("20 kills, {case}: durable lost"), kind, cell);
        let cell = format!("{} of {} (at most {worst} a kill)", relaxed.0, relaxed.1);
        table.set(&format!("20 kills, {case}: counts lost"), kind, cell);
    }
    Ok(())
}

fn shown(rate: &Rate) -> String {
    match rate.group > 1.0 {
        true => format!("{:.0} ({:.1})", rate.per_second, rate.group),
        false => format!("{:.0}", rate.per_second),
    }
}

fn per_second(operations: u64, start: Instant) -> String {
    format!("{:.0}", operations as f64 / start.elapsed().as_secs_f64())
}

/// The length of the files, and the disk space they take: redb makes its file longer well ahead
/// of need, and the part never written takes no space.
fn mib(home: &Path) -> Fallible<String> {
    let (mut length, mut taken) = (0, 0);
    for entry in fs::read_dir(home)? {
        let metadata = entry?.metadata()?;
        length += metadata.len();
        taken += metadata.blocks() * 512;
    }
    Ok(format!("{} / {}", length >> 20, taken >> 20))
}

/// What the disk charges for one fsync. It may change tenfold from one minute to the next, and
/// durable commits per second of two engines compare only where it was the same for both.
fn fsync_ms(dir: &Path) -> Fallible<f64> {
    let path = dir.join("fsync");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for round in 0..100u8 {
        file.rewind()?;
        file.write_all(&[round; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    fs::remove_file(path)?;
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
