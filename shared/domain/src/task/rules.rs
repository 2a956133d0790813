//! What a task means for its goal, and what comes after it.

use super::{NewTask, Status, Task, depends};
use crate::goal::{Goal, Tally};
use crate::id::{GoalId, TaskId};
use crate::life_area::LifeArea;
use crate::noun::{Desk, Further, Rules};
use crate::zone::Zone;
use crate::{Error, Result};
use futures_util::future::try_join4;
use jiff::Timestamp;

impl Rules for Task {
    fn is_tied(&self) -> bool {
        self.goal_id.is_some() || self.parent_id.is_some() || !self.depends_on.is_empty()
    }

    fn mint(_: &NewTask, at: Timestamp, random: [u8; 10]) -> TaskId {
        TaskId::new(at, random)
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        mut after: Option<&mut Self>,
        further: &mut Further,
    ) -> Result<()> {
        let mut next = None;
        if let Some(task) = after.as_deref_mut() {
            task.refer(desk, before, further).await?;
            task.completed_at =
                (task.status == Status::Completed).then(|| task.completed_at.unwrap_or(desk.writer.at));
            if task.recurrence.is_some() && task.due.is_none() {
                return Err(Error::invalid("/recurrence", "what recurs needs `due`: when it is due first"));
            }
            next = task.next(desk).await?;
            if let Some(next) = &next {
                task.followed_by = Some(next.id);
                further.make(desk, next.clone())?;
            }
        }
        count(desk, before, [after.as_deref(), next.as_ref()], further).await
    }

    async fn mended(self, desk: &Desk<'_>) -> Result<Self> {
        let (goal, area, parent, waits_for) = try_join4(
            desk.still::<Goal>(self.goal_id),
            desk.still::<LifeArea>(self.life_area_id),
            desk.still::<Self>(self.parent_id),
            depends::still(&self, desk),
        )
        .await?;
        Ok(Self { goal_id: goal, life_area_id: area, parent_id: parent, depends_on: waits_for, ..self })
    }
}

impl Task {
    /// Checks what it did not refer to before.
    async fn refer(&mut self, desk: &Desk<'_>, before: Option<&Self>, further: &mut Further) -> Result<()> {
        if self.parent_id != before.and_then(|before| before.parent_id)
            && let Some(parent) = self.parent_id
        {
            self.check_parent(desk, parent, further).await?;
        }
        if let Some(area) = self.life_area_id
            && before.and_then(|before| before.life_area_id) != Some(area)
        {
            desk.referred::<LifeArea>(area, "/life_area_id").await?;
        }
        if let Some(goal) = self.goal_id
            && before.and_then(|before| before.goal_id) != Some(goal)
        {
            let goal = desk.referred::<Goal>(goal, "/goal_id").await?.filter(|_| !desk.takes_in());
            self.life_area_id = self.life_area_id.or(goal.and_then(|goal| goal.life_area_id));
        }
        depends::check(self, before, desk, further).await
    }

    async fn check_parent(&self, desk: &Desk<'_>, parent: TaskId, further: &mut Further) -> Result<()> {
        let refuse = |detail: &str| Err(Error::invalid("/parent_id", detail));
        if parent == self.id {
            return refuse("a task cannot be a part of itself");
        }
        let parent = desk.referred::<Self>(parent, "/parent_id").await?;
        if parent.as_ref().is_some_and(|parent| parent.parent_id.is_some()) {
            return refuse("that task is itself a part of another; parts have no parts");
        }
        if desk.shelf::<Self>().first_of(&Self::parts_of(desk.owner, self.id)).await?.is_some() {
            return refuse("this task has parts of its own; parts have no parts");
        }
        if let Some(parent) = parent {
            further.check(desk, &parent);
        }
        Ok(())
    }

    /// The one after it, when it was completed for the first time.
    async fn next(&self, desk: &Desk<'_>) -> Result<Option<Self>> {
        let (Some(rule), Some(due)) = (&self.recurrence, &self.due) else { return Ok(None) };
        if self.status != Status::Completed || self.followed_by.is_some() || desk.takes_in() {
            return Ok(None);
        }
        let Some(next) = rule.next(due, desk.writer.at, &Zone::UTC) else { return Ok(None) };
        Ok(Some(Self {
            id: self.id.after(desk.writer.at),
            status: Status::Pending,
            due: Some(next.due),
            recurrence: Some(next.recurrence),
            scheduled_for: None,
            deadline: None,
            actual_minutes: None,
            completed_at: None,
            created_at: desk.writer.at,
            created_by: desk.writer.source.connection,
            ..desk.stamped(self.clone())
        }))
    }
}

/// Keeps the goals' tallies of what was and of what will be.
async fn count(
    desk: &Desk<'_>,
    before: Option<&Task>,
    after: [Option<&Task>; 2],
    further: &mut Further,
) -> Result<()> {
    let mut goals: Vec<GoalId> =
        before.into_iter().chain(after.into_iter().flatten()).filter_map(|it| it.goal_id).collect();
    goals.sort_unstable();
    goals.dedup();
    for id in goals {
        let of = |task: &&Task| task.goal_id == Some(id);
        let was = before.filter(of).map(Tally::of).unwrap_or_default();
        let will = after.into_iter().flatten().filter(of).map(Tally::of).fold(Tally::default(), Tally::plus);
        let more = will.minus(was);
        if more == Tally::default() {
            continue;
        }
        // A goal that is gone keeps no tally.
        if let Some(goal) = desk.found::<Goal>(id).await? {
            further.put(desk, desk.stamped(goal.counting(more)))?;
        }
    }
    Ok(())
}
