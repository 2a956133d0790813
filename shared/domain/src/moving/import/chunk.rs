//! A chunk as it is sent: lists of items, each not yet read.

use crate::moving::{FORM, Moved, NOUNS};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Items by the names of their lists.
#[derive(Debug, Default)]
pub struct Chunk(BTreeMap<&'static str, Vec<Box<RawValue>>>);

/// The form of the document; only one that is known can be read.
struct Form;

impl Chunk {
    /// In the order in which they are taken in.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&'static Moved, &[Box<RawValue>])> {
        NOUNS.iter().filter_map(|noun| Some((noun, self.0.get(noun.name)?.as_slice())))
    }

    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

impl<'de> Deserialize<'de> for Chunk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lists;
        impl<'de> Visitor<'de> for Lists {
            type Value = Chunk;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with lists of items")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Chunk, A::Error> {
                let (mut form, mut lists) = (None, BTreeMap::new());
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    match NOUNS.iter().find(|noun| noun.name == name) {
                        Some(noun) if lists.contains_key(noun.name) => {
                            return Err(A::Error::duplicate_field(noun.name));
                        }
                        Some(noun) => drop(lists.insert(noun.name, map.next_value()?)),
                        None if name == "larder" => form = Some(map.next_value::<Form>()?),
                        // What a page of an export says besides.
                        None if ["exported_at", "next_cursor"].contains(&&*name) => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        None => return Err(A::Error::custom(unknown(&name))),
                    }
                }
                form.ok_or_else(|| A::Error::missing_field("larder"))?;
                Ok(Chunk(lists))
            }
        }
        deserializer.deserialize_map(Lists)
    }
}

fn unknown(name: &str) -> String {
    let known = NOUNS.map(|noun| noun.name).join(", ");
    format!("unknown field `{name}`: this version of Larder keeps {known}; use a newer one, or take it out")
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            FORM => Ok(Self),
            form => Err(D::Error::custom(format!(
                "form {FORM} is expected, not {form}; use the version of Larder that wrote it, or a newer one"
            ))),
        }
    }
}

impl JsonSchema for Chunk {
    fn schema_name() -> Cow<'static, str> {
        "Import".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({
            "type": "object",
            "description": "As an export tells them. `source` and `version` of an item are not taken over.",
            "properties": { "larder": { "const": FORM }, "exported_at": {}, "next_cursor": {} },
            "required": ["larder"],
            "additionalProperties": false,
        });
        let lists =
            NOUNS.map(|noun| (noun.name.to_owned(), serde_json::json!({ "type": "array", "items": {} })));
        if let Some(properties) = schema.get_mut("properties").and_then(|all| all.as_object_mut()) {
            properties.extend(lists);
        }
        schema
    }
}
