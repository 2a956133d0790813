//! What happened: one write, told once, from which webhook events, the audit log, the history and undo come. Nothing is sent by hand, so nothing can be forgotten.

mod filter;
mod names;
mod seen;
mod told;

pub use filter::{EventFilter, TOLD, events};
pub(crate) use seen::differing;
pub use seen::{By, Seen, Sight};
pub use told::{Told, link};

use crate::access::{Facts, Resource};
use crate::connection::{Connection, Status};
use crate::id::{ChangeId, OwnerId, RequestId};
use crate::notice::{About, Notice};
use crate::schema::{CONNECTIONS, DATA, NOTICE, TRASH};
use crate::shelf::{Source, Trashed};
use crate::table::{Image, Row, RowChange, RowKey};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub id: ChangeId,
    pub owner: OwnerId,
    pub resource: Resource,
    /// Of what kind it is: `task`.
    pub noun: String,
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
    /// Updated, for who sees that it is done now; no change itself says so.
    Completed,
    Deleted,
    Restored,
    Paused,
    /// Paused by Larder.
    Disabled,
    Revoked,
    Rotated,
    Expiring,
    LimitWarning,
    LimitReached,
}

/// What a change says, before it is known which one it is.
struct Said {
    verb: Verb,
    at: Timestamp,
    source: Source,
    before: Option<Value>,
    after: Option<Value>,
}

impl Change {
    /// A delete is told by the row that appears in the trash, because only that one knows who deleted; the row
    /// that leaves its place beside it, and rows that expire, are not changes of their own.
    pub fn of(row: &RowChange) -> Result<Option<Self>> {
        let sort = &row.key.sort;
        let Some(image) = &row.after else { return Ok(None) };
        let is = |kind: &str| sort.strip_prefix(kind);
        let (resource, said) = if let Some(resource) = is(DATA).and_then(resource) {
            (resource, written(row, image)?)
        } else if let Some(rest) = is(TRASH).filter(|_| row.before.is_none()) {
            let Some(resource) = resource(rest) else { return Ok(None) };
            (
                resource,
                if resource == Resource::Connections { ended(row, image)? } else { trashed(row, image)? },
            )
        } else if is(CONNECTIONS).is_some() {
            (Resource::Connections, managed(row, image)?)
        } else if is(NOTICE).is_some() && row.before.is_none() {
            (Resource::Connections, noticed(row, image)?)
        } else {
            return Ok(None);
        };
        let id = ChangeId::of(row.key.owner, sort, image.version);
        let Said { verb, at, source, before, after } = said;
        let noun = match resource {
            Resource::Connections => "connection",
            _ => schema::what(&row.key).map_or("", noun_of),
        };
        Ok(Some(Self {
            id,
            owner: row.key.owner,
            resource,
            noun: noun.to_owned(),
            verb,
            at,
            source,
            before,
            after,
        }))
    }

    /// The delete that a row in the trash tells of.
    pub fn trashed(row: &Row) -> Result<Option<Self>> {
        let after = Some(Image { version: row.version, body: row.body.clone() });
        Self::of(&RowChange { position: String::new(), key: row.key.clone(), before: None, after })
    }

    /// `task.created`
    pub fn event(&self) -> String {
        format!("{}.{}", self.noun, self.verb)
    }

    /// What it is about: as it is now, or, if it was deleted, as it was.
    pub fn object(&self) -> Result<&Value> {
        let object = self.after.as_ref().or(self.before.as_ref());
        object.ok_or_else(|| Error::internal("a change without its object"))
    }

    /// Which of an item's changes it is: its versions count on through the trash. A notice is none of them.
    pub fn sequence(&self) -> Option<u64> {
        let version = |state: &Option<Value>| state.as_ref()?.get("version")?.as_u64();
        version(&self.after).or_else(|| Some(version(&self.before)? + 1))
    }

    fn unreadable(&self, detail: &impl ToString) -> Error {
        Error::Unreadable { row: format!("{} {}", self.owner, self.id), detail: detail.to_string() }
    }

    /// Whether what it left has ended by itself since then.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let facts = self.after.as_ref().and_then(|after| Facts::of(&self.noun, after).ok());
        facts.is_some_and(|facts| facts.is_over(now))
    }

    /// The names of the fields that are not as they were; those that every write changes are not counted.
    pub fn fields(&self) -> Vec<String> {
        let before = self.before.as_ref().and_then(Value::as_object);
        differing(before, self.after.as_ref().and_then(Value::as_object))
    }
}

/// What every write changes.
pub(crate) const STAMPS: [&str; 3] = ["version", "updated_at", "source"];

/// What every entity's body says of its last write.
#[derive(Deserialize)]
struct Stamp {
    updated_at: Timestamp,
    source: Source,
}

fn written(row: &RowChange, image: &Image) -> Result<Said> {
    let Stamp { updated_at, source } = read(&row.key, image)?;
    let before = row.before.as_ref().map(|before| read(&row.key, before)).transpose()?;
    let verb = match before {
        Some(_) => Verb::Updated,
        // It was there before: versions count on in the trash.
        None if image.version > 1 => Verb::Restored,
        None => Verb::Created,
    };
    let at = source.imported_at.unwrap_or(updated_at);
    Ok(Said { verb, at, source, before, after: Some(read(&row.key, image)?) })
}

fn trashed(row: &RowChange, image: &Image) -> Result<Said> {
    let Trashed { entity, deleted_at, source } = read::<Trashed<Value>>(&row.key, image)?;
    Ok(Said { verb: Verb::Deleted, at: deleted_at, source, before: Some(entity), after: None })
}

fn ended(row: &RowChange, image: &Image) -> Result<Said> {
    let Trashed { entity, deleted_at, source } = read::<Trashed<Connection>>(&row.key, image)?;
    Ok(Said { verb: Verb::Deleted, at: deleted_at, source, before: Some(public(&entity)?), after: None })
}

fn managed(row: &RowChange, image: &Image) -> Result<Said> {
    let after: Connection = read(&row.key, image)?;
    let before: Option<Connection> = row.before.as_ref().map(|before| read(&row.key, before)).transpose()?;
    let verb = match (&before, after.status) {
        (None, _) => Verb::Created,
        (Some(before), _) if !after.has_the_secrets_of(before) => Verb::Rotated,
        (Some(before), now) if before.status == now => Verb::Updated,
        (_, Status::Inactive) if after.disabled.is_some() => Verb::Disabled,
        (_, Status::Inactive) => Verb::Paused,
        (_, Status::Revoked) => Verb::Revoked,
        (_, Status::Active) => Verb::Updated,
    };
    let source = after.source.unwrap_or(NOBODY);
    let before = before.as_ref().map(public).transpose()?;
    Ok(Said { verb, at: after.updated_at, source, before, after: Some(public(&after)?) })
}

fn noticed(row: &RowChange, image: &Image) -> Result<Said> {
    let notice: Notice = read(&row.key, image)?;
    let verb = match notice.about {
        About::Expiring { .. } => Verb::Expiring,
        About::LimitWarning { .. } => Verb::LimitWarning,
        About::LimitReached { .. } => Verb::LimitReached,
    };
    let object = serde_json::to_value(notice.told()).map_err(Error::internal)?;
    Ok(Said { verb, at: notice.at, source: NOBODY, before: None, after: Some(object) })
}

/// Larder itself, in no call.
pub(crate) const NOBODY: Source = Source::of(None, RequestId::from_bytes([0; 16]));

/// Without hashes and sealed secrets: a change goes to places where even those have no business.
fn public(connection: &Connection) -> Result<Value> {
    serde_json::to_value(connection.view()?).map_err(Error::internal)
}

fn read<T: DeserializeOwned>(key: &RowKey, image: &Image) -> Result<T> {
    serde_json::from_str(&image.body).map_err(|error| Error::unreadable(key, &error))
}

/// `task` of `task/<id>`.
pub fn noun_of(what: &str) -> &str {
    what.split('/').next().unwrap_or_default()
}

/// What kind of thing lies under `data/<what>`.
pub fn resource(what: &str) -> Option<Resource> {
    match noun_of(what) {
        "profile" => Some(Resource::Profile),
        "preferences" => Some(Resource::Preferences),
        "task" => Some(Resource::Tasks),
        "goal" => Some(Resource::Goals),
        "life_area" => Some(Resource::LifeAreas),
        "memory" => Some(Resource::Memories),
        "collection" | "record" => Some(Resource::Collections),
        "conn" => Some(Resource::Connections),
        _ => None,
    }
}
