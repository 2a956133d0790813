//! What an owner keeps of one kind: records that look alike, under one name.

mod name;
mod rules;
mod shape;

pub use name::CollectionName;
pub use shape::Shape;

use crate::access::{Item, Resource, Subject};
use crate::noun::noun;
use crate::operation;
use crate::text::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

noun! {
    /// Records of one kind.
    Collection, NewCollection, CollectionPatch: CollectionName, "collection", operation::COLLECTIONS;
    required {
        /// What it is called in paths; it stays as it is, and it is its id.
        name: CollectionName,
    }
    defaulted {
        /// Whether it and its records are there only for connections whose grant names it, in `only.collections`; it
        /// stays so.
        sensitivity: Sensitivity,
    }
    optional {
        /// What it is called among people.
        title: Title,
        /// What the data of its records has to look like, from the next write of each on: JSON Schema without references
        /// and patterns.
        json_schema: Shape,
    }
    derived {}
}

pub type Title = Text<1, 200>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Sensitivity {
    #[default]
    Normal,
    Sensitive,
}

/// What a field mask can name, of collections and of their records.
pub const FIELDS_OF_BOTH: &[&str] = &[
    "name",
    "sensitivity",
    "title",
    "json_schema",
    "collection",
    "data",
    "tags",
    "links",
    "external_ref",
    "created_at",
    "created_by",
    "updated_at",
    "source",
];

impl Item for Collection {
    const RESOURCE: Resource = Resource::Collections;
    const FREE_TEXT: &'static [&'static str] = &["title", "json_schema"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            collection: Some(self.name.as_str()),
            created_by: self.created_by,
            is_sensitive: self.sensitivity == Sensitivity::Sensitive,
            ..Subject::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;
    use std::collections::BTreeSet;

    #[test]
    fn a_mask_can_name_the_fields_of_both() {
        let both: BTreeSet<_> = FIELDS.iter().chain(record::FIELDS).collect();
        assert_eq!(both, FIELDS_OF_BOTH.iter().collect());
    }
}
