//! A record stays in its collection, and its data is as the collection wants it.

use super::{NewRecord, Record, RecordFilter};
use crate::access::Action;
use crate::collection::{Collection, Sensitivity};
use crate::id::RecordId;
use crate::link;
use crate::noun::{Desk, Further, Rules};
use crate::{Error, Result};
use jiff::Timestamp;
use serde_json::Value;

impl Rules for Record {
    type Filter = RecordFilter;
    const LIES_IN: bool = true;

    fn mint(_: &NewRecord, at: Timestamp, random: [u8; 10]) -> RecordId {
        RecordId::new(at, random)
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        further: &mut Further,
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
        if !desk.covers(Action::Write, after) {
            return Ok(());
        }
        after.check_links(desk, before).await?;
        if before.is_some_and(|before| before.data == after.data) {
            return Ok(());
        }
        let collection = after.check(desk, before).await?;
        if before.is_none() {
            // Neither goes while the other comes.
            further.check(desk, &collection);
            further.comes(Self::coming(desk.owner, &collection.id));
        }
        // All of its life: what its collection is found by never changes.
        after.found_by = collection.found_by;
        Ok(())
    }
}

impl Record {
    /// What comes back, or comes from elsewhere, is linked to what it was, whether that is there or not.
    async fn check_links(&self, desk: &Desk<'_>, before: Option<&Self>) -> Result<()> {
        let is_restored = before.is_none() && self.created_at != desk.writer.at;
        if is_restored || desk.takes_in() || desk.writer.source.undo.is_some() {
            return Ok(());
        }
        let known = before.map_or(&[][..], |before| before.links.as_slice());
        link::check(desk, self.links.as_slice(), known).await.map(|_| ())
    }

    /// A schema that is changed in this very moment holds from the next write on.
    async fn check(&mut self, desk: &Desk<'_>, before: Option<&Self>) -> Result<Collection> {
        let collection = desk.found::<Collection>(self.collection.clone()).await?;
        let sensitivity = collection.as_ref().map(|collection| collection.sensitivity);
        self.sensitivity = sensitivity.filter(|sensitivity| *sensitivity != Sensitivity::Normal);
        let is_known = |collection: &Collection| {
            [Action::Read, Action::Write].into_iter().any(|action| desk.covers(action, collection))
        };
        let is_known = collection.as_ref().is_some_and(is_known);
        // Whoever may not know a collection is not told whether there is none or this does not fit into it.
        let none = || {
            let detail =
                format!("there is no collection `{}` that takes this; make it first", self.collection);
            Error::invalid("/collection", detail)
        };
        let collection = collection.filter(|_| desk.covers(Action::Write, self)).ok_or_else(none)?;
        // A schema holds from the next write of each record on, and this one may be from before it.
        let is_newer = desk.is_written() || desk.takes_in() && collection.updated_at <= self.updated_at;
        if let Some(shape) = collection.json_schema.as_ref().filter(|_| is_newer) {
            let checked = shape.check(&Value::Object((*self.data).clone()), "/data");
            let untold = |_| match before {
                Some(_) => Error::invalid("/data", "it is not as its collection wants it"),
                None => none(),
            };
            if is_known { checked? } else { checked.map_err(untold)? }
        }
        Ok(collection)
    }
}
