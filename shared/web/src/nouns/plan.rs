//! A goal becomes tasks: a plan is asked for, and what it says is made, all of it or nothing.

mod asked;

pub use asked::{Decomposed, Decomposing};

use super::{Nouns, read, visible, within};
use crate::body::Sent;
use crate::problem::Problem;
use domain::access::{Item as _, Scope};
use domain::fit::fit;
use domain::goal::{Goal, NewGoal};
use domain::id::{GoalId, TaskId};
use domain::noun::{Desk, Noun as _, Rules as _, canonical};
use domain::operation::{APPLY_GOAL_PLAN, GOALS};
use domain::plan::{For, MOST_TASKS, Making, Plan, Ref, is_hidden};
use domain::table::Put;
use domain::task::Task;
use domain::text::List;
use domain::{Error, Result};
use futures_util::future::try_join;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::future::ready;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applying {
    /// The goal that the tasks are for.
    #[serde(default)]
    goal_id: Option<GoalId>,
    /// The goal, if there is none yet: it is made with its tasks.
    #[serde(default)]
    #[schemars(with = "Option<NewGoal>")]
    goal: Option<Map<String, Value>>,
    #[schemars(with = "Plan")]
    plan: Map<String, Value>,
    /// The `ref`s of the tasks that are wanted; what they wait for comes along. All of them, if none is named.
    #[serde(default)]
    selection: List<Ref, MOST_TASKS>,
}

/// The goal, and what was made for it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Applied {
    pub id: GoalId,
    version: u64,
    #[serde(default)]
    tasks: Vec<Made>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "TaskOfPlan")]
struct Made {
    /// What the plan calls it.
    r#ref: Ref,
    id: TaskId,
    version: u64,
}

/// A goal that is made with its tasks, and the fields that were sent of it.
struct Coming<'a> {
    scope: Scope<'a>,
    names: Vec<String>,
}

const TASKS: &str = "/plan/suggested_tasks";

impl Nouns<'_, Goal> {
    /// `beside` is what the same transaction keeps of the answer.
    pub async fn apply_plan(
        &self,
        sent: Sent<Applying>,
        beside: impl Fn(&Applied) -> Result<Option<Put>> + Sync,
    ) -> Result<Applied, Problem> {
        let id = sent.peek().and_then(|sent| sent.goal_id);
        let may = self.call.may(&APPLY_GOAL_PLAN, self.goal(id));
        let ((scope, found), today) = try_join(may, self.today()).await?;
        let names = sent.names().to_vec();
        let Applying { goal, plan, selection, .. } = read(&scope, sent, &names)?;
        if !scope.shows("goal_id") {
            return Err(unknown("", "goal").into());
        }
        let desk = self.desk().await?;
        let (goal, coming) = self.aim(&desk, id, goal, found).await?;
        let said = told(&scope, &plan)?;
        let plan = narrowly(&scope, fit::<Plan>(Value::Object(plan.clone()), "/plan"))?.checked()?;
        let tasks = plan.chosen(selection.as_slice())?.into_iter();
        let tasks = tasks
            .map(|(nth, planned)| (TaskId::new(self.call.at(), self.random_of(nth)), nth, planned))
            .collect();
        let making = Making { goal, tasks, today };
        let may = |goal: Option<&Goal>, tasks: &[Task]| {
            if let (Some(goal), Some(Coming { scope, names })) = (goal, &coming) {
                within(scope, goal, names).map_err(|error| error.below("/goal"))?;
            }
            let places = making.tasks.iter().map(|(_, nth, _)| *nth);
            tasks.iter().zip(places).try_for_each(|(task, nth)| covers(&scope, task, said.get(nth), nth))?;
            let goals = coming.iter().map(|coming| &coming.scope);
            goals.chain([&scope]).try_for_each(|scope| self.unasked_of_many(&APPLY_GOAL_PLAN, scope))
        };
        let applied = |goal: &Goal, tasks: &[Task]| Applied::of(goal, tasks, &making);
        let beside = |goal: &Goal, tasks: &[Task]| Ok(beside(&applied(goal, tasks))?.into_iter().collect());
        let (goal, tasks) = making.carry_out(&desk, may, beside).await?;
        Ok(applied(&goal, &tasks))
    }

    /// What the tasks are for, and, if that is new, how far it may be made.
    async fn aim(
        &self,
        desk: &Desk<'_>,
        id: Option<GoalId>,
        new: Option<Map<String, Value>>,
        found: Option<Goal>,
    ) -> Result<(For, Option<Coming<'_>>), Problem> {
        match (id, new) {
            (Some(_), None) => {
                let goal = found.filter(|goal| desk.sees(goal)).ok_or_else(no_such_goal)?;
                Ok((For::Goal(goal), None))
            }
            (None, Some(new)) => {
                let (scope, ()) = self.call.may(&GOALS.create, ready(Ok(()))).await?;
                let names: Vec<_> = new.keys().map(|name| canonical::<Goal>(name).to_owned()).collect();
                visible(&scope, &names).map_err(|error| error.below("/goal"))?;
                let new: NewGoal = narrowly(&scope, fit(Value::Object(new), "/goal"))?;
                let id = Goal::mint(&new, desk.writer.at, self.call.app().entropy.bytes());
                Ok((For::New(Goal::new(id, new, &desk.writer)), Some(Coming { scope, names })))
            }
            _ => Err(Problem::invalid("/goal_id", "give either `goal_id` or `goal`")),
        }
    }

    async fn goal(&self, id: Option<GoalId>) -> Result<Option<Goal>> {
        let Some(id) = id else { return Ok(None) };
        Ok(self.call.shelf::<Goal>().some([id]).await?.into_iter().next().flatten())
    }

    /// Where the owner is.
    async fn today(&self) -> Result<Date, Problem> {
        Ok(self.call.zone(None).await?.to_datetime(self.call.at()).date())
    }
}

impl Applied {
    fn of(goal: &Goal, tasks: &[Task], making: &Making<'_>) -> Self {
        let refs = making.tasks.iter().map(|(_, _, planned)| planned.r#ref.clone());
        let made =
            tasks.iter().zip(refs).map(|(task, r#ref)| Made { r#ref, id: task.id, version: task.version });
        Self { id: goal.id, version: goal.version, tasks: made.collect() }
    }
}

fn no_such_goal() -> Problem {
    Problem::invalid("/goal_id", "there is no such goal")
}

fn unknown(place: &str, name: &str) -> Error {
    Error::invalid(format!("{place}/{name}"), format!("unknown field `{name}`"))
}

/// What fits, and otherwise where it does not, without a word of other fields for whom some are hidden from.
fn narrowly<T>(scope: &Scope<'_>, fitted: Result<T>) -> Result<T, Problem> {
    fitted.map_err(|error| match scope.hides_nothing() {
        true => Problem::from(error),
        false => Problem::from(error).without_alternatives(),
    })
}

/// The fields that were sent of each task, none of which is hidden.
fn told(scope: &Scope<'_>, plan: &Map<String, Value>) -> Result<Vec<Vec<String>>> {
    let tasks = plan.get("suggested_tasks").and_then(Value::as_array).into_iter().flatten();
    let names =
        |task: &Value| task.as_object().map(|task| task.keys().cloned().collect()).unwrap_or_default();
    let all: Vec<Vec<String>> = tasks.map(names).collect();
    all.iter().enumerate().try_for_each(|(nth, names)| shown(scope, names, nth))?;
    Ok(all)
}

fn shown(scope: &Scope<'_>, names: &[String], nth: usize) -> Result<()> {
    match names.iter().find(|name| is_hidden(scope, name)) {
        Some(name) => Err(unknown(&format!("{TASKS}/{nth}"), name)),
        None => Ok(()),
    }
}

/// Whether the task, as it will be, may be made of what was sent of it.
fn covers(scope: &Scope<'_>, task: &Task, names: Option<&Vec<String>>, nth: usize) -> Result<()> {
    let own = scope.of(&task.subject()).filter(|own| own.shows("goal_id")).ok_or_else(|| scope.denial())?;
    shown(&own, names.map_or(&[], Vec::as_slice), nth)
}
