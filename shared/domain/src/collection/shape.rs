//! What data has to look like: a part of JSON Schema that is checked in time that grows with the data alone. What is not
//! listed here is refused where it stands: there are no references, and no patterns.

mod check;
#[cfg(test)]
mod tests;

use crate::text::List;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Shape {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    dialect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// For whoever fills something in; nothing is filled in here.
    #[serde(rename = "default", deserialize_with = "any", skip_serializing_if = "Option::is_none")]
    fallback: Option<Value>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kinds: Option<Kinds>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    choices: Option<List<Value, 100>>,
    #[serde(rename = "const", deserialize_with = "any", skip_serializing_if = "Option::is_none")]
    only: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, Self>,
    #[serde(skip_serializing_if = "List::is_empty")]
    required: List<String, 200>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_properties: Option<Others>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Self>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_items: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_items: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unique_items: bool,
}

/// One kind, or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
struct Kinds(Vec<Kind>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Object,
    Array,
    String,
    Number,
    Integer,
    Boolean,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Date,
    DateTime,
}

/// What holds for the fields that are not named.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Others {
    May(bool),
    Like(Box<Shape>),
}

/// `null`, too, is a value.
fn any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<Value> for Kinds {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let all = match value {
            Value::Array(all) if !all.is_empty() => all,
            one => vec![one],
        };
        let kinds = all.into_iter().map(|one| serde_json::from_value(one).map_err(|error| error.to_string()));
        kinds.collect::<Result<_, _>>().map(Self)
    }
}

impl From<Kinds> for Value {
    fn from(Kinds(kinds): Kinds) -> Self {
        match kinds.as_slice() {
            [one] => one.name().into(),
            all => all.iter().map(|kind| kind.name()).collect(),
        }
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Null => "null",
        }
    }
}

impl<'de> Deserialize<'de> for Others {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Others;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a schema")
            }
            fn visit_bool<E: serde::de::Error>(self, may: bool) -> Result<Others, E> {
                Ok(Others::May(may))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Others, A::Error> {
                let shape = Shape::deserialize(MapAccessDeserializer::new(map)).map_err(A::Error::custom)?;
                Ok(Others::Like(Box::new(shape)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Shape {
    fn schema_name() -> Cow<'static, str> {
        "RecordSchema".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let description = "A JSON Schema of at most 16 kB, with these keywords: type, enum, const, minimum, maximum, \
                           minLength, maxLength, format (date, date-time), properties, required, \
                           additionalProperties, items, minItems, maxItems, uniqueItems; and $schema, title, \
                           description, default, which say nothing about data.";
        json_schema!({ "type": "object", "description": description, "additionalProperties": true })
    }
}
