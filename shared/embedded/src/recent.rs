//! Rows that were read lately. The one thread that writes lets go of those that it writes before it commits, and
//! nothing is kept that was read while it does, so that nobody finds less here than in the file.

use domain::table::{Row, RowKey};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// When there are so many they are forgotten: those that are asked for often are soon here again.
const MOST: usize = 1_024;

/// Larger ones are read anew each time.
const MOST_BYTES: usize = 8_000;

#[derive(Default)]
pub(crate) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    rows: HashMap<RowKey, Option<Row>>,
    commits: u64,
    /// Somebody is committing.
    is_moving: bool,
}

/// When somebody began to read.
#[derive(Clone, Copy)]
pub(crate) struct Since(u64);

impl Recent {
    /// The row, or that there is none; otherwise what it takes to keep what the file says.
    pub(crate) fn get(&self, key: &RowKey) -> Result<Option<Row>, Since> {
        let kept = self.kept();
        kept.rows.get(key).cloned().ok_or(Since(kept.commits))
    }

    pub(crate) fn keep(&self, since: Since, key: &RowKey, row: Option<&Row>) {
        let mut kept = self.kept();
        let is_small = row.is_none_or(|row| row.body.len() <= MOST_BYTES);
        if is_small && !kept.is_moving && kept.commits == since.0 {
            if kept.rows.len() >= MOST {
                kept.rows.clear();
            }
            kept.rows.insert(key.clone(), row.cloned());
        }
    }

    pub(crate) fn before_commit<'a>(&self, written: impl IntoIterator<Item = &'a RowKey>) {
        let mut kept = self.kept();
        kept.is_moving = true;
        for key in written {
            kept.rows.remove(key);
        }
    }

    /// Whether it succeeded or not.
    pub(crate) fn after_commit(&self) {
        let mut kept = self.kept();
        kept.is_moving = false;
        kept.commits += 1;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Recent, Since};
    use domain::id::OwnerId;
    use domain::table::{Counters, Places, Row, RowKey};

    fn row(version: u64) -> Row {
        let key = RowKey::new(OwnerId::from_bytes([1; 10]), "row");
        Row {
            key,
            version,
            body: "x".to_owned(),
            places: Places::new(),
            counters: Counters::new(),
            expires: None,
        }
    }

    fn since(recent: &Recent) -> Since {
        recent.get(&row(1).key).unwrap_err()
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_kept_after_it() {
        let (recent, old) = (Recent::default(), row(1));
        let keep = |since| recent.keep(since, &old.key, Some(&old));
        keep(since(&recent));
        assert_eq!(recent.get(&old.key).ok(), Some(Some(old.clone())));

        recent.before_commit([&old.key]);
        let during = since(&recent);
        keep(during);
        let during_too = since(&recent);
        recent.after_commit();
        keep(during_too);
        let before_the_next = since(&recent);
        recent.before_commit([]);
        recent.after_commit();
        keep(before_the_next);
        keep(since(&recent));
        assert!(recent.get(&old.key).is_ok(), "only what was read when nobody wrote");
    }

    #[test]
    fn there_are_never_many() {
        let recent = Recent::default();
        for number in 0..=super::MOST {
            let key = RowKey::new(OwnerId::from_bytes([1; 10]), number.to_string());
            let since = recent.get(&key).unwrap_err();
            recent.keep(since, &key, None);
        }
        assert_eq!(recent.kept().rows.len(), 1);
        let large = Row { body: "x".repeat(super::MOST_BYTES + 1), ..row(1) };
        recent.keep(since(&recent), &large.key, Some(&large));
        since(&recent);
    }
}
