//! The groups of all messages, each once: those behind the one that was served last, then the others.

use crate::young::Young;
use rusqlite::Connection;

pub(crate) struct Groups<'a> {
    db: &'a Connection,
    young: &'a Young,
    served: &'a str,
    last: String,
    /// The next one of the file.
    written: Option<String>,
    is_second_lap: bool,
}

impl<'a> Groups<'a> {
    pub(crate) fn behind(db: &'a Connection, young: &'a Young, served: &'a str) -> rusqlite::Result<Self> {
        let (last, written) = (served.to_owned(), written_behind(db, served)?);
        Ok(Self { db, young, served, last, written, is_second_lap: false })
    }

    /// And whether something of it lies in the file.
    pub(crate) fn next(&mut self) -> rusqlite::Result<Option<(String, bool)>> {
        loop {
            let young = self.young.group_after(&self.last);
            let first = self.written.as_deref().into_iter().chain(young).min();
            if let Some(first) = first.filter(|first| !self.is_second_lap || *first <= self.served) {
                let (group, lies) = (first.to_owned(), self.written.as_deref() == Some(first));
                if lies {
                    self.written = written_behind(self.db, &group)?;
                }
                self.last.clone_from(&group);
                return Ok(Some((group, lies)));
            }
            if self.is_second_lap {
                return Ok(None);
            }
            (self.last, self.written) = (String::new(), written_behind(self.db, "")?);
            self.is_second_lap = true;
        }
    }
}

fn written_behind(db: &Connection, last: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT min(grp) FROM message WHERE dead = 0 AND grp > ?1")?
        .query_row([last], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::Groups;
    use crate::queue::{Waits, write};
    use crate::store::lay_out;
    use crate::young::Young;
    use rusqlite::Connection;

    fn messages(groups: &[&str], first: i64) -> Vec<(i64, Waits)> {
        let waits =
            |group: &&str| Waits { group: (*group).to_owned(), body: String::new(), due: 0, receives: 0 };
        (first..).zip(groups.iter().map(waits)).collect()
    }

    #[test]
    fn each_has_its_turn_once_wherever_it_lies() {
        let (db, mut young) = (Connection::open_in_memory().unwrap(), Young::default());
        lay_out(&db).unwrap();
        write(&db, messages(&["b", "d", "d", "e"], 1)).unwrap();
        db.execute("UPDATE message SET dead = 1 WHERE grp = 'e'", []).unwrap();
        young.extend(messages(&["a", "b", "c", "c"], 5));
        let all = [("a", false), ("b", true), ("c", false), ("d", true)];
        for (served, first) in [("", 0), ("a", 1), ("b", 2), ("bb", 2), ("c", 3), ("d", 0), ("e", 0)] {
            let mut groups = Groups::behind(&db, &young, served).unwrap();
            let found: Vec<_> = std::iter::from_fn(|| groups.next().unwrap()).collect();
            let found: Vec<_> = found.iter().map(|(group, lies)| (group.as_str(), *lies)).collect();
            assert_eq!(found, [&all[first..], &all[..first]].concat(), "behind {served:?}");
        }
    }
}
