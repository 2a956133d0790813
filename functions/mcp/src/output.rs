//! What tools answer, as schemas that say no more than a program needs: which fields there are, and of which types.

use domain::access::{ALWAYS, leave_out};
use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::Value;

/// What a schema says besides types; of what was stored nothing else needs to be checked by who reads it.
const SAYS: [&str; 15] = [
    "$schema",
    "additionalProperties",
    "default",
    "description",
    "examples",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "title",
    "uniqueItems",
];

/// Where schemas are held by name.
const NAMED: [&str; 2] = ["$defs", "properties"];

pub(crate) fn of<T: JsonSchema>() -> Schema {
    let mut schema =
        SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.as_object_mut().into_iter().for_each(slim);
    schema
}

/// Of who changed something: what it needs to go on. The rest is as the tool that reads says.
pub(crate) fn written() -> Schema {
    let types = json_schema!({ "id": { "type": "string" }, "version": { "type": "integer" } });
    json_schema!({ "type": "object", "properties": types, "required": ALWAYS })
}

pub(crate) fn deleted() -> Schema {
    let types = json_schema!({ "deleted": { "type": "string" } });
    json_schema!({ "type": "object", "properties": types, "required": ["deleted"] })
}

pub(crate) fn written_each() -> Schema {
    let types = json_schema!({
        "index": { "type": "integer" },
        "status": { "type": "integer" },
        "item": { "type": "object" },
        "problem": { "type": "object" },
    });
    let one = json_schema!({ "type": "object", "properties": types, "required": ["index", "status"] });
    let types = json_schema!({ "data": { "type": "array", "items": one } });
    json_schema!({ "type": "object", "properties": types, "required": ["data"] })
}

fn slim(schema: &mut JsonObject) {
    schema.retain(|word, _| !SAYS.contains(&&**word));
    for (word, held) in schema {
        match held {
            Value::Object(named) if NAMED.contains(&&**word) => {
                named.values_mut().filter_map(Value::as_object_mut).for_each(slim);
            }
            Value::Object(one) => slim(one),
            Value::Array(several) => several.iter_mut().filter_map(Value::as_object_mut).for_each(slim),
            _ => {}
        }
    }
}

/// Leaves out these fields, wherever items have them: in a page its own `data` stays.
pub(crate) fn hide(schema: &mut JsonObject, is_hidden: impl Fn(&str) -> bool) {
    let is_page = schema.get("properties").is_some_and(|fields| fields.get("next_cursor").is_some());
    let held = schema.get_mut("$defs").and_then(Value::as_object_mut);
    for one in held.into_iter().flat_map(|held| held.values_mut()).filter_map(Value::as_object_mut) {
        leave_out(one, &is_hidden);
    }
    if !is_page {
        leave_out(schema, &is_hidden);
    }
}
