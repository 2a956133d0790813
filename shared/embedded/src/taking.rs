//! Who is handed what: due messages, of each group some, of which none is in hand already.

use crate::groups::Groups;
use crate::young::Young;
use domain::queue::{MOST_RECEIVES, Received};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// In the order in which they are handed out, those that are in hand among them.
const DUE: &str =
    "SELECT id, body, receives, due FROM message WHERE dead = 0 AND grp = ?1 AND due <= ?2 ORDER BY due, id";

/// What this process alone knows of messages.
pub(crate) struct AtHand {
    known: Mutex<Known>,
    next_id: AtomicI64,
}

#[derive(Default)]
pub(crate) struct Known {
    /// Nothing of what is in hand is written: a larder that begins anew finds all of it waiting, or is told it again.
    pub(crate) held: HashMap<i64, Held>,
    pub(crate) young: Young,
}

pub(crate) struct Held {
    /// Until when it is hidden.
    pub(crate) until: i64,
    pub(crate) receives: u32,
}

impl AtHand {
    pub(crate) fn of(db: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'message'";
        let next_id = AtomicI64::new(db.query_row(sql, [], |row| row.get(0))?);
        Ok(Self { known: Mutex::default(), next_id })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For so many messages that are new.
    pub(crate) fn ids(&self, count: usize) -> Range<i64> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let first = self.next_id.fetch_add(count, Ordering::Relaxed);
        first..first.saturating_add(count)
    }
}

impl Known {
    pub(crate) fn are_taken(&mut self, messages: &[(i64, Received)], until: i64) {
        for (id, message) in messages {
            self.young.is_taken(*id, until);
            self.held.insert(*id, Held { until, receives: message.receives });
        }
    }

    pub(crate) fn forget(&mut self, id: i64) {
        self.young.remove(id);
        self.held.remove(&id);
    }

    pub(crate) fn put_off(&mut self, id: i64, due: i64) {
        self.young.put_off(id, due);
        self.held.remove(&id);
    }

    /// Whether that is all there is to do.
    pub(crate) fn forget_unwritten(&mut self, id: i64) -> bool {
        let is_unwritten = self.young.is_only_here(id);
        if is_unwritten {
            self.forget(id);
        }
        is_unwritten
    }

    /// None if that is all there is to do; otherwise how often it was handed out, which is to be written with it.
    pub(crate) fn put_off_unwritten(&mut self, id: i64, due: i64) -> Option<u32> {
        if self.young.is_only_here(id) {
            self.put_off(id, due);
            return None;
        }
        Some(self.held.get(&id).map_or(0, |held| held.receives))
    }
}

#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) messages: Vec<(i64, Received)>,
    /// Handed out often enough.
    pub(crate) given_up: Vec<i64>,
}

/// One seek for each group of the file, however long the queue of any of them is; only what is in hand is stepped over.
pub(crate) fn take(
    db: &Connection,
    turn: &Turn,
    now: i64,
    known: &Known,
    taken: &mut Taken,
) -> rusqlite::Result<()> {
    let Turn { most, each, in_hand, after, slow, most_slow } = turn;
    let mut most_slow = *most_slow;
    let mut groups = Groups::behind(db, &known.young, after)?;
    while taken.messages.len() < *most
        && let Some((group, lies)) = groups.next()?
    {
        let room = each.saturating_sub(in_hand.get(&group).copied().unwrap_or_default());
        let (is_slow, before) = (slow.contains(&group), taken.messages.len());
        let some = room.min(*most - before).min(if is_slow { most_slow } else { *most });
        if some > 0 {
            take_of(lies.then_some(db), &group, before + some, now, known, taken)?;
        }
        most_slow -= if is_slow { taken.messages.len() - before } else { 0 };
    }
    Ok(())
}

/// What was handed out often enough stands in nobody's way.
fn take_of(
    db: Option<&Connection>,
    group: &str,
    enough: usize,
    now: i64,
    known: &Known,
    taken: &mut Taken,
) -> rusqlite::Result<()> {
    let received = |id: i64, body: String, receives| {
        (id, Received { receipt: id.to_string(), body, group: group.to_owned(), receives })
    };
    // What is not written has its place among the others; what is hidden no more, by when that was.
    let young = known.young.due(group, now).take(enough - taken.messages.len());
    let mut beside: BTreeMap<_, _> = young
        .map(|(turn, message)| (turn, received(turn.1, message.body.clone(), message.receives + 1)))
        .collect();
    let Some(db) = db else {
        taken.messages.extend(beside.into_values());
        return Ok(());
    };
    let mut due = db.prepare_cached(DUE)?;
    let mut rows = due.query(params![group, now])?;
    loop {
        let row = rows.next()?;
        let due = row.map_or(Ok(i64::MAX), |row| row.get(3))?;
        while taken.messages.len() < enough
            && let Some(first) = beside.first_entry().filter(|first| first.key().0 <= due)
        {
            taken.messages.push(first.remove());
        }
        let Some(row) = row.filter(|_| taken.messages.len() < enough) else { return Ok(()) };
        let id: i64 = row.get(0)?;
        let held = known.held.get(&id);
        if known.young.contains(id) || held.is_some_and(|held| now < held.until) {
            continue;
        }
        let receives = row.get::<_, u32>(2)?.max(held.map_or(0, |held| held.receives)) + 1;
        if receives > MOST_RECEIVES {
            tracing::error!(group, receipt = id, "a message is given up, until Larder is started again");
            taken.given_up.push(id);
            continue;
        }
        let message = received(id, row.get(1)?, receives);
        match held {
            Some(held) => _ = beside.insert((held.until, id), message),
            None => taken.messages.push(message),
        }
    }
}

/// They lie with the dead letters from now on.
pub(crate) fn give_up(db: &Connection, messages: &[i64]) -> rusqlite::Result<()> {
    let mut give_up = db.prepare_cached("UPDATE message SET dead = 1 WHERE id = ?1")?;
    messages.iter().try_for_each(|id| give_up.execute([id]).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::DUE;
    use crate::store::lay_out;
    use rusqlite::Connection;

    #[test]
    fn who_takes_does_not_look_through_the_whole_queue() {
        let db = Connection::open_in_memory().unwrap();
        lay_out(&db).unwrap();
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {DUE}")).unwrap();
        let steps = plan.query_map([1; 2], |row| row.get::<_, String>("detail")).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(
            steps.iter().any(|step| step.contains("message_turn (dead=? AND grp=? AND due<?)")),
            "{steps:?}"
        );
        assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{steps:?}");
        assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
