//! What happened: one write to an owner's data, told once, from which webhook events (and later history and undo)
//! come. Nothing is sent by hand, so nothing can be forgotten.

use crate::access::Resource;
use crate::id::{ChangeId, OwnerId};
use crate::schema::{DATA, TRASH};
use crate::shelf::{Source, Trashed};
use crate::table::RowChange;
use crate::{Error, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub id: ChangeId,
    pub owner: OwnerId,
    pub resource: Resource,
    pub verb: Verb,
    pub at: Timestamp,
    pub source: Source,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Created,
    Updated,
    Deleted,
}

/// `task.created`, `task.*` or `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EventFilter(String);

impl Change {
    /// A delete is told by the row that appears in the trash, because only that one knows who deleted; the row
    /// that leaves `data/` beside it, and rows that expire, are not changes of their own.
    pub fn of(row: &RowChange) -> Result<Option<Self>> {
        let sort = &row.key.sort;
        let (verb, kind, image) = match (&row.before, &row.after) {
            (None, Some(after)) if sort.starts_with(DATA) => (Verb::Created, DATA, after),
            (Some(_), Some(after)) if sort.starts_with(DATA) => (Verb::Updated, DATA, after),
            (None, Some(after)) if sort.starts_with(TRASH) => (Verb::Deleted, TRASH, after),
            _ => return Ok(None),
        };
        let Some(resource) = sort.strip_prefix(kind).and_then(resource) else { return Ok(None) };
        let unreadable = |error: serde_json::Error| Error::unreadable(&row.key, &error);
        let parse = |body: &str| serde_json::from_str::<Value>(body).map_err(unreadable);
        let (at, source, before, after) = if verb == Verb::Deleted {
            let trashed: Trashed<Value> = serde_json::from_str(&image.body).map_err(unreadable)?;
            (trashed.deleted_at, trashed.source, Some(trashed.entity), None)
        } else {
            let stamp: Stamp = serde_json::from_str(&image.body).map_err(unreadable)?;
            let before = row.before.as_ref().map(|before| parse(&before.body)).transpose()?;
            (stamp.updated_at, stamp.source, before, Some(parse(&image.body)?))
        };
        let id = ChangeId::of(row.key.owner, sort, image.version);
        Ok(Some(Self { id, owner: row.key.owner, resource, verb, at, source, before, after }))
    }

    /// `task.created`
    pub fn event(&self) -> String {
        let noun = match self.resource {
            Resource::Profile => "profile",
            Resource::Preferences => "preferences",
            Resource::LifeAreas => "life_area",
            Resource::Goals => "goal",
            Resource::Tasks => "task",
            Resource::Memories => "memory",
            Resource::Collections => "record",
            Resource::Integrations => "integration",
        };
        let verb = match self.verb {
            Verb::Created => "created",
            Verb::Updated => "updated",
            Verb::Deleted => "deleted",
        };
        format!("{noun}.{verb}")
    }
}

/// What every entity's body says of its last write.
#[derive(Deserialize)]
struct Stamp {
    updated_at: Timestamp,
    source: Source,
}

fn resource(rest: &str) -> Option<Resource> {
    match rest.split('/').next()? {
        "task" => Some(Resource::Tasks),
        _ => None,
    }
}

impl EventFilter {
    pub fn matches(&self, event: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => event.starts_with(prefix),
            None => self.0 == event,
        }
    }
}

impl TryFrom<String> for EventFilter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = match text.split_once('.') {
            None => text == "*",
            Some(("task", verb)) => matches!(verb, "created" | "updated" | "deleted" | "*"),
            Some(_) => false,
        };
        let all = "task.created, task.updated, task.deleted, task.* or *";
        if known { Ok(Self(text)) } else { Err(format!("there is no event `{text}`; use {all}")) }
    }
}
