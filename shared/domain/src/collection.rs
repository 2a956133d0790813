//! What an owner keeps of one kind: records that look alike, under one name.

mod indexed;
mod name;
mod rules;
mod shape;

pub use indexed::IndexedField;
pub use name::CollectionName;
pub use shape::Shape;

use crate::access::{Item, Resource, Subject};
use crate::noun::noun;
use crate::operation;
use crate::text::{List, Text};
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
        /// The fields of its records' data, with text, numbers or yes and no in them, that its records can be asked for by.
        indexed_fields: Indexed,
    }
    optional {
        /// What it is called among people.
        title: Title,
        /// What the data of its records has to look like, from the next write of each on: JSON Schema without references
        /// and patterns.
        json_schema: Shape,
    }
    derived {
        /// Those of them by which records are found at once: the first three that it was made with. By others they are
        /// looked for among all.
        found_by: Indexed,
    }
}

pub type Indexed = List<IndexedField, 4>;

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
    "indexed_fields",
    "found_by",
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
