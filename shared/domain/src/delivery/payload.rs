//! What a receiver gets.

use crate::change::{Change, Told};
use crate::connection::Payload as Shape;
use crate::id::ConnectionId;
use crate::{Error, Result};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Debug, Serialize)]
pub struct Payload<'a> {
    pub r#type: String,
    pub timestamp: Timestamp,
    pub data: Data<'a>,
}

#[derive(Debug, Serialize)]
pub struct Data<'a> {
    /// Which connection made the change; null when it was the owner, absent for who may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Option<ConnectionId>>,
    pub id: Option<&'a Value>,
    /// The names of the fields that changed.
    pub changed: &'a [String],
    /// All that the webhook may read of it: after the change, or, if it was deleted, before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a Map<String, Value>>,
}

impl Payload<'_> {
    pub fn body(change: &Change, told: &Told, shape: Shape) -> Result<String> {
        let data = Data {
            source: told.source,
            id: told.object.get("id"),
            changed: &told.changed,
            object: (shape == Shape::Full).then_some(&told.object),
        };
        let payload = Payload { r#type: told.event.clone(), timestamp: change.at, data };
        serde_json::to_string(&payload).map_err(Error::internal)
    }
}
