//! What is made of a plan: its tasks and their goal, in one transaction.

use super::{PlannedTask, wrong};
use crate::filter::Day;
use crate::goal::Goal;
use crate::id::TaskId;
use crate::noun::{Desk, Further, Noun as _, Rules as _};
use crate::shelf::Entity as _;
use crate::table::Put;
use crate::task::{Description, NewTask, Status, Task};
use crate::text::{List, Text};
use crate::when_due::Due;
use crate::{Error, Result};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What the tasks are for.
pub enum For {
    /// As it was read.
    Goal(Goal),
    New(Goal),
}

pub struct Making<'a> {
    pub goal: For,
    /// The chosen tasks of the plan with their places in it, and the ids that they get.
    pub tasks: Vec<(TaskId, usize, &'a PlannedTask)>,
    pub today: Date,
}

impl Making<'_> {
    /// `may` looks at the goal, if it is new, and at the tasks as they will be; `beside` is what else is written with them.
    pub async fn carry_out(
        &self,
        desk: &Desk<'_>,
        may: impl Fn(Option<&Goal>, &[Task]) -> Result<()> + Sync,
        beside: impl Fn(&Goal, &[Task]) -> Result<Vec<Put>> + Sync,
    ) -> Result<(Goal, Vec<Task>)> {
        let (may, beside) = (&may, &beside);
        desk.together(|nth| async move {
            let mut further = Further::default();
            let goal = self.goal(desk, nth, &mut further).await?;
            self.check_dates(desk, &goal)?;
            let tasks = self.tasks(desk, &goal)?;
            let is_new = matches!(self.goal, For::New(_));
            may(Some(&goal).filter(|_| is_new), &tasks)?;
            let goal = Task::come(desk, &tasks, goal, &mut further);
            let goal =
                if is_new { further.make(desk, goal)? } else { further.put(desk, desk.stamped(goal))? };
            for task in &tasks {
                further.make(desk, task.clone())?;
            }
            let beside = beside(&goal, &tasks)?;
            Ok(((goal, tasks), further, beside))
        })
        .await
    }

    /// As it is before its tasks count.
    async fn goal(&self, desk: &Desk<'_>, nth: u8, further: &mut Further) -> Result<Goal> {
        match &self.goal {
            For::Goal(goal) if nth == 0 => Ok(goal.clone()),
            For::Goal(goal) => {
                let found = desk.referred::<Goal>(goal.id, "/goal_id").await?;
                found.ok_or(Error::NotFound(Goal::NAME))
            }
            For::New(goal) => {
                let mut goal = goal.clone();
                let settled = Goal::settle(desk, None, Some(&mut goal), further).await;
                settled.map_err(|error| error.below("/goal"))?;
                Ok(goal)
            }
        }
    }

    /// Who does not see when the goal is to be reached is not told.
    fn check_dates(&self, desk: &Desk<'_>, goal: &Goal) -> Result<()> {
        let is_known = matches!(self.goal, For::New(_)) || desk.shows(goal, "target_date");
        let Some(Day(target)) = goal.target_date.filter(|_| is_known) else { return Ok(()) };
        for (_, nth, planned) in &self.tasks {
            if let Some(due) = self.due(planned).filter(|due| *due > target) {
                let detail = format!("it would be due on {due}, after the goal's target date, {target}");
                return Err(wrong(*nth, "due_offset_days", detail));
            }
        }
        Ok(())
    }

    fn due(&self, planned: &PlannedTask) -> Option<Date> {
        planned.due_offset_days.map(|days| self.today.saturating_add(days.get().days()))
    }

    fn tasks(&self, desk: &Desk<'_>, goal: &Goal) -> Result<Vec<Task>> {
        let ids: BTreeMap<_, _> = self.tasks.iter().map(|(id, _, planned)| (&planned.r#ref, *id)).collect();
        let make = |(id, _, planned): &(TaskId, usize, &PlannedTask)| {
            let awaited = planned.depends_on.iter().filter_map(|awaited| ids.get(awaited).copied());
            let new = NewTask {
                title: planned.title.clone(),
                status: Status::default(),
                priority: planned.priority.unwrap_or_default(),
                labels: List::default(),
                depends_on: List::try_from(awaited.collect::<Vec<_>>()).map_err(Error::internal)?,
                description: description(planned)?,
                due: self.due(planned).map(Due::Day),
                scheduled_for: None,
                deadline: None,
                goal_id: Some(goal.id),
                parent_id: None,
                life_area_id: None,
                estimated_minutes: planned.estimated_minutes,
                actual_minutes: None,
                recurrence: None,
                position: None,
                external_ref: None,
            };
            let mut task = Task::new(*id, new, &desk.writer);
            task.take_after(desk, goal);
            Ok(task)
        };
        self.tasks.iter().map(make).collect()
    }
}

/// With how one will know that it is done.
fn description(planned: &PlannedTask) -> Result<Option<Description>> {
    let criteria =
        planned.success_criteria.as_ref().map(|criteria| format!("Done when: {}", criteria.as_str()));
    let parts = planned.description.as_ref().map(|text| text.as_str().to_owned()).into_iter().chain(criteria);
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    let text = Some(parts.join("\n\n")).filter(|text| !text.is_empty());
    text.map(Text::try_from).transpose().map_err(Error::internal)
}
