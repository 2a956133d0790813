//! The tools. Each calls the same functions as REST does; what a model can put right comes back as a tool error that
//! says how.

mod backup;
mod calendar;
mod call;
pub(crate) mod goals;
mod memories;
mod nouns;
mod one;
mod plan;
mod told;

pub(crate) use call::{Told, Unanswered, call, refused, unanswered};

use crate::output;
use domain::access::Action;
use domain::collection::Collection;
use domain::connection::Connection;
use domain::life_area::LifeArea;
use domain::memory::Memory;
use domain::operation::Operation;
use domain::preferences::Preferences;
use domain::profile::Profile;
use domain::record::Record;
use domain::task::Task;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rmcp::model::{JsonObject, Resource, Tool, ToolAnnotations};
use schemars::Schema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::{Arc, LazyLock};
use web::{Call, Problem};

pub(crate) struct Entry {
    pub(crate) spec: Tool,
    operation: &'static Operation,
    run: Run,
    looks_at: LooksAt,
    leads_to: Option<LeadsTo>,
    narrow: Option<Narrow>,
}

/// Which fields an argument looks at, given this value.
type LooksAt = fn(&str, &str) -> &'static [&'static str];

/// Leaves out of it what is not for this connection, where that is not simply a field of what it takes.
type Narrow = fn(&mut Tool, &Connection, Timestamp);

/// The resource that says more of what is answered.
type LeadsTo = fn(&RawValue) -> Option<Resource>;

type Run = Box<dyn for<'a> Fn(&'a Call, JsonObject) -> Running<'a> + Send + Sync>;
type Running<'a> = BoxFuture<'a, Result<Box<RawValue>, Problem>>;

pub(crate) static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let nouns = [
        nouns::of::<Task>(),
        goals::of(),
        nouns::of::<LifeArea>(),
        nouns::of::<Memory>(),
        nouns::of::<Collection>(),
        nouns::of::<Record>(),
    ];
    let ones = [one::of::<Profile>(), one::of::<Preferences>()];
    let ones = ones.into_iter().flatten();
    nouns
        .into_iter()
        .flatten()
        .chain([memories::search()])
        .chain(plan::of())
        .chain(ones)
        .chain(told::of())
        .chain([backup::of(), calendar::of()])
        .collect()
});

/// What agents and plans call a tool that is called otherwise here.
const ALIASES: [(&str, &str); 6] = [
    ("analyze_user_progress", "analyze_progress"),
    ("create_memory", "add_memory"),
    ("get_user_stats", "query_user_stats"),
    ("put_record", "create_record"),
    ("query_records", "list_records"),
    ("search_memories", "search_memory"),
];

pub(crate) fn named(name: &str) -> Option<&'static Entry> {
    let own = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, own)| own);
    TOOLS.iter().find(|tool| tool.spec.name == own)
}

impl Entry {
    fn new<R>(
        operation: &'static Operation,
        description: String,
        takes: Schema,
        answers: Schema,
        run: R,
    ) -> Self
    where
        R: for<'a> Fn(&'a Call, JsonObject) -> Running<'a> + Send + Sync + 'static,
    {
        let spec = Tool::new(operation.tool, description, object(takes))
            .with_title(title(operation.tool))
            .with_annotations(annotations(operation))
            .with_raw_output_schema(object(answers));
        Self { spec, operation, run: Box::new(run), looks_at: |_, _| &[], leads_to: None, narrow: None }
    }

    pub(crate) fn writes(&self) -> bool {
        self.spec.annotations.as_ref().is_none_or(|says| says.read_only_hint != Some(true))
    }

    pub(crate) fn is_for(&self, connection: &Connection, at: Timestamp) -> bool {
        connection.allows(self.operation, at).is_ok()
    }

    /// Its arguments look at fields that are to be seen.
    fn looking_at(self, looks_at: LooksAt) -> Self {
        Self { looks_at, ..self }
    }

    fn leading_to(self, leads_to: LeadsTo) -> Self {
        Self { leads_to: Some(leads_to), ..self }
    }

    /// Who asks for no number of items gets so many.
    fn usually(mut self, many: u16) -> Self {
        let takes = Arc::make_mut(&mut self.spec.input_schema).get_mut("properties");
        if let Some(Value::Object(limit)) = takes.and_then(|takes| takes.get_mut("limit")) {
            let said = format!("How many, 1 to 100; {many} if it is absent.");
            limit.extend([("description".to_owned(), said.into()), ("default".to_owned(), many.into())]);
        }
        let run = self.run;
        self.run = Box::new(move |call, mut arguments| {
            arguments.entry("limit").or_insert_with(|| many.into());
            run(call, arguments)
        });
        self
    }

    fn narrowed(self, narrow: Narrow) -> Self {
        Self { narrow: Some(narrow), ..self }
    }

    fn annotated(mut self, annotations: ToolAnnotations) -> Self {
        self.spec.annotations = Some(annotations);
        self
    }

    /// As this caller may use it: without the fields that a mask hides. `None` if it may not at all.
    pub(crate) fn offered(&self, connection: &Connection, at: Timestamp) -> Option<Tool> {
        let Operation { action, resource, .. } = *self.operation;
        let scope = connection.allows(self.operation, at).ok()?;
        let mut spec = self.spec.clone();
        if let Some(narrow) = self.narrow {
            narrow(&mut spec, connection, at);
        }
        if scope.is_whole() {
            return Some(spec);
        }
        let writes = |name: &str| action == Action::Write && resource.fields().contains(&name);
        let sees =
            |name: &str, value: &str| (self.looks_at)(name, value).iter().all(|field| scope.shows(field));
        if let Some(answers) = &mut spec.output_schema {
            output::hide(Arc::make_mut(answers), |name| {
                resource.fields().contains(&name) && !scope.shows(name)
            });
        }
        let schema = Arc::make_mut(&mut spec.input_schema);
        if let Some(Value::Object(properties)) = each_of_many(schema) {
            properties.retain(|name, _| !writes(name) || scope.shows(name));
        }
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.retain(|name, _| sees(name, "") && (!writes(name) || scope.shows(name)));
            for (name, property) in properties {
                let Some(values) = property.get_mut("enum").and_then(Value::as_array_mut) else { continue };
                let all = values.len();
                values.retain(|value| value.as_str().is_none_or(|value| sees(name, value)));
                // It speaks of all of them.
                if values.len() < all {
                    property.as_object_mut().map(|property| property.remove("description"));
                }
            }
        }
        Some(spec)
    }
}

/// How each looks where many are taken at once.
fn each_of_many(schema: &mut JsonObject) -> Option<&mut Value> {
    let place = schema.get("properties")?.pointer("/items/items/$ref")?.as_str()?;
    let name = place.strip_prefix("#/$defs/")?.to_owned();
    schema.get_mut("$defs")?.get_mut(&name)?.get_mut("properties")
}

/// `list_tasks` is "List tasks".
pub(crate) fn title(tool: &str) -> String {
    let mut letters = tool.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
}

/// Hosts ask people before what is marked so. What is read is never changed; a change of fields loses what they held.
fn annotations(operation: &Operation) -> ToolAnnotations {
    let of_one = operation.method == "PATCH" || operation.path.contains("{id}");
    let (reads, loses) = match operation.action {
        Action::Read => (true, false),
        Action::Write => (false, operation.method == "PATCH"),
        Action::Delete => (false, true),
    };
    ToolAnnotations::new().read_only(reads).destructive(loses).idempotent(reads || of_one).open_world(false)
}

pub(crate) fn fit<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Problem> {
    Ok(domain::fit::fit(Value::Object(arguments), "")?)
}

fn object(schema: Schema) -> Arc<JsonObject> {
    Arc::new(schema.as_object().cloned().unwrap_or_default())
}
