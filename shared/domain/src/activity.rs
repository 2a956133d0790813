//! Activity: one call made by a connection.

use crate::id::{ActivityId, ConnectionId, OwnerId, RequestId};
use crate::schema;
use crate::shelf::Entity;
use crate::table::{Query, RowKey};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    pub id: ActivityId,
    pub connection: ConnectionId,
    pub at: Timestamp,
    pub request: RequestId,
    /// What was called: `GET /v1/tasks/{id}`, or `tools/call list_tasks`.
    pub endpoint: String,
    /// As HTTP would say it; a tool's own refusal too.
    pub status: u16,
    pub micros: u64,
    pub bytes: u64,
    /// Its key did not hold: whoever made it was not let in, and need not be who the connection is for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key_refused: bool,
    /// Where from, anonymised: an IPv4 /24 or an IPv6 /48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// When a connection was last used, and where from; to the minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub connection: ConnectionId,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Entity for Seen {
    type Id = ConnectionId;
    const NAME: &'static str = "last call";

    fn key(owner: OwnerId, id: ConnectionId) -> RowKey {
        schema::seen(owner, id)
    }
    fn all(owner: OwnerId) -> Query {
        Query::prefix(owner, "seen/")
    }
    fn id(&self) -> ConnectionId {
        self.connection
    }
    fn version(&self) -> u64 {
        1
    }
    /// It is recorded, not written in turns.
    fn set_version(&mut self, _: u64) {}
}
