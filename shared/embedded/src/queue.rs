//! `Queue` on SQLite.

use crate::store::Store;
use crate::writer::Durability::{Relaxed, Synced};
use async_trait::async_trait;
use domain::queue::{MOST_RECEIVES, Message, Queue, Received};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::time::Duration;

#[async_trait]
impl Queue for Store {
    async fn send(&self, message: Message) -> Result<()> {
        let due = later(self.clock().now(), message.delay);
        self.write(Synced, move |db| {
            let sql = "INSERT INTO message (grp, body, due, receives, dead) VALUES (?1, ?2, ?3, 0, 0)";
            let mut insert = db.prepare_cached(sql).map_err(Error::internal)?;
            insert.execute(params![message.group, message.body, due]).map(|_| ()).map_err(Error::internal)
        })
        .await
    }

    async fn receive(&self, most: usize, hide_for: Duration) -> Result<Vec<Received>> {
        let now = self.clock().now();
        self.write(Relaxed, move |db| {
            set_aside(db, now)
                .and_then(|()| take(db, most, now, later(now, hide_for)))
                .map_err(Error::internal)
        })
        .await
    }

    async fn done(&self, receipt: &str) -> Result<()> {
        self.change(receipt, |db, id| db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id]))
            .await
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        let due = later(self.clock().now(), delay);
        let sql = "UPDATE message SET due = ?2 WHERE id = ?1";
        self.change(receipt, move |db, id| db.prepare_cached(sql)?.execute([id, due])).await
    }
}

impl Store {
    /// When the next message is due, if one waits.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let sql = "SELECT min(due) FROM message WHERE dead = 0";
        let due: Option<i64> = self.read(|db| db.prepare_cached(sql)?.query_row([], |row| row.get(0)))?;
        due.map(|due| Timestamp::from_millisecond(due).map_err(Error::internal)).transpose()
    }

    /// How many messages were given up.
    pub fn dead_letters(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM message WHERE dead = 1";
        let count: i64 = self.read(|db| db.query_row(sql, [], |row| row.get(0)))?;
        Ok(count.cast_unsigned())
    }

    async fn change(
        &self,
        receipt: &str,
        change: impl FnOnce(&Connection, i64) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<()> {
        let id: i64 = receipt.parse().map_err(Error::internal)?;
        self.write(Relaxed, move |db| change(db, id).map(|_| ()).map_err(Error::internal)).await
    }
}

/// What was handed out often enough lies with the dead letters from now on.
fn set_aside(db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE message SET dead = 1 WHERE dead = 0 AND due <= ?1 AND receives >= ?2";
    db.prepare_cached(sql)?.execute(params![now.as_millisecond(), MOST_RECEIVES]).map(|_| ())
}

fn take(db: &Connection, most: usize, now: Timestamp, hidden_until: i64) -> rusqlite::Result<Vec<Received>> {
    let sql = "UPDATE message SET due = ?1, receives = receives + 1 WHERE id IN
               (SELECT id FROM message WHERE dead = 0 AND due <= ?2 ORDER BY due, id LIMIT ?3)
               RETURNING id, body, receives";
    let values = params![hidden_until, now.as_millisecond(), most as i64];
    db.prepare_cached(sql)?
        .query_map(values, |row| {
            Ok(Received {
                receipt: row.get::<_, i64>(0)?.to_string(),
                body: row.get(1)?,
                receives: row.get(2)?,
            })
        })?
        .collect()
}

fn later(now: Timestamp, delay: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}
