//! How memories are looked for, and what a search knows of one.

use super::{Memory, Type};
use crate::access::{Filtered, Scope, Tag};
use crate::number::Whole;
use crate::search::{About, Entry, Facts, Queries, Spelling, Why};
use crate::text::{List, Text};
use crate::when_due::Due;
use crate::zone::Zone;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

/// What a search goes by. Where one of these is hidden, there is nothing to be found: what is found first, and how
/// well it fits, would tell of it.
const BY: [&str; 8] =
    ["content", "title", "tags", "type", "importance", "occurred_at", "created_at", "supersedes"];

/// What is looked for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is looked for.
    pub query: Asked,
    /// The same in other words: synonyms, other languages, as it may have been written down.
    #[serde(default)]
    pub queries: List<Asked, 5>,
    /// Only memories of this type.
    #[serde(default, alias = "memory_type")]
    pub r#type: Option<Type>,
    /// Only memories with one of these tags.
    #[serde(default)]
    pub tags: List<Tag, 20>,
    /// Only what happened then or later. Of what is not known to have happened at a time, it counts when it was remembered.
    #[serde(default)]
    pub after: Option<Due>,
    /// Only what happened before that.
    #[serde(default)]
    pub before: Option<Due>,
    /// How many at most; 5 if it is absent.
    #[serde(default)]
    pub limit: Option<Whole<1, 50>>,
}

pub type Asked = Text<1, 1000>;

impl Question {
    pub fn queries(&self) -> Queries {
        let others: Vec<&str> = self.queries.iter().map(Asked::as_str).collect();
        Queries::of(self.query.as_str(), &others, &Spelling)
    }

    pub fn limit(&self) -> usize {
        self.limit.map_or(5, |limit| limit.get().unsigned_abs() as usize)
    }

    /// The fields that a parameter looks at: to whoever cannot see them there is no such parameter.
    pub fn looks_at(parameter: &str) -> &'static [&'static str] {
        match parameter {
            "type" | "memory_type" => &["type"],
            "tags" => &["tags"],
            "after" | "before" => &["occurred_at", "created_at"],
            _ => &[],
        }
    }

    /// Whether a memory is one of those that are looked for.
    pub fn asks_for(&self, facts: &Facts<'_>) -> bool {
        let from = |edge: &Option<Due>| edge.as_ref().map(|edge| edge.begins(&Zone::UTC));
        self.r#type.is_none_or(|kind| facts.kind == kind as u8)
            && from(&self.after).is_none_or(|after| facts.is_since(after))
            && from(&self.before).is_none_or(|before| facts.is_before(before))
            && self.is_about(facts)
    }

    /// An entry knows tags by their hashes only, and others may have the same.
    pub fn is_about(&self, item: &impl Filtered) -> bool {
        self.tags.is_empty() || self.tags.iter().any(|tag| item.tagged(tag))
    }
}

/// Whether a memory is there for whoever looks.
pub fn is_found(facts: &Facts<'_>, reads: &Scope<'_>, now: Timestamp) -> bool {
    facts.is_live(now) && is_there(facts, reads)
}

fn is_there(item: &impl Filtered, reads: &Scope<'_>) -> bool {
    reads.is_whole() || reads.of(item).is_some_and(|seen| BY.iter().all(|field| seen.shows(field)))
}

impl Memory {
    /// Whether whoever reads so much of it can find it.
    pub fn is_found_by(&self, reads: &Scope<'_>) -> bool {
        is_there(&crate::access::Item::subject(self), reads)
    }

    /// Why it is found by one of the questions.
    pub fn why(&self, queries: &Queries, by: usize) -> Why {
        queries.why(&self.parts(), by)
    }

    pub(super) fn known(&self) -> Entry {
        let about = About {
            id: self.id,
            supersedes: self.supersedes,
            kind: self.r#type as u8,
            importance: self.importance.0 as f32,
            at: self.occurred_at.as_ref().map_or(self.created_at, |at| at.begins(&Zone::UTC)),
            expires_at: self.expires_at.as_ref().map(|end| end.ends(&Zone::UTC)),
            life_area: self.life_area_id,
            tags: self.tags.as_slice(),
            created_by: self.created_by,
        };
        Entry::of(&self.parts(), &about, &Spelling)
    }

    /// What it is found by.
    fn parts(&self) -> Vec<&str> {
        let title = self.title.iter().map(|title| title.as_str());
        title.chain([self.content.as_str()]).chain(self.tags.iter().map(Tag::as_str)).collect()
    }
}
