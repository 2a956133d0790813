//! A record stays in its collection, and its data is as the collection wants it.

use super::{NewRecord, Record, RecordFilter};
use crate::access::Action;
use crate::collection::{Collection, Sensitivity};
use crate::id::RecordId;
use crate::noun::{Desk, Further, Rules};
use crate::{Error, Result};
use jiff::Timestamp;
use serde_json::Value;

impl Rules for Record {
    type Filter = RecordFilter;
    const LIES_IN: bool = true;

    fn is_tied(&self) -> bool {
        false
    }

    fn mint(_: &NewRecord, at: Timestamp, random: [u8; 10]) -> RecordId {
        RecordId::new(at, random)
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        _: &mut Further,
    ) -> Result<()> {
        let Some(after) = after else { return Ok(()) };
        if before.is_some_and(|before| before.collection != after.collection) {
            return Err(Error::invalid(
                "/collection",
                "a record stays in its collection; make another one there",
            ));
        }
        after.found_by = before.and_then(|before| before.found_by.clone());
        // Whoever may not write it is told that and no more: not even whether there is such a collection.
        let is_as_it_was = before.is_some_and(|before| before.data == after.data);
        if is_as_it_was || !desk.covers(Action::Write, after) {
            return Ok(());
        }
        let collection = after.check(desk).await?;
        // All of its life: what its collection is found by never changes.
        after.found_by = collection.found_by;
        Ok(())
    }
}

impl Record {
    /// A schema that is changed in this very moment holds from the next write on.
    async fn check(&mut self, desk: &Desk<'_>) -> Result<Collection> {
        let collection = desk.found::<Collection>(self.collection.clone()).await?;
        let sensitivity = collection.as_ref().map(|collection| collection.sensitivity);
        self.sensitivity = sensitivity.filter(|sensitivity| *sensitivity != Sensitivity::Normal);
        // To whoever may not know a collection there is none.
        let Some(collection) = collection.filter(|_| desk.covers(Action::Write, self)) else {
            let detail = format!("there is no collection `{}`; make it first", self.collection);
            return Err(Error::invalid("/collection", detail));
        };
        // A schema holds from the next write of each record on, and this one may be from before it.
        let is_older = desk.takes_in() && self.updated_at < collection.updated_at;
        match &collection.json_schema {
            Some(shape) if !is_older => shape.check(&Value::Object((*self.data).clone()), "/data")?,
            _ => {}
        }
        Ok(collection)
    }
}
