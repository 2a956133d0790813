//! Something that is worth remembering, for agents to share.

mod filter;
mod found;
mod rules;

pub use filter::MemoryFilter;
pub use found::{Asked, Question, is_found};

use crate::access::{Item, Resource, Subject};
use crate::id::{LifeAreaId, MemoryId, OwnerId};
use crate::link::Link;
use crate::noun::{Alike, noun};
use crate::object::Object;
use crate::operation;
use crate::schema;
use crate::table::{Expiry, Places, Query, Slot};
use crate::task::{Labels, Title};
use crate::text::{List, Text};
use crate::when_due::Due;
use crate::zone::Zone;
use ring::digest::{SHA256, digest};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

noun! {
    /// Something to remember.
    Memory, NewMemory, MemoryPatch: MemoryId, "memory", operation::MEMORIES;
    required {
        /// What is to be remembered, in words that it will be looked for by.
        content | "text": Content,
    }
    defaulted {
        r#type | "memory_type": Type,
        /// How much it counts beside others, from 0 to 1.
        importance: Importance,
        tags | "labels": Labels,
        /// What it has to do with. What is linked is there for whoever links; it may go later.
        links: List<Link, 20>,
        /// Whatever else an app wants to keep with it, at most 4 kB.
        metadata: Object<4096>,
    }
    optional {
        title | "name": Title,
        /// When it happened.
        occurred_at: Due,
        /// Where it comes from, in words: a book, a call with somebody. (`source` says who wrote it, in which call.)
        origin: Text<1, 200>,
        /// The life area that it belongs to; if none is given, that of the first link that has one.
        life_area_id: LifeAreaId,
        /// When it is to be forgotten: from then on it is not there any more.
        expires_at: Due,
        /// The memory that it is to be read instead of: a search finds that one further down, and names this one beside it.
        /// It may go later.
        supersedes: MemoryId,
    }
    derived {}
}

pub type Content = Text<1, 8000>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Type {
    #[default]
    Reflection,
    Fact,
    Preference,
    Decision,
    Event,
    Note,
    Insight,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Self::Reflection => "reflection",
            Self::Fact => "fact",
            Self::Preference => "preference",
            Self::Decision => "decision",
            Self::Event => "event",
            Self::Note => "note",
            Self::Insight => "insight",
        }
    }
}

/// From 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64")]
pub struct Importance(f64);

impl Default for Importance {
    fn default() -> Self {
        Self(0.5)
    }
}

impl TryFrom<f64> for Importance {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        match (0.0..=1.0).contains(&number) {
            // There is a 0 below 0.
            true => Ok(Self(number.abs())),
            false => Err(format!("a number from 0 to 1 is expected, not {number}")),
        }
    }
}

impl JsonSchema for Importance {
    fn schema_name() -> Cow<'static, str> {
        "Importance".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

impl Item for Memory {
    const RESOURCE: Resource = Resource::Memories;
    const FREE_TEXT: &'static [&'static str] = &["content", "title", "tags", "origin", "links", "metadata"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            life_area: self.life_area_id,
            tags: self.tags.as_slice(),
            created_by: self.created_by,
            ..Subject::default()
        }
    }

    fn found_at(&self) -> Places {
        let Self { id, content, .. } = self;
        let of_type = format!("{}{id}", typed(self.r#type));
        Places::from([(Slot::First, format!("{}{id}", alike(content))), (Slot::Third, of_type)])
    }

    fn ends(&self) -> Option<Expiry> {
        self.expires_at.as_ref().map(|end| Expiry::at(end.ends(&Zone::UTC)))
    }
}

impl Memory {
    pub fn of_type(owner: OwnerId, of: Type) -> Query {
        Query::places(owner, Slot::Third, &typed(of))
    }

    /// Those that say this.
    pub fn saying(owner: OwnerId, content: &Content) -> Alike {
        let all = Query::places(owner, Slot::First, &alike(content));
        Alike { all, said: schema::said(owner, &hash(content)) }
    }
}

fn typed(of: Type) -> String {
    format!("memory/{}/", of.name())
}

/// Where what says the same lies together.
fn alike(content: &Content) -> String {
    format!("memory/alike/{}/", hash(content))
}

fn hash(content: &Content) -> String {
    let hash = digest(&SHA256, content.as_str().trim().as_bytes());
    crate::hex(hash.as_ref().get(..16).unwrap_or_default())
}
