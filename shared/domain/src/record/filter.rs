//! Which records are listed.

use super::Record;
use crate::access::Tag;
use crate::collection::{Collection, CollectionName, IndexedField};
use crate::filter::{Age, Clock, Filter, Shelves};
use crate::list::List;
use crate::shelf::Shelf;
use crate::table::Query;
use crate::text::Text;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// All that is given has to hold. Besides these there are the collection's indexed fields, each with what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordFilter {
    /// With this among its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Newest first (`-created`) if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Age>,
    #[serde(flatten)]
    pub fields: BTreeMap<String, Said>,
}

/// What a field says, as text: `true` and `4` are found as such, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Scalar")]
#[schemars(inline, with = "Scalar")]
pub struct Said(String);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum Scalar {
    Text(Text<0, 1000>),
    Is(bool),
    Number(serde_json::Number),
}

impl Filter<Record> for RecordFilter {
    fn looks_at(parameter: &str, _: &str) -> &'static [&'static str] {
        match parameter {
            "tag" | "label" => &["tags"],
            // What a list has besides its filter.
            "sort" | "limit" | "cursor" | "fields" | "collection" => &[],
            _ => &["data"],
        }
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        let within = shelves.within.ok_or_else(|| Error::internal("records of no collection"))?;
        let list = match self.fields.is_empty() {
            true => Record::all_in(shelves.owner, within),
            false => self.by_field(shelves, within).await?,
        };
        Ok(self.sort.unwrap_or_default().of(list.into()))
    }

    fn covers(&self, record: &Record, _: &Clock) -> bool {
        let says = |(field, said): (&String, &Said)| record.says(field).as_deref() == Some(&said.0);
        self.tag.as_ref().is_none_or(|tag| record.tags.as_slice().contains(tag))
            && self.fields.iter().all(says)
    }
}

impl RecordFilter {
    async fn by_field(&self, shelves: &Shelves<'_>, within: &CollectionName) -> Result<Query> {
        let owner = shelves.owner;
        let collection = Shelf::<Collection>::new(shelves.table, owner).some([within.clone()]).await?;
        let collection = collection.into_iter().flatten().next();
        let names =
            |fields: &[IndexedField]| fields.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
        let known = collection.as_ref().map(|it| names(it.indexed_fields.as_slice())).unwrap_or_default();
        if let Some(unknown) = self.fields.keys().find(|name| !known.contains(name)) {
            let known = ["tag", "sort"].map(str::to_owned).into_iter().chain(known);
            let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
            let detail = format!("unknown field `{unknown}`, expected one of {}", known.join(", "));
            return Err(Error::invalid(unknown.clone(), detail));
        }
        let slots = collection.and_then(|it| it.found_by).unwrap_or_default();
        let mut slots = slots.iter().zip(Record::FOUND_BY);
        let best = slots.find_map(|(field, slot)| {
            Some((slot, field.as_str().to_owned(), self.fields.get(field.as_str())?))
        });
        Ok(match best {
            Some((slot, field, said)) => Record::all_saying(owner, within, (slot, &field), &said.0),
            None => Record::all_in(owner, within),
        })
    }
}

impl From<Scalar> for Said {
    fn from(scalar: Scalar) -> Self {
        Self(match scalar {
            Scalar::Text(text) => text.as_str().to_owned(),
            Scalar::Is(is) => is.to_string(),
            Scalar::Number(number) => number.to_string(),
        })
    }
}

/// Field by field, so that what is wrong has its place.
impl<'de> Deserialize<'de> for RecordFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = RecordFilter;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("parameters of a list of records")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RecordFilter, A::Error> {
                let mut filter = RecordFilter::default();
                while let Some(name) = map.next_key::<String>()? {
                    let is_first = match name.as_str() {
                        "tag" | "label" => filter.tag.replace(map.next_value()?).is_none(),
                        "sort" => filter.sort.replace(map.next_value()?).is_none(),
                        _ => filter.fields.insert(name.clone(), map.next_value()?).is_none(),
                    };
                    if !is_first {
                        return Err(A::Error::custom(format!("duplicate field `{name}`")));
                    }
                }
                Ok(filter)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
