//! Which life areas are listed.

use super::LifeArea;
use crate::Result;
use crate::filter::{Age, Clock, Filter, Shelves};
use crate::list::List;
use crate::shelf::Entity as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LifeAreaFilter {
    /// Only those that are archived, or those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_archived: Option<bool>,
    /// Newest first (`-created`) if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Age>,
}

impl Filter<LifeArea> for LifeAreaFilter {
    fn looks_at(parameter: &str, _: &str) -> &'static [&'static str] {
        if parameter == "is_archived" { &["is_archived"] } else { &[] }
    }

    /// Of life areas an owner has few.
    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        Ok(self.sort.unwrap_or_default().of(LifeArea::all(shelves.owner).into()))
    }

    fn covers(&self, area: &LifeArea, _: &Clock) -> bool {
        self.is_archived.is_none_or(|is| area.is_archived == is)
    }

    fn covers_all(&self) -> bool {
        *self == Self::default()
    }
}
