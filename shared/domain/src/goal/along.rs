//! A goal may take its tasks along when it goes.

use super::Goal;
use crate::access::Action;
use crate::id::GoalId;
use crate::list::List;
use crate::noun::Desk;
use crate::task::Task;
use crate::{Error, Result};

/// How many of its tasks are read at once, and how often those that changed meanwhile are looked for.
const MOST_AT_ONCE: usize = 50;
const MOST_PASSES: usize = 8;

impl Goal {
    /// Its tasks go to the trash, one by one, but for those that whoever deletes may not.
    pub async fn trash_tasks(desk: &Desk<'_>, goal: GoalId) -> Result<()> {
        for _ in 0..MOST_PASSES {
            if Self::trash_most(desk, goal).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// False if one of them changed in the meantime.
    async fn trash_most(desk: &Desk<'_>, goal: GoalId) -> Result<bool> {
        let (tasks, list) = (desk.shelf::<Task>(), List::from(Task::of_goal(desk.owner, goal)));
        let (mut after, mut all) = (None, true);
        loop {
            let page = list.page(desk.table, after.as_deref(), MOST_AT_ONCE).await?;
            let page =
                tasks.kept(&list, page, MOST_AT_ONCE, |task| desk.covers(Action::Delete, task)).await?;
            for task in page.items {
                match desk.trash(&task).await {
                    Err(Error::Conflict) => all = false,
                    done => done?,
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}
