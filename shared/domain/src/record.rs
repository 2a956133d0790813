//! Anything else that is worth keeping: data of a shape that its collection decides on.

mod filter;
mod rules;

pub use filter::RecordFilter;

use crate::access::{Item, Resource, Subject, Tag};
use crate::collection::{CollectionName, Indexed, Sensitivity};
use crate::hex;
use crate::id::{OwnerId, RecordId};
use crate::link::Link;
use crate::noun::noun;
use crate::object::Object;
use crate::operation;
use crate::schema;
use crate::table::{Places, Query, RowKey, Slot};
use crate::task::ExternalRef;
use crate::text::List;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::borrow::Cow;

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
        /// What it has to do with. What is linked is there for whoever links; it may go later.
        links: List<Link, 20>,
    }
    optional {
        /// Where it comes from, if it is kept elsewhere.
        external_ref: ExternalRef,
    }
    derived {
        /// That of its collection, where it is not `normal`.
        sensitivity: Sensitivity,
        /// The fields of its data by which it is found, as its collection says.
        found_by: Indexed,
    }
}

pub type Data = Object<{ 64 * 1024 }>;

impl Record {
    /// Where it is found by the fields of its data.
    pub(crate) const FOUND_BY: [Slot; 3] = [Slot::Second, Slot::Third, Slot::Fourth];

    /// What a field of its data says, if that is text, a number, or yes or no.
    pub fn says(&self, field: &str) -> Option<Cow<'_, str>> {
        match self.data.get(field)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Bool(is) => Some(Cow::Borrowed(if *is { "true" } else { "false" })),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Those of one collection in which a field, the how-manieth of those that it is found by, says this.
    pub fn all_saying(owner: OwnerId, collection: &CollectionName, field: (Slot, &str), says: &str) -> Query {
        let (slot, field) = field;
        Query::places(owner, slot, &place(collection, field, says))
    }

    /// Touched by whatever comes into the collection.
    pub(crate) fn coming(owner: OwnerId, collection: &CollectionName) -> RowKey {
        schema::coming(owner, &format!("record/{collection}"))
    }

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
        let mut places = Places::from([(Slot::First, format!("record/{}/{}", self.collection, self.id))]);
        let fields = self.found_by.iter().flat_map(Indexed::iter).zip(Self::FOUND_BY);
        places.extend(fields.filter_map(|(field, slot)| {
            let says = self.says(field.as_str())?;
            Some((slot, place(&self.collection, field.as_str(), &says) + &self.id.to_string()))
        }));
        places
    }
}

/// However long a text is, its digest is short, and begins no other.
fn place(collection: &CollectionName, field: &str, says: &str) -> String {
    let digest = digest(&SHA256, says.as_bytes());
    let (first, _) = digest.as_ref().split_at(16);
    format!("record/{collection}/{field}/{}/", hex(first))
}
