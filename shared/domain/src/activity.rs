//! Activity: one call made by a connection.

use crate::id::{ActivityId, ConnectionId, RequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Where from, anonymised: an IPv4 /24 or an IPv6 /48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
