//! An event that never happened: its owner wants to see how it arrives.

use super::again::{ask_for, asked, listens};
use super::webhook;
use crate::document::example;
use crate::schemas::known;
use axum::extract::State;
use domain::Error;
use domain::change::{EventFilter, Told};
use domain::connection::Connection;
use domain::delivery::{Ask, TEST};
use domain::id::{ConnectionId, EventId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use web::{Answered, App, At, Body, ByOwner, Keep, Owner, Problem, Repeatable};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTest")]
pub(crate) struct Wanted {
    /// One that the webhook is told of, as `task.created` or `record.books.created`; `larder.test` if it is absent.
    #[serde(default)]
    event: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Testing {
    /// Its `webhook-id`, by which it is found among the deliveries once it was tried.
    id: EventId,
}

/// Of what the schema's example says, what is told.
#[derive(Deserialize)]
struct Example {
    r#type: String,
    data: Told,
}

pub(crate) async fn test(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    At(id): At<ConnectionId>,
    Repeatable(Body(wanted), once): Repeatable<Body<Wanted>>,
) -> Result<Answered, Problem> {
    let ask = async |keep: Keep<'_>| {
        let connection = webhook(&app, *owner, id).await?;
        listens(&connection, by.at)?;
        let told = told(&connection, wanted.event.as_deref().unwrap_or(TEST), by.at)?;
        let event = EventId::new(by.at, app.entropy.bytes());
        let asked = asked(id, by, Ask::Test { event, told });
        ask_for(&app, *owner, asked, keep, &Testing { id: event }).await
    };
    once.run(&app, *owner, ask).await
}

/// What the example of its schema tells, as far as this webhook would be told it.
fn told(connection: &Connection, name: &str, at: Timestamp) -> Result<Told, Error> {
    let invalid = |detail| Error::Invalid { pointer: "/event".to_owned(), detail };
    if name != TEST {
        EventFilter::try_from(name.to_owned()).map_err(invalid)?;
    }
    let asks = connection.face.choices().asks_for(name);
    let event = asks.then(|| example(connection, &known(name), at)).flatten();
    let untold =
        || invalid(format!("this webhook is not told `{name}`: its `events` or its grant leave it out"));
    let Example { r#type, data } = of_collection(name, &event.ok_or_else(untold)?)?;
    let object = if name == TEST { tested(connection.id) } else { data.object };
    Ok(Told { event: r#type, object, test: true, ..data })
}

/// The examples of records are of books.
fn of_collection(name: &str, example: &Value) -> Result<Example, Error> {
    let named = name.strip_prefix("record.").and_then(|rest| rest.rsplit_once('.'));
    let collection = named.map_or("*", |(collection, _)| collection);
    let text = example.to_string();
    let text = if collection == "*" { text } else { text.replace("books", collection) };
    serde_json::from_str(&text).map_err(Error::internal)
}

/// The webhook itself.
fn tested(id: ConnectionId) -> Map<String, Value> {
    [("id".to_owned(), id.to_string().into())].into_iter().collect()
}
