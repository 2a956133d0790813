//! The tools that every noun has.

use super::{Entry, fit};
use crate::parts::{MOST_BYTES, answer, fitting, limited};
use crate::{output, resources};
use domain::access::Shown;
use domain::collection::CollectionName;
use domain::filter::Filter as _;
use domain::noun::{Deed, Rules};
use rmcp::model::{JsonObject, Resource};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use web::{Asked, Call, Each, Items, Nouns, Once, Page, PageParams, Problem, Sent, Within};

/// The tools of one noun.
pub(super) fn of<T: Rules + JsonSchema>() -> Vec<Entry> {
    let does = T::DOES;
    let (many, one) = (does.many, T::NAME.replace('_', " "));
    let asked = both(schema_for!(PageParams), &schema_for!(T::Filter));
    let (of, asked) =
        if T::LIES_IN { (" of a collection", both(schema_for!(In), &asked)) } else { ("", asked) };
    let said = format!("{many}{of}, in pages: all, or those for which everything holds that is given.");
    let (items, item) = (output::of::<Page<Shown<T>>>(), output::of::<Shown<T>>());
    let mut tools = vec![
        Entry::new(&does.list, said, asked, items, |call, arguments| Box::pin(list::<T>(call, arguments)))
            .looking_at(T::Filter::looks_at),
        Entry::new(
            &does.get,
            format!("One {one} by its id."),
            schema_for!(One<T::Id>),
            item,
            |call, arguments| Box::pin(get::<T>(call, arguments)),
        )
        .leading_to(more::<T>),
        Entry::new(
            &does.create,
            format!("Make a {one}.{}", does.besides),
            schema_for!(T::New),
            output::written(),
            |call, arguments| Box::pin(create::<T>(call, arguments)),
        )
        .leading_to(more::<T>),
        Entry::new(
            &does.update,
            format!("Change the given fields of a {one}; the others stay."),
            both(schema_for!(SeenOne<T::Id>), &schema_for!(T::Patch)),
            output::written(),
            |call, arguments| Box::pin(update::<T>(call, arguments)),
        )
        .leading_to(more::<T>),
        Entry::new(
            &does.delete,
            format!("Move a {one} to the trash, where it stays for 30 days."),
            schema_for!(SeenOne<T::Id>),
            output::deleted(),
            |call, arguments| Box::pin(delete::<T>(call, arguments)),
        ),
        Entry::new(
            &does.restore,
            format!("Bring a {one} back out of the trash."),
            schema_for!(One<T::Id>),
            output::written(),
            |call, arguments| Box::pin(restore::<T>(call, arguments)),
        ),
    ];
    tools.extend(T::DEEDS.iter().map(|deed| {
        let (said, takes) = (format!("{}.", deed.says), schema_for!(SeenOne<T::Id>));
        Entry::new(deed.does, said, takes, output::written(), move |call, arguments| {
            Box::pin(carry_out(deed, call, arguments))
        })
    }));
    tools.extend(does.batch.as_ref().filter(|many| many.is_tool()).map(|many| {
        let said = format!("Make up to 25 {}, each by itself.", does.many.to_lowercase());
        let (takes, answers) = (schema_for!(Items<T::New>), output::written_each());
        Entry::new(many, said, takes, answers, |call, arguments| Box::pin(create_each::<T>(call, arguments)))
    }));
    tools
}

/// Where more of an item can be read, if there is such a resource.
pub(super) fn more<T: Rules>(item: &RawValue) -> Option<Resource> {
    resources::link(T::NAME, item)
}

/// Which collection it lies in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct In {
    /// Its name.
    collection: CollectionName,
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

async fn list<T: Rules>(call: &Call, mut arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let within = if T::LIES_IN {
        let In { collection } = fit(taken(&mut arguments, &["collection"]))?;
        Some(collection)
    } else {
        None
    };
    fitting(|most| {
        let (asked, within) = (limited(&arguments, most), Within(within.clone()));
        async move {
            let page = Nouns::<T>::of(call).within(within).list(&Asked::of(asked)?).await?;
            Ok((answer(&page)?, page.data.len()))
        }
    })
    .await
}

async fn get<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let One { id } = fit(arguments)?;
    answer(&Nouns::<T>::of(call).get(id).await?.0)
}

async fn create<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    answer(&Nouns::<T>::of(call).create(Sent::of(arguments), |_| Ok(None)).await?)
}

async fn update<T: Rules>(call: &Call, mut arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let SeenOne { id, expected_version } = fit(taken(&mut arguments, &["id", "expected_version"]))?;
    answer(&Nouns::<T>::of(call).update(id, Sent::of(arguments), expected_version.into()).await?)
}

async fn delete<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let SeenOne::<T::Id> { id, expected_version } = fit(arguments)?;
    Nouns::<T>::of(call).delete(id.clone(), expected_version.into()).await?;
    answer(&json!({ "deleted": id }))
}

async fn restore<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let One { id } = fit(arguments)?;
    answer(&Nouns::<T>::of(call).restore(id).await?)
}

async fn carry_out<T: Rules>(
    deed: &Deed<T>,
    call: &Call,
    arguments: JsonObject,
) -> Result<Box<RawValue>, Problem> {
    let SeenOne::<T::Id> { id, expected_version } = fit(arguments)?;
    answer(&Nouns::<T>::of(call).carry_out(deed, id, expected_version.into()).await?)
}

async fn create_each<T: Rules>(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let mut all = Nouns::<T>::of(call).create_each(Each::of(arguments), Once::never()).await?;
    let whole = answer(&all)?;
    if whole.get().len() <= MOST_BYTES {
        return Ok(whole);
    }
    // Whoever made them knows what is in them.
    for item in all.data.iter_mut().filter_map(|one| one.item.as_mut()) {
        let brief: Brief = serde_json::from_str(item.get()).map_err(Problem::internal)?;
        *item = answer(&brief)?;
    }
    answer(&all)
}

#[derive(Serialize, Deserialize)]
struct Brief {
    id: String,
    version: u64,
}

/// The arguments of these names, taken out.
pub(super) fn taken(arguments: &mut JsonObject, names: &[&str]) -> JsonObject {
    names.iter().filter_map(|name| Some(((*name).to_owned(), arguments.remove(*name)?))).collect()
}

/// The properties of both; of the second without defaults: a client that fills them in would clear what it did not mean
/// to touch.
pub(super) fn both(mut schema: Schema, more: &Schema) -> Schema {
    let properties = |schema: &Schema| schema.get("properties").and_then(Value::as_object).cloned();
    let all = [properties(&schema), properties(more)].into_iter().flatten().flatten();
    let all = all.map(|(name, mut property)| {
        property.as_object_mut().map(|property| property.remove("default"));
        (name, property)
    });
    let all: Map<_, _> = all.collect();
    schema.insert("properties".to_owned(), all.into());
    // Where others may be given, too, they may.
    schema.remove("additionalProperties");
    if let Some(others) = more.get("additionalProperties") {
        schema.insert("additionalProperties".to_owned(), others.clone());
    }
    schema
}
