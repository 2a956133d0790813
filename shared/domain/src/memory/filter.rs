//! Which memories are listed.

use super::{Memory, Type};
use crate::Result;
use crate::access::Tag;
use crate::filter::{Age, Clock, Filter, Shelves, is};
use crate::list::List;
use crate::shelf::Entity as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryFilter {
    /// Of this type.
    #[serde(alias = "memory_type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<Type>,
    /// With this among its tags.
    #[serde(alias = "label", skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Newest first (`-created`) if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Age>,
}

impl Filter<Memory> for MemoryFilter {
    fn looks_at(parameter: &str, _: &str) -> &'static [&'static str] {
        match parameter {
            "type" | "memory_type" => &["type"],
            "tag" | "label" => &["tags"],
            _ => &[],
        }
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        let owner = shelves.owner;
        let all = self.r#type.map_or_else(|| Memory::all(owner), |of| Memory::of_type(owner, of));
        Ok(self.sort.unwrap_or_default().of(all.into()))
    }

    fn covers(&self, memory: &Memory, _: &Clock) -> bool {
        is(self.r#type.as_ref(), Some(&memory.r#type))
            && self.tag.as_ref().is_none_or(|tag| memory.tags.as_slice().contains(tag))
    }

    fn covers_all(&self) -> bool {
        *self == Self::default()
    }
}
