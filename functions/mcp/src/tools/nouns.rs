//! The tools that every noun has.

use super::{Entry, answer, fit};
use domain::collection::CollectionName;
use domain::noun::Rules;
use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use web::{Call, Nouns, PageParams, Problem, Sent, Within};

/// The tools of one noun.
pub(super) fn of<T: Rules>() -> [Entry; 6] {
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
            patch_with::<SeenOne<T::Id>, T>(),
            |call, arguments| Box::pin(update::<T>(call, arguments)),
        ),
        Entry::new(
            &does.delete,
            format!("Move a {one} to the trash, where it stays for 30 days."),
            schema_for!(SeenOne<T::Id>),
            |call, arguments| Box::pin(delete::<T>(call, arguments)),
        ),
        Entry::new(
            &does.restore,
            format!("Bring a {one} back out of the trash."),
            schema_for!(One<T::Id>),
            |call, arguments| Box::pin(restore::<T>(call, arguments)),
        ),
    ]
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
    let (one, patch) = split(arguments);
    let SeenOne { id, expected_version } = fit(one)?;
    answer(&Nouns::<T>::of(call).update(id, Sent::of(patch), expected_version).await?)
}

async fn delete<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let SeenOne::<T::Id> { id, expected_version } = fit(arguments)?;
    Nouns::<T>::of(call).delete(id.clone(), expected_version).await?;
    answer(&json!({ "deleted": id }))
}

async fn restore<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let One { id } = fit(arguments)?;
    answer(&Nouns::<T>::of(call).restore(id).await?)
}

/// Which item, and what to change of it.
pub(super) fn split(mut arguments: JsonObject) -> (JsonObject, JsonObject) {
    let one = ["id", "expected_version"].into_iter();
    let one = one.filter_map(|name| Some((name.to_owned(), arguments.remove(name)?))).collect();
    (one, arguments)
}

/// Without defaults: a client that fills them in would clear what it did not mean to touch.
pub(super) fn patch_with<S: JsonSchema, T: Rules>() -> Schema {
    let (mut schema, patch) = (schema_for!(S), schema_for!(T::Patch));
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
