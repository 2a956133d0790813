//! A collection has its name for good, alone, stays as sensitive as it was made, and goes only when nothing lies in it.

use super::{Collection, CollectionName, Indexed, NewCollection};
use crate::filter::ByName;
use crate::noun::{Desk, Further, Rules};
use crate::record::Record;
use crate::{Error, Result};
use jiff::Timestamp;
use std::collections::BTreeSet;

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
        further: &mut Further,
    ) -> Result<()> {
        match (before, after) {
            (before, Some(after)) => {
                after.check(before)?;
                after.found_by = before.map_or_else(|| after.slots(), |before| before.found_by.clone());
                Ok(())
            }
            (Some(before), None) => before.is_empty(desk, further).await,
            (None, None) => Ok(()),
        }
    }
}

impl Collection {
    /// What all of its records are found by, from the first on; none where there is nothing to be found by.
    fn slots(&self) -> Option<Indexed> {
        let first: Vec<_> = self.indexed_fields.iter().take(Record::FOUND_BY.len()).cloned().collect();
        Indexed::try_from(first).ok().filter(|fields| !fields.is_empty())
    }

    fn check(&self, before: Option<&Self>) -> Result<()> {
        let fields: BTreeSet<_> = self.indexed_fields.iter().collect();
        if fields.len() < self.indexed_fields.as_slice().len() {
            return Err(Error::invalid("/indexed_fields", "a field is named twice"));
        }
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

    async fn is_empty(&self, desk: &Desk<'_>, further: &mut Further) -> Result<()> {
        further.stays(desk, Record::coming(desk.owner, &self.id)).await?;
        let records = Record::all_in(desk.owner, &self.id).page(None, 1);
        if desk.table.query(&records).await?.rows.is_empty() {
            return Ok(());
        }
        let detail = format!("there are records in `{}`; delete them first", self.name);
        Err(Error::InTheWay(detail))
    }
}
