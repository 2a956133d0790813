//! What is kept of the changes of an owner's data: each one whole, beside the others of the same item; and a feed that
//! says in which order they became known, and where each lies.

use crate::change::Change;
use crate::id::OwnerId;
use crate::shelf::Source;
use crate::table::{Expect, Put, Record, Row, RowKey};
use crate::{Error, Result, schema};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One line of the feed. Its number follows that of the line before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item: where its changes lie.
    pub what: String,
    /// The change.
    pub version: u64,
    pub at: Timestamp,
    pub source: Source,
    pub sealed_at: Timestamp,
}

/// A query may see some lines of a transaction before the others: what is missing may still come for so long.
const SETTLES_WITHIN: SignedDuration = SignedDuration::from_secs(60);

impl Line {
    /// With its number.
    pub fn of(row: &Row) -> Result<(u64, Self)> {
        let line = serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        let number = row.key.sort.strip_prefix(schema::FEED).and_then(|number| number.parse().ok());
        Ok((number.ok_or_else(|| Error::unreadable(&row.key, &"its key has no number"))?, line))
    }

    pub fn key(&self, owner: OwnerId) -> RowKey {
        schema::history(owner, &self.what, self.version)
    }

    pub fn put(&self, owner: OwnerId, number: u64) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let expires = Some(schema::feed_expiry(self.sealed_at));
        Ok(Put { expires, ..Put::new(schema::feed(owner, number), body, Expect::Absent) })
    }

    pub fn may_overtake(&self, now: Timestamp) -> bool {
        now < self.sealed_at + SETTLES_WITHIN
    }
}

impl Change {
    /// The row that keeps it. The same change makes the same row, however often the stream repeats it.
    pub fn record(&self, what: &str, version: u64, told_at: Timestamp) -> Result<Record> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let key = schema::history(self.owner, what, version);
        Ok(Record { key, body, expires: Some(schema::history_expiry(told_at)) })
    }

    pub fn kept(row: &Row) -> Result<Self> {
        serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
    }
}
