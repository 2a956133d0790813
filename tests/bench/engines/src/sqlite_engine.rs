use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::engine::{CACHE_BYTES, Engine, Fallible, Put};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS row(
        owner TEXT NOT NULL, sort TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY(owner, sort)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS log(
        seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, sort TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS counter(
        name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;";

pub struct SqliteEngine {
    writer: Connection,
    reader: Connection,
    synchronous: &'static str,
}

impl SqliteEngine {
    pub fn open(dir: &Path) -> Fallible<Self> {
        let path = dir.join("rows.sqlite");
        let writer = Connection::open(&path)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.execute_batch(SCHEMA)?;
        let reader = Connection::open(&path)?;
        for connection in [&writer, &reader] {
            // A negative size is in KiB rather than in pages.
            connection.pragma_update(None, "cache_size", -((CACHE_BYTES >> 10) as i64))?;
        }
        Ok(SqliteEngine { writer, reader, synchronous: "" })
    }

    /// Durable and relaxed transactions share one connection, because a second one would throw
    /// its page cache away at each commit of the first.
    fn set_synchronous(&mut self, level: &'static str) -> Fallible<()> {
        if self.synchronous != level {
            self.writer.pragma_update(None, "synchronous", level)?;
            self.synchronous = level;
        }
        Ok(())
    }
}

impl Engine for SqliteEngine {
    fn put(&mut self, rows: &[Put]) -> Fallible<()> {
        self.set_synchronous("FULL")?;
        let transaction = self.writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut log = transaction.prepare_cached("INSERT INTO log(owner, sort) VALUES(?1, ?2)")?;
            let mut row = transaction.prepare_cached(
                "INSERT INTO row VALUES(?1, ?2, ?3, ?4) ON CONFLICT(owner, sort)
                 DO UPDATE SET version = excluded.version, body = excluded.body",
            )?;
            for Put { owner, sort, body } in rows {
                let version = log.insert(params![owner, sort])?;
                row.execute(params![owner, sort, version, body.as_bytes()])?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn count(&mut self, names: &[String]) -> Fallible<()> {
        self.set_synchronous("NORMAL")?;
        let transaction = self.writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut add = transaction.prepare_cached(
                "INSERT INTO counter VALUES(?1, 1)
                 ON CONFLICT(name) DO UPDATE SET value = value + 1",
            )?;
            for name in names {
                add.execute([name])?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn get(&self, owner: &str, sort: &str) -> Fallible<Option<Vec<u8>>> {
        let mut query = self.reader.prepare_cached("SELECT body FROM row WHERE owner = ?1 AND sort = ?2")?;
        Ok(query.query_row([owner, sort], |row| row.get(0)).optional()?)
    }

    fn range(&self, owner: &str, sort: &str, limit: usize) -> Fallible<Vec<Vec<u8>>> {
        let mut query = self
            .reader
            .prepare_cached("SELECT body FROM row WHERE owner = ?1 AND sort >= ?2 ORDER BY sort LIMIT ?3")?;
        let bodies = query.query_map(params![owner, sort, limit as i64], |row| row.get(0))?;
        Ok(bodies.collect::<Result<_, _>>()?)
    }

    fn counter(&self, name: &str) -> Fallible<u64> {
        let mut query = self.reader.prepare_cached("SELECT value FROM counter WHERE name = ?1")?;
        let value: Option<i64> = query.query_row([name], |row| row.get(0)).optional()?;
        Ok(u64::try_from(value.unwrap_or(0))?)
    }

    fn log_len(&self) -> Fallible<u64> {
        let len: i64 = self.reader.query_row("SELECT count(*) FROM log", [], |row| row.get(0))?;
        Ok(u64::try_from(len)?)
    }

    fn compact(&mut self) -> Fallible<()> {
        Ok(self.writer.execute_batch("VACUUM")?)
    }
}
