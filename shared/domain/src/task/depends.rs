//! Tasks that wait for others must not wait for themselves.

use super::Task;
use crate::id::TaskId;
use crate::noun::{Desk, Further};
use crate::text::List;
use crate::{Error, Result, schema};
use std::collections::BTreeSet;

/// How many tasks are followed: as many as one transaction can hold to what they say.
const MOST_FOLLOWED: usize = 60;

/// What is taken in grew elsewhere, link by link, longer than what is followed at once; it comes one by one, and is
/// held to nothing.
const MOST_FOLLOWED_IN: usize = 1_000;

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
    if desk.takes_in() {
        // It may wait for what another import brings at the same time.
        further.stays(desk, schema::coming(desk.owner, "import")).await?;
    }
    let (mut seen, mut level) = (BTreeSet::new(), new);
    let mut is_first = true;
    let most = if desk.takes_in() { MOST_FOLLOWED_IN } else { MOST_FOLLOWED };
    while !level.is_empty() {
        if level.contains(&task.id) {
            return Err(Error::invalid(PLACE, "it would wait for itself"));
        }
        level.retain(|id| seen.insert(*id));
        if seen.len() > most {
            let detail = format!("it would wait for more than {most} tasks, one behind the other");
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
        is_first = false;
        level.clear();
        for other in found.into_iter().flatten() {
            level.extend(other.depends_on.iter().copied());
            if !desk.takes_in() {
                // Nothing of what was followed may change until this is written.
                further.check(desk, &other);
            }
        }
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
