//! What only goals have: their tasks may go with them.

use super::{Entry, answer, fit, nouns};
use domain::goal::Goal;
use domain::id::GoalId;
use domain::operation::GOALS;
use rmcp::model::JsonObject;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use web::{Call, Nouns, Problem, TheirFate};

pub(super) fn of() -> Vec<Entry> {
    let mut tools = nouns::of::<Goal>();
    tools.retain(|tool| tool.operation.name != GOALS.delete.name);
    let said = "Move a goal to the trash, where it stays for 30 days; its tasks stay, or go there, too.";
    tools.push(Entry::new(&GOALS.delete, said.to_owned(), schema_for!(Deleted), |call, arguments| {
        Box::pin(delete(call, arguments))
    }));
    tools
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

async fn delete(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let Deleted { id, expected_version, tasks } = fit(arguments)?;
    Nouns::<Goal>::of(call).delete_with(id, expected_version.into(), tasks).await?;
    answer(&json!({ "deleted": id }))
}
