//! What is due later: a row by its time in Larder's own partition, written in the transaction that makes it due and
//! swept every minute. It is only a reminder to look: what it is about is read again then, and a row that no longer
//! fits is dropped.

use crate::connection::Connection;
use crate::delivery::{Delivery, Errand, Health, Job, Origin};
use crate::id::{ConnectionId, EventId, OwnerId};
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
    Expiring {
        connection: ConnectionId,
        expires_at: Timestamp,
    },
    /// Another try; the moment in full, because the key has seconds.
    Retry {
        connection: ConnectionId,
        event: EventId,
        from: Origin,
        at: Timestamp,
    },
    /// What a webhook's health says is to be looked at.
    Release {
        connection: ConnectionId,
        at: Timestamp,
    },
}

impl Due {
    pub fn read(row: &Row) -> Result<Self> {
        serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
    }

    /// What goes into the queue, if that is what was waited for.
    pub fn errand(&self) -> Option<Errand> {
        let (connection, job) = match self.what.clone() {
            What::Expiring { .. } => return None,
            What::Retry { connection, event, from, at } => {
                (connection, Job::Send { event, from, due: Some(at), again: None })
            }
            What::Release { connection, at } => {
                (connection, Job::Release { due: Some(at), failed_since: None })
            }
        };
        Some(Errand { owner: self.owner, connection, job })
    }

    fn put(&self, at: Timestamp, about: &str) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        Ok(Put::new(schema::due(at, about), body, Expect::Absent))
    }
}

/// For the transaction that writes down the try before it.
pub fn retry(owner: OwnerId, delivery: &Delivery, at: Timestamp) -> Result<Put> {
    let Delivery { id, connection, tries, .. } = delivery;
    let what = What::Retry { connection: *connection, event: *id, from: delivery.from.clone(), at };
    Due { owner, what }.put(at, &format!("{connection}/{id}/{tries}"))
}

/// For the transaction that writes that health; its version makes it a row of its own.
pub fn release(owner: OwnerId, health: &Health, at: Timestamp) -> Result<Put> {
    let connection = health.connection;
    let about = format!("{connection}/release/{}", health.next_version());
    Due { owner, what: What::Release { connection, at } }.put(at, &about)
}

/// The row that goes with a connection whose expiry is new. The connection's version in the key makes it a row of
/// its own, so that an expiry which is changed and changed back stands in nobody's way.
pub fn row(owner: OwnerId, connection: &Connection) -> Result<Option<Put>> {
    let Some(expires_at) = connection.expires_at else { return Ok(None) };
    let due = Due { owner, what: What::Expiring { connection: connection.id, expires_at } };
    let occasion = format!("{}/{}", connection.id, connection.version);
    due.put(expires_at - WARNING, &occasion).map(Some)
}
