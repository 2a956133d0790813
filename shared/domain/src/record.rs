//! Anything else that is worth keeping: data of a shape that its collection decides on.

mod filter;
mod rules;

pub use filter::RecordFilter;

use crate::access::{Item, Resource, Subject, Tag};
use crate::collection::CollectionName;
use crate::id::{GoalId, LifeAreaId, MemoryId, OwnerId, RecordId, TaskId};
use crate::noun::noun;
use crate::object::Object;
use crate::operation;
use crate::table::{Places, Query, Slot};
use crate::task::ExternalRef;
use crate::text::{List, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

noun! {
    /// Something that is kept in a collection.
    Record, NewRecord, RecordPatch: RecordId, "record", operation::RECORDS;
    required {
        /// Where it lies; it stays there.
        collection: CollectionName,
        /// What it says, as the collection's schema wants it.
        data: Data,
    }
    defaulted {
        tags: List<Tag, 20>,
        /// What it has to do with.
        links: List<Link, 20>,
    }
    optional {
        /// Where it comes from, if it is kept elsewhere.
        external_ref: ExternalRef,
    }
    derived {}
}

pub type Data = Object<{ 64 * 1024 }>;

/// What a record, or anything else, has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(inline)]
pub enum Link {
    Goal(To<GoalId>),
    Task(To<TaskId>),
    LifeArea(To<LifeAreaId>),
    Memory(To<MemoryId>),
    Record(To<RecordId>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct To<Id> {
    pub id: Id,
    /// In which way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Text<1, 60>>,
}

impl Record {
    /// Those of one collection.
    pub fn all_in(owner: OwnerId, collection: &CollectionName) -> Query {
        Query::places(owner, Slot::First, &format!("record/{collection}/"))
    }
}

impl Item for Record {
    const RESOURCE: Resource = Resource::Collections;
    const FREE_TEXT: &'static [&'static str] = &["data", "tags", "links", "external_ref"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            tags: self.tags.as_slice(),
            collection: Some(self.collection.as_str()),
            created_by: self.created_by,
            ..Subject::default()
        }
    }

    fn found_at(&self) -> Places {
        Places::from([(Slot::First, format!("record/{}/{}", self.collection, self.id))])
    }
}
