//! `Queue` on SQLite.

use crate::store::Store;
use crate::taking::{Known, Taken, Turn, give_up, take};
use crate::writer::Durability::Patient;
use async_trait::async_trait;
use domain::queue::{Message, Queue, Received};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::time::Duration;

/// A message as it is written.
#[derive(Clone)]
pub(crate) struct Waits {
    pub(crate) group: String,
    pub(crate) body: String,
    pub(crate) due: i64,
    pub(crate) receives: u32,
}

#[async_trait]
impl Queue for Store {
    async fn send(&self, messages: Vec<Message>) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let (now, ids) = (self.clock().now(), self.at_hand().ids(messages.len()));
        let messages: Vec<_> =
            ids.zip(messages.into_iter().map(|message| Waits::from(message, now))).collect();
        if self.is_told_again() {
            self.at_hand().lock().young.extend(messages);
            self.hears().queued.send_modify(|()| {});
            return Ok(());
        }
        self.write(self.durability(), |db| write(db, messages).map(|_| ()).map_err(Error::internal)).await
    }

    async fn receive(&self, most: usize, hide_for: Duration) -> Result<Vec<Received>> {
        self.take_in_turn(Turn { most, each: most, ..Turn::default() }, hide_for).await
    }

    async fn done(&self, receipt: &str) -> Result<()> {
        let id = receipt.parse().map_err(Error::internal)?;
        if !self.at_hand().lock().forget_unwritten(id) {
            let sql = "DELETE FROM message WHERE id = ?1";
            self.settle(move |db| db.prepare_cached(sql)?.execute([id])).await?;
            self.at_hand().lock().forget(id);
        }
        Ok(())
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        let (id, due) = (receipt.parse().map_err(Error::internal)?, later(self.clock().now(), delay));
        let Some(receives) = self.at_hand().lock().put_off_unwritten(id, due) else { return Ok(()) };
        let sql = "UPDATE message SET due = ?2, receives = max(receives, ?3) WHERE id = ?1";
        self.settle(move |db| db.prepare_cached(sql)?.execute(params![id, due, receives])).await?;
        self.at_hand().lock().put_off(id, due);
        Ok(())
    }
}

impl Store {
    /// Due messages, hidden from others in this process for a while; those of a group that has its share in hand wait.
    pub async fn take_in_turn(&self, turn: Turn, hide_for: Duration) -> Result<Vec<Received>> {
        let (now, mut taken) = (self.clock().now(), Taken::default());
        {
            let mut known = self.at_hand().lock();
            self.read(|db| take(db, &turn, now.as_millisecond(), &known, &mut taken))?;
            known.are_taken(&taken.messages, later(now, hide_for));
        }
        if !taken.given_up.is_empty() {
            let given_up = taken.given_up.clone();
            match self.write(Patient, move |db| give_up(db, &given_up).map_err(Error::internal)).await {
                Ok(()) => self.at_hand().lock().held.retain(|id, _| !taken.given_up.contains(id)),
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
            let known = self.at_hand().lock();
            let hidden = known.held.values().map(|held| held.until).filter(|until| *until > after).min();
            due = due.into_iter().chain(hidden).min();
        }
        let young = self.at_hand().lock().young.next_due(after);
        let due = due.into_iter().chain(young).min();
        due.map(|due| Timestamp::from_millisecond(due).map_err(Error::internal)).transpose()
    }

    /// How many messages were given up.
    pub fn dead_letters(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM message WHERE dead = 1";
        let count: i64 = self.read(|db| db.query_row(sql, [], |row| row.get(0)))?;
        Ok(count.cast_unsigned())
    }

    /// How many messages are not written yet.
    pub fn unwritten(&self) -> usize {
        self.at_hand().lock().young.len()
    }

    /// As if this process had ended here and begun anew.
    #[doc(hidden)]
    pub fn forget(&self) {
        *self.at_hand().lock() = Known::default();
    }

    async fn settle(
        &self,
        settle: impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<()> {
        self.write(Patient, move |db| settle(db).map(|_| ()).map_err(Error::internal)).await
    }
}

impl Waits {
    fn from(Message { body, group, delay }: Message, now: Timestamp) -> Self {
        Self { group, body, due: later(now, delay), receives: 0 }
    }
}

/// Each in the place of what it was before, if it was. Answers which they were.
pub(crate) fn write(db: &Connection, messages: Vec<(i64, Waits)>) -> rusqlite::Result<Vec<i64>> {
    let sql =
        "INSERT OR REPLACE INTO message (id, grp, body, due, receives, dead) VALUES (?1, ?2, ?3, ?4, ?5, 0)";
    let mut write = db.prepare_cached(sql)?;
    let mut write = |(id, Waits { group, body, due, receives }): (i64, Waits)| {
        write.execute(params![id, group, body, due, receives]).map(|_| id)
    };
    messages.into_iter().map(&mut write).collect()
}

/// In milliseconds.
pub(crate) fn later(now: Timestamp, delay: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}
