//! Messages that are not written yet. Should the process end, what they tell is told again, because the bookmark behind it
//! is not written either: both are in one transaction. What is done by then is never written at all.

use crate::queue::Waits;
use domain::queue::MOST_RECEIVES;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

/// By their ids, which are those that they will have in the file.
#[derive(Default)]
pub(crate) struct Young {
    messages: BTreeMap<i64, Unwritten>,
    /// When the turn of each comes; by that, and by their groups.
    turns: BTreeSet<(i64, i64)>,
    of_groups: BTreeSet<(String, i64, i64)>,
}

pub(crate) struct Unwritten {
    pub(crate) what: Waits,
    /// Behind `due` while it is in hand.
    turn: i64,
    is_being_written: bool,
}

impl Young {
    pub(crate) fn extend(&mut self, messages: Vec<(i64, Waits)>) {
        for (id, what) in messages {
            self.insert(id, Unwritten { turn: what.due, what, is_being_written: false });
        }
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
        self.of_groups.range((Excluded(behind), Unbounded)).next().map(|(group, ..)| group.as_str())
    }

    /// Whose turn it is in a group, and since when; what was handed out often enough is given up when it is written.
    pub(crate) fn due(&self, group: &str, now: i64) -> impl Iterator<Item = ((i64, i64), &Waits)> {
        let (first, last) = ((group.to_owned(), i64::MIN, i64::MIN), (group.to_owned(), now, i64::MAX));
        let due = self.of_groups.range(first..=last);
        due.filter_map(|(_, turn, id)| Some(((*turn, *id), &self.messages.get(id)?.what)))
            .filter(|(_, what)| what.receives < MOST_RECEIVES)
    }

    /// When the next turn comes, after this moment.
    pub(crate) fn next_due(&self, after: i64) -> Option<i64> {
        self.turns.range((Excluded((after, i64::MAX)), Unbounded)).next().map(|(turn, _)| *turn)
    }

    pub(crate) fn is_taken(&mut self, id: i64, until: i64) {
        if let Some(mut message) = self.remove(id) {
            message.turn = until;
            message.what.receives += 1;
            self.insert(id, message);
        }
    }

    pub(crate) fn put_off(&mut self, id: i64, due: i64) {
        if let Some(mut message) = self.remove(id) {
            (message.turn, message.what.due) = (due, due);
            self.insert(id, message);
        }
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Unwritten> {
        let message = self.messages.remove(&id)?;
        self.turns.remove(&(message.turn, id));
        self.of_groups.remove(&(message.what.group.clone(), message.turn, id));
        Some(message)
    }

    /// All of them, by the thread that writes; until it is known what became of that they are here as well.
    pub(crate) fn begin_to_write(&mut self) -> Vec<(i64, Waits)> {
        self.messages.values_mut().for_each(|message| message.is_being_written = true);
        self.messages.iter().map(|(id, message)| (*id, message.what.clone())).collect()
    }

    pub(crate) fn are_written(&mut self, written: &[i64]) {
        for id in written {
            self.remove(*id);
        }
        self.messages.values_mut().for_each(|message| message.is_being_written = false);
    }

    fn insert(&mut self, id: i64, message: Unwritten) {
        self.turns.insert((message.turn, id));
        self.of_groups.insert((message.what.group.clone(), message.turn, id));
        self.messages.insert(id, message);
    }
}

#[cfg(test)]
mod tests {
    use crate::queue::{Waits, write};
    use crate::store::lay_out;
    use crate::taking::{Known, Taken, Turn, take};
    use domain::queue::MOST_RECEIVES;
    use rusqlite::Connection;

    const NOW: i64 = 1_000;
    const UNTIL: i64 = 2_000;

    fn bodies(db: &Connection, known: &mut Known, now: i64) -> Vec<String> {
        let mut taken = Taken::default();
        take(db, &Turn { most: 10, each: 10, ..Turn::default() }, now, known, &mut taken).unwrap();
        known.are_taken(&taken.messages, UNTIL);
        taken.messages.into_iter().map(|(_, message)| message.body).collect()
    }

    /// One message, in hand while it is being written.
    fn being_written() -> (Connection, Known, Vec<(i64, Waits)>) {
        let (db, mut known) = (Connection::open_in_memory().unwrap(), Known::default());
        lay_out(&db).unwrap();
        let (group, body) = ("g".to_owned(), "told".to_owned());
        known.young.extend(vec![(1, Waits { group, body, due: NOW, receives: 0 })]);
        assert_eq!(bodies(&db, &mut known, NOW), ["told"]);
        let written = known.young.begin_to_write();
        assert_eq!(bodies(&db, &mut known, NOW), [""; 0]);
        (db, known, written)
    }

    #[test]
    fn what_is_being_written_is_settled_in_the_file_as_well() {
        for is_written in [true, false] {
            let (db, mut known, messages) = being_written();
            assert!(!known.forget_unwritten(1));
            assert_eq!(known.put_off_unwritten(1, UNTIL), Some(1));
            assert_eq!(bodies(&db, &mut known, UNTIL - 1), [""; 0], "it is in hand until that is done");
            let written = if is_written { write(&db, messages).unwrap() } else { Vec::new() };
            known.young.are_written(&written);
            assert_eq!(bodies(&db, &mut known, UNTIL - 1), [""; 0], "nor does it come by where it lies now");
            db.execute("UPDATE message SET due = ?1, receives = 1", [UNTIL]).unwrap();
            known.put_off(1, UNTIL);
            assert_eq!(bodies(&db, &mut known, UNTIL - 1), [""; 0]);
            assert_eq!(bodies(&db, &mut known, UNTIL), ["told"], "{is_written}");
            assert_eq!(known.forget_unwritten(1), !is_written);
        }
    }

    #[test]
    fn what_is_written_again_is_what_it_is_now() {
        let (db, mut known, messages) = being_written();
        write(&db, messages).unwrap();
        // Nobody heard of that.
        known.young.are_written(&[]);
        known.put_off(1, UNTIL);
        let messages = known.young.begin_to_write();
        let written = write(&db, messages).unwrap();
        known.young.are_written(&written);
        assert_eq!(bodies(&db, &mut known, UNTIL - 1), [""; 0]);
        assert_eq!(bodies(&db, &mut known, UNTIL), ["told"]);
    }

    #[test]
    fn what_was_handed_out_often_enough_is_given_up_where_it_is_written() {
        let (db, mut known, _) = being_written();
        known.young.are_written(&[]);
        for receives in 1..MOST_RECEIVES {
            known.put_off(1, NOW);
            assert_eq!(bodies(&db, &mut known, NOW), ["told"], "{receives}");
        }
        known.put_off(1, NOW);
        assert_eq!(bodies(&db, &mut known, NOW), [""; 0]);
        let messages = known.young.begin_to_write();
        let written = write(&db, messages).unwrap();
        known.young.are_written(&written);
        let mut taken = Taken::default();
        take(&db, &Turn { most: 1, each: 1, ..Turn::default() }, NOW, &known, &mut taken).unwrap();
        assert_eq!((taken.messages.len(), taken.given_up), (0, vec![1]));
    }
}
