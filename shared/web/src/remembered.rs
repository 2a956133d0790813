//! What rows said when they were last read: one that still says the same, byte for byte, is not read anew. The store is
//! asked all the same, and what it answers holds.

use domain::Result;
use domain::table::{Row, RowKey};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// More than this is not remembered: the memory of a warm process stays bounded.
const MOST_BYTES: usize = 2 << 20;

pub(crate) struct Remembered<T: ?Sized>(Mutex<Read<T>>);

struct Read<T: ?Sized> {
    rows: HashMap<RowKey, (String, Arc<T>)>,
    bytes: usize,
}

impl<T: ?Sized> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::new(Read { rows: HashMap::new(), bytes: 0 }))
    }
}

impl<T: ?Sized> Remembered<T> {
    pub(crate) fn of(&self, row: &Row, read: impl FnOnce(&Row) -> Result<Arc<T>>) -> Result<Arc<T>> {
        if let Some((body, said)) = self.lock().rows.get(&row.key)
            && *body == row.body
        {
            return Ok(Arc::clone(said));
        }
        let said = read(row)?;
        self.lock().keep(row, Arc::clone(&said));
        Ok(said)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Read<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Read<T> {
    fn keep(&mut self, row: &Row, said: Arc<T>) {
        let weight = |body: &str| row.key.sort.len() + 2 * body.len();
        self.bytes += weight(&row.body);
        if self.bytes > MOST_BYTES {
            self.rows.clear();
            self.bytes = weight(&row.body);
        }
        if let Some((before, _)) = self.rows.insert(row.key.clone(), (row.body.clone(), said)) {
            self.bytes = self.bytes.saturating_sub(weight(&before));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::OwnerId;
    use domain::table::{Counters, Places};

    fn row(sort: &str, body: &str) -> Row {
        let key = RowKey::new(OwnerId::from_bytes([1; 10]), sort);
        let (places, counters) = (Places::new(), Counters::new());
        Row { key, version: 1, body: body.to_owned(), places, counters, expires: None }
    }

    fn length(remembered: &Remembered<usize>, row: &Row, is_read: bool) {
        let mut read = false;
        let said = remembered.of(row, |row| {
            read = true;
            Ok(Arc::new(row.body.len()))
        });
        assert_eq!((*said.unwrap(), read), (row.body.len(), is_read), "{}", row.key.sort);
    }

    #[test]
    fn what_says_something_else_is_read_anew() {
        let remembered = Remembered::default();
        length(&remembered, &row("a", "1"), true);
        length(&remembered, &row("a", "1"), false);
        length(&remembered, &row("b", "1"), true);
        // Also if it is of the same version.
        length(&remembered, &row("a", "22"), true);
        length(&remembered, &row("a", "22"), false);
        length(&remembered, &row("a", "1"), true);
    }

    #[test]
    fn it_remembers_so_much_and_no_more() {
        let (remembered, body) = (Remembered::default(), "x".repeat(1_000));
        for nth in 0..3_000 {
            length(&remembered, &row(&nth.to_string(), &body), true);
            let read = remembered.lock();
            let held: usize = read.rows.iter().map(|(key, (body, _))| key.sort.len() + 2 * body.len()).sum();
            assert!(held == read.bytes && held <= MOST_BYTES, "{held}");
        }
        // The one row that changes again and again weighs what it weighs.
        for nth in 0..3_000 {
            length(&remembered, &row("same", &format!("{nth}{body}")), true);
        }
        assert!(remembered.lock().rows.contains_key(&row("2999", "").key));
    }

    #[test]
    fn what_cannot_be_read_is_not_remembered() {
        let remembered = Remembered::<usize>::default();
        let row = row("a", "1");
        assert!(remembered.of(&row, |_| Err(domain::Error::Busy)).is_err());
        length(&remembered, &row, true);
    }
}
