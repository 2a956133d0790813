//! One status or several.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error, IntoDeserializer as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// What a thing that is to be done, or reached, can be.
pub trait State: Copy + Ord + Serialize + DeserializeOwned + Send + Sync + 'static {
    const ALL: &'static [Self];
    /// Under this name they are found.
    fn name(self) -> &'static str;
    /// Neither done nor given up.
    fn is_open(self) -> bool;
}

/// Written as a list, or as text by commas. `open` stands for every status that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Statuses<S: Ord>(BTreeSet<S>);

const OPEN: &str = "open";

/// The open ones.
impl<S: State> Default for Statuses<S> {
    fn default() -> Self {
        Self(S::ALL.iter().copied().filter(|status| status.is_open()).collect())
    }
}

impl<S: State> Statuses<S> {
    pub fn contains(&self, status: S) -> bool {
        self.0.contains(&status)
    }

    pub fn iter(&self) -> impl Iterator<Item = S> {
        self.0.iter().copied()
    }
}

impl<'de, S: State> Deserialize<'de> for Statuses<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words<S>(PhantomData<S>);
        impl<'de, S: State> Visitor<'de> for Words<S> {
            type Value = Statuses<S>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status, or several by commas or in a list")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Statuses<S>, E> {
                read(text.split(','))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Statuses<S>, A::Error> {
                let mut all = Vec::new();
                while let Some(word) = words.next_element::<String>()? {
                    all.push(word);
                }
                read(all.iter().map(String::as_str))
            }
        }
        deserializer.deserialize_any(Words(PhantomData))
    }
}

fn read<'w, S: State, E: Error>(words: impl Iterator<Item = &'w str>) -> Result<Statuses<S>, E> {
    let mut all = BTreeSet::new();
    for word in words.map(str::trim) {
        if word == OPEN {
            all.append(&mut Statuses::default().0);
        } else {
            all.insert(S::deserialize(word.into_deserializer())?);
        }
    }
    if all.is_empty() { Err(E::custom("name at least one")) } else { Ok(Statuses(all)) }
}

impl<S: State> JsonSchema for Statuses<S> {
    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = S::ALL.iter().map(|status| status.name()).chain([OPEN]);
        let words: Vec<Value> = words.map(Value::from).collect();
        json_schema!({ "type": "array", "items": { "type": "string", "enum": words }, "minItems": 1 })
    }
}
