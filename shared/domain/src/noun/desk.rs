//! Where an owner's data is written: one way for every face, for undo and for import. A write and all that follows of
//! it are one transaction.

mod eyes;
mod let_go;
mod make;
mod take_in;
mod together;
mod trash;

pub use take_in::{Manner, Took};

use super::{Further, Noun, Rules, UNMADE};
use crate::connection::Connection;
use crate::id::OwnerId;
use crate::shelf::{Shelf, Writer};
use crate::table::{Expect, Put, Table, Write};
use crate::{Error, Result, schema};
use futures_util::future::try_join;

/// How often others may be faster: each time one of them has written, so as many may write at once.
const MOST_TRIES: u8 = 64;

/// What one transaction can hold besides the write that it is for, with room for what the trash takes.
const MOST_FURTHER: usize = 90;

#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub table: &'a dyn Table,
    pub owner: OwnerId,
    pub writer: Writer,
    /// Whose eyes look at what is referred to; none: the owner's, who see everything.
    pub eyes: Option<&'a Connection>,
    /// What is written was there before, and comes back out of the trash.
    pub restores: bool,
    /// What the transaction of a write takes along: that it was approved, and may still be done.
    pub along: &'a [Write],
}

/// What there is of an item before it is written.
enum Was<'a, T> {
    Nothing,
    There(&'a T),
    /// It is there, and whoever writes must not learn whether it was so already: it is written in any case.
    Unseen(&'a T),
    Gone {
        version: u64,
        is_in_trash: bool,
    },
}

impl<'a> Desk<'a> {
    pub fn shelf<T: Noun>(&self) -> Shelf<'a, T> {
        Shelf::new(self.table, self.owner)
    }

    pub fn stamped<T: Noun>(&self, item: T) -> T {
        item.stamped(&self.writer)
    }

    /// Whether it is here and now that somebody writes this: what an undo or a restore brings back was written before,
    /// and what is taken in was written elsewhere.
    pub fn is_written(&self) -> bool {
        !self.restores && self.writer.source.undo.is_none() && !self.takes_in()
    }

    /// Fails with `Conflict` unless it still is as it was `before`. What changes nothing is not written.
    pub async fn replace<T: Rules>(&self, before: &T, after: T, may: impl Fn(&T) -> Result<()>) -> Result<T> {
        let is_unmade = before.version() == UNMADE;
        if is_unmade && after.says_the_same_as(before) {
            return Ok(after);
        }
        let was = if is_unmade { self.was(before.id()).await? } else { Was::There(before) };
        self.write(was, Some(after), may, nothing)
            .await?
            .ok_or_else(|| Error::internal("what was changed is gone"))
    }

    /// The same for whoever does not see all that they change: also what changes nothing is written.
    pub async fn replace_unseen<T: Rules>(
        &self,
        before: &T,
        after: T,
        may: impl Fn(&T) -> Result<()>,
    ) -> Result<T> {
        if before.version() == UNMADE {
            return self.replace(before, after, may).await;
        }
        let written = self.write(Was::Unseen(before), Some(after), may, nothing).await?;
        written.ok_or_else(|| Error::internal("what was changed is gone"))
    }

    /// Writes this alone.
    pub async fn keep(&self, put: Put) -> Result<()> {
        self.put(vec![Write::Put(put)], 0).await
    }

    /// What is left of one that had this id: versions count on, so that no two changes have the same.
    async fn was<T: Noun>(&self, id: T::Id) -> Result<Was<'a, T>> {
        let key = T::key(self.owner, id);
        let trash = schema::trash_of(&key);
        let what = schema::what(&key).ok_or_else(|| Error::internal("an item that is no data"))?;
        let past = schema::history_of(self.owner, what).newest_first().page(None, 1);
        let (trashed, past) = try_join(self.table.get(&trash), self.table.query(&past)).await?;
        let past = past.rows.first().and_then(|row| schema::history_version(&row.key));
        Ok(match (trashed, past) {
            (Some(row), _) => Was::Gone { version: row.version, is_in_trash: true },
            (None, Some(version)) => Was::Gone { version, is_in_trash: false },
            (None, None) => Was::Nothing,
        })
    }

    /// `may` looks at what will be, before anything is compared or written.
    async fn write<T: Rules>(
        &self,
        was: Was<'_, T>,
        wanted: Option<T>,
        may: impl Fn(&T) -> Result<()>,
        beside: impl Fn(&T) -> Result<Vec<Put>>,
    ) -> Result<Option<T>> {
        let before = was.there();
        for nth in 0..MOST_TRIES {
            let (mut after, mut further) = (wanted.clone(), Further::default());
            T::settle(self, before, after.as_mut(), &mut further).await?;
            after.as_ref().map_or(Ok(()), &may)?;
            if let (Was::There(before), Some(after)) = (&was, &after)
                && after.says_the_same_as(before)
            {
                return Ok(Some((*before).clone()));
            }
            let alone = further.0.is_empty();
            let (after, mut writes) = self.writes(&was, after, further)?;
            let beside = after.as_ref().map(&beside).transpose()?.unwrap_or_default();
            writes.extend(beside.iter().cloned().map(Write::Put));
            if !writes.is_empty() {
                writes.extend_from_slice(self.along);
            }
            match self.put(writes, nth).await {
                // Another item of the transaction may have changed; if it was this one, the caller has to know.
                Err(Error::Conflict)
                    if !alone
                        && self.is_still(before, wanted.as_ref()).await?
                        && self.are_free(&beside).await?
                        && self.goes_along().await? => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(after),
            }
        }
        Err(Error::Busy)
    }

    fn writes<T: Rules>(
        &self,
        was: &Was<'_, T>,
        after: Option<T>,
        further: Further,
    ) -> Result<(Option<T>, Vec<Write>)> {
        let mut writes = Vec::new();
        let after = match (was, after) {
            (was, Some(after)) => {
                let (after, puts) = self.puts(after, was.expected())?;
                writes.extend(puts);
                if let Was::Gone { version, is_in_trash: true } = *was {
                    let key = schema::trash_of(&T::key(self.owner, after.id()));
                    writes.push(Write::Delete { key, version });
                }
                Some(after)
            }
            (Was::There(before) | Was::Unseen(before), None) => {
                if let Some((key, _)) = before.entry(self.owner) {
                    writes.push(Write::Touch { key: schema::head_of(&key) });
                    writes.push(Write::Delete { key, version: before.version() });
                }
                writes.extend(self.shelf::<T>().trashing((*before).clone(), self.writer)?);
                None
            }
            (Was::Nothing | Was::Gone { .. }, None) => None,
        };
        if further.0.len() > MOST_FURTHER {
            return Err(Error::internal("more follows from one write than a transaction holds"));
        }
        let written: Vec<_> = writes.iter().map(|write| write.key().clone()).collect();
        writes.extend(further.0.into_values().filter(|write| !written.contains(write.key())));
        Ok((after, writes))
    }

    async fn put(&self, mut writes: Vec<Write>, nth: u8) -> Result<()> {
        let Some(first) = writes.first() else { return Ok(()) };
        // One call may write several items, and try each more than once: no two transactions may share a token.
        let op = self.writer.op.of(&first.key().sort, nth);
        match writes.pop() {
            Some(Write::Put(put)) if writes.is_empty() => self.table.put(put, op).await.map(|_| ()),
            last => {
                writes.extend(last);
                self.table.transact(writes, op).await
            }
        }
    }

    /// Whether nobody else has written any of them.
    async fn are_free(&self, puts: &[Put]) -> Result<bool> {
        if puts.is_empty() {
            return Ok(true);
        }
        let keys: Vec<_> = puts.iter().map(|put| put.key.clone()).collect();
        let found = self.table.get_many(&keys).await?;
        Ok(puts.iter().zip(&found).all(|(put, row)| Expect::of(row.as_ref()) == put.expect))
    }

    /// Whether what goes along still can.
    async fn goes_along(&self) -> Result<bool> {
        let keys: Vec<_> = self.along.iter().map(|write| write.key().clone()).collect();
        let found = if keys.is_empty() { Vec::new() } else { self.table.get_many(&keys).await? };
        Ok(self.along.iter().zip(&found).all(|(write, row)| match write {
            Write::Put(put) => Expect::of(row.as_ref()) == put.expect,
            Write::Check { version, .. } => row.as_ref().is_some_and(|row| row.version == *version),
            _ => true,
        }))
    }

    async fn is_still<T: Rules>(&self, before: Option<&T>, wanted: Option<&T>) -> Result<bool> {
        let Some(item) = before.or(wanted) else { return Ok(false) };
        let found = self.found::<T>(item.id()).await?;
        Ok(found.as_ref().map(T::version) == before.map(T::version))
    }
}

fn nothing<T>(_: &T) -> Result<Vec<Put>> {
    Ok(Vec::new())
}

impl<'a, T: Noun> Was<'a, T> {
    fn there(&self) -> Option<&'a T> {
        match self {
            Self::There(item) | Self::Unseen(item) => Some(item),
            Self::Nothing | Self::Gone { .. } => None,
        }
    }

    fn expected(&self) -> Expect {
        match self {
            Self::Nothing => Expect::Absent,
            Self::There(item) | Self::Unseen(item) => Expect::Version(item.version()),
            Self::Gone { version, .. } => Expect::Gone(*version),
        }
    }
}
