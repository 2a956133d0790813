//! The tools. Each calls the same functions as REST does; what a model can put right comes back as a tool error that
//! says how.

use domain::access::Action;
use domain::collection::{Collection, CollectionName};
use domain::connection::Connection;
use domain::goal::Goal;
use domain::life_area::LifeArea;
use domain::noun::Rules;
use domain::operation::Operation;
use domain::record::Record;
use domain::task::Task;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, Schema, schema_for};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};
use web::{Call, Nouns, PageParams, Problem, Sent, Within};

pub(crate) struct Entry {
    pub(crate) spec: Tool,
    operation: &'static Operation,
    run: Run,
}

type Run = for<'a> fn(&'a Call, JsonObject) -> BoxFuture<'a, Result<Box<RawValue>, Problem>>;

pub(crate) static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let nouns = [of::<Task>(), of::<Goal>(), of::<LifeArea>(), of::<Collection>(), of::<Record>()];
    nouns.into_iter().flatten().collect()
});

/// The tools of one noun.
fn of<T: Rules>() -> [Entry; 5] {
    let does = T::DOES;
    let (many, one) = (does.many, T::NAME.replace('_', " "));
    let list = if T::LIES_IN {
        let said = format!("{many} of a collection, newest first, in pages.");
        Entry::new(&does.list, said, schema_for!(ListedIn), |call, arguments| {
            Box::pin(list_in::<T>(call, arguments))
        })
    } else {
        let said = format!("{many}, newest first, in pages.");
        Entry::new(&does.list, said, schema_for!(Listed), |call, arguments| {
            Box::pin(list::<T>(call, arguments))
        })
    };
    [
        list,
        Entry::new(&does.get, format!("One {one} by its id."), schema_for!(One<T::Id>), |call, arguments| {
            Box::pin(get::<T>(call, arguments))
        }),
        Entry::new(&does.create, format!("Make a {one}."), schema_for!(T::New), |call, arguments| {
            Box::pin(create::<T>(call, arguments))
        }),
        Entry::new(
            &does.update,
            format!("Change the given fields of a {one}; the others stay."),
            with_id::<T>(),
            |call, arguments| Box::pin(update::<T>(call, arguments)),
        ),
        Entry::new(
            &does.delete,
            format!("Move a {one} to the trash, where it stays for 30 days."),
            schema_for!(SeenOne<T::Id>),
            |call, arguments| Box::pin(delete::<T>(call, arguments)),
        ),
    ]
}

impl Entry {
    fn new(operation: &'static Operation, description: String, schema: Schema, run: Run) -> Self {
        let annotations = ToolAnnotations::new().open_world(false);
        let annotations = match operation.action {
            Action::Read => annotations.read_only(true),
            Action::Write => annotations.read_only(false).destructive(false),
            Action::Delete => annotations.read_only(false).destructive(true),
        };
        let spec = Tool::new(operation.tool, description, object(schema));
        let spec = spec.with_title(title(operation.tool)).with_annotations(annotations);
        Self { spec, operation, run }
    }

    /// As this caller may use it: without the fields that a mask hides. `None` if it may not at all.
    pub(crate) fn offered(&self, connection: &Connection, at: Timestamp) -> Option<Tool> {
        let Operation { action, resource, .. } = *self.operation;
        let scope = connection.allows(self.operation, at).ok()?;
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

/// `list_tasks` is "List tasks".
fn title(tool: &str) -> String {
    let mut letters = tool.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// How many, 1 to 100.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListedIn {
    /// Its name.
    collection: CollectionName,
    /// How many, 1 to 100.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct One<Id> {
    id: Id,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeenOne<Id> {
    id: Id,
    /// Only if it still has this version.
    expected_version: Option<u64>,
}

/// What the tool answers, as JSON, or what it refuses.
pub(crate) async fn call(
    call: &Call,
    name: &str,
    arguments: JsonObject,
) -> Result<Result<Box<RawValue>, CallToolResult>, ErrorData> {
    let Some(tool) = TOOLS.iter().find(|tool| tool.spec.name == name) else {
        let said = format!("there is no tool `{name}`");
        call.set_refusal(Problem::invalid("/params/name", said.as_str()));
        return Err(ErrorData::invalid_params(said, None));
    };
    Ok((tool.run)(call, arguments).await.map_err(|problem| {
        problem.log(call.request());
        let said = format!("{} ({})", problem.detail(), call.request());
        call.set_refusal(problem);
        CallToolResult::error(vec![ContentBlock::text(said)])
    }))
}

async fn list<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let Listed { limit, cursor } = fit(arguments)?;
    answer(&Nouns::<T>::of(call).list(&PageParams { limit, cursor }).await?)
}

async fn list_in<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let ListedIn { collection, limit, cursor } = fit(arguments)?;
    let nouns = Nouns::<T>::of(call).within(Within(Some(collection)));
    answer(&nouns.list(&PageParams { limit, cursor }).await?)
}

async fn get<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let One { id } = fit(arguments)?;
    answer(&Nouns::<T>::of(call).get(id).await?.0)
}

async fn create<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    answer(&Nouns::<T>::of(call).create(Sent::of(arguments), |_| Ok(None)).await?)
}

async fn update<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let (one, patch) = split_id(arguments);
    let SeenOne { id, expected_version } = fit(one)?;
    answer(&Nouns::<T>::of(call).update(id, Sent::of(patch), expected_version).await?)
}

async fn delete<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let SeenOne::<T::Id> { id, expected_version } = fit(arguments)?;
    Nouns::<T>::of(call).delete(id.clone(), expected_version).await?;
    answer(&json!({ "deleted": id }))
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

/// Which item, and what to change of it.
fn split_id(mut arguments: JsonObject) -> (JsonObject, JsonObject) {
    let one = ["id", "expected_version"].into_iter();
    let one = one.filter_map(|name| Some((name.to_owned(), arguments.remove(name)?))).collect();
    (one, arguments)
}

/// Without defaults: a client that fills them in would clear what it did not mean to touch.
fn with_id<T: Rules>() -> Schema {
    let (mut schema, patch) = (schema_for!(SeenOne<T::Id>), schema_for!(T::Patch));
    let properties = |schema: &Schema| schema.get("properties").and_then(Value::as_object).cloned();
    let both = [properties(&schema), properties(&patch)].into_iter().flatten().flatten();
    let both = both.map(|(name, mut property)| {
        property.as_object_mut().map(|property| property.remove("default"));
        (name, property)
    });
    let both: Map<_, _> = both.collect();
    schema.insert("properties".to_owned(), both.into());
    schema
}

fn object(schema: Schema) -> Arc<JsonObject> {
    Arc::new(schema.as_object().cloned().unwrap_or_default())
}
