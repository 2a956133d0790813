//! The tools that make tasks of a goal.

use super::{Entry, annotations};
use crate::output;
use crate::parts::answer;
use domain::connection::Connection;
use domain::goal::Goal;
use domain::noun::canonical;
use domain::operation::{APPLY_GOAL_PLAN, DECOMPOSE_GOAL, GOALS};
use domain::plan;
use jiff::Timestamp;
use rmcp::model::{JsonObject, Tool};
use schemars::schema_for;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use web::{Applied, Applying, Call, Decomposed, Decomposing, Nouns, Problem, Sent};

const DECOMPOSE: &str = "Break a goal down into tasks. You make the plan: this answers a `prompt` and the `schema` that \
    the plan has to fit; make it, show it to the person, and pass what they agree to to `apply_goal_plan`. Without a \
    model, `method: template` answers a usual plan. Nothing is made but with `apply`.";

const APPLY: &str = "Make the tasks of a plan, all of them or none, for a goal that there is (`goal_id`) or one that is \
    made with them (`goal`). `selection` names those that are wanted; what these wait for comes along.";

pub(super) fn of() -> [Entry; 2] {
    let decompose = Entry::new(
        &DECOMPOSE_GOAL,
        DECOMPOSE.to_owned(),
        schema_for!(Decomposing),
        output::of::<Decomposed>(),
        |call, arguments| Box::pin(decompose(call, arguments)),
    );
    let apply = Entry::new(
        &APPLY_GOAL_PLAN,
        APPLY.to_owned(),
        schema_for!(Applying),
        output::of::<Applied>(),
        |call, arguments| Box::pin(apply(call, arguments)),
    );
    [decompose.annotated(annotations(&APPLY_GOAL_PLAN)).narrowed(without_apply), apply.narrowed(narrow)]
}

/// Who may make no tasks only reads.
fn without_apply(decompose: &mut Tool, connection: &Connection, at: Timestamp) {
    if connection.allows(&APPLY_GOAL_PLAN, at).is_ok() {
        return;
    }
    decompose.annotations = Some(annotations(&DECOMPOSE_GOAL));
    let schema = Arc::make_mut(&mut decompose.input_schema);
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    fields.into_iter().for_each(|fields| drop(fields.remove("apply")));
}

/// A plan holds what becomes tasks, and perhaps a goal: fields that are hidden from this connection are not in it.
fn narrow(apply: &mut Tool, connection: &Connection, at: Timestamp) {
    let schema = Arc::make_mut(&mut apply.input_schema);
    let tasks = connection.allows(&APPLY_GOAL_PLAN, at).ok();
    plan::hide(schema, |name| tasks.is_some_and(|tasks| plan::is_hidden(&tasks, name)));
    let goals = connection.allows(&GOALS.create, at).ok();
    if let Some(fields) = fields_of_goal(schema) {
        let shows = |name: &str| goals.is_some_and(|goals| goals.shows(canonical::<Goal>(name)));
        fields.retain(|name, _| shows(name));
    }
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.retain(|name, _| name != "goal" || goals.is_some());
    }
}

fn fields_of_goal(schema: &mut JsonObject) -> Option<&mut JsonObject> {
    schema.get_mut("$defs")?.pointer_mut("/NewGoal/properties")?.as_object_mut()
}

async fn decompose(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    answer(&Nouns::<Goal>::of(call).decompose(Sent::of(arguments), None, |_| Ok(None)).await?)
}

async fn apply(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    answer(&Nouns::<Goal>::of(call).apply_plan(Sent::of(arguments), |_| Ok(None)).await?)
}
