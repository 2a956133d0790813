//! What is asked of a model that is to make a plan: who calls has one, and Larder needs none of its own.

use super::{Plan, PlannedTask};
use crate::access::{Resource, Scope, leave_out};
use schemars::schema_for;
use serde_json::{Map, Value};

const TEXT: &str = include_str!("../../../../templates/plans/ask.md");

/// A fixed text, and behind it what was given or stored: one line of JSON, so that it is data, whatever it says.
pub fn prompt(known: Map<String, Value>) -> String {
    format!("{TEXT}\n{}\n", Value::Object(known))
}

/// Of a plan of so many tasks, none of which says what is hidden.
pub fn schema(most: usize, is_hidden: impl Fn(&str) -> bool) -> Map<String, Value> {
    let mut schema = schema_for!(Plan).as_object().cloned().unwrap_or_default();
    hide(&mut schema, is_hidden);
    let tasks = schema.get_mut("properties").and_then(|fields| fields.get_mut("suggested_tasks"));
    if let Some(tasks) = tasks.and_then(Value::as_object_mut) {
        tasks.insert("maxItems".to_owned(), most.into());
        tasks.remove("description");
    }
    schema
}

/// Leaves what is hidden out of a schema that holds the one of planned tasks.
pub fn hide(schema: &mut Map<String, Value>, is_hidden: impl Fn(&str) -> bool) {
    let held = schema.get_mut("$defs").and_then(|held| held.get_mut("PlannedTask"));
    if let Some(planned) = held.and_then(Value::as_object_mut) {
        leave_out(planned, is_hidden);
    }
}

/// Whether it becomes a field that is hidden.
pub fn is_hidden(tasks: &Scope<'_>, name: &str) -> bool {
    let field = PlannedTask::becomes(name);
    Resource::Tasks.fields().contains(&field) && !tasks.shows(field)
}
