//! The tools. Each calls the same functions as REST does; what a model can put right comes back as a tool error that
//! says how.

use domain::access::{Action, Resource};
use domain::id::TaskId;
use domain::task::{NewTask, TaskPatch};
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, Schema, schema_for};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};
use web::{Call, PageParams, Problem, Tasks};

pub(crate) struct Entry {
    pub(crate) spec: Tool,
    pub(crate) action: Action,
    pub(crate) resource: Resource,
}

pub(crate) static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let reads = ToolAnnotations::new().read_only(true).open_world(false);
    let writes = ToolAnnotations::new().read_only(false).destructive(false).open_world(false);
    let deletes = ToolAnnotations::new().read_only(false).destructive(true).open_world(false);
    let task = |name, title, description, schema, annotations: &ToolAnnotations, action| Entry {
        spec: Tool::new(name, description, object(schema))
            .with_title(title)
            .with_annotations(annotations.clone()),
        action,
        resource: Resource::Tasks,
    };
    vec![
        task(
            "list_tasks",
            "List tasks",
            "Tasks, newest first, in pages.",
            schema_for!(ListTasks),
            &reads,
            Action::Read,
        ),
        task("get_task", "Get a task", "One task by its id.", schema_for!(OneTask), &reads, Action::Read),
        task(
            "create_task",
            "Create a task",
            "Make a new task.",
            schema_for!(NewTask),
            &writes,
            Action::Write,
        ),
        task(
            "update_task",
            "Update a task",
            "Change the given fields of a task; the others stay.",
            with_id(schema_for!(TaskPatch)),
            &writes,
            Action::Write,
        ),
        task(
            "delete_task",
            "Delete a task",
            "Move a task to the trash, where it stays for 30 days.",
            schema_for!(SeenTask),
            &deletes,
            Action::Delete,
        ),
    ]
});

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

pub(crate) async fn call(
    call: &Call,
    name: &str,
    arguments: JsonObject,
) -> Result<CallToolResult, ErrorData> {
    if !TOOLS.iter().any(|tool| tool.spec.name == name) {
        let said = format!("there is no tool `{name}`");
        call.set_refusal(Problem::invalid("/params/name", said.as_str()));
        return Err(ErrorData::invalid_params(said, None));
    }
    Ok(run(call, name, arguments).await.unwrap_or_else(|problem| {
        problem.log(call.request());
        let said = format!("{} ({})", problem.detail(), call.request());
        call.set_refusal(problem);
        CallToolResult::error(vec![ContentBlock::text(said)])
    }))
}

async fn run(call: &Call, name: &str, arguments: JsonObject) -> Result<CallToolResult, Problem> {
    let tasks = Tasks(call);
    match name {
        "list_tasks" => {
            let ListTasks { limit, cursor } = fit(arguments)?;
            answer(&tasks.list(&PageParams { limit, cursor }).await?)
        }
        "get_task" => answer(&tasks.get(fit::<OneTask>(arguments)?.id).await?),
        "create_task" => answer(&tasks.create(fit::<NewTask>(arguments)?).await?),
        "update_task" => {
            let (one, patch) = split_id(arguments);
            let one: SeenTask = fit(one)?;
            answer(&tasks.update(one.id, fit(patch)?, one.expected_version).await?)
        }
        _ => {
            let one: SeenTask = fit(arguments)?;
            tasks.delete(one.id, one.expected_version).await?;
            answer(&json!({ "deleted": one.id }))
        }
    }
}

fn answer(value: &impl Serialize) -> Result<CallToolResult, Problem> {
    serde_json::to_value(value).map(CallToolResult::structured).map_err(Problem::internal)
}

fn fit<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Problem> {
    web::fit(Value::Object(arguments), "")
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
