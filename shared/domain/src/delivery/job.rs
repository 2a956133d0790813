//! What waits in the queue: not what happened, only where that lies, because it is kept there anyway.

use super::asked::{Ask, Asked};
use crate::change::{Change, Told};
use crate::connection::Connection;
use crate::id::{ConnectionId, EventId, OwnerId, RequestId};
use crate::table::{Image, Row, RowChange, RowKey};
use crate::{Error, Result, queue, schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Versioned, because messages of an older Larder may still wait when a newer one starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum Message {
    #[serde(rename = "2")]
    V2(Errand),
}

/// Something to be done for a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    pub owner: OwnerId,
    pub connection: ConnectionId,
    #[serde(flatten)]
    pub job: Job,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Job {
    /// One try.
    Send {
        event: EventId,
        from: Origin,
        /// The moment for which it was put off, which tells this try from all others; none of the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
        /// The call in which the owner asked for this try, besides all others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<RequestId>,
    },
    /// What is parked is sent, oldest first.
    Release {
        /// The moment for which it was planned, which tells it from all others; none if it is wanted now, with what
        /// waits for its next try.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
        /// What was given up from then on, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed_since: Option<Timestamp>,
    },
}

/// The row of its owner that says what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(String);

/// What an event tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    Change(Change),
    /// Nothing has: its owner wants to see how it arrives.
    Test {
        at: Timestamp,
        told: Told,
    },
}

impl Origin {
    /// Of what is told: a change that the sealer keeps, or a notice, which is its own row.
    pub fn of(row: &RowChange) -> Option<Self> {
        let (key, version) = (&row.key, row.after.as_ref()?.version);
        if key.sort.starts_with(schema::NOTICE) {
            return Some(Self(key.sort.clone()));
        }
        Some(Self(schema::history(key.owner, schema::what(key)?, version).sort))
    }

    /// Of what its own row says.
    pub(super) fn at(key: &RowKey) -> Self {
        Self(key.sort.clone())
    }

    pub fn key(&self, owner: OwnerId) -> RowKey {
        RowKey::new(owner, self.0.clone())
    }

    pub fn is_test(&self) -> bool {
        self.0.starts_with(schema::ASKED)
    }

    /// What happened, as its row says.
    pub fn read(row: &Row) -> Result<Happened> {
        let told_nothing = || Error::unreadable(&row.key, &"it tells nothing");
        if row.key.sort.starts_with(schema::ASKED) {
            let Asked { at, what, .. } = Asked::read(&row.key, &row.body)?;
            let Ask::Test { told, .. } = what else { return Err(told_nothing()) };
            return Ok(Happened::Test { at, told });
        }
        if !row.key.sort.starts_with(schema::NOTICE) {
            return Change::kept(row).map(Happened::Change);
        }
        let after = Some(Image { version: row.version, body: row.body.clone() });
        let told = RowChange { position: String::new(), key: row.key.clone(), before: None, after };
        Change::of(&told)?.map(Happened::Change).ok_or_else(told_nothing)
    }
}

impl Happened {
    /// As this webhook is told it; `None` for what it may not know, or did not ask for.
    pub fn told(&self, connection: &Connection, now: Timestamp) -> Result<Option<Told>> {
        match self {
            Self::Change(change) => change.told(connection, now),
            Self::Test { told, .. } => Ok(connection.hook(now).map(|_| told.clone())),
        }
    }

    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Change(Change { at, .. }) | Self::Test { at, .. } => *at,
        }
    }

    /// What it is called for who may know all of it.
    pub fn event(&self) -> String {
        match self {
            Self::Change(change) => change.event(),
            Self::Test { told, .. } => told.event.clone(),
        }
    }

    /// The id of what it is about.
    pub fn about(&self) -> Option<&str> {
        let id = match self {
            Self::Change(change) => change.after.as_ref().or(change.before.as_ref())?.get("id")?,
            Self::Test { told, .. } => told.object.get("id")?,
        };
        id.as_str()
    }
}

impl Errand {
    pub fn read(body: &str) -> Result<Self> {
        let Message::V2(errand) = serde_json::from_str(body).map_err(Error::internal)?;
        Ok(errand)
    }

    /// The first try.
    pub const fn told(owner: OwnerId, connection: ConnectionId, event: EventId, from: Origin) -> Self {
        Self { owner, connection, job: Job::Send { event, from, due: None, again: None } }
    }

    /// What is parked is wanted now, with what waits for its next try.
    pub const fn mended(owner: OwnerId, connection: ConnectionId) -> Self {
        Self { owner, connection, job: Job::Release { due: None, failed_since: None } }
    }

    /// What is parked is wanted now, and nothing else.
    pub const fn parked(owner: OwnerId, connection: ConnectionId, now: Timestamp) -> Self {
        Self { owner, connection, job: Job::Release { due: None, failed_since: Some(now) } }
    }

    /// Each webhook has its own turn, and one more for whatever else is done for it: that is not behind all that it is told.
    pub fn queued(self, delay: Duration) -> Result<queue::Message> {
        let is_told = matches!(self.job, Job::Send { again: None, .. });
        let group = if is_told { self.connection.to_string() } else { format!("{}/now", self.connection) };
        let body = serde_json::to_string(&Message::V2(self)).map_err(Error::internal)?;
        Ok(queue::Message { body, group, delay })
    }
}
