//! Tasks that wait for others must not wait for themselves.

use super::Task;
use crate::id::TaskId;
use crate::noun::{Desk, Further};
use crate::text::List;
use crate::{Error, Result};
use std::collections::BTreeSet;

/// How many tasks are followed: as many as one transaction can hold to what they say.
const MOST_FOLLOWED: usize = 60;

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
    let (mut seen, mut level) = (BTreeSet::new(), new);
    let mut is_first = true;
    while !level.is_empty() {
        if level.contains(&task.id) {
            return Err(Error::invalid(PLACE, "it would wait for itself"));
        }
        level.retain(|id| seen.insert(*id));
        if seen.len() > MOST_FOLLOWED {
            let detail = format!("it would wait for more than {MOST_FOLLOWED} tasks, one behind the other");
            return Err(Error::invalid(PLACE, detail));
        }
        let found = desk.shelf::<Task>().some(level.iter().copied()).await?;
        if is_first && found.iter().any(|found| !found.as_ref().is_some_and(|found| desk.sees(found))) {
            return Err(Error::invalid(PLACE, "there is no such task"));
        }
        is_first = false;
        level.clear();
        // Nothing of what was followed may change until this is written.
        for other in found.into_iter().flatten() {
            further.check(desk, &other);
            level.extend(other.depends_on.iter().copied());
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
