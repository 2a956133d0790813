//! What a goal means for the goals above and below it and for its tasks.

use super::{Goal, GoalFilter, GoalPatch, NewGoal, Percent, ProgressMode, Status, Tally};
use crate::filter::State as _;
use crate::id::GoalId;
use crate::life_area::LifeArea;
use crate::list::List;
use crate::noun::{Deed, Desk, Further, Given, Rules};
use crate::operation;
use crate::task::Task;
use crate::{Error, Result};
use futures_util::future::try_join;
use jiff::Timestamp;
use serde_json::{Map, Value};

impl Rules for Goal {
    type Filter = GoalFilter;

    const IS_LET_GO: bool = true;

    const DEEDS: &'static [Deed<Self>] = &[
        Deed {
            does: &operation::COMPLETE_GOAL,
            says: "Mark it as completed, whatever became of its tasks",
            field: "status",
            patch: |_| GoalPatch { status: Given(Some(Status::Completed)), ..GoalPatch::default() },
        },
        Deed {
            does: &operation::REOPEN_GOAL,
            says: "Take it up again, after it was completed or abandoned",
            field: "status",
            patch: |goal| {
                let reopened = (!goal.status.is_open()).then_some(Status::Active);
                GoalPatch { status: Given(reopened), ..GoalPatch::default() }
            },
        },
    ];

    fn follows(state: &Map<String, Value>) -> &'static [&'static str] {
        let is_manual = state.get("progress_mode").is_some_and(|mode| mode == "manual");
        if is_manual { &["completed_at", "tally"] } else { &["completed_at", "tally", "progress"] }
    }

    fn mint(_: &NewGoal, at: Timestamp, random: [u8; 10]) -> GoalId {
        GoalId::new(at, random)
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        further: &mut Further,
    ) -> Result<()> {
        let Some(goal) = after else { return Ok(()) };
        if let Some(area) = goal.life_area_id.filter(|id| before.and_then(|it| it.life_area_id) != Some(*id))
        {
            desk.referred::<LifeArea>(area, "/life_area_id").await?;
        }
        if goal.parent_id != before.and_then(|before| before.parent_id) {
            goal.check_parents(desk, further).await?;
        }
        // Tasks keep it, and nothing else: one that is gone has let go of all of them. Those that are taken in may be
        // there before their goal.
        goal.tally = match before {
            Some(before) => before.tally,
            None if desk.takes_in() => goal.tally_of_tasks(desk).await?,
            None => None,
        };
        goal.settle_progress(desk, before)?;
        goal.completed_at =
            (goal.status == Status::Completed).then(|| goal.completed_at.unwrap_or(desk.writer.at));
        Ok(())
    }

    /// Its tasks have let go of it, so it counts for as much as a new one.
    async fn mended(self, desk: &Desk<'_>) -> Result<Self> {
        let (area, parent) =
            try_join(desk.still::<LifeArea>(self.life_area_id), desk.still::<Self>(self.parent_id)).await?;
        let progress = match self.progress_mode {
            ProgressMode::Auto => Percent::default(),
            ProgressMode::Manual => self.progress,
        };
        Ok(Self { life_area_id: area, parent_id: parent, progress, ..self })
    }

    /// Its tasks and the goals below it stay, without it.
    async fn release(desk: &Desk<'_>, goal: &Self) -> Result<bool> {
        let (tasks, goals) = (desk.shelf::<Task>(), desk.shelf::<Self>());
        let (below, of_it) = (Self::below(desk.owner, goal.id), Task::of_goal(desk.owner, goal.id));
        let mut any = false;
        loop {
            let (task, child) = try_join(tasks.first_of(&of_it), goals.first_of(&below)).await?;
            let is_last = task.is_none() && child.is_none();
            if let Some(task) = task {
                let after = Task { goal_id: None, ..desk.stamped(task.clone()) };
                desk.replace(&task, after, |_| Ok(())).await?;
            }
            if let Some(child) = child {
                let after = Self { parent_id: goal.parent_id, ..desk.stamped(child.clone()) };
                desk.replace(&child, after, |_| Ok(())).await?;
            }
            if is_last {
                return Ok(any);
            }
            any = true;
        }
    }
}

impl Goal {
    async fn tally_of_tasks(&self, desk: &Desk<'_>) -> Result<Option<Tally>> {
        let (tasks, of_it) = (desk.shelf::<Task>(), List::from(Task::of_goal(desk.owner, self.id)));
        let (mut tally, mut after) = (None::<Tally>, None);
        loop {
            let page = of_it.page(desk.table, after.as_deref(), 100).await?;
            let listing = tasks.kept(&of_it, page, 100, |_| true).await?;
            for task in &listing.items {
                tally = Some(tally.unwrap_or_default().plus(Tally::of(task)));
            }
            after = listing.next;
            if after.is_none() {
                return Ok(tally);
            }
        }
    }

    fn settle_progress(&mut self, desk: &Desk<'_>, before: Option<&Self>) -> Result<()> {
        let tally = self.tally.unwrap_or_default();
        if self.progress_mode == ProgressMode::Manual {
            return Ok(());
        }
        // An undo brings back what was written, an import what is elsewhere, and this was not written.
        let is_written = desk.writer.source.undo.is_none() && !desk.takes_in();
        let was_auto = before.is_none_or(|before| before.progress_mode == ProgressMode::Auto);
        let known = before.map_or_else(Percent::default, |before| before.progress);
        if is_written && was_auto && self.progress != known {
            let detail = "it follows from the goal's tasks; set `progress_mode` to `manual` to write it";
            return Err(Error::invalid("/progress", detail));
        }
        self.progress = tally.percent();
        Ok(())
    }

    /// With this much more work, done or not.
    pub fn counting(mut self, more: Tally) -> Self {
        let tally = self.tally.unwrap_or_default().plus(more);
        self.tally = Some(tally);
        if self.progress_mode == ProgressMode::Auto {
            self.progress = tally.percent();
        }
        self
    }
}

impl Tally {
    const MINUTES_OF_ANY_TASK: i64 = 30;

    /// What one task counts for in its goal.
    pub fn of(task: &Task) -> Self {
        use crate::task::Status::{Cancelled, Completed};
        if task.status == Cancelled {
            return Self::default();
        }
        let minutes = task.estimated_minutes.map_or(Self::MINUTES_OF_ANY_TASK, |minutes| minutes.get());
        let done = i64::from(task.status == Completed);
        Self { tasks: 1, done, minutes, minutes_done: minutes * done }
    }

    pub fn plus(self, more: Self) -> Self {
        Self {
            tasks: self.tasks + more.tasks,
            done: self.done + more.done,
            minutes: self.minutes + more.minutes,
            minutes_done: self.minutes_done + more.minutes_done,
        }
    }

    pub fn minus(self, less: Self) -> Self {
        Self {
            tasks: self.tasks - less.tasks,
            done: self.done - less.done,
            minutes: self.minutes - less.minutes,
            minutes_done: self.minutes_done - less.minutes_done,
        }
    }

    /// Rounded down: only what is done to the last is at 100.
    fn percent(self) -> Percent {
        let (done, all) = match self.minutes {
            0 => (self.done, self.tasks),
            minutes => (self.minutes_done, minutes),
        };
        Percent::near(if all == 0 { 0 } else { done * 100 / all })
    }
}
