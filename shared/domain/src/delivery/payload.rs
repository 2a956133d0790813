//! What a receiver gets.

use crate::change::Told;
use crate::connection::Payload as Shape;
use crate::id::ConnectionId;
use crate::{Error, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Payload<'a> {
    /// What happened.
    pub r#type: String,
    /// When it happened, however late it is told.
    pub timestamp: Timestamp,
    pub data: Data<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Data<'a> {
    /// Which connection made the change; null when it was the owner, absent for who may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Option<ConnectionId>>,
    #[schemars(with = "String")]
    pub id: Option<&'a Value>,
    /// Which of the item's changes it is: the higher, the later. What is not of an item has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The names of the fields that changed.
    pub changed: &'a [String],
    /// True of what never happened: its owner wants to see how it arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<bool>,
    /// Where the item is read, on this Larder's address, unless it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'a str>,
    /// All that the webhook may read of it: after the change, or, if it was deleted, before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a Map<String, Value>>,
}

impl Payload<'_> {
    pub fn body(at: Timestamp, told: &Told, shape: Shape) -> Result<String> {
        let data = Data {
            source: told.source,
            id: told.object.get("id"),
            sequence: told.sequence,
            changed: &told.changed,
            test: told.test.then_some(true),
            link: told.link.as_deref(),
            object: (shape == Shape::Full).then_some(&told.object),
        };
        let payload = Payload { r#type: told.event.clone(), timestamp: at, data };
        serde_json::to_string(&payload).map_err(Error::internal)
    }
}
