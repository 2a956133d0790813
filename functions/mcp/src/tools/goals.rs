//! What only goals have: what belongs to one is read with it, and its tasks may go with it.

use super::{Entry, fit, nouns};
use crate::output;
use crate::parts::{Part, allowed, answer, fitting, page, value};
use domain::access::Shown;
use domain::goal::Goal;
use domain::id::GoalId;
use domain::noun::Rules;
use domain::operation::GOALS;
use domain::task::Task;
use futures_util::FutureExt as _;
use rmcp::model::JsonObject;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use web::{Call, History, Nouns, PageParams, Problem, Recall, Sent, TheirFate};

/// Goals are long: who asks for no number gets so many.
const FEW: u16 = 10;

pub(super) fn of() -> Vec<Entry> {
    let mut tools = nouns::of::<Goal>();
    for tool in &mut tools {
        if tool.operation.name == GOALS.get.name {
            *tool = Entry::new(
                &GOALS.get,
                "One goal by its id, with what belongs to it, if that is asked for.".to_owned(),
                schema_for!(Wanted),
                output::of::<Shown<Goal>>(),
                |call, arguments| Box::pin(get(call, arguments)),
            )
            .leading_to(nouns::more::<Goal>);
        }
        if tool.operation.name == GOALS.delete.name {
            let said =
                "Move a goal to the trash, where it stays for 30 days; its tasks stay, or go there, too.";
            let (takes, answers) = (schema_for!(Deleted), output::deleted());
            *tool = Entry::new(&GOALS.delete, said.to_owned(), takes, answers, |call, arguments| {
                Box::pin(delete(call, arguments))
            });
        }
    }
    let usual = |tool: Entry| if tool.operation.name == GOALS.list.name { tool.usually(FEW) } else { tool };
    tools.into_iter().map(usual).collect()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    id: GoalId,
    /// What comes with it, as far as you may read it: its `tasks`, its `parts` (smaller goals), `memories` that speak
    /// of it, and its `timeline` (what happened to it).
    #[serde(default)]
    include: Vec<Along>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Along {
    Tasks,
    Parts,
    Memories,
    Timeline,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Deleted {
    id: GoalId,
    /// Only if it still has this version.
    expected_version: Option<u64>,
    /// What becomes of its tasks: `detach` (they stay, without it) unless it says.
    #[serde(default)]
    tasks: TheirFate,
}

async fn get(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let Wanted { id, include } = fit(arguments)?;
    with(call, id, &include).await
}

pub(crate) async fn with_all(call: &Call, id: GoalId) -> Result<Box<RawValue>, Problem> {
    with(call, id, &[Along::Tasks, Along::Parts, Along::Memories, Along::Timeline]).await
}

async fn with(call: &Call, id: GoalId, along: &[Along]) -> Result<Box<RawValue>, Problem> {
    let (goal, _) = Nouns::<Goal>::of(call).get(id).await?;
    if along.is_empty() {
        return answer(&goal);
    }
    let goal = goal.fields()?;
    let title = goal.get("title").and_then(Value::as_str);
    fitting(|most| {
        let parts = along.iter().map(|part| part.of(call, id, title, most.unwrap_or(20)));
        let (mut said, parts) = (goal.clone(), allowed(parts.collect()));
        async move {
            let parts = parts.await?;
            let count = parts.values().filter_map(|part| part.get("data")?.as_array().map(Vec::len)).max();
            said.extend(parts);
            Ok((answer(&said)?, count.unwrap_or(0)))
        }
    })
    .await
}

impl Along {
    fn of<'a>(self, call: &'a Call, id: GoalId, title: Option<&'a str>, most: usize) -> Part<'a> {
        match self {
            Self::Tasks => ("tasks", listed::<Task>(call, "goal_id", id, most).boxed()),
            Self::Parts => ("parts", listed::<Goal>(call, "parent_id", id, most).boxed()),
            Self::Memories => ("memories", remembered(call, title, most).boxed()),
            Self::Timeline => ("timeline", timeline(call, id, most).boxed()),
        }
    }
}

async fn listed<T: Rules>(call: &Call, of: &'static str, id: GoalId, most: usize) -> Result<Value, Problem> {
    value(&page::<T>(call, [(of, json!(id)), ("limit", json!(most))]).await?)
}

/// Who cannot see its title has nothing to look for.
async fn remembered(call: &Call, title: Option<&str>, most: usize) -> Result<Value, Problem> {
    let asked = [("query", json!(title)), ("limit", json!(most))];
    let asked = asked.map(|(name, value)| (name.to_owned(), value));
    value(&Recall(call).search(Sent::of(asked.into_iter().collect())).await?)
}

async fn timeline(call: &Call, id: GoalId, most: usize) -> Result<Value, Problem> {
    let limit = Some(u16::try_from(most).unwrap_or(u16::MAX));
    value(&History(call).of::<Goal>(id, &PageParams { limit, cursor: None }).await?)
}

async fn delete(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let Deleted { id, expected_version, tasks } = fit(arguments)?;
    Nouns::<Goal>::of(call).delete_with(id, expected_version.into(), tasks).await?;
    answer(&json!({ "deleted": id }))
}
