//! The description of the API: made by `tests/it/openapi.rs` from the routes and types of every function, and served
//! whole to everybody, and to each connection as far as its grant goes.

mod narrowed;

use axum::extract::State;
use axum::response::Response;
use domain::connection::Connection;
use domain::id::ConnectionId;
use domain::shelf::Shelf;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName};
use jiff::Timestamp;
use narrowed::{is_any, narrowed};
use serde_json::{Value, json};
use std::sync::LazyLock;
use web::{App, At, Call, Owner, Problem, unless_known};

const JSON: &str = "application/json";
const TEXT: &str = include_str!("../openapi.json");

pub(crate) static WHOLE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());

pub(crate) async fn read() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, JSON)], TEXT)
}

pub(crate) async fn own(call: Call, headers: HeaderMap) -> Result<Response, Problem> {
    let connection = call.admission().await?;
    is_any(connection, call.at())?;
    Ok(of(connection, call.at(), &headers))
}

/// What the connection itself would get.
pub(crate) async fn of_one(
    Owner(owner): Owner,
    State(app): State<App>,
    At(id): At<ConnectionId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let connection = Shelf::<Connection>::new(&*app.table, owner).get(id).await?;
    Ok(of(&connection, app.clock.now(), &headers))
}

/// The example of an event as this webhook would be told it, in full; `None` if it is told none of these.
pub(crate) fn example(connection: &Connection, event: &str, at: Timestamp) -> Option<Value> {
    let said = WHOLE.get("webhooks")?.get(event)?;
    let mut document = json!({ "webhooks": { event: said } });
    narrowed::events::narrow(&mut document, connection, at);
    let said = document.get("webhooks")?.get(event)?;
    said.pointer("/post/requestBody/content/application~1json/examples/full/value").cloned()
}

fn of(connection: &Connection, at: Timestamp, headers: &HeaderMap) -> Response {
    unless_known(headers, JSON, narrowed(&WHOLE, connection, at).to_string())
}
