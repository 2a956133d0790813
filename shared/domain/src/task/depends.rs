//! Tasks that wait for others must not wait for themselves.

use super::Task;
use crate::id::TaskId;
use crate::noun::{Desk, Further};
use crate::shelf::Entity as _;
use crate::table::{Counters, Row, Write};
use crate::text::List;
use crate::{Error, Result, schema};
use std::collections::{BTreeMap, BTreeSet};

/// How many tasks are followed that one would wait for.
const MOST_FOLLOWED: usize = 1_000;

/// What is taken in or brought back grew link by link, to more than is followed at once.
const MOST_FOLLOWED_BACK: usize = 10_000;

const MOST_IN_ONE_READ: usize = 100;

const PLACE: &str = "/depends_on";

pub(super) async fn check(
    task: &Task,
    before: Option<&Task>,
    desk: &Desk<'_>,
    further: &mut Further,
) -> Result<()> {
    let known: BTreeSet<TaskId> =
        before.into_iter().flat_map(|before| before.depends_on.iter().copied()).collect();
    let new: Vec<TaskId> = task.depends_on.iter().copied().filter(|id| !known.contains(id)).collect();
    if new.is_empty() {
        return Ok(());
    }
    // No two that come to wait at the same time can miss one another.
    further.stays(desk, schema::coming(desk.owner, Task::NAME)).await?;
    let (mut seen, mut level) = (BTreeSet::new(), new);
    let mut is_first = true;
    let most = if desk.is_written() { MOST_FOLLOWED } else { MOST_FOLLOWED_BACK };
    while !level.is_empty() {
        if level.contains(&task.id) {
            return Err(Error::invalid(PLACE, "it would wait for itself"));
        }
        level.retain(|id| seen.insert(*id));
        if seen.len() > most {
            let detail = format!("it would wait for more than {most} tasks, and for what these wait for");
            return Err(Error::invalid(PLACE, detail));
        }
        let mut found = Vec::with_capacity(level.len());
        for some in level.chunks(MOST_IN_ONE_READ) {
            found.extend(desk.shelf::<Task>().some(some.iter().copied()).await?);
        }
        let is_seen = |found: &Option<Task>| found.as_ref().is_some_and(|found| desk.sees(found));
        if is_first && !desk.takes_in() && !found.iter().all(is_seen) {
            return Err(Error::invalid(PLACE, "there is no such task"));
        }
        level.clear();
        for other in found.into_iter().flatten() {
            level.extend(other.depends_on.iter().copied());
            if is_first && !desk.takes_in() {
                // What it waits for does not go while it comes.
                further.check(desk, &other);
            }
        }
        is_first = false;
    }
    Ok(())
}

/// Those that it waits for and that are there.
pub(super) async fn still(task: &Task, desk: &Desk<'_>) -> Result<List<TaskId, 20>> {
    if task.depends_on.is_empty() {
        return Ok(List::default());
    }
    let all: BTreeSet<_> = task.depends_on.iter().copied().collect();
    let found = desk.shelf::<Task>().some(all).await?;
    let found: BTreeSet<_> = found.into_iter().flatten().map(|other| other.id).collect();
    let still: Vec<_> = task.depends_on.iter().copied().filter(|id| found.contains(id)).collect();
    List::try_from(still).map_err(Error::internal)
}

/// Who waits for a task stands in a row of that task, so that they are found when it goes.
pub(super) fn note<'t>(
    desk: &Desk<'_>,
    before: impl IntoIterator<Item = &'t Task>,
    after: impl IntoIterator<Item = &'t Task>,
    further: &mut Further,
) {
    let (before, after) = (pairs(before), pairs(after));
    let mut rows: BTreeMap<TaskId, (Counters, BTreeSet<String>)> = BTreeMap::new();
    for (awaited, waits) in after.difference(&before) {
        rows.entry(*awaited).or_default().0.insert(waits.to_string(), 1);
    }
    for (awaited, waits) in before.difference(&after) {
        rows.entry(*awaited).or_default().1.insert(waits.to_string());
    }
    for (awaited, (set, drop)) in rows {
        further.add(Write::Set { key: schema::waiting(desk.owner, awaited), set, drop });
    }
}

/// Each task that is waited for, with one that waits for it.
fn pairs<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> BTreeSet<(TaskId, TaskId)> {
    let of = |task: &'t Task| task.depends_on.iter().map(move |awaited| (*awaited, task.id));
    tasks.into_iter().flat_map(of).collect()
}

/// The row in which stands who waits for it, or did.
pub(super) async fn waiting(desk: &Desk<'_>, awaited: TaskId) -> Result<Option<Row>> {
    desk.table.get(&schema::waiting(desk.owner, awaited)).await
}

/// Whoever waits for it does not any more; whether anybody did. What is left of the row then goes.
pub(super) async fn let_go(desk: &Desk<'_>, awaited: TaskId, row: Row) -> Result<bool> {
    let without = |task: &Task| {
        let rest: Vec<_> = task.depends_on.iter().copied().filter(|id| *id != awaited).collect();
        let is_less = rest.len() < task.depends_on.as_slice().len();
        let rest = List::try_from(rest).ok().filter(|_| is_less)?;
        Some(Task { depends_on: rest, ..task.clone() })
    };
    let ids: Vec<TaskId> = row.counters.keys().filter_map(|id| id.parse().ok()).collect();
    let mut any = false;
    for some in ids.chunks(MOST_IN_ONE_READ) {
        let found = desk.found_all::<Task>(some.iter().copied()).await?;
        any |= desk.all_let_go(found, without).await?;
    }
    if !any {
        let op = desk.writer.op.of(&row.key.sort, 0);
        match desk.table.delete(row.key, row.version, op).await {
            Err(Error::Conflict) => {}
            done => done?,
        }
    }
    Ok(any)
}
