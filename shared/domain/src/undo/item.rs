//! Undoing one item, in one transaction and through its type, so that whatever follows from it is right.

use super::page::{How, Undoing};
use super::{Conflict, Did, Plan, Reason, Undone, Unravelling};
use crate::change::{self, Change, differing};
use crate::collection::Collection;
use crate::goal::Goal;
use crate::history::Line;
use crate::life_area::LifeArea;
use crate::memory::Memory;
use crate::noun::{Desk, Rules};
use crate::preferences::Preferences;
use crate::profile::Profile;
use crate::record::Record;
use crate::shelf::{Entity as _, Source, Writer};
use crate::table::{Row, RowKey};
use crate::task::Task;
use crate::{Error, Result, schema};
use futures_util::future::try_join;
use serde_json::Value;

/// How many changes of one item are looked at: each task of a goal that goes is one of the goal.
const MOST_CHANGES: usize = 20_000;
const CHANGES_IN_A_READ: usize = 500;

/// One item as it lies in the table, and what is to become of it.
struct Found {
    current: Option<Row>,
    trash: Option<Row>,
    newest: u64,
    back_to: Option<u64>,
    plan: Plan,
}

/// What was done, and which fields are not as they were.
type Outcome = Result<(Did, Vec<String>), Conflict>;

impl Undoing<'_> {
    /// The one place that knows which type lies where.
    pub(super) async fn item(&self, line: &Line, how: How) -> Result<Option<Undone>> {
        match change::noun_of(&line.what) {
            Task::NAME => self.of::<Task>(line, how).await,
            Goal::NAME => self.of::<Goal>(line, how).await,
            LifeArea::NAME => self.of::<LifeArea>(line, how).await,
            Memory::NAME => self.of::<Memory>(line, how).await,
            Collection::NAME => self.of::<Collection>(line, how).await,
            Record::NAME => self.of::<Record>(line, how).await,
            Profile::NAME => self.of::<Profile>(line, how).await,
            Preferences::NAME => self.of::<Preferences>(line, how).await,
            _ => Err(Error::internal(format!("nobody knows how to undo {}", line.what))),
        }
    }

    /// `None` if a newer line leads to the same item.
    async fn of<T: Rules>(&self, line: &Line, how: How) -> Result<Option<Undone>> {
        let done = match self.find::<T>(line).await {
            Ok(Ok(Some(found))) => self.carry_out::<T>(found, how).await,
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(conflict)) => Ok(Err(conflict)),
            Err(error) => Err(error),
        };
        let done = done.or_else(|error| Conflict::from(error).map(Err))?;
        let (did, without, conflict) = match done {
            Ok((did, without)) => (did, without, None),
            Err(conflict) => (Did::Conflict, Vec::new(), Some(conflict)),
        };
        let id = line.what.rsplit_once('/').map(|(_, id)| id.to_owned());
        Ok(Some(Undone { resource: T::RESOURCE, id, did, without, conflict }))
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
        let state = current.as_ref().map(|row| serde_json::from_str(&row.body));
        let state = state.transpose().map_err(misfit)?;
        if current.as_ref().or(trash.as_ref()).is_some_and(|row| !unravelled.knows(row.version, &state)) {
            return Ok(Err(Conflict::of(Reason::NotSettled, None)));
        }
        let (newest, back_to) = (unravelled.newest(), unravelled.back_to());
        Ok(Ok(Some(Found { current, trash, newest, back_to, plan: unravelled.plan() })))
    }

    /// `None` if there is no end to it.
    async fn unravel(&self, line: &Line, mut unravelling: Unravelling) -> Result<Option<Unravelling>> {
        let all = schema::history_of(self.desk.owner, &line.what).newest_first();
        let mut after = None;
        for _ in 0..MOST_CHANGES / CHANGES_IN_A_READ {
            let page = self.desk.table.query(&all.clone().page(after, CHANGES_IN_A_READ)).await?;
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

    async fn carry_out<T: Rules>(&self, found: Found, how: How) -> Result<Outcome> {
        let Found { current, trash, newest, back_to, plan } = found;
        let desk = Desk { writer: Writer { op: (self.ops)(), ..self.desk.writer }, ..self.desk };
        let current = current.map(|row| serde_json::from_str::<T>(&row.body)).transpose().map_err(misfit)?;
        let before = match (plan, &current) {
            (Plan::Conflict(by), _) => return Ok(Err(Conflict::of(Reason::WrittenSince, Some(by)))),
            // What has ended by itself is gone already, and lies in no trash.
            (Plan::Nothing, _) | (Plan::Remove, None) => return Ok(Ok((Did::Nothing, Vec::new()))),
            (Plan::Remove, Some(current)) => {
                desk.trash(current).await?;
                return Ok(Ok((Did::Removed, Vec::new())));
            }
            (Plan::Revert(before), _) | (Plan::Restore(before), None) => before,
            (Plan::Restore(_), Some(_)) => return Err(Error::Conflict),
        };
        let source = Source { back_to, ..desk.writer.source };
        let was: T = serde_json::from_value(before).map_err(misfit)?;
        let was = was.patched(T::Patch::default(), &Writer { source, ..desk.writer });
        let (after, without) = match how {
            How::AsItWas => (was, Vec::new()),
            How::WithoutWhatIsGone => {
                let after = was.clone().mended(&desk).await?;
                let without = differing(fields(&was)?.as_object(), fields(&after)?.as_object());
                (after, without)
            }
        };
        let did = match current {
            Some(current) => {
                desk.replace(&current, after, |_| Ok(())).await?;
                Did::Reverted
            }
            None => {
                let version = trash.as_ref().map_or(newest, |row| row.version);
                desk.restore(after, version, trash.is_some(), |_| Ok(())).await?;
                Did::Restored
            }
        };
        Ok(Ok((did, without)))
    }
}

fn misfit(error: serde_json::Error) -> Error {
    Error::invalid("", error.to_string())
}

fn fields<T: Rules>(item: &T) -> Result<Value> {
    serde_json::to_value(item).map_err(Error::internal)
}
