//! An approval as it is told, to the connection that waits for it and to the owner who decides.

use super::{Approval, Ended, State};
use crate::id::{ApprovalId, ConnectionId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Approval")]
pub struct View {
    pub id: ApprovalId,
    pub connection: ConnectionId,
    pub status: Status,
    /// What it would do: `update_task`.
    pub operation: String,
    /// What the item is called that it is about, if the connection may know that.
    pub about: Option<String>,
    /// Where it was sent, and what: the body, or the tool's arguments.
    pub request: Sent,
    pub asked_at: Timestamp,
    /// From then on nothing is done any more.
    pub until: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub answer: Option<Ended>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AskedRequest")]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub body: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalStatus", inline)]
pub enum Status {
    /// Nobody has decided.
    Pending,
    /// The owner has said yes, but it broke off: saying yes once more goes on with it.
    Approved,
    Done,
    Denied,
    /// Nobody decided in time.
    Expired,
}

impl Approval {
    pub fn view(self, now: Timestamp) -> View {
        let status = match self.state {
            State::Done => Status::Done,
            State::Denied => Status::Denied,
            _ if self.until <= now => Status::Expired,
            State::Pending => Status::Pending,
            State::Approved => Status::Approved,
        };
        let body = self.request.shown();
        View {
            id: self.id,
            connection: self.connection,
            status,
            operation: self.operation,
            about: self.about,
            request: Sent { method: self.request.method, path: self.request.path, body },
            asked_at: self.asked_at,
            until: self.until,
            decided_at: self.decided_at,
            answer: self.answer,
        }
    }
}
