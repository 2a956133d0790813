//! What refers to something that goes, written without it: many in one transaction.

use super::{Desk, MOST_TRIES};
use crate::list::List;
use crate::noun::{Further, Rules, spoken};
use crate::table::Write;
use crate::{Error, Result};

const ROWS_IN_A_READ: usize = 1_000;

/// How many rows one transaction writes for them, with room for what follows.
const MOST_ROWS: usize = 80;

impl Desk<'_> {
    /// Whether there was any in the list. `without` is what one is without what goes; none: it does not refer to that.
    pub async fn let_go<T: Rules>(
        &self,
        list: impl Into<List>,
        without: impl Fn(&T) -> Option<T>,
    ) -> Result<bool> {
        let (shelf, list) = (self.shelf::<T>(), list.into());
        let (mut after, mut any) = (None::<String>, false);
        loop {
            let page = list.page(self.table, after.as_deref(), ROWS_IN_A_READ).await?;
            let listing = shelf.kept(&list, page, ROWS_IN_A_READ, |item| without(item).is_some()).await?;
            any |= self.all_let_go(listing.items, &without).await?;
            after = listing.next;
            if after.is_none() {
                return Ok(any);
            }
        }
    }

    /// The same of these; whoever changed meanwhile is asked again.
    pub async fn all_let_go<T: Rules>(
        &self,
        mut items: Vec<T>,
        without: impl Fn(&T) -> Option<T>,
    ) -> Result<bool> {
        let refers = |item: &T| without(item).is_some();
        items.retain(refers);
        let Some(first) = items.first() else { return Ok(false) };
        if self.writer.source.undo.is_some() {
            // An undo writes what it tells of, and nothing else.
            return Err(Error::InTheWay(format!("a {} refers to it", spoken(T::NAME))));
        }
        let rows_of_one = 1 + usize::from(first.entry(self.owner).is_some());
        for nth in 0..MOST_TRIES {
            let mut changed = Vec::new();
            for some in items.chunks(MOST_ROWS / rows_of_one) {
                match self.some_let_go(some, &without, nth).await {
                    Err(Error::Conflict) => {
                        changed.extend(self.found_all::<T>(some.iter().map(T::id)).await?)
                    }
                    done => done?,
                }
            }
            changed.retain(refers);
            if changed.is_empty() {
                return Ok(true);
            }
            items = changed;
        }
        Err(Error::Busy)
    }

    async fn some_let_go<T: Rules>(
        &self,
        before: &[T],
        without: impl Fn(&T) -> Option<T>,
        nth: u8,
    ) -> Result<()> {
        let (mut puts, mut after) = (Further::default(), Vec::with_capacity(before.len()));
        for item in before.iter().filter_map(without).map(|item| self.stamped(item)) {
            puts.put(self, item.clone())?;
            after.push(item);
        }
        let mut further = Further::default();
        T::follow(self, before, &after, &mut further).await?;
        let writes: Vec<Write> = puts.0.into_values().chain(further.0.into_values()).collect();
        // Each transaction writes another item at another version.
        let first = before.first().map(|item| format!("{} {}", item.id(), item.version()));
        let op = self.writer.op.of(&first.unwrap_or_default(), nth);
        self.table.transact(writes, op).await
    }
}
