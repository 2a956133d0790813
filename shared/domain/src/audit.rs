//! The audit log: what happened, who did it, and how it ended.

mod chain;
mod record;
mod settings;
#[cfg(test)]
mod tests;
mod verify;

pub use chain::{Hash, Head, Seal};
pub use record::{Record, Tip};
pub use settings::{Days, Settings};
pub use verify::{End, Fault, Known, LastLine, Line, Report, Verifier, What};

use crate::change::{Change, NOBODY, Verb};
use crate::id::{AuditId, ConnectionId, RequestId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// No value of the owner's data stands in it: names of fields and ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: Actor,
    /// `connection.created`, `task.updated`, `call.denied`, `owner.signed_in`, …
    pub action: String,
    pub result: Outcome,
    /// The connection that it is about, or that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// The id of what was written, or the endpoint or tool that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The names of the fields that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Why it was refused, or what else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Where from, anonymised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Actor {
    Owner,
    Connection,
    Larder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Outcome {
    Done,
    Refused,
}

impl Entry {
    /// With nothing said yet but who did what; the random bits keep apart what happens at the same time.
    pub fn new(at: Timestamp, random: [u8; 10], actor: Actor, action: &str, result: Outcome) -> Self {
        Self {
            id: AuditId::new(at, random),
            at,
            actor,
            action: action.to_owned(),
            result,
            connection: None,
            target: None,
            fields: Vec::new(),
            reason: None,
            request: None,
            from: None,
        }
    }

    /// What a write says of itself. The same change has the same id however often the stream repeats it.
    pub fn of(change: &Change) -> Self {
        let source = change.source;
        let target = change.object().ok().and_then(|object| object.get("id")?.as_str());
        let about = target.and_then(|target| target.parse().ok());
        let both = change.before.is_some() && change.after.is_some();
        Self {
            id: AuditId::new(change.at, change.id.as_bytes().first_chunk().copied().unwrap_or_default()),
            at: change.at,
            actor: match source.connection {
                Some(_) => Actor::Connection,
                None if source == NOBODY => Actor::Larder,
                None => Actor::Owner,
            },
            action: change.event(),
            result: if change.verb == Verb::LimitReached { Outcome::Refused } else { Outcome::Done },
            connection: source.connection.or(about),
            target: target.map(str::to_owned),
            fields: if both { change.fields() } else { Vec::new() },
            reason: source.undo.map(|undo| undo.to_string()),
            request: Some(source.request).filter(|_| source != NOBODY),
            from: None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner",
            Self::Connection => "connection",
            Self::Larder => "larder",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Refused => "refused",
        })
    }
}
