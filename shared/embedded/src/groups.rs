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
