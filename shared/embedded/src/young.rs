//! Messages that are not written yet. Should the process end, what they tell is told again, because the bookmark behind it
//! is not written either; both are in one transaction. What is done by then was never written at all.

use crate::queue::queue;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

/// By their ids, which are those that they will have in the file.
#[derive(Default)]
pub(crate) struct Young {
    messages: HashMap<i64, Unwritten>,
    /// Those that nobody has had in hand: group, since when, and id.
    waiting: BTreeSet<(String, i64, i64)>,
}

struct Unwritten {
    group: String,
    body: String,
    due: i64,
    receives: u32,
    is_being_written: bool,
}

impl Young {
    pub(crate) fn push(&mut self, id: i64, group: String, body: String, due: i64) {
        self.waiting.insert((group.clone(), due, id));
        self.messages.insert(id, Unwritten { group, body, due, receives: 0, is_being_written: false });
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.messages.contains_key(&id)
    }

    /// The next group behind this one for which something waits.
    pub(crate) fn group_after(&self, last: &str) -> Option<&str> {
        let behind = (last.to_owned(), i64::MAX, i64::MAX);
        self.waiting.range((Excluded(behind), Unbounded)).next().map(|(group, ..)| group.as_str())
    }

    /// What waits for a group, first come first: since when, its id and what it says.
    pub(crate) fn of(&self, group: &str, now: i64) -> impl Iterator<Item = (i64, i64, &str)> {
        let (first, last) = ((group.to_owned(), i64::MIN, i64::MIN), (group.to_owned(), now, i64::MAX));
        let waiting = self.waiting.range(first..=last);
        waiting.filter_map(|(_, due, id)| Some((*due, *id, self.messages.get(id)?.body.as_str())))
    }

    /// When something that waits is due, after this moment.
    pub(crate) fn next_due(&self, after: i64) -> Option<i64> {
        self.waiting.iter().map(|(_, due, _)| *due).filter(|due| *due > after).min()
    }

    pub(crate) fn is_taken(&mut self, id: i64) {
        if let Some(message) = self.messages.get(&id) {
            self.waiting.remove(&(message.group.clone(), message.due, id));
        }
    }

    pub(crate) fn forget(&mut self, id: i64) {
        self.is_taken(id);
        self.messages.remove(&id);
    }

    pub(crate) fn put_off(&mut self, id: i64, due: i64, receives: u32) {
        if let Some(message) = self.messages.get_mut(&id) {
            (message.due, message.receives) = (due, receives);
        }
    }

    /// Whether it is here and nowhere else.
    pub(crate) fn is_only_here(&self, id: i64) -> bool {
        self.messages.get(&id).is_some_and(|message| !message.is_being_written)
    }

    /// All of them; until it is known what became of that they are here as well.
    pub(crate) fn write(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.messages.iter_mut().try_for_each(|(id, message)| {
            message.is_being_written = true;
            queue(db, *id, &message.group, &message.body, message.due, message.receives)
        })
    }

    pub(crate) fn are_written(&mut self, are_written: bool) {
        if are_written {
            self.messages.retain(|_, message| !message.is_being_written);
            let messages = &self.messages;
            self.waiting.retain(|(_, _, id)| messages.contains_key(id));
        }
        self.messages.values_mut().for_each(|message| message.is_being_written = false);
    }
}
