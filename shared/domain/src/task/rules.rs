//! What a task means for its goal, and what comes after it.

use super::{NewTask, Status, Task, TaskFilter, TaskPatch, depends};
use crate::filter::State as _;
use crate::goal::{Goal, Tally};
use crate::id::{GoalId, Me, TaskId};
use crate::life_area::LifeArea;
use crate::noun::{Deed, Desk, Further, Given, Rules};
use crate::operation;
use crate::profile::Profile;
use crate::shelf::Entity as _;
use crate::{Error, Result, schema};
use futures_util::future::{try_join, try_join4};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

impl Rules for Task {
    type Filter = TaskFilter;

    const DEEDS: &'static [Deed<Self>] = &[
        Deed {
            does: &operation::COMPLETE_TASK,
            says: "Mark it as completed; one that recurs is followed by the next, which `followed_by` names",
            field: "status",
            patch: |_| TaskPatch { status: Given(Some(Status::Completed)), ..TaskPatch::default() },
        },
        Deed {
            does: &operation::REOPEN_TASK,
            says: "Take it up again, after it was completed or cancelled",
            field: "status",
            patch: |task| {
                let reopened = (!task.status.is_open()).then_some(Status::Pending);
                TaskPatch { status: Given(reopened), ..TaskPatch::default() }
            },
        },
    ];

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
        if let Some(task) = after.as_deref_mut() {
            task.refer(desk, before, further).await?;
            task.completed_at =
                (task.status == Status::Completed).then(|| task.completed_at.unwrap_or(desk.writer.at));
            if task.recurrence.is_some() && task.due.is_none() {
                return Err(Error::invalid("/recurrence", "what recurs needs `due`: when it is due first"));
            }
        }
        // All that has to be known besides, in one trip.
        let again = after.as_deref().filter(|task| task.comes_again(desk));
        let counted = more(before, after.as_deref()).into_keys().chain(again.and_then(|task| task.goal_id));
        let counted: BTreeSet<GoalId> = counted.collect();
        let profile = async { if again.is_some() { desk.found::<Profile>(Me::Me).await } else { Ok(None) } };
        let (profile, goals) = try_join(profile, desk.found_all::<Goal>(counted)).await?;
        let next = again.and_then(|task| task.next(desk, profile.as_ref()));
        if let (Some(task), Some(next)) = (after.as_deref_mut(), &next) {
            task.followed_by = Some(next.id);
            further.make(desk, next.clone())?;
        }
        let after: Vec<&Self> = after.as_deref().into_iter().chain(&next).collect();
        depends::note(desk, before, after.iter().copied(), further);
        count(desk, goals, &more(before, after), further)
    }

    async fn follow(desk: &Desk<'_>, before: &[Self], after: &[Self], further: &mut Further) -> Result<()> {
        depends::note(desk, before, after, further);
        let more = more(before, after);
        let goals = desk.found_all::<Goal>(more.keys().copied()).await?;
        count(desk, goals, &more, further)
    }

    /// Its parts stay, and what waits for it does not any more.
    async fn release(desk: &Desk<'_>, task: &Self) -> Result<bool> {
        let parts = desk.let_go(Self::parts_of(desk.owner, task.id), |part: &Self| {
            (part.parent_id == Some(task.id)).then(|| Self { parent_id: None, ..part.clone() })
        });
        let (parts, waiting) = try_join(parts, depends::waiting(desk, task.id)).await?;
        let waiting = match waiting {
            Some(waiting) => depends::let_go(desk, task.id, waiting).await?,
            None => false,
        };
        Ok(parts || waiting)
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
            further.refers::<LifeArea>(desk, area, "/life_area_id").await?;
        }
        if let Some(goal) = self.goal_id
            && before.and_then(|before| before.goal_id) != Some(goal)
        {
            let goal = further.refers::<Goal>(desk, goal, "/goal_id").await?.filter(|_| desk.is_written());
            goal.into_iter().for_each(|goal| self.take_after(desk, &goal));
        }
        depends::check(self, before, desk, further).await
    }

    /// It lies where its goal lies, as far as whoever writes can see that.
    pub(crate) fn take_after(&mut self, desk: &Desk<'_>, goal: &Goal) {
        let area = goal.life_area_id.filter(|_| desk.shows(goal, "life_area_id"));
        self.life_area_id = self.life_area_id.or(area);
    }

    /// New ones, which refer to this goal and to one another only; the goal is then as they make it.
    pub(crate) fn come(desk: &Desk<'_>, tasks: &[Self], goal: Goal, further: &mut Further) -> Goal {
        depends::note(desk, [], tasks, further);
        tasks.iter().fold(goal, |goal, task| goal.counting(Tally::of(task)))
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
        // No two that come below others at the same time can miss one another.
        further.stays(desk, schema::coming(desk.owner, Self::NAME)).await?;
        if desk.shelf::<Self>().first_of(&Self::parts_of(desk.owner, self.id)).await?.is_some() {
            return refuse("this task has parts of its own; parts have no parts");
        }
        if let Some(parent) = parent {
            further.check(desk, &parent);
        }
        Ok(())
    }

    /// It was completed for the first time, and recurs.
    fn comes_again(&self, desk: &Desk<'_>) -> bool {
        let is_done = self.status == Status::Completed && desk.is_written();
        is_done && self.followed_by.is_none() && self.recurrence.is_some()
    }

    /// The one after it, by the owner's clocks.
    fn next(&self, desk: &Desk<'_>, owner: Option<&Profile>) -> Option<Self> {
        let (zone, week) = (Profile::zone(owner), Profile::week(owner));
        let next = self.recurrence.as_ref()?.next(self.due.as_ref()?, desk.writer.at, &zone, week)?;
        Some(Self {
            id: self.id.after(desk.writer.at),
            status: Status::Pending,
            due: Some(next.due),
            recurrence: Some(next.recurrence),
            scheduled_for: None,
            deadline: None,
            actual_minutes: None,
            completed_at: None,
            created_at: desk.writer.at,
            // It stays whose it was: a grant over one's own does not grow by completing what others made.
            ..desk.stamped(self.clone())
        })
    }
}

/// How much more work there is for each goal; one that is gone keeps no tally.
fn more<'t>(
    before: impl IntoIterator<Item = &'t Task>,
    after: impl IntoIterator<Item = &'t Task>,
) -> BTreeMap<GoalId, Tally> {
    let mut more: BTreeMap<GoalId, Tally> = BTreeMap::new();
    let mut count = |task: &Task, add: fn(Tally, Tally) -> Tally| {
        let tally = task.goal_id.map(|goal| more.entry(goal).or_default());
        tally.into_iter().for_each(|tally| *tally = add(*tally, Tally::of(task)));
    };
    after.into_iter().for_each(|task| count(task, Tally::plus));
    before.into_iter().for_each(|task| count(task, Tally::minus));
    more.retain(|_, more| *more != Tally::default());
    more
}

fn count(
    desk: &Desk<'_>,
    goals: Vec<Goal>,
    more: &BTreeMap<GoalId, Tally>,
    further: &mut Further,
) -> Result<()> {
    for goal in goals {
        if let Some(more) = more.get(&goal.id) {
            further.put(desk, desk.stamped(goal.counting(*more)))?;
        }
    }
    Ok(())
}
