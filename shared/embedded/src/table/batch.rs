//! What is written in one transaction. The calls of a connection that come at the same time all count on one row: it is
//! read once and written once for all of them.

use super::count::write;
use super::rows::find;
use domain::table::{Claim, Counters, Expiry, RowKey, Taken};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

pub(crate) struct Batch<'db> {
    db: &'db Connection,
    counted: BTreeMap<RowKey, Counted>,
}

/// A row's counters, and whether they are still to be written.
struct Counted {
    counters: Counters,
    expires: Option<Expiry>,
    is_more: bool,
}

impl<'db> Batch<'db> {
    pub(crate) const fn of(db: &'db Connection) -> Self {
        Self { db, counted: BTreeMap::new() }
    }

    /// For whoever looks at rows: what was counted before is in them.
    pub(crate) fn rows(&mut self) -> Result<&'db Connection> {
        self.settle()?;
        Ok(self.db)
    }

    pub(crate) fn settle(&mut self) -> Result<()> {
        let counted = std::mem::take(&mut self.counted).into_iter().filter(|(_, counted)| counted.is_more);
        counted.into_iter().try_for_each(|(key, counted)| write(self.db, &key, &counted.counters))
    }

    pub(super) fn take(&mut self, key: RowKey, claim: Claim, now: Timestamp) -> Result<Taken> {
        let nothing = || Ok(Taken { is_taken: false, counters: Counters::new() });
        let counted = match self.counted.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let found = find(self.db, unknown.key(), now).map_err(Error::internal)?;
                let Some(row) = found.map(|found| found.row) else { return nothing() };
                unknown.insert(Counted { counters: row.counters, expires: row.expires, is_more: false })
            }
        };
        if counted.expires.is_some_and(|expires| expires.is_past(now)) {
            return nothing();
        }
        let is_taken = claim.is_granted(&counted.counters);
        if is_taken {
            counted.is_more = true;
            for (name, _) in claim.counters {
                *counted.counters.entry(name).or_default() += 1;
            }
        }
        Ok(Taken { is_taken, counters: counted.counters.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::lay_out;
    use crate::table::count;
    use domain::id::OwnerId;

    #[test]
    fn whoever_looks_finds_what_was_counted_and_what_is_counted_goes_on_from_what_was_written() {
        let db = Connection::open_in_memory().unwrap();
        lay_out(&db).unwrap();
        let (now, key) = (Timestamp::UNIX_EPOCH, RowKey::new(OwnerId::from_bytes([1; 10]), "rate"));
        let claim = Claim { counters: vec![("m1".to_owned(), "burst")], guards: Vec::new() };
        let set = |most: i64| Counters::from([("burst".to_owned(), most)]);
        let counted = || find(&db, &key, now).unwrap().and_then(|it| it.row.counters.get("m1").copied());
        let mut batch = Batch::of(&db);
        let take = |batch: &mut Batch<'_>| batch.take(key.clone(), claim.clone(), now).unwrap().is_taken;
        assert!(!take(&mut batch), "there is no row");
        count::set(batch.rows().unwrap(), &key, None, &set(2), []).unwrap();
        assert_eq!([(); 3].map(|()| take(&mut batch)), [true, true, false]);
        assert_eq!(counted(), None, "not yet");

        let db = batch.rows().unwrap();
        assert_eq!(counted(), Some(2));
        count::set(db, &key, find(db, &key, now).unwrap().as_ref(), &set(3), []).unwrap();
        assert_eq!([(); 2].map(|()| take(&mut batch)), [true, false]);
        batch.settle().unwrap();
        assert_eq!(counted(), Some(3));
    }
}
