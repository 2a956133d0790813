//! The schema of each event, by itself: what version 1 says of one, later versions say, too, and may say more.

use crate::document::WHOLE;
use axum::Json;
use domain::Error;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use web::{At, Problem};

const PLACE: &str = "#/components/schemas/";

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Schemas {
    data: Vec<Schema>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Schema {
    /// What the event is called, and what a webhook asks for it by.
    r#type: String,
    /// Where its schema lies.
    schema: String,
}

pub(crate) async fn list() -> Json<Schemas> {
    let all = WHOLE.get("webhooks").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let one = |name: &String| Schema { r#type: name.clone(), schema: address(name) };
    Json(Schemas { data: all.map(one).collect() })
}

pub(crate) async fn one(At(name): At<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(schema(&known(&name)).ok_or(Error::NotFound("event"))?))
}

fn address(name: &str) -> String {
    format!("/schemas/v1/{name}")
}

/// Under which name its schema lies: those of all collections are the same.
pub(crate) fn known(name: &str) -> String {
    match name.split('.').collect::<Vec<_>>().as_slice() {
        ["record", .., verb] => format!("record.*.{verb}"),
        _ => name.to_owned(),
    }
}

fn schema(name: &str) -> Option<Value> {
    let said = WHOLE.get("webhooks")?.get(name)?.pointer("/post/requestBody/content/application~1json")?;
    let mut schema = said.get("schema")?.clone();
    let examples = said.get("examples")?.as_object()?.values().filter_map(|example| example.get("value"));
    let fields = schema.as_object_mut()?;
    fields.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    fields.insert("$id".to_owned(), address(name).into());
    fields.insert("title".to_owned(), name.into());
    fields.insert("examples".to_owned(), examples.cloned().collect());
    let mut parts = BTreeMap::new();
    gather(&schema, &mut parts);
    schema.as_object_mut()?.insert("$defs".to_owned(), json!(parts));
    serde_json::from_str(&schema.to_string().replace(PLACE, "#/$defs/")).ok()
}

/// All that it refers to.
fn gather(value: &Value, parts: &mut BTreeMap<String, &'static Value>) {
    match value {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|place| place.strip_prefix(PLACE));
            let part = name.and_then(|name| Some((name, WHOLE.pointer("/components/schemas")?.get(name)?)));
            if let Some((name, part)) = part
                && parts.insert(name.to_owned(), part).is_none()
            {
                gather(part, parts);
            }
            fields.values().for_each(|inner| gather(inner, parts));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, parts)),
        _ => {}
    }
}
