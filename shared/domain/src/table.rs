//! Port: the table. Rows in, rows out; what they mean is decided above, so that two stores cannot differ in it.
//!
//! Every method is strongly consistent and sees no expired row. Each conditional write carries the id of its
//! operation: a store whose transport retries by itself must answer a repeat of its own write with success.

mod count;
mod imagined;
mod place;
mod query;

pub use count::{Addition, Claim, Counters, Taken};
pub use imagined::Imagined;
pub use place::{MOST_PLACE_BYTES, Places, Slot};
pub use query::{Page, Query, Start};

use crate::id::{OpId, OwnerId};
use crate::{Error, Result};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What one row may weigh, key, body and places together: DynamoDB's limit, kept everywhere.
pub const MOST_BYTES: usize = 400 * 1024;

#[async_trait]
pub trait Table: Send + Sync {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>>;

    /// In the order of the keys, at most 100.
    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>>;

    /// Writes the whole row, counters and places included, if it is as expected, else `Conflict`; answers its new
    /// version.
    async fn put(&self, put: Put, op: OpId) -> Result<u64>;

    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()>;

    async fn query(&self, query: &Query) -> Result<Page>;

    /// Adds to the counters of one row and drops others; answers all its counters afterwards. A row that is not there
    /// is made if it is to expire, else there is nothing to add to. A counter may lose the last moment when the power
    /// fails, never when the process does; where a transport repeats calls whose answer was lost, it may count such a
    /// call twice, never not at all.
    async fn add(
        &self,
        key: RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters>;

    /// Adds one to each of these counters if there is room in all of them and every guard holds, else to none, in one
    /// step that no other comes between. Never makes a row. What is taken keeps as what is added; where a transport
    /// repeats calls whose answer was lost, such a call may count twice, or find that it took the last room itself.
    async fn take(&self, key: &RowKey, claim: &Claim) -> Result<Taken>;

    /// Writes rows that nobody waits for, each named once, whatever lies there; each is at its first version, without
    /// further places. Like a counter they may be lost when the power fails. If it is refused, some of them may have
    /// been written.
    async fn record(&self, records: Vec<Record>) -> Result<()>;

    /// All or nothing, at most 100 rows, each named once. The same `op` again within ten minutes does nothing more.
    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()>;
}

/// Port: every change of a logged row, once, in order for each row (see `schema::is_logged`). On AWS this is the
/// table's own stream, which calls the `changes` function; elsewhere a log written in the row's transaction.
#[async_trait]
pub trait ChangeLog: Send + Sync {
    /// The changes after this position, oldest first.
    async fn changes(&self, after: Option<&str>, limit: usize) -> Result<Vec<RowChange>>;
}

/// Where a row lies. There is no key without an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    pub owner: OwnerId,
    pub sort: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: RowKey,
    pub version: u64,
    pub body: String,
    pub places: Places,
    pub counters: Counters,
    pub expires: Option<Expiry>,
}

/// From this second on the row is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Expiry(pub i64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub key: RowKey,
    pub body: String,
    pub places: Places,
    pub expires: Option<Expiry>,
    pub expect: Expect,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub key: RowKey,
    pub body: String,
    pub expires: Option<Expiry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Absent,
    /// Nothing is there any more; what comes counts on from the version that was the last.
    Gone(u64),
    Version(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Put(Put),
    Delete {
        key: RowKey,
        version: u64,
    },
    /// Writes nothing, but fails the transaction unless the row has this version.
    Check {
        key: RowKey,
        version: u64,
    },
    /// Sets some of a row's counters and drops others, whatever its version; the rest of it stays. The row is made if
    /// need be; one that is to expire is a conflict.
    Set {
        key: RowKey,
        set: Counters,
        drop: BTreeSet<String>,
    },
    /// The next version of a row that says nothing, whatever its version. The row is made if need be; one that is to
    /// expire is a conflict.
    Touch {
        key: RowKey,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// Where to go on reading.
    pub position: String,
    pub key: RowKey,
    pub before: Option<Image>,
    pub after: Option<Image>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub version: u64,
    pub body: String,
}

impl RowKey {
    pub fn new(owner: OwnerId, sort: impl Into<String>) -> Self {
        Self { owner, sort: sort.into() }
    }
}

impl Expect {
    /// What was found there.
    pub fn of(found: Option<&Row>) -> Self {
        found.map_or(Self::Absent, |row| Self::Version(row.version))
    }

    /// The version that the row has after the write.
    pub fn next(self) -> u64 {
        match self {
            Self::Absent => 1,
            Self::Gone(version) | Self::Version(version) => version + 1,
        }
    }
}

impl Expiry {
    pub fn at(moment: Timestamp) -> Self {
        Self(moment.as_second())
    }

    pub fn is_past(self, now: Timestamp) -> bool {
        self.0 <= now.as_second()
    }
}

impl Write {
    pub fn key(&self) -> &RowKey {
        match self {
            Self::Put(put) => &put.key,
            Self::Delete { key, .. }
            | Self::Check { key, .. }
            | Self::Set { key, .. }
            | Self::Touch { key } => key,
        }
    }
}

impl Put {
    /// A row that lasts and is found under its key only.
    pub fn new(key: RowKey, body: impl Into<String>, expect: Expect) -> Self {
        Self { key, body: body.into(), places: Places::new(), expires: None, expect }
    }

    pub fn check(&self) -> Result<()> {
        place::check(&self.places)?;
        check(&self.key, &self.body, &self.places)
    }
}

impl Record {
    pub fn check(&self) -> Result<()> {
        check(&self.key, &self.body, &Places::new())
    }
}

/// Refuses what DynamoDB would refuse, in every store alike. There a row is copied to each of its places, and all of
/// that together is what may weigh no more.
fn check(key: &RowKey, body: &str, places: &Places) -> Result<()> {
    const NAMES_AND_NUMBERS: usize = 128;
    let own: usize = places.values().map(String::len).sum();
    let size = (key.sort.len() + body.len() + own + NAMES_AND_NUMBERS) * (1 + places.len());
    if size > MOST_BYTES { Err(Error::TooLarge { size, most: MOST_BYTES }) } else { Ok(()) }
}
