//! How entries lie in the table: noted, and then sealed. The bytes of an entry never change between the two.

use super::Entry;
use super::chain::{Head, Seal};
use crate::id::OwnerId;
use crate::table::{Expiry, Row, RowKey};
use crate::{Error, Result, schema};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The body of a row of the audit log.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    pub entry: Box<RawValue>,
    /// None until the sealer has seen it.
    pub seal: Option<Seal>,
}

/// The body of the row that each sealing moves on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Tip {
    pub head: Head,
    /// When the newest entry leaves.
    pub leaves: Expiry,
    /// How many changes of the owner's data were put into the feed, which is written together with the entries.
    #[serde(default)]
    pub fed: u64,
}

impl Record {
    pub fn of(key: &RowKey, body: &str) -> Result<Self> {
        serde_json::from_str(body).map_err(|error| Error::unreadable(key, &error))
    }

    /// Whether this is such a row, and sealed; told by its end, because it is asked at every write. What is neither is
    /// told on, so that somebody notices.
    pub fn is_sealed(sort: &str, body: &str) -> bool {
        sort.starts_with(schema::AUDIT) && body.ends_with("\"}}")
    }

    pub fn body(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }
}

impl Entry {
    /// The row that notes it, for good until it is sealed; the sealer finds it in the change stream.
    pub fn noted(&self, owner: OwnerId) -> Result<(RowKey, String)> {
        let record = Record { entry: self.raw()?, seal: None };
        Ok((schema::audit(owner, self.id), record.body()?))
    }

    pub fn raw(&self) -> Result<Box<RawValue>> {
        serde_json::value::to_raw_value(self).map_err(Error::internal)
    }
}

impl Tip {
    pub fn genesis(owner: OwnerId) -> Self {
        Self { head: Head::genesis(owner), leaves: Expiry(i64::MIN), fed: 0 }
    }

    pub fn of(owner: OwnerId, row: Option<&Row>) -> Result<Self> {
        let Some(row) = row else { return Ok(Self::genesis(owner)) };
        serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
    }
}
