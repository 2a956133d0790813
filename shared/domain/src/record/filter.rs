//! Which records are listed.

use super::Record;
use crate::access::Tag;
use crate::filter::{Age, Clock, Filter, Shelves};
use crate::list::List;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecordFilter {
    /// With this among its tags.
    #[serde(alias = "label", skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Newest first (`-created`) if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Age>,
}

impl Filter<Record> for RecordFilter {
    fn looks_at(parameter: &str, _: &str) -> &'static [&'static str] {
        if matches!(parameter, "tag" | "label") { &["tags"] } else { &[] }
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        let within = shelves.within.ok_or_else(|| Error::internal("records of no collection"))?;
        Ok(self.sort.unwrap_or_default().of(Record::all_in(shelves.owner, within).into()))
    }

    fn covers(&self, record: &Record, _: &Clock) -> bool {
        self.tag.as_ref().is_none_or(|tag| record.tags.as_slice().contains(tag))
    }
}
