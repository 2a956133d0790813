//! `Queue` on SQLite.

use crate::store::Store;
use crate::writer::Durability::{Ordered, Patient};
use async_trait::async_trait;
use domain::queue::{MOST_RECEIVES, Message, Queue, Received};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Touches only what it hands out, however long the queue is.
const TAKE: &str = "
    UPDATE message SET due = ?1, receives = receives + 1, dead = receives >= ?5 WHERE id IN
    (SELECT id FROM message WHERE dead = 0 AND grp = ?2 AND due <= ?3 ORDER BY due, id LIMIT ?4)
    RETURNING id, body, receives, dead";

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
        self.change(receipt, |db, id| db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id]))
            .await
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        let due = later(self.clock().now(), delay);
        let sql = "UPDATE message SET due = ?2 WHERE id = ?1";
        self.change(receipt, move |db, id| db.prepare_cached(sql)?.execute([id, due])).await
    }
}

/// Whose turn it is: of each group some, beginning behind the one that was served last.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    pub most: usize,
    /// How many of one group may be in hand.
    pub each: usize,
    pub in_hand: BTreeMap<String, usize>,
    pub after: String,
    /// And how many of all of these groups.
    pub slow: HashSet<String>,
    pub most_slow: usize,
}

impl Store {
    /// Due messages, hidden from other receivers for a while; those of a group that has its share in hand wait.
    pub async fn take_in_turn(&self, turn: Turn, hide_for: Duration) -> Result<Vec<Received>> {
        let now = self.clock().now();
        self.write(Ordered, move |db| take(db, &turn, now, later(now, hide_for)).map_err(Error::internal))
            .await
    }

    /// When the next message is due, or the next after this moment.
    pub fn next_due(&self, after: Option<Timestamp>) -> Result<Option<Timestamp>> {
        let after = after.map_or(i64::MIN, Timestamp::as_millisecond);
        let mut due = self.hears().next_due();
        if due.is_some_and(|due| due <= after) {
            let sql = "SELECT min(due) FROM message WHERE dead = 0 AND due > ?1";
            due = self.read(|db| db.prepare_cached(sql)?.query_row([after], |row| row.get(0)))?;
        }
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
        self.write(Patient, move |db| change(db, id).map(|_| ()).map_err(Error::internal)).await
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

/// One seek for each group, however long the queue of any of them is.
fn take(db: &Connection, turn: &Turn, now: Timestamp, hidden_until: i64) -> rusqlite::Result<Vec<Received>> {
    let Turn { most, each, in_hand, after, slow, most_slow } = turn;
    let (mut taken, mut most_slow) = (Vec::new(), *most_slow);
    let (mut last, mut is_second_lap) = (after.clone(), false);
    while taken.len() < *most {
        let group: Option<String> = db
            .prepare_cached("SELECT min(grp) FROM message WHERE dead = 0 AND grp > ?1")?
            .query_row([&last], |row| row.get(0))?;
        let Some(group) = group.filter(|group| !is_second_lap || group <= after) else {
            if is_second_lap {
                break;
            }
            (last, is_second_lap) = (String::new(), true);
            continue;
        };
        let room = each.saturating_sub(in_hand.get(&group).copied().unwrap_or_default());
        let (is_slow, before) = (slow.contains(&group), taken.len());
        let some = room.min(*most - before).min(if is_slow { most_slow } else { *most });
        // Again, as long as some of them are given up instead.
        while some > 0 && !take_of(db, &group, before + some, now, hidden_until, &mut taken)? {}
        most_slow -= if is_slow { taken.len() - before } else { 0 };
        last = group;
    }
    Ok(taken)
}

/// What was handed out often enough lies with the dead letters from now on. Whether there was none of that.
fn take_of(
    db: &Connection,
    group: &str,
    enough: usize,
    now: Timestamp,
    hidden_until: i64,
    taken: &mut Vec<Received>,
) -> rusqlite::Result<bool> {
    let (mut update, most) = (db.prepare_cached(TAKE)?, enough.saturating_sub(taken.len()));
    let values = params![hidden_until, group, now.as_millisecond(), most as i64, MOST_RECEIVES];
    let (mut rows, mut is_all) = (update.query(values)?, true);
    while let Some(row) = rows.next()? {
        let receipt = row.get::<_, i64>(0)?.to_string();
        let (body, receives) = (row.get(1)?, row.get(2)?);
        if row.get(3)? {
            tracing::error!(group, receipt, "a message is given up, until Larder is started again");
            is_all = false;
        } else {
            taken.push(Received { receipt, body, group: group.to_owned(), receives });
        }
    }
    Ok(is_all)
}

fn later(now: Timestamp, delay: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::TAKE;
    use crate::store::lay_out;
    use rusqlite::Connection;

    #[test]
    fn who_takes_does_not_look_through_the_whole_queue() {
        let db = Connection::open_in_memory().unwrap();
        lay_out(&db).unwrap();
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {TAKE}")).unwrap();
        let steps = plan.query_map([1; 5], |row| row.get::<_, String>("detail")).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(
            steps.iter().any(|step| step.contains("message_turn (dead=? AND grp=? AND due<?)")),
            "{steps:?}"
        );
        assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{steps:?}");
        assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
