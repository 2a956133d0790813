//! A goal may take its tasks along when it goes.

use super::Nouns;
use crate::precondition::Expected;
use crate::problem::Problem;
use domain::goal::Goal;
use domain::id::GoalId;
use domain::operation::{GOALS, TASKS};
use schemars::JsonSchema;
use serde::Deserialize;
use std::future::ready;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deleting {
    /// What becomes of its tasks: they stay, without it (`detach`, unless it says), or go to the trash, too (`delete`).
    #[serde(default)]
    pub tasks: TheirFate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TheirFate {
    #[default]
    Detach,
    Delete,
}

impl Nouns<'_, Goal> {
    /// Task by task, the goal last: what was broken off is finished by a repeat.
    pub async fn delete_with(&self, id: GoalId, expected: Expected, tasks: TheirFate) -> Result<(), Problem> {
        if tasks == TheirFate::Detach {
            return self.delete(id, expected).await;
        }
        self.seen(&GOALS.delete, id, expected).await?;
        for does in [&GOALS.delete, &TASKS.delete] {
            let (scope, ()) = self.call.may(does, ready(Ok(()))).await?;
            self.unasked_of_many(&GOALS.delete, &scope)?;
        }
        let desk = self.desk().await?;
        Goal::trash_tasks(&self.each().desk().await?, id).await?;
        match desk.found::<Goal>(id).await? {
            Some(goal) => Ok(desk.trash(&goal).await?),
            None => Ok(()),
        }
    }
}
