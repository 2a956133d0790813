//! Undoing, item by item, each in one transaction and through its type, so that whatever follows from it is right.

use super::{Conflict, Did, Plan, Reason, Undone, Unravelling, Which, Write};
use crate::change::{self, Change};
use crate::collection::Collection;
use crate::goal::Goal;
use crate::history::Line;
use crate::id::OpId;
use crate::life_area::LifeArea;
use crate::memory::Memory;
use crate::noun::{Desk, Further, Rules};
use crate::preferences::Preferences;
use crate::profile::Profile;
use crate::record::Record;
use crate::shelf::{Entity as _, Writer};
use crate::table::{Row, RowKey};
use crate::task::Task;
use crate::{Error, Result, schema};
use futures_util::future::try_join;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many items one call undoes, how many lines of the feed it looks at for them, and how many changes of each.
const MOST_ITEMS: usize = 200;
const MOST_LINES: usize = 2_000;
const MOST_CHANGES: usize = 1_000;
const ROWS_IN_A_READ: usize = 100;

/// How often what was not possible is tried again, because others came back since then.
const MOST_PASSES: usize = 10;

pub struct Undoing<'a> {
    pub desk: Desk<'a>,
    pub which: Which,
    /// Each item is an operation of its own.
    pub ops: &'a (dyn Fn() -> OpId + Sync),
    /// Says what it would do, and does nothing.
    pub dry_run: bool,
}

/// One item as it lies in the table, and what is to become of it.
struct Found {
    current: Option<Row>,
    trash: Option<Row>,
    newest: u64,
    plan: Plan,
}

impl Undoing<'_> {
    /// Newest first, from here on; and where to go on.
    pub async fn some(&self, after: Option<String>) -> Result<(Vec<Undone>, Option<String>)> {
        let (mut done, next) = self.page(after).await?;
        self.again(&mut done).await?;
        Ok((done.into_iter().map(|(_, undone)| undone).collect(), next))
    }

    /// What stood before what it refers to, or what others refer to, may be possible now.
    async fn again(&self, done: &mut [(Line, Undone)]) -> Result<()> {
        for _ in 0..MOST_PASSES {
            let mut any = false;
            for (line, undone) in done.iter_mut().filter(|(_, undone)| undone.is_not_possible()) {
                if let Some(now) = self.item(line, true).await?.filter(|now| !now.is_not_possible()) {
                    *undone = now;
                    any = true;
                }
            }
            if !any {
                break;
            }
        }
        Ok(())
    }

    async fn page(&self, mut after: Option<String>) -> Result<(Vec<(Line, Undone)>, Option<String>)> {
        let all = schema::feed_of(self.desk.owner).newest_first();
        let (mut done, mut seen) = (Vec::new(), BTreeSet::new());
        for _ in 0..MOST_LINES / ROWS_IN_A_READ {
            let page = self.desk.table.query(&all.clone().page(after, ROWS_IN_A_READ)).await?;
            for row in &page.rows {
                // A line that another version of Larder wrote must not stand in the way of all others.
                let line = Line::of(row).inspect_err(|error| tracing::error!(%error, "a line is left out"));
                let Ok((_, line)) = line else { continue };
                if line.sealed_at < self.which.begins() {
                    return Ok((done, None));
                }
                let written = Write { source: line.source, at: line.at };
                if self.which.picks(&written) && seen.insert(line.what.clone()) {
                    done.extend(self.item(&line, false).await?.map(|undone| (line, undone)));
                }
                if done.len() == MOST_ITEMS {
                    return Ok((done, Some(row.key.sort.clone())));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((done, None));
            }
        }
        Ok((done, after))
    }

    /// The one place that knows which type lies where.
    async fn item(&self, line: &Line, is_again: bool) -> Result<Option<Undone>> {
        match change::noun_of(&line.what) {
            Task::NAME => self.of::<Task>(line, is_again).await,
            Goal::NAME => self.of::<Goal>(line, is_again).await,
            LifeArea::NAME => self.of::<LifeArea>(line, is_again).await,
            Memory::NAME => self.of::<Memory>(line, is_again).await,
            Collection::NAME => self.of::<Collection>(line, is_again).await,
            Record::NAME => self.of::<Record>(line, is_again).await,
            Profile::NAME => self.of::<Profile>(line, is_again).await,
            Preferences::NAME => self.of::<Preferences>(line, is_again).await,
            _ => Err(Error::internal(format!("nobody knows how to undo {}", line.what))),
        }
    }

    /// `None` if a newer line leads to the same item.
    async fn of<T: Rules>(&self, line: &Line, is_again: bool) -> Result<Option<Undone>> {
        let id = line.what.rsplit_once('/').map(|(_, id)| id.to_owned());
        let answer = |did, conflict| Ok(Some(Undone { resource: T::RESOURCE, id, did, conflict }));
        let done = match self.find::<T>(line).await {
            Ok(Ok(Some(Found { plan: Plan::Remove, .. }))) if T::IS_LET_GO && !is_again => {
                Ok(Err(Conflict::of(Reason::NotPossible, None)))
            }
            Ok(Ok(Some(found))) => self.carry_out::<T>(found).await,
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(conflict)) => Ok(Err(conflict)),
            Err(error) => Err(error),
        };
        match done {
            Ok(Ok(did)) => answer(did, None),
            Ok(Err(conflict)) => answer(Did::Conflict, Some(conflict)),
            Err(error) => answer(Did::Conflict, Some(Conflict::from(error)?)),
        }
    }

    async fn find<T: Rules>(&self, line: &Line) -> Result<Result<Option<Found>, Conflict>> {
        let key = RowKey::new(self.desk.owner, format!("{}{}", schema::DATA, line.what));
        let keys = [schema::trash_of(&key), key];
        let unravelled = self.unravel(line, Unravelling::new(self.which, T::follows));
        let (mut rows, unravelled) = try_join(self.desk.table.get_many(&keys), unravelled).await?;
        let Some(unravelled) = unravelled else {
            return Ok(Err(Conflict::of(Reason::TooLong, None)));
        };
        if unravelled.newest_picked != Some(line.version) {
            return Ok(Ok(None));
        }
        let (current, trash) = (rows.pop().flatten(), rows.pop().flatten());
        let newest = unravelled.newest.unwrap_or_default();
        if current.as_ref().or(trash.as_ref()).is_some_and(|row| row.version != newest) {
            return Ok(Err(Conflict::of(Reason::NotSettled, None)));
        }
        Ok(Ok(Some(Found { current, trash, newest, plan: unravelled.plan() })))
    }

    /// `None` if there is no end to it.
    async fn unravel(&self, line: &Line, mut unravelling: Unravelling) -> Result<Option<Unravelling>> {
        let all = schema::history_of(self.desk.owner, &line.what).newest_first();
        let mut after = None;
        for _ in 0..MOST_CHANGES / ROWS_IN_A_READ {
            let page = self.desk.table.query(&all.clone().page(after, ROWS_IN_A_READ)).await?;
            for row in &page.rows {
                let version = schema::history_version(&row.key).unwrap_or_default();
                if !unravelling.take(version, Change::kept(row)?) {
                    return Ok(Some(unravelling));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(Some(unravelling));
            }
        }
        Ok(None)
    }

    async fn carry_out<T: Rules>(&self, found: Found) -> Result<Result<Did, Conflict>> {
        let Found { current, trash, newest, plan } = found;
        let misfit = |error: serde_json::Error| Error::invalid("", error.to_string());
        let current = current.as_ref().map(|row| serde_json::from_str::<T>(&row.body));
        let current = current.transpose().map_err(misfit)?;
        let state = |state: Value| {
            let state: T = serde_json::from_value(state).map_err(misfit)?;
            Ok::<_, Error>(state.patched(T::Patch::default(), &self.desk.writer))
        };
        let desk = Desk { writer: Writer { op: (self.ops)(), ..self.desk.writer }, ..self.desk };
        let (did, after) = match (plan, &current) {
            (Plan::Conflict(by), _) => return Ok(Err(Conflict::of(Reason::WrittenSince, Some(by)))),
            // What has ended by itself is gone already, and lies in no trash.
            (Plan::Nothing, _) | (Plan::Remove, None) => return Ok(Ok(Did::Nothing)),
            (Plan::Remove, Some(_)) => (Did::Removed, None),
            (Plan::Revert(before), Some(_)) => (Did::Reverted, Some(state(before)?)),
            (Plan::Restore(before) | Plan::Revert(before), None) => (Did::Restored, Some(state(before)?)),
            _ => return Err(Error::Conflict),
        };
        match (current, after) {
            (current, mut after) if self.dry_run => {
                T::settle(&desk, current.as_ref(), after.as_mut(), &mut Further::default()).await?;
            }
            (Some(current), Some(after)) => drop(desk.replace(&current, after, |_| Ok(())).await?),
            (Some(current), None) => desk.trash(&current).await?,
            (None, Some(after)) => drop(desk.restore(after, newest, trash.is_some(), |_| Ok(())).await?),
            (None, None) => {}
        }
        Ok(Ok(did))
    }
}
