//! The refusals that any route may answer, each with an example.

use super::schemas::Schemas;
use crate::approval::{self, Waiting};
use crate::body::not_json;
use crate::feed::past;
use crate::formats::not_acceptable;
use crate::owner::owner_only;
use crate::precondition::expect_version;
use crate::problem::{Problem, Wire, too_large};
use domain::Error;
use domain::error::Refusal;
use domain::id::RequestId;
use domain::limits::{Reached, Window};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

pub(super) const ALL: [(u16, &str, &str); 13] = [
    (400, "Invalid", "The input is not valid; `errors` names the place"),
    (401, "Unauthenticated", "No key or token, or one that does not hold"),
    (403, "NotAllowed", "Known, but not allowed to do this"),
    (404, "NotFound", "Not there, or another owner's"),
    (406, "NotAcceptable", "It cannot be told in any form that `Accept` names"),
    (409, "Conflict", "It collides with what is there"),
    (410, "CursorExpired", "What happened since then is not kept whole any more"),
    (412, "VersionMismatch", "It has another version than `If-Match` says"),
    (413, "TooLarge", "More than is taken at once"),
    (415, "NotJson", "The body is not JSON"),
    (429, "LimitReached", "More calls than the connection may make; `Retry-After` says when to go on"),
    (500, "Internal", "Something broke; the request id finds it in the log"),
    (503, "Busy", "Try again after `Retry-After` seconds"),
];

pub(super) fn responses(schemas: &mut Schemas) -> Value {
    let schema = schemas.written(SchemaGenerator::subschema_for::<Wire<'_>>);
    let id = RequestId::from_bytes([1; 16]);
    let waiting = schemas.written(SchemaGenerator::subschema_for::<Waiting>);
    let waiting = json!({
        "description": "Its owner is asked first; it is done, once, if they say yes",
        "headers": { "Location": { "description": "Where it is told what became of it", "schema": { "type": "string" } } },
        "content": { "application/json": { "schema": waiting, "example": { "approval": approval::example() } } },
    });
    let all = ALL.map(|(status, name, description)| {
        let examples = json!({ "schema": schema, "example": example(status).wire(id) });
        let content = json!({ "application/problem+json": examples });
        let mut said = json!({ "description": description, "content": content });
        if let Some((name, schema)) = header(status) {
            said["headers"][name]["schema"] = schema;
        }
        (name.to_owned(), said)
    });
    all.into_iter().chain([("Waiting".to_owned(), waiting)]).collect::<Map<_, _>>().into()
}

fn header(status: u16) -> Option<(&'static str, Value)> {
    match status {
        401 => Some(("WWW-Authenticate", json!({ "const": "Bearer" }))),
        429 | 503 => Some(("Retry-After", json!({ "type": "integer", "description": "Seconds" }))),
        _ => None,
    }
}

fn example(status: u16) -> Problem {
    match status {
        400 => Problem::invalid("/name", "missing field `name`"),
        401 => Error::Unauthenticated(Refusal::Mistyped).into(),
        403 => owner_only(),
        404 => Error::NotFound("connection").into(),
        406 => not_acceptable(),
        409 => Error::Conflict.into(),
        410 => past(),
        412 => expect_version(&Some(1).into(), 2).err().unwrap_or_else(|| Problem::internal("")),
        413 => too_large("The body is larger than a call may be, which is 256 kB. Send less."),
        415 => not_json(),
        429 => Error::Limited(Reached { window: Window::Hour, limit: 1_000, retry_after: 90 }).into(),
        503 => Error::Busy.into(),
        _ => Problem::internal(""),
    }
}
