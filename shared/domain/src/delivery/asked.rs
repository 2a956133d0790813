//! What an owner wants to be sent: a row for each call that asks, in which the fan-out finds it as it finds what happened.
//! A test is where it lies itself, as a notice is, and stays for as long as what became of it is known.

use super::job::{Errand, Job, Origin};
use crate::change::Told;
use crate::id::{ConnectionId, EventId, OwnerId, RequestId};
use crate::table::{Expect, Put, RowChange, RowKey};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The event that tells nothing but that it arrives.
pub const TEST: &str = "larder.test";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub connection: ConnectionId,
    /// The call.
    pub by: RequestId,
    pub at: Timestamp,
    #[serde(flatten)]
    pub what: Ask,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// One event, once more.
    Again { event: EventId, from: Origin },
    /// What was given up from then on.
    Failed { since: Timestamp },
    /// What never happened.
    Test { event: EventId, told: Told },
}

/// What a test is about that tells nothing else: the webhook itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Test")]
pub struct Tested {
    pub id: ConnectionId,
}

impl Asked {
    /// `None` if its row is only forgotten.
    pub fn of(row: &RowChange) -> Result<Option<Self>> {
        let after = row.after.as_ref().filter(|_| row.before.is_none());
        after.map(|after| Self::read(&row.key, &after.body)).transpose()
    }

    pub(super) fn read(key: &RowKey, body: &str) -> Result<Self> {
        serde_json::from_str(body).map_err(|error| Error::unreadable(key, &error))
    }

    /// For the transaction that keeps the answer, so that neither is there without the other.
    pub fn put(&self, owner: OwnerId) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let expires = Some(schema::delivery_expiry(self.at));
        Ok(Put { expires, ..Put::new(self.key(owner), body, Expect::Absent) })
    }

    pub fn errand(&self, owner: OwnerId) -> Errand {
        let send = |event, from| Job::Send { event, from, due: None, again: Some(self.by) };
        let job = match &self.what {
            Ask::Again { event, from } => send(*event, from.clone()),
            Ask::Test { event, .. } => send(*event, Origin::at(&self.key(owner))),
            Ask::Failed { since } => Job::Release { due: None, failed_since: Some(*since) },
        };
        Errand { owner, connection: self.connection, job }
    }

    fn key(&self, owner: OwnerId) -> RowKey {
        schema::asked(owner, self.connection, self.by)
    }
}
