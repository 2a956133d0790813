//! `Table` on SQLite.

mod batch;
mod count;
mod rows;

pub(crate) use batch::Batch;

use crate::change_log;
use crate::store::Store;
use crate::writer::Durability::{Ordered, Patient, Synced};
use async_trait::async_trait;
use domain::id::OpId;
use domain::table::{
    Claim, Counters, Expect, Expiry, Image, Page, Places, Put, Query, Record, Row, RowKey, Table, Taken,
    Write,
};
use domain::{Error, Result, schema};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use rows::{Found, find, insert, is_live, lies, page};
use rusqlite::{Connection, OptionalExtension as _, params};

/// A transaction's token is remembered for this long.
const TOKEN_SECONDS: i64 = 600;

const FORGET: &str = "DELETE FROM token WHERE at <= ?1";

#[async_trait]
impl Table for Store {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        let found = self.get_many(std::slice::from_ref(key)).await?;
        Ok(found.into_iter().next().flatten())
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        let (now, recent) = (self.clock().now(), self.recent());
        let mut rows: Vec<_> = keys.iter().map_while(|key| recent.get(key).ok()).collect();
        let rest = keys.get(rows.len()..).unwrap_or_default();
        if !rest.is_empty() {
            // One after the other: none is as it was before one that comes before it.
            let read = |db: &Connection, key| match recent.get(key) {
                Ok(row) => Ok(row),
                Err(since) => {
                    let row = lies(db, key)?.map(|found| found.row);
                    recent.keep(since, key, row.as_ref());
                    Ok(row)
                }
            };
            rows.extend(self.read(|db| rest.iter().map(|key| read(db, key)).collect::<Result<Vec<_>, _>>())?);
        }
        Ok(rows.into_iter().map(|row| row.filter(|row| is_live(row, now))).collect())
    }

    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        put.check()?;
        let now = self.clock().now();
        self.write_rows(self.durability(), vec![put.key.clone()], move |db| {
            let found = find(db, &put.key, now).map_err(Error::internal)?;
            let version = put.expect.next();
            if found.as_ref().is_some_and(|found| found.op == op.to_string() && found.row.version == version)
            {
                return Ok(version);
            }
            expected(found.as_ref(), put.expect)?;
            store(db, &put, op, found.as_ref(), now)?;
            Ok(version)
        })
        .await
    }

    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.transact(vec![Write::Delete { key, version }], op).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        let Some(start) = query.start()? else { return Ok(Page::default()) };
        let now = self.clock().now();
        self.read(|db| page(db, query, start, now))
    }

    async fn add(
        &self,
        key: RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters> {
        let now = self.clock().now();
        let add: Vec<_> = add.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect();
        let drop: Vec<_> = drop.iter().map(|name| (*name).to_owned()).collect();
        let rows = vec![key.clone()];
        self.write_rows(Ordered, rows, move |db| count::add(db, &key, add, &drop, expires, now)).await
    }

    async fn take(&self, key: &RowKey, claim: &Claim) -> Result<Taken> {
        let (now, key, claim) = (self.clock().now(), key.clone(), claim.clone());
        self.count(key.clone(), move |batch| batch.take(key, claim, now)).await
    }

    async fn record(&self, records: Vec<Record>) -> Result<()> {
        for record in &records {
            record.check()?;
        }
        let now = self.clock().now();
        let rows = records.iter().map(|record| record.key.clone()).collect();
        let lay = move |db: &Connection| records.into_iter().try_for_each(|record| lay(db, record, now));
        // Nobody is answered with it, so it waits for no disk.
        let durability = if self.durability() == Synced { Patient } else { self.durability() };
        self.write_rows(durability, rows, lay).await
    }

    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()> {
        for write in &writes {
            if let Write::Put(put) = write {
                put.check()?;
            }
        }
        let now = self.clock().now();
        let rows = writes.iter().map(|write| write.key().clone()).collect();
        self.write_rows(self.durability(), rows, move |db| transact(db, &writes, op, now)).await
    }
}

fn transact(db: &Connection, writes: &[Write], op: OpId, now: Timestamp) -> Result<()> {
    if is_repeat(db, writes, op, now)? {
        return Ok(());
    }
    let mut found = Vec::with_capacity(writes.len());
    for write in writes {
        let (key, expect) = match write {
            Write::Put(put) => (&put.key, Some(put.expect)),
            Write::Delete { key, version } | Write::Check { key, version } => {
                (key, Some(Expect::Version(*version)))
            }
            Write::Set { key, .. } | Write::Touch { key } => (key, None),
        };
        let row = find(db, key, now).map_err(Error::internal)?;
        match expect {
            Some(expect) => expected(row.as_ref(), expect)?,
            None => lasts(row.as_ref())?,
        }
        found.push(row);
    }
    for (write, found) in writes.iter().zip(&found) {
        let found = found.as_ref();
        match write {
            Write::Put(put) => store(db, put, op, found, now)?,
            Write::Delete { key, .. } => remove(db, key, found, now)?,
            Write::Check { .. } => {}
            Write::Set { key, set, drop } => count::set(db, key, found, set, drop)?,
            Write::Touch { key } => {
                let expect = found.map_or(Expect::Absent, |found| Expect::Version(found.row.version));
                store(db, &Put::new(key.clone(), "", expect), op, found, now)?;
            }
        }
    }
    let remember = "INSERT INTO token (op, digest, at) VALUES (?1, ?2, ?3)";
    let digest = digest(&SHA256, format!("{writes:?}").as_bytes());
    let mut remember = db.prepare_cached(remember).map_err(Error::internal)?;
    let token = params![op.to_string(), digest.as_ref(), now.as_second()];
    remember.execute(token).map(|_| ()).map_err(Error::internal)
}

fn is_repeat(db: &Connection, writes: &[Write], op: OpId, now: Timestamp) -> Result<bool> {
    let mut forget = db.prepare_cached(FORGET).map_err(Error::internal)?;
    forget.execute([now.as_second() - TOKEN_SECONDS]).map_err(Error::internal)?;
    let mut known = db.prepare_cached("SELECT digest FROM token WHERE op = ?1").map_err(Error::internal)?;
    let known: Option<Vec<u8>> =
        known.query_row([op.to_string()], |row| row.get(0)).optional().map_err(Error::internal)?;
    match known {
        None => Ok(false),
        Some(known) if known == digest(&SHA256, format!("{writes:?}").as_bytes()).as_ref() => Ok(true),
        Some(_) => Err(Error::TokenReused),
    }
}

fn expected(found: Option<&Found>, expect: Expect) -> Result<()> {
    match (found, expect) {
        (None, Expect::Absent | Expect::Gone(_)) => Ok(()),
        (Some(found), Expect::Version(version)) if found.row.version == version => Ok(()),
        _ => Err(Error::Conflict),
    }
}

fn lasts(found: Option<&Found>) -> Result<()> {
    let expires = found.is_some_and(|found| found.row.expires.is_some());
    if expires { Err(Error::Conflict) } else { Ok(()) }
}

fn store(db: &Connection, put: &Put, op: OpId, found: Option<&Found>, now: Timestamp) -> Result<()> {
    let version = put.expect.next();
    insert(db, &put.key, version, &op.to_string(), &put.body, &put.places, put.expires)?;
    let after = Image { version, body: put.body.clone() };
    change_log::append(db, &put.key, found.map(image), Some(after), now)
}

fn lay(db: &Connection, record: Record, now: Timestamp) -> Result<()> {
    let Record { key, body, expires } = record;
    // What lay there before is asked for only where somebody is told of it.
    let before =
        if schema::is_logged(&key.sort) { find(db, &key, now).map_err(Error::internal)? } else { None };
    insert(db, &key, 1, "", &body, &Places::new(), expires)?;
    change_log::append(db, &key, before.as_ref().map(image), Some(Image { version: 1, body }), now)
}

fn remove(db: &Connection, key: &RowKey, found: Option<&Found>, now: Timestamp) -> Result<()> {
    let mut delete =
        db.prepare_cached("DELETE FROM entry WHERE owner = ?1 AND sort = ?2").map_err(Error::internal)?;
    delete.execute([&key.owner.to_string(), &key.sort]).map_err(Error::internal)?;
    change_log::append(db, key, found.map(image), None, now)
}

fn image(found: &Found) -> Image {
    Image { version: found.row.version, body: found.row.body.clone() }
}

#[cfg(test)]
mod tests {
    use super::FORGET;
    use crate::store::lay_out;
    use rusqlite::Connection;

    #[test]
    fn a_transaction_does_not_look_through_all_tokens_for_those_that_are_over() {
        let db = Connection::open_in_memory().unwrap();
        lay_out(&db).unwrap();
        let plan = format!("EXPLAIN QUERY PLAN {FORGET}");
        let plan: String = db.query_row(&plan, [0], |row| row.get("detail")).unwrap();
        assert!(plan.starts_with("SEARCH token USING"), "{plan}");
    }
}
