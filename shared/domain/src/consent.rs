//! What an owner gave an app: a family of tokens that is one more key of a connection, and the rows behind them.

use crate::access::Actions;
use crate::id::{ConnectionId, OwnerId};
use crate::key::KeyHash;
use crate::table::{Expect, Expiry, Put, Row, RowKey};
use crate::{Error, Result, hex, schema};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// More than these at once hold for one connection; the oldest goes.
pub const MOST_CONSENTS: usize = 10;

/// How long an app may go on without asking again.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);
/// For how long it is known that a code was used: whoever brings it again ends what it was traded for.
const CODE_KEPT: SignedDuration = SignedDuration::from_mins(10);

/// One of a connection's consents, in its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Of the family, as a key.
    pub hash: KeyHash,
    #[serde(flatten)]
    pub to: App,
    pub actions: Actions,
    pub since: Timestamp,
    pub until: Timestamp,
}

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub client: ClientName,
    /// What it calls itself.
    pub app: String,
    /// Where its owner was sent back to.
    pub host: String,
}

/// Short for a client's id, which may be long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientName(String);

impl ClientName {
    pub fn of(id: &str) -> Self {
        let digest = digest(&SHA256, id.as_bytes());
        Self(hex(digest.as_ref().get(..16).unwrap_or_default()))
    }
}

/// What was asked for on the consent page, until the app trades the code for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    pub hash: KeyHash,
    #[serde(flatten)]
    pub to: App,
    pub redirect_uri: String,
    /// The verifier's SHA-256, as it was sent.
    pub challenge: String,
    pub resource: String,
    pub actions: Actions,
    pub until: Timestamp,
    /// The family that it was traded for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<KeyHash>,
}

/// The tokens that come of one consent: one refresh token at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Family {
    pub client: ClientName,
    pub resource: String,
    pub actions: Actions,
    pub current: KeyHash,
    pub until: Timestamp,
}

impl Code {
    pub fn key(owner: OwnerId, connection: ConnectionId, hash: &KeyHash) -> RowKey {
        schema::code(owner, connection, hash)
    }

    pub fn read(row: &Row) -> Result<Self> {
        read(row)
    }

    pub fn put(&self, owner: OwnerId, connection: ConnectionId, expect: Expect) -> Result<Put> {
        let expires = Some(Expiry::at(self.until + CODE_KEPT));
        Ok(Put { expires, ..Put::new(schema::code(owner, connection, &self.hash), text(self)?, expect) })
    }
}

impl Family {
    /// When a family that begins now is over, whatever is done with it.
    pub fn end(now: Timestamp, connection_ends: Option<Timestamp>) -> Timestamp {
        connection_ends.into_iter().chain([now + LIFE]).min().unwrap_or(now)
    }

    pub fn read(row: &Row) -> Result<Self> {
        read(row)
    }

    pub fn put(&self, key: RowKey, expect: Expect) -> Result<Put> {
        // A row may go a second early.
        let expires = Some(Expiry::at(self.until + SignedDuration::from_secs(2)));
        Ok(Put { expires, ..Put::new(key, text(self)?, expect) })
    }
}

fn read<T: DeserializeOwned>(row: &Row) -> Result<T> {
    serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
