//! The tools. Each calls the same functions as REST does; what a model can put right comes back as a tool error that
//! says how.

use domain::access::Action;
use domain::connection::Connection;
use domain::id::TaskId;
use domain::operation::{self, Operation};
use domain::task::{NewTask, TaskPatch};
use jiff::Timestamp;
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, Schema, schema_for};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};
use web::{Call, PageParams, Problem, Sent, Tasks};

pub(crate) struct Entry {
    pub(crate) spec: Tool,
    pub(crate) operation: Operation,
}

pub(crate) static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let reads = ToolAnnotations::new().read_only(true).open_world(false);
    let writes = ToolAnnotations::new().read_only(false).destructive(false).open_world(false);
    let deletes = ToolAnnotations::new().read_only(false).destructive(true).open_world(false);
    operation::ALL
        .map(|operation| {
            let (title, description, schema) = match operation.tool {
                "list_tasks" => ("List tasks", "Tasks, newest first, in pages.", schema_for!(ListTasks)),
                "get_task" => ("Get a task", "One task by its id.", schema_for!(OneTask)),
                "create_task" => ("Create a task", "Make a new task.", schema_for!(NewTask)),
                "update_task" => (
                    "Update a task",
                    "Change the given fields of a task; the others stay.",
                    with_id(schema_for!(TaskPatch)),
                ),
                _ => (
                    "Delete a task",
                    "Move a task to the trash, where it stays for 30 days.",
                    schema_for!(SeenTask),
                ),
            };
            let annotations = match operation.action {
                Action::Read => &reads,
                Action::Write => &writes,
                Action::Delete => &deletes,
            };
            let spec = Tool::new(operation.tool, description, object(schema));
            Entry { spec: spec.with_title(title).with_annotations(annotations.clone()), operation }
        })
        .into()
});

impl Entry {
    /// As this caller may use it: without the fields that a mask hides. `None` if it may not at all.
    pub(crate) fn offered(&self, connection: &Connection, at: Timestamp) -> Option<Tool> {
        let Operation { action, resource, .. } = self.operation;
        let scope = connection.allows(&self.operation, at).ok()?;
        let mut spec = self.spec.clone();
        if !scope.is_whole() && action == Action::Write {
            let hidden = |name: &str| resource.fields().contains(&name) && !scope.shows(name);
            let schema = Arc::make_mut(&mut spec.input_schema);
            if let Some(Value::Object(properties)) = schema.get_mut("properties") {
                properties.retain(|name, _| !hidden(name));
            }
        }
        Some(spec)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListTasks {
    /// How many, 1 to 100.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneTask {
    id: TaskId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeenTask {
    id: TaskId,
    /// Only if it still has this version.
    expected_version: Option<u64>,
}

/// What the tool answers, as JSON, or what it refuses.
pub(crate) async fn call(
    call: &Call,
    name: &str,
    arguments: JsonObject,
) -> Result<Result<Box<RawValue>, CallToolResult>, ErrorData> {
    if !TOOLS.iter().any(|tool| tool.spec.name == name) {
        let said = format!("there is no tool `{name}`");
        call.set_refusal(Problem::invalid("/params/name", said.as_str()));
        return Err(ErrorData::invalid_params(said, None));
    }
    Ok(run(call, name, arguments).await.map_err(|problem| {
        problem.log(call.request());
        let said = format!("{} ({})", problem.detail(), call.request());
        call.set_refusal(problem);
        CallToolResult::error(vec![ContentBlock::text(said)])
    }))
}

async fn run(call: &Call, name: &str, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let tasks = Tasks(call);
    match name {
        "list_tasks" => {
            let ListTasks { limit, cursor } = fit(arguments)?;
            answer(&tasks.list(&PageParams { limit, cursor }).await?)
        }
        "get_task" => answer(&tasks.get(fit::<OneTask>(arguments)?.id).await?.0),
        "create_task" => answer(&tasks.create(Sent::<NewTask>::of(arguments)).await?),
        "update_task" => {
            let (one, patch) = split_id(arguments);
            let one: SeenTask = fit(one)?;
            answer(&tasks.update(one.id, Sent::<TaskPatch>::of(patch), one.expected_version).await?)
        }
        _ => {
            let one: SeenTask = fit(arguments)?;
            tasks.delete(one.id, one.expected_version).await?;
            answer(&json!({ "deleted": one.id }))
        }
    }
}

pub(crate) fn refused(problem: Problem) -> ErrorData {
    ErrorData::invalid_request(problem.detail().to_owned(), None)
}

fn answer(value: &impl Serialize) -> Result<Box<RawValue>, Problem> {
    to_raw_value(value).map_err(Problem::internal)
}

fn fit<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Problem> {
    Ok(domain::fit::fit(Value::Object(arguments), "")?)
}

/// Which task, and what to change of it.
fn split_id(mut arguments: JsonObject) -> (JsonObject, JsonObject) {
    let one = ["id", "expected_version"].into_iter();
    let one = one.filter_map(|name| Some((name.to_owned(), arguments.remove(name)?))).collect();
    (one, arguments)
}

/// Without defaults: a client that fills them in would clear what it did not mean to touch.
fn with_id(patch: Schema) -> Schema {
    let mut schema = schema_for!(SeenTask);
    let properties = |schema: &Schema| schema.get("properties").and_then(Value::as_object).cloned();
    let both = [properties(&schema), properties(&patch)].into_iter().flatten().flatten();
    let both = both.map(|(name, mut property)| {
        property.as_object_mut().map(|property| property.remove("default"));
        (name, property)
    });
    let both: Map<_, _> = both.collect();
    schema.insert("properties".to_owned(), both.into());
    schema.insert("title".to_owned(), "UpdateTask".into());
    schema
}

fn object(schema: Schema) -> Arc<JsonObject> {
    Arc::new(schema.as_object().cloned().unwrap_or_default())
}
