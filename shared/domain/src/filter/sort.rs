//! Orders that lists are read in, each without looking at more than a page.

use super::{Clock, Filter, Shelves};
use crate::Result;
use crate::list::List;
use crate::shelf::Entity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// By due date: earliest first, what has none last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Sort {
    #[serde(rename = "-created")]
    NewestFirst,
    #[serde(rename = "created")]
    OldestFirst,
    #[serde(rename = "due")]
    Due,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Age {
    #[default]
    #[serde(rename = "-created")]
    NewestFirst,
    #[serde(rename = "created")]
    OldestFirst,
}

/// Of a noun of which everything is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ByAge {
    /// Newest first (`-created`) if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Age>,
}

/// Of a noun whose ids are names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByName {}

impl Age {
    pub fn of(self, list: List) -> List {
        match self {
            Self::NewestFirst => list.newest_first(),
            Self::OldestFirst => list,
        }
    }
}

impl<T: Entity> Filter<T> for ByAge {
    fn looks_at(_: &str, _: &str) -> &'static [&'static str] {
        &[]
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        Ok(self.sort.unwrap_or_default().of(T::all(shelves.owner).into()))
    }

    fn covers(&self, _: &T, _: &Clock) -> bool {
        true
    }
}

impl<T: Entity> Filter<T> for ByName {
    fn looks_at(_: &str, _: &str) -> &'static [&'static str] {
        &[]
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        Ok(T::all(shelves.owner).into())
    }

    fn covers(&self, _: &T, _: &Clock) -> bool {
        true
    }
}
