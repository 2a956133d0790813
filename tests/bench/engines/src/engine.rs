//! What every candidate has to offer, and the data shape they are all measured on.

use std::error::Error;
use std::fs;
use std::path::Path;

use crate::redb_engine::{Layout, RedbEngine};
use crate::sqlite_engine::SqliteEngine;

pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Both engines get the same page cache; their defaults (2 MiB against 1 GiB) cannot be compared.
pub const CACHE_BYTES: usize = 64 << 20;

pub struct Put {
    pub owner: String,
    pub sort: String,
    pub body: String,
}

pub trait Engine: Send {
    /// Stores the rows and one change-log entry for each, in one transaction that is on disk
    /// when this returns.
    fn put(&mut self, rows: &[Put]) -> Fallible<()>;

    /// Adds one to each named counter, in one relaxed transaction.
    fn count(&mut self, names: &[String]) -> Fallible<()>;

    fn get(&self, owner: &str, sort: &str) -> Fallible<Option<Vec<u8>>>;

    /// The bodies of up to `limit` rows of one owner, from `sort` upwards.
    fn range(&self, owner: &str, sort: &str, limit: usize) -> Fallible<Vec<Vec<u8>>>;

    fn counter(&self, name: &str) -> Fallible<u64>;

    fn log_len(&self) -> Fallible<u64>;

    /// Gives unused file space back to the file system.
    fn compact(&mut self) -> Fallible<()>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Redb,
    RedbQuick,
    RedbApart,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Sqlite, Kind::Redb, Kind::RedbQuick, Kind::RedbApart];

    /// The name on the command line of a child process.
    pub fn arg(self) -> &'static str {
        match self {
            Kind::Sqlite => "sqlite",
            Kind::Redb => "redb",
            Kind::RedbQuick => "redb-quick-repair",
            Kind::RedbApart => "redb-counters-apart",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Kind::Sqlite => "SQLite WAL",
            Kind::Redb => "redb",
            Kind::RedbQuick => "redb, quick_repair",
            Kind::RedbApart => "redb, counters in a second file without fsync",
        }
    }

    pub fn from_arg(arg: &str) -> Fallible<Kind> {
        let found = Kind::ALL.into_iter().find(|kind| kind.arg() == arg);
        found.ok_or_else(|| format!("unknown engine {arg}").into())
    }

    /// Opens the database kept in `dir`, creating it if it is not there.
    pub fn open(self, dir: &Path) -> Fallible<Box<dyn Engine>> {
        fs::create_dir_all(dir)?;
        let layout = match self {
            Kind::Sqlite => return Ok(Box::new(SqliteEngine::open(dir)?)),
            Kind::Redb => Layout { quick_repair: false, counters_apart: false },
            Kind::RedbQuick => Layout { quick_repair: true, counters_apart: false },
            Kind::RedbApart => Layout { quick_repair: false, counters_apart: true },
        };
        Ok(Box::new(RedbEngine::open(dir, layout)?))
    }
}

/// SplitMix64: a seed makes a run repeatable, and no dependency is needed for it.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

const ROWS_PER_OWNER: u64 = 100;

/// The key of the `index`th of `rows` rows. Consecutive rows belong to different owners, as they
/// would when many owners write at once, so that loading does not fill the tree in key order.
pub fn key(index: u64, rows: u64) -> (String, String) {
    let owners = rows.div_ceil(ROWS_PER_OWNER);
    let owner = ((index % owners) as u32).wrapping_mul(0x9e37_79b9);
    (format!("owner-{owner:08x}"), format!("{:012}", index / owners))
}

/// A JSON document of 250 to 350 bytes, its length varying so that updates move data about.
pub fn body(rng: &mut Rng) -> String {
    let length = 250 + rng.below(101) as usize;
    let mut text = String::from(r#"{"kind":"item","note":""#);
    while text.len() < length - 2 {
        text.push_str(&format!("{:016x}", rng.next()));
    }
    text.truncate(length - 2);
    text.push_str("\"}");
    text
}

pub fn random_put(rng: &mut Rng, rows: u64) -> Put {
    let (owner, sort) = key(rng.below(rows), rows);
    Put { owner, sort, body: body(rng) }
}
