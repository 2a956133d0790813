//! The tools of what there is one of.

use super::nouns::{both, taken};
use super::{Entry, fit};
use crate::output;
use crate::parts::answer;
use domain::access::Shown;
use domain::id::Me;
use domain::noun::Rules;
use domain::shelf::Entity;
use rmcp::model::JsonObject;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::value::RawValue;
use web::{Call, Nouns, Problem, Sent};

pub(super) fn of<T: Rules + JsonSchema + Entity<Id = Me>>() -> [Entry; 2] {
    let (does, one) = (T::DOES, T::NAME);
    [
        Entry::new(
            &does.get,
            format!("The owner's {one}."),
            schema_for!(Nothing),
            output::of::<Shown<T>>(),
            |call, arguments| Box::pin(get::<T>(call, arguments)),
        ),
        Entry::new(
            &does.update,
            format!("Change the given fields of the owner's {one}; the others stay."),
            both(schema_for!(Seen), &schema_for!(T::Patch)),
            output::written(),
            |call, arguments| Box::pin(update::<T>(call, arguments)),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// Only if it still has this version.
    expected_version: Option<u64>,
}

async fn get<T: Rules + Entity<Id = Me>>(
    call: &Call,
    arguments: JsonObject,
) -> Result<Box<RawValue>, Problem> {
    let Nothing {} = fit(arguments)?;
    answer(&Nouns::<T>::of(call).get(Me::Me).await?.0)
}

async fn update<T: Rules + Entity<Id = Me>>(
    call: &Call,
    mut arguments: JsonObject,
) -> Result<Box<RawValue>, Problem> {
    let Seen { expected_version } = fit(taken(&mut arguments, &["expected_version"]))?;
    answer(&Nouns::<T>::of(call).update(Me::Me, Sent::of(arguments), expected_version.into()).await?)
}
