//! `Queue` on SQLite.

use crate::store::Store;
use crate::taking::{Held, Taken, Turn, give_up, take};
use crate::writer::Durability::Patient;
use async_trait::async_trait;
use domain::queue::{Message, Queue, Received};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::time::Duration;

#[async_trait]
impl Queue for Store {
    async fn send(&self, messages: Vec<Message>) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let now = self.clock().now();
        self.write(self.durability(), move |db| insert(db, &messages, now).map_err(Error::internal)).await
    }

    async fn receive(&self, most: usize, hide_for: Duration) -> Result<Vec<Received>> {
        self.take_in_turn(Turn { most, each: most, ..Turn::default() }, hide_for).await
    }

    async fn done(&self, receipt: &str) -> Result<()> {
        self.settle(receipt, |db, id, _| {
            db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id])
        })
        .await
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        let due = later(self.clock().now(), delay);
        let sql = "UPDATE message SET due = ?2, receives = max(receives, ?3) WHERE id = ?1";
        self.settle(receipt, move |db, id, receives| {
            db.prepare_cached(sql)?.execute(params![id, due, receives])
        })
        .await
    }
}

impl Store {
    /// Due messages, hidden from others in this process for a while; those of a group that has its share in hand wait.
    pub async fn take_in_turn(&self, turn: Turn, hide_for: Duration) -> Result<Vec<Received>> {
        let (now, mut taken) = (self.clock().now(), Taken::default());
        {
            let mut held = self.in_hand().lock();
            self.read(|db| take(db, &turn, now.as_millisecond(), &held, &mut taken))?;
            let until = later(now, hide_for);
            held.extend(
                taken.messages.iter().map(|(id, message)| (*id, Held { until, receives: message.receives })),
            );
        }
        if !taken.given_up.is_empty() {
            let given_up = taken.given_up.clone();
            match self.write(Patient, move |db| give_up(db, &given_up).map_err(Error::internal)).await {
                Ok(()) => self.in_hand().lock().retain(|id, _| !taken.given_up.contains(id)),
                // They are met again; what was taken beside them is in hand.
                Err(error) => tracing::error!(%error, "what is given up stays where it is for now"),
            }
        }
        Ok(taken.messages.into_iter().map(|(_, message)| message).collect())
    }

    /// When the next message is due, or the next after this moment.
    pub fn next_due(&self, after: Option<Timestamp>) -> Result<Option<Timestamp>> {
        let after = after.map_or(i64::MIN, Timestamp::as_millisecond);
        let mut due = self.hears().next_due();
        if due.is_some_and(|due| due <= after) {
            let sql = "SELECT min(due) FROM message WHERE dead = 0 AND due > ?1";
            due = self.read(|db| db.prepare_cached(sql)?.query_row([after], |row| row.get(0)))?;
            let hidden =
                self.in_hand().lock().values().map(|held| held.until).filter(|until| *until > after).min();
            due = due.into_iter().chain(hidden).min();
        }
        due.map(|due| Timestamp::from_millisecond(due).map_err(Error::internal)).transpose()
    }

    /// How many messages were given up.
    pub fn dead_letters(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM message WHERE dead = 1";
        let count: i64 = self.read(|db| db.query_row(sql, [], |row| row.get(0)))?;
        Ok(count.cast_unsigned())
    }

    /// It is in hand until that is written.
    async fn settle(
        &self,
        receipt: &str,
        settle: impl FnOnce(&Connection, i64, u32) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<()> {
        let id: i64 = receipt.parse().map_err(Error::internal)?;
        let receives = self.in_hand().lock().get(&id).map_or(0, |held| held.receives);
        self.write(Patient, move |db| settle(db, id, receives).map(|_| ()).map_err(Error::internal)).await?;
        self.in_hand().lock().remove(&id);
        Ok(())
    }
}

fn insert(db: &Connection, messages: &[Message], now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO message (grp, body, due, receives, dead) VALUES (?1, ?2, ?3, 0, 0)";
    let mut insert = db.prepare_cached(sql)?;
    for Message { body, group, delay } in messages {
        insert.execute(params![group, body, later(now, *delay)])?;
    }
    Ok(())
}

/// In milliseconds.
pub(crate) fn later(now: Timestamp, delay: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}
