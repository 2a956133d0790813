//! A collection has its name for good, alone, stays as sensitive as it was made, and goes only when nothing lies in it.

use super::{Collection, CollectionName, NewCollection};
use crate::filter::ByName;
use crate::noun::{Desk, Further, Rules};
use crate::record::Record;
use crate::{Error, Result};
use jiff::Timestamp;

/// How large a schema may be, written without spaces.
const MOST_SCHEMA_BYTES: usize = 16 * 1024;

impl Rules for Collection {
    type Filter = ByName;
    const IS_NAMED: bool = true;

    fn mint(new: &NewCollection, _: Timestamp, _: [u8; 10]) -> CollectionName {
        new.name.clone()
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        _: &mut Further,
    ) -> Result<()> {
        match (before, after) {
            (before, Some(after)) => after.check(before),
            (Some(before), None) => before.is_empty(desk).await,
            (None, None) => Ok(()),
        }
    }
}

impl Collection {
    fn check(&self, before: Option<&Self>) -> Result<()> {
        if self.name != self.id {
            return Err(Error::invalid("/name", "a collection keeps its name; make another one"));
        }
        // Its records carry it, so that whoever may not know them cannot see one for a moment.
        if before.is_some_and(|before| before.sensitivity != self.sensitivity) {
            let detail = "a collection stays as sensitive as it was made; make another one";
            return Err(Error::invalid("/sensitivity", detail));
        }
        let schema = serde_json::to_string(&self.json_schema).map_err(Error::internal)?;
        if schema.len() > MOST_SCHEMA_BYTES {
            let detail = format!("at most {MOST_SCHEMA_BYTES} bytes of JSON, not {}", schema.len());
            return Err(Error::invalid("/json_schema", detail));
        }
        Ok(())
    }

    async fn is_empty(&self, desk: &Desk<'_>) -> Result<()> {
        let records = Record::all_in(desk.owner, &self.id).page(None, 1);
        if desk.table.query(&records).await?.rows.is_empty() {
            return Ok(());
        }
        let detail = format!("there are records in `{}`; delete them first", self.name);
        Err(Error::InTheWay(detail))
    }
}
