//! The schemas of all types, each under its name. A type may be read otherwise than it is written (fields that need
//! not be given are always told): then what is read has a name of its own.

use domain::access::leave_out;
use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const READS: &str = "#/components/reads/";
const PLACE: &str = "#/components/schemas/";

pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

pub(super) struct Schemas {
    reads: SchemaGenerator,
    writes: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let at = |place: &'static str| {
            let settings = SchemaSettings::draft2020_12().with(|to| to.definitions_path = place.into());
            settings.with_transform(without_null_defaults)
        };
        let (reads, writes) = (at(READS).for_deserialize(), at(PLACE).for_serialize());
        Self { reads: reads.into_generator(), writes: writes.into_generator() }
    }
}

impl Schemas {
    pub(super) fn read(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.reads).to_value()
    }

    /// A schema of its own name that no type has.
    pub(super) fn named(&mut self, name: String, schema: Value) -> Value {
        let place = json!({ "$ref": format!("{PLACE}{name}") });
        self.writes.definitions_mut().insert(name, schema);
        place
    }

    /// Without the fields that are said elsewhere.
    pub(super) fn read_without<'a>(
        &mut self,
        schema: SchemaOf,
        said: impl Iterator<Item = &'a str>,
    ) -> Value {
        let place = self.read(schema);
        let name = place["$ref"].as_str().and_then(|place| place.strip_prefix(READS));
        let held = name.and_then(|name| self.reads.definitions_mut().get_mut(name));
        let said: Vec<_> = said.collect();
        if let Some(held) = held.and_then(Value::as_object_mut) {
            leave_out(held, |name| said.contains(&name));
        }
        place
    }

    pub(super) fn written(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.writes).to_value()
    }

    /// The names of what a type holds.
    pub(super) fn fields(&mut self, schema: SchemaOf) -> Vec<String> {
        let place = self.written(schema);
        let name = place["$ref"].as_str().and_then(|place| place.strip_prefix(PLACE));
        let held = name.and_then(|name| self.writes.definitions().get(name)).unwrap_or(&place);
        held["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect()
    }

    /// The fields of a type as query parameters. None can be null; one that may be missing is left away.
    pub(super) fn parameters(&mut self, query: SchemaOf) -> Vec<Value> {
        let mut schema = self.read(query);
        let name = schema["$ref"].as_str().and_then(|place| place.strip_prefix(READS)).map(str::to_owned);
        if let Some(name) = name {
            schema = self.reads.definitions_mut().remove(&name).unwrap_or_default();
        }
        let needed: Vec<_> = schema["required"].as_array().into_iter().flatten().cloned().collect();
        let fields = schema["properties"].as_object().cloned().unwrap_or_default();
        fields
            .into_iter()
            .map(|(name, schema)| parameter(needed.contains(&json!(name)), name, schema))
            .collect()
    }

    /// The document with every schema, and each reference leading to the one that is meant.
    pub(super) fn settle(mut self, mut document: Value) -> Value {
        let (reads, mut all) = (self.reads.take_definitions(true), self.writes.take_definitions(true));
        let different = different(&reads, &all);
        let name =
            |name: &str| if different.contains(name) { format!("{name}Input") } else { name.to_owned() };
        let names: Vec<_> = reads.keys().map(|read| (read.clone(), name(read))).collect();
        all.extend(reads.into_iter().map(|(read, schema)| (name(&read), schema)));
        document["components"]["schemas"] = all.into();
        let text = names.iter().fold(document.to_string(), |text, (read, name)| {
            text.replace(&format!("\"{READS}{read}\""), &format!("\"{PLACE}{name}\""))
        });
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// What is read otherwise than it is written, itself or in what it holds.
fn different(reads: &Map<String, Value>, writes: &Map<String, Value>) -> BTreeSet<String> {
    let text = |schema: &Value| schema.to_string().replace(READS, PLACE);
    let both = || reads.iter().filter_map(|(name, read)| Some((name, text(read), writes.get(name)?)));
    let mut different: BTreeSet<String> = BTreeSet::new();
    loop {
        let holds = |read: &str| different.iter().any(|name| read.contains(&format!("\"{PLACE}{name}\"")));
        let more = both().filter(|(_, read, write)| *read != text(write) || holds(read));
        let more: BTreeSet<String> = more.map(|(name, ..)| name.clone()).collect();
        if more.len() == different.len() {
            return different;
        }
        different = more;
    }
}

/// None of these means anything: where `null` is given, it clears what is there.
fn without_null_defaults(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    transform_subschemas(&mut without_null_defaults, schema);
}

fn parameter(needed: bool, name: String, mut schema: Value) -> Value {
    let description = schema.as_object_mut().and_then(|fields| {
        fields.remove("default");
        fields.remove("description")
    });
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            schema["type"] = kind.clone();
        }
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    if let Some(kinds) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind["type"] != "null");
        if let [kind] = kinds.as_slice() {
            schema = kind.clone();
        }
    }
    let is_list = schema["type"] == "array";
    let mut said = json!({ "name": name, "in": "query", "required": needed, "schema": schema });
    if is_list {
        // By commas, as text.
        said["explode"] = false.into();
    }
    if let Some(description) = description {
        said["description"] = description;
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Inner {
        #[serde(default)]
        may_be_left_away: bool,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Outer {
        inner: Inner,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Same {
        field: u8,
    }

    #[test]
    fn what_is_read_otherwise_than_written_has_its_own_name_and_so_has_what_holds_it() {
        let mut schemas = Schemas::default();
        let read = [schemas.read(SchemaGenerator::subschema_for::<Outer>)];
        let written = [schemas.written(SchemaGenerator::subschema_for::<Outer>)];
        schemas.read(SchemaGenerator::subschema_for::<Same>);
        schemas.written(SchemaGenerator::subschema_for::<Same>);
        let settled = schemas.settle(json!({ "read": read, "written": written, "components": {} }));
        assert_eq!(settled["read"][0]["$ref"], "#/components/schemas/OuterInput");
        assert_eq!(settled["written"][0]["$ref"], "#/components/schemas/Outer");
        let all = settled["components"]["schemas"].as_object().unwrap();
        let names: Vec<_> = all.keys().collect();
        assert_eq!(names, ["Inner", "InnerInput", "Outer", "OuterInput", "Same"]);
        assert_eq!(all["OuterInput"]["properties"]["inner"]["$ref"], "#/components/schemas/InnerInput");
        assert_eq!(all["Inner"]["required"], json!(["may_be_left_away"]));
        assert_eq!(all["InnerInput"].get("required"), None);
    }
}
