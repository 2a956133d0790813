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
            further.refers::<LifeArea>(desk, area, "/life_area_id").await?;
        }
        if goal.parent_id != before.and_then(|before| before.parent_id) {
            goal.check_parents(desk, further).await?;
        }
        // Tasks keep it, and nothing else. Those that are taken in may be there before their goal.
        goal.tally = match before {
            Some(before) => before.tally,
            None if desk.is_written() => None,
            None => goal.tally_of_tasks(desk).await?,
        };
        goal.settle_progress(desk, before)?;
        goal.completed_at =
            (goal.status == Status::Completed).then(|| goal.completed_at.unwrap_or(desk.writer.at));
        Ok(())
    }

    async fn mended(self, desk: &Desk<'_>) -> Result<Self> {
        let (area, parent) =
            try_join(desk.still::<LifeArea>(self.life_area_id), desk.still::<Self>(self.parent_id)).await?;
        Ok(Self { life_area_id: area, parent_id: parent, ..self })
    }

    /// Its tasks and the goals below it stay, without it.
    async fn release(desk: &Desk<'_>, goal: &Self) -> Result<bool> {
        let above = desk.still::<Self>(goal.parent_id).await?;
        let is_it = |id: Option<GoalId>| id == Some(goal.id);
        let tasks = desk.let_go(Task::of_goal(desk.owner, goal.id), |task: &Task| {
            is_it(task.goal_id).then(|| Task { goal_id: None, ..task.clone() })
        });
        let below = desk.let_go(Self::below(desk.owner, goal.id), |child: &Self| {
            is_it(child.parent_id).then(|| Self { parent_id: above, ..child.clone() })
        });
        let (tasks, below) = try_join(tasks, below).await?;
        Ok(tasks || below)
    }
}

impl Goal {
    async fn tally_of_tasks(&self, desk: &Desk<'_>) -> Result<Option<Tally>> {
        let (tasks, of_it) = (desk.shelf::<Task>(), List::from(Task::of_goal(desk.owner, self.id)));
        let (mut tally, mut after) = (Tally::default(), None);
        loop {
            let page = of_it.page(desk.table, after.as_deref(), 100).await?;
            let listing = tasks.kept(&of_it, page, 100, |_| true).await?;
            for task in &listing.items {
                tally = tally.plus(Tally::of(task));
            }
            after = listing.next;
            if after.is_none() {
                return Ok(tally.told());
            }
        }
    }

    fn settle_progress(&mut self, desk: &Desk<'_>, before: Option<&Self>) -> Result<()> {
        let tally = self.tally.unwrap_or_default();
        if self.progress_mode == ProgressMode::Manual {
            return Ok(());
        }
        let was_auto = before.is_none_or(|before| before.progress_mode == ProgressMode::Auto);
        let known = before.map_or_else(Percent::default, |before| before.progress);
        if desk.is_written() && was_auto && self.progress != known {
            let detail = "it follows from the goal's tasks; set `progress_mode` to `manual` to write it";
            return Err(Error::invalid("/progress", detail));
        }
        self.progress = tally.percent();
        Ok(())
    }

    /// With this much more work, done or not.
    pub fn counting(mut self, more: Tally) -> Self {
        let tally = self.tally.unwrap_or_default().plus(more);
        self.tally = tally.told();
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

    /// A goal that nothing is counted for tells none.
    fn told(self) -> Option<Self> {
        Some(self).filter(|tally| *tally != Self::default())
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
