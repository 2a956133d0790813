//! What follows of a write.

use super::{Desk, Rules};
use crate::table::{Expect, Put, RowKey, Write};
use crate::{Result, schema};
use std::collections::BTreeMap;

/// What else a transaction writes, each row once.
#[derive(Debug, Default)]
pub struct Further(pub(super) BTreeMap<RowKey, Write>);

impl Further {
    /// As it will be, if it still has the version that it was read at.
    pub fn put<T: Rules>(&mut self, desk: &Desk<'_>, item: T) -> Result<T> {
        let expect = Expect::Version(item.version());
        self.write(desk, item, expect)
    }

    pub fn make<T: Rules>(&mut self, desk: &Desk<'_>, item: T) -> Result<T> {
        self.write(desk, item, Expect::Absent)
    }

    fn write<T: Rules>(&mut self, desk: &Desk<'_>, item: T, expect: Expect) -> Result<T> {
        let (item, writes) = desk.puts(item, expect)?;
        writes.for_each(|write| self.add(write));
        Ok(item)
    }

    /// Fails the transaction if this has changed since it was read.
    pub fn check<T: Rules>(&mut self, desk: &Desk<'_>, item: &T) {
        let key = T::key(desk.owner, item.id());
        self.0.entry(key.clone()).or_insert(Write::Check { key, version: item.version() });
    }

    /// What this refers to does not go while this comes.
    pub async fn refers<T: Rules>(&mut self, desk: &Desk<'_>, id: T::Id, place: &str) -> Result<Option<T>> {
        let found = desk.referred::<T>(id, place).await?;
        if let Some(item) = found.as_ref().filter(|_| !desk.takes_in()) {
            self.check(desk, item);
        }
        Ok(found)
    }

    /// Something comes there: whoever relies on what `stays` there has to look again.
    pub fn comes(&mut self, place: RowKey) {
        self.0.entry(place.clone()).or_insert(Write::Touch { key: place });
    }

    /// Fails the transaction if anything comes there after this, so it is asked before one looks what is there.
    pub async fn stays(&mut self, desk: &Desk<'_>, place: RowKey) -> Result<()> {
        let found = desk.table.get(&place).await?;
        self.row(Put::new(place, "", Expect::of(found.as_ref())));
        Ok(())
    }

    pub fn row(&mut self, put: Put) {
        self.add(Write::Put(put));
    }

    pub fn add(&mut self, write: Write) {
        self.0.insert(write.key().clone(), write);
    }
}

impl Desk<'_> {
    /// The item as it will be, and what makes it so, with what a search reads of it.
    pub(super) fn puts<T: Rules>(&self, item: T, expect: Expect) -> Result<(T, impl Iterator<Item = Write>)> {
        let (item, put) = self.shelf::<T>().put(item, expect)?;
        let entry = item.entry(self.owner);
        let head = entry.as_ref().map(|(key, _)| Write::Touch { key: schema::head_of(key) });
        let entry = entry.map(|(key, body)| Put { expires: put.expires, ..Put::new(key, body, expect) });
        Ok((item, [Some(put), entry].into_iter().flatten().map(Write::Put).chain(head)))
    }
}
