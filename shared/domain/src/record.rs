//! Anything else that is worth keeping: data of a shape that its collection decides on.

mod filter;
mod rules;

pub use filter::RecordFilter;

use crate::access::{Item, Resource, Subject, Tag};
use crate::collection::{CollectionName, Sensitivity};
use crate::id::{OwnerId, RecordId};
use crate::link::Link;
use crate::noun::noun;
use crate::object::Object;
use crate::operation;
use crate::table::{Places, Query, Slot};
use crate::task::ExternalRef;
use crate::text::List;

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
    derived {
        /// That of its collection, where it is not `normal`.
        sensitivity: Sensitivity,
    }
}

pub type Data = Object<{ 64 * 1024 }>;

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
            is_sensitive: self.sensitivity == Some(Sensitivity::Sensitive),
            ..Subject::default()
        }
    }

    fn found_at(&self) -> Places {
        Places::from([(Slot::First, format!("record/{}/{}", self.collection, self.id))])
    }
}
