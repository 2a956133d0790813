//! What is due later: a row by its time in Larder's own partition, written in the transaction that makes it due and
//! swept every minute. It is only a reminder to look: what it is about is read again then, and a row that no longer
//! fits is dropped.

use crate::connection::Connection;
use crate::id::{ConnectionId, OwnerId};
use crate::table::{Expect, Put, Row};
use crate::{Error, Result, schema};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long before its end the owner is told.
const WARNING: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Look now: what a schedule calls with.
#[derive(Debug, Clone, Copy)]
pub struct Tick;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub owner: OwnerId,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    Expiring { connection: ConnectionId, expires_at: Timestamp },
}

impl Due {
    pub fn read(row: &Row) -> Result<Self> {
        serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
    }
}

/// The row that goes with a connection whose expiry is new. The connection's version in the key makes it a row of
/// its own, so that an expiry which is changed and changed back stands in nobody's way.
pub fn row(owner: OwnerId, connection: &Connection) -> Result<Option<Put>> {
    let Some(expires_at) = connection.expires_at else { return Ok(None) };
    let due = Due { owner, what: What::Expiring { connection: connection.id, expires_at } };
    let occasion = format!("{}/{}", connection.id, connection.version);
    let body = serde_json::to_string(&due).map_err(Error::internal)?;
    Ok(Some(Put::new(schema::due(expires_at - WARNING, &occasion), body, Expect::Absent)))
}
