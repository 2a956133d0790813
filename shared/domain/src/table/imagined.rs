//! A table on which nothing is written: what would be is kept beside it, and read as if it were there. So whatever says
//! what it would do does just that.

use super::{
    Claim, Counters, Expect, Expiry, Page, Put, Query, Record, Row, RowKey, Start, Table, Taken, Write,
};
use crate::id::OpId;
use crate::{Error, Result};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub struct Imagined<'a> {
    table: &'a dyn Table,
    now: Timestamp,
    /// What is not as it is on the table; none: it is gone.
    rows: Mutex<Rows>,
}

type Rows = BTreeMap<RowKey, Option<Row>>;

impl<'a> Imagined<'a> {
    pub fn on(table: &'a dyn Table, now: Timestamp) -> Self {
        Self { table, now, rows: Mutex::default() }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, key: RowKey, row: Option<Row>) {
        let lives = |row: &Row| row.expires.is_none_or(|expires| !expires.is_past(self.now));
        self.rows().insert(key, row.filter(lives));
    }

    async fn check(&self, write: &Write) -> Result<Option<Row>> {
        let found = self.get(write.key()).await?;
        let version = found.as_ref().map(|row| row.version);
        let wanted = match write {
            Write::Put(put) => match put.expect {
                Expect::Absent | Expect::Gone(_) => None,
                Expect::Version(version) => Some(version),
            },
            Write::Delete { version, .. } | Write::Check { version, .. } => Some(*version),
            Write::Set { .. } | Write::Touch { .. } => version,
        };
        if version == wanted { Ok(found) } else { Err(Error::Conflict) }
    }

    fn write(&self, write: Write, found: Option<Row>) {
        match write {
            Write::Put(Put { key, body, places, expires, expect }) => {
                let (version, counters) = (expect.next(), Counters::new());
                self.set(key.clone(), Some(Row { key, version, body, places, counters, expires }));
            }
            Write::Delete { key, .. } => self.set(key, None),
            Write::Check { .. } => {}
            Write::Set { key, set, drop } => {
                let mut row = found.unwrap_or_else(|| counted(key.clone()));
                row.counters.extend(set);
                row.counters.retain(|name, _| !drop.contains(name));
                self.set(key, Some(row));
            }
            Write::Touch { key } => {
                let next = found.map_or(1, |row| row.version + 1);
                self.set(key.clone(), Some(Row { version: next, ..counted(key) }));
            }
        }
    }
}

/// A row that is there for its counters only.
fn counted(key: RowKey) -> Row {
    let (places, counters) = (BTreeMap::new(), Counters::new());
    Row { key, version: 1, body: String::new(), places, counters, expires: None }
}

/// Where a row stands in the order of a query, if it is one of its rows.
fn stands<'r>(query: &Query, row: &'r Row) -> Option<(&'r str, &'r str)> {
    let sort = row.key.sort.as_str();
    let at = query.by.map_or(Some(sort), |slot| row.places.get(&slot).map(String::as_str))?;
    let is_of_it =
        row.key.owner == query.owner && query.range.start.as_str() <= at && at < query.range.end.as_str();
    is_of_it.then_some((at, sort))
}

/// Whether this comes behind where a query starts.
fn is_behind(query: &Query, at: (&str, &str)) -> Result<bool> {
    Ok(match query.start()? {
        None => false,
        Some(Start::Edge) => true,
        Some(Start::Behind { key, sort }) if query.newest_first => at < (key, sort),
        Some(Start::Behind { key, sort }) => at > (key, sort),
    })
}

#[async_trait]
impl Table for Imagined<'_> {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        let known = self.rows().get(key).cloned();
        match known {
            Some(row) => Ok(row),
            None => self.table.get(key).await,
        }
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        let found = self.table.get_many(keys).await?;
        let rows = self.rows();
        let all = keys.iter().zip(found);
        Ok(all.map(|(key, found)| rows.get(key).cloned().unwrap_or(found)).collect())
    }

    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        let version = put.expect.next();
        self.transact(vec![Write::Put(put)], op).await.map(|()| version)
    }

    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.transact(vec![Write::Delete { key, version }], op).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        let Page { rows, mut next } = self.table.query(query).await?;
        // Behind where the table broke off, nobody knows what else lies there.
        let rest = Query { after: next.clone(), ..query.clone() };
        let imagined = self.rows();
        let mut all: Vec<Row> = rows.into_iter().filter(|row| !imagined.contains_key(&row.key)).collect();
        for row in imagined.values().flatten() {
            let Some(at) = stands(query, row) else { continue };
            if is_behind(query, at)? && !(next.is_some() && is_behind(&rest, at)?) {
                all.push(row.clone());
            }
        }
        all.sort_by(|one, other| {
            let order = stands(query, one).cmp(&stands(query, other));
            if query.newest_first { order.reverse() } else { order }
        });
        if all.len() > query.limit {
            all.truncate(query.limit);
            next = all.last().map(|row| query.position(row));
        }
        Ok(Page { rows: all, next })
    }

    async fn transact(&self, writes: Vec<Write>, _: OpId) -> Result<()> {
        let mut found = Vec::with_capacity(writes.len());
        for write in &writes {
            found.push(self.check(write).await?);
        }
        writes.into_iter().zip(found).for_each(|(write, found)| self.write(write, found));
        Ok(())
    }

    async fn add(&self, _: RowKey, _: &[(&str, i64)], _: &[&str], _: Option<Expiry>) -> Result<Counters> {
        Err(Error::internal("nothing is counted of what is imagined"))
    }

    async fn take(&self, _: &RowKey, _: &Claim) -> Result<Taken> {
        Err(Error::internal("nothing is taken of what is imagined"))
    }

    async fn record(&self, _: Vec<Record>) -> Result<()> {
        Err(Error::internal("nothing is told of what is imagined"))
    }
}
