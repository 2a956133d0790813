//! Something to do.

use crate::access::{Item, Resource, Subject, Tag};
use crate::id::{ConnectionId, LifeAreaId, OwnerId, TaskId};
use crate::shelf::{Entity, Source, Writer};
use crate::table::{Query, RowKey};
use crate::text::{List, Text, present};
use crate::{schema, table};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub title: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    pub status: Status,
    pub priority: Priority,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    #[serde(default)]
    pub labels: Labels,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_area_id: Option<LifeAreaId>,
    pub created_at: Timestamp,
    /// Which connection made it; null when it was the owner.
    #[serde(default)]
    pub created_by: Option<ConnectionId>,
    pub updated_at: Timestamp,
    pub source: Source,
    pub version: u64,
}

/// What a field mask can name.
pub const FIELDS: &[&str] = &[
    "title",
    "description",
    "status",
    "priority",
    "due",
    "labels",
    "life_area_id",
    "created_at",
    "created_by",
    "updated_at",
    "source",
];

pub type Title = Text<1, 200>;
pub type Description = Text<0, 4000>;
pub type Labels = List<Tag, 20>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    #[default]
    Pending,
    InProgress,
    Blocked,
    Completed,
    Cancelled,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
    Urgent,
}

/// What a caller gives to make a task.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// What is to be done, in a few words.
    pub title: Title,
    /// Anything worth knowing about it.
    #[serde(default)]
    pub description: Option<Description>,
    #[serde(default)]
    pub status: Status,
    #[serde(default)]
    pub priority: Priority,
    /// The day it is due, as YYYY-MM-DD.
    #[serde(default)]
    pub due: Option<Date>,
    #[serde(default)]
    pub labels: Labels,
    /// The life area that it belongs to.
    #[serde(default)]
    pub life_area_id: Option<LifeAreaId>,
}

/// What a caller gives to change one: fields that are absent stay; `null` clears what may be missing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TaskPatch {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Title")]
    pub title: Option<Title>,
    #[serde(deserialize_with = "present")]
    pub description: Option<Option<Description>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Status")]
    pub status: Option<Status>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Priority")]
    pub priority: Option<Priority>,
    /// The day it is due, as YYYY-MM-DD; null for none.
    #[serde(deserialize_with = "present")]
    pub due: Option<Option<Date>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Labels")]
    pub labels: Option<Labels>,
    #[serde(deserialize_with = "present")]
    pub life_area_id: Option<Option<LifeAreaId>>,
}

impl Task {
    pub fn new(id: TaskId, new: NewTask, writer: &Writer) -> Self {
        Self {
            id,
            title: new.title,
            description: new.description,
            status: new.status,
            priority: new.priority,
            due: new.due,
            labels: new.labels,
            life_area_id: new.life_area_id,
            created_at: writer.at,
            created_by: writer.source.connection,
            updated_at: writer.at,
            source: writer.source,
            version: table::Expect::Absent.next(),
        }
    }

    pub fn patched(self, patch: TaskPatch, writer: &Writer) -> Self {
        Self {
            title: patch.title.unwrap_or(self.title),
            description: patch.description.unwrap_or(self.description),
            status: patch.status.unwrap_or(self.status),
            priority: patch.priority.unwrap_or(self.priority),
            due: patch.due.unwrap_or(self.due),
            labels: patch.labels.unwrap_or(self.labels),
            life_area_id: patch.life_area_id.unwrap_or(self.life_area_id),
            updated_at: writer.at,
            source: writer.source,
            ..self
        }
    }
}

impl Task {
    /// But for who wrote it when.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        *self == Self { updated_at: self.updated_at, source: self.source, ..other.clone() }
    }
}

impl Item for Task {
    const RESOURCE: Resource = Resource::Tasks;
    const FREE_TEXT: &'static [&'static str] = &["title", "description", "labels"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            life_area: self.life_area_id,
            tags: self.labels.as_slice(),
            collection: None,
            created_by: self.created_by,
        }
    }
}

impl Entity for Task {
    type Id = TaskId;
    const NAME: &'static str = "task";

    fn key(owner: OwnerId, id: TaskId) -> RowKey {
        schema::task(owner, id)
    }
    fn all(owner: OwnerId) -> Query {
        schema::tasks(owner)
    }
    fn id(&self) -> TaskId {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
