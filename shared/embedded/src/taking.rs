//! Who is handed what: due messages, of each group some, of which none is in hand already.

use domain::queue::{MOST_RECEIVES, Received};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashMap, HashSet};
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

/// What is in hand, for as long as this process lives. Nothing of it is written: a larder that begins anew finds all of it
/// waiting.
#[derive(Default)]
pub(crate) struct InHand(Mutex<HashMap<i64, Held>>);

pub(crate) struct Held {
    /// Until when it is hidden.
    pub(crate) until: i64,
    pub(crate) receives: u32,
}

impl InHand {
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<i64, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) messages: Vec<(i64, Received)>,
    /// Handed out often enough.
    pub(crate) given_up: Vec<i64>,
}

/// One seek for each group, however long the queue of any of them is; only what is in hand is stepped over.
pub(crate) fn take(
    db: &Connection,
    turn: &Turn,
    now: i64,
    held: &HashMap<i64, Held>,
    taken: &mut Taken,
) -> rusqlite::Result<()> {
    let Turn { most, each, in_hand, after, slow, most_slow } = turn;
    let mut most_slow = *most_slow;
    let (mut last, mut is_second_lap) = (after.clone(), false);
    while taken.messages.len() < *most {
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
        let (is_slow, before) = (slow.contains(&group), taken.messages.len());
        let some = room.min(*most - before).min(if is_slow { most_slow } else { *most });
        if some > 0 {
            take_of(db, &group, before + some, now, held, taken)?;
        }
        most_slow -= if is_slow { taken.messages.len() - before } else { 0 };
        last = group;
    }
    Ok(())
}

/// What was handed out often enough stands in nobody's way.
fn take_of(
    db: &Connection,
    group: &str,
    enough: usize,
    now: i64,
    held: &HashMap<i64, Held>,
    taken: &mut Taken,
) -> rusqlite::Result<()> {
    let mut due = db.prepare_cached(DUE)?;
    let mut rows = due.query(params![group, now])?;
    // What is hidden no more has its place by when that was.
    let mut again = BTreeMap::<(i64, i64), _>::new();
    loop {
        let row = rows.next()?;
        let due = row.map_or(Ok(i64::MAX), |row| row.get(3))?;
        while taken.messages.len() < enough
            && let Some(first) = again.first_entry().filter(|first| first.key().0 <= due)
        {
            taken.messages.push(first.remove());
        }
        let Some(row) = row.filter(|_| taken.messages.len() < enough) else { return Ok(()) };
        let id: i64 = row.get(0)?;
        let held = held.get(&id);
        if held.is_some_and(|held| now < held.until) {
            continue;
        }
        let receives = row.get::<_, u32>(2)?.max(held.map_or(0, |held| held.receives)) + 1;
        if receives > MOST_RECEIVES {
            tracing::error!(group, receipt = id, "a message is given up, until Larder is started again");
            taken.given_up.push(id);
            continue;
        }
        let message =
            Received { receipt: id.to_string(), body: row.get(1)?, group: group.to_owned(), receives };
        match held {
            Some(held) => _ = again.insert((held.until, id), (id, message)),
            None => taken.messages.push((id, message)),
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
