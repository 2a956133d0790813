//! A part of a life, such as health or work.

mod filter;
mod rules;

pub use filter::LifeAreaFilter;

use crate::access::{Item, Resource, Subject};
use crate::id::LifeAreaId;
use crate::noun::noun;
use crate::number::Whole;
use crate::operation;
use crate::task::Description;
use crate::text::Text;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

noun! {
    /// A part of a life.
    LifeArea, NewLifeArea, LifeAreaPatch: LifeAreaId, "life_area", operation::LIFE_AREAS;
    required {
        /// What it is called, as no other of them is. Usual ones to offer, and to make when the owner says so, are Health,
        /// Work, Relationships, Finance, Learning, Home and Leisure.
        name | "title": Name,
    }
    defaulted {
        /// How much it counts beside the others.
        weight: Weight,
        is_archived: bool,
    }
    optional {
        description | "notes": Description,
        /// An emoji, or the name of one.
        icon: Text<1, 40>,
        color: Color,
        /// Where it stands among others.
        position: Whole<0, 1_000_000_000>,
    }
    derived {}
}

pub type Name = Text<1, 60>;

/// From 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Weight(Whole<0, 100>);

impl Default for Weight {
    fn default() -> Self {
        Self(Whole::near(10))
    }
}

/// `#rrggbb`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Color(String);

impl TryFrom<String> for Color {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        match digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => Err("a color such as `#1e90ff` is expected"),
        }
    }
}

impl JsonSchema for Color {
    fn schema_name() -> Cow<'static, str> {
        "Color".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" })
    }
}

impl Item for LifeArea {
    const RESOURCE: Resource = Resource::LifeAreas;
    const FREE_TEXT: &'static [&'static str] = &["name", "description", "icon"];

    fn subject(&self) -> Subject<'_> {
        Subject { life_area: Some(self.id), created_by: self.created_by, ..Subject::default() }
    }
}
