//! A notice for the owner that no write of a record tells: a limit that comes close or is reached, an expiry.
//! It is made once, whoever sees the reason first, and becomes an event like any other change.

use crate::id::{ConnectionId, OwnerId};
use crate::table::{Expect, Put};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub connection: ConnectionId,
    pub at: Timestamp,
    pub about: About,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum About {
    /// The connection ends soon.
    Expiring { expires_at: Timestamp },
    /// Four fifths of a window's calls are used.
    LimitWarning { window: String, limit: u32, until: Timestamp },
    /// A call was refused; the next window begins at `until`.
    LimitReached { window: String, limit: u32, until: Timestamp },
}

/// As webhooks are told it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConnectionNotice")]
pub struct Told {
    pub id: ConnectionId,
    /// When the connection ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Of which of its limits the calls are used up, or nearly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// When the next window begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Notice {
    pub fn told(&self) -> Told {
        let told = Told { id: self.connection, expires_at: None, window: None, limit: None, until: None };
        match self.about.clone() {
            About::Expiring { expires_at } => Told { expires_at: Some(expires_at), ..told },
            About::LimitWarning { window, limit, until } | About::LimitReached { window, limit, until } => {
                Told { window: Some(window), limit: Some(limit), until: Some(until), ..told }
            }
        }
    }

    /// `Conflict` means that it was told already.
    pub fn put(&self, owner: OwnerId) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let expires = Some(schema::notice_expiry(self.at));
        Ok(Put { expires, ..Put::new(schema::notice(owner, self), body, Expect::Absent) })
    }

    /// One notice of a kind for each occasion: the last part of its key.
    pub fn occasion(&self) -> String {
        match &self.about {
            About::Expiring { expires_at } => format!("expiring/{}", expires_at.as_second()),
            About::LimitWarning { window, until, .. } => format!("warning/{window}/{}", until.as_second()),
            About::LimitReached { window, until, .. } => format!("reached/{window}/{}", until.as_second()),
        }
    }
}
