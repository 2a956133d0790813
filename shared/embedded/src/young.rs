//! Messages that are not written yet. Should the process end, what they tell is told again, because the bookmark behind it
//! is not written either: both are in one transaction. What is done by then is never written at all.

use crate::queue::queue;
use domain::queue::{MOST_RECEIVES, Message};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

/// By their ids, which are those that they will have in the file.
#[derive(Default)]
pub(crate) struct Young {
    messages: HashMap<i64, Unwritten>,
    /// Of each group, by when its turn comes.
    turns: BTreeSet<(String, i64, i64)>,
}

pub(crate) struct Unwritten {
    pub(crate) body: String,
    pub(crate) receives: u32,
    group: String,
    due: i64,
    /// Behind `due` while it is in hand.
    turn: i64,
    is_being_written: bool,
}

impl Young {
    pub(crate) fn push(&mut self, id: i64, Message { body, group, .. }: Message, due: i64) {
        self.turns.insert((group.clone(), due, id));
        let unwritten = Unwritten { body, receives: 0, group, due, turn: due, is_being_written: false };
        self.messages.insert(id, unwritten);
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.messages.contains_key(&id)
    }

    /// Whether it is here and nowhere else.
    pub(crate) fn is_only_here(&self, id: i64) -> bool {
        self.messages.get(&id).is_some_and(|message| !message.is_being_written)
    }

    /// The next group behind this one.
    pub(crate) fn group_after(&self, last: &str) -> Option<&str> {
        let behind = (last.to_owned(), i64::MAX, i64::MAX);
        self.turns.range((Excluded(behind), Unbounded)).next().map(|(group, ..)| group.as_str())
    }

    /// Whose turn it is in a group, and since when; what was handed out often enough is given up when it is written.
    pub(crate) fn due(&self, group: &str, now: i64) -> impl Iterator<Item = ((i64, i64), &Unwritten)> {
        let (first, last) = ((group.to_owned(), i64::MIN, i64::MIN), (group.to_owned(), now, i64::MAX));
        let due = self.turns.range(first..=last);
        due.filter_map(|(_, turn, id)| Some(((*turn, *id), self.messages.get(id)?)))
            .filter(|(_, message)| message.receives < MOST_RECEIVES)
    }

    /// When the next turn comes, after this moment.
    pub(crate) fn next_due(&self, after: i64) -> Option<i64> {
        self.turns.iter().map(|(_, turn, _)| *turn).filter(|turn| *turn > after).min()
    }

    pub(crate) fn is_taken(&mut self, id: i64, until: i64) {
        self.moves(id, until, |message| message.receives += 1);
    }

    pub(crate) fn put_off(&mut self, id: i64, due: i64) {
        self.moves(id, due, |message| message.due = due);
    }

    pub(crate) fn forget(&mut self, id: i64) {
        if let Some(Unwritten { group, turn, .. }) = self.messages.remove(&id) {
            self.turns.remove(&(group, turn, id));
        }
    }

    /// All of them; until it is known what became of that they are here as well.
    pub(crate) fn write(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.messages.iter_mut().try_for_each(|(id, message)| {
            message.is_being_written = true;
            queue(db, *id, &message.group, &message.body, message.due, message.receives)
        })
    }

    pub(crate) fn are_written(&mut self, are_written: bool) {
        let being_written = self.messages.iter().filter(|(_, message)| message.is_being_written);
        for id in being_written.map(|(id, _)| *id).collect::<Vec<_>>() {
            if are_written {
                self.forget(id);
            } else if let Some(message) = self.messages.get_mut(&id) {
                message.is_being_written = false;
            }
        }
    }

    fn moves(&mut self, id: i64, turn: i64, change: impl FnOnce(&mut Unwritten)) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        self.turns.remove(&(message.group.clone(), message.turn, id));
        message.turn = turn;
        change(message);
        self.turns.insert((message.group.clone(), turn, id));
    }
}
