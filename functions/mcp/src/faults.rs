//! What is no request of this protocol, refused in its own words: JSON-RPC.

use crate::server::VERSIONS;
use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode};
use rmcp::model::{ErrorCode, ErrorData};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use web::{Call, Problem};

pub(crate) const VERSION: &str = "mcp-protocol-version";

/// What a message is known by.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default, deserialize_with = "there")]
    id: Option<&'a RawValue>,
}

/// Null is there, too.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// The id of a message, if it has one, and whether a message may have such a one.
fn id(body: &[u8]) -> (Option<Value>, bool) {
    let message = serde_json::from_slice(body).ok();
    let Some(id) = message.and_then(|Message { id }| id) else { return (None, true) };
    let id = serde_json::from_str::<Value>(id.get()).ok();
    let id = id.filter(|id| id.is_string() || id.is_i64() || id.is_u64());
    (id.clone(), id.is_some())
}

/// The protocol library takes what has an odd id for a notification, and answers nothing.
pub(crate) fn has_odd_id(body: &[u8]) -> bool {
    !id(body).1
}

pub(crate) fn no_json(call: &Call, problem: &Problem) -> Response {
    let said = format!("the body is not JSON: {}", problem.detail());
    refusal(call, StatusCode::BAD_REQUEST, b"", ErrorData::new(ErrorCode::PARSE_ERROR, said, None))
}

/// `version` is what its header says.
pub(crate) fn no_request(
    call: &Call,
    status: StatusCode,
    version: Option<&HeaderValue>,
    body: &[u8],
) -> Response {
    let version = version.map(|version| String::from_utf8_lossy(version.as_bytes()));
    let unknown = version.filter(|it| VERSIONS.iter().all(|version| version.as_str() != it));
    let error = if let Some(requested) = unknown {
        let data = json!({ "supported": VERSIONS, "requested": requested });
        ErrorData::new(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, "this version is not spoken here", Some(data))
    } else if body.trim_ascii_start().starts_with(b"[") {
        ErrorData::invalid_request("batches are not taken; send one message at a time", None)
    } else {
        let said = "not a message of this protocol: an object with `jsonrpc` \"2.0\", a `method`, `params` that fit it, \
            and, if it is to be answered, an `id` that is a string or a whole number";
        ErrorData::invalid_request(said, None)
    };
    refusal(call, status, body, error)
}

fn refusal(call: &Call, status: StatusCode, body: &[u8], mut error: ErrorData) -> Response {
    let problem = Problem::new(status, "not-mcp", "Not a request of this protocol", error.message.clone());
    call.set_refusal(problem);
    let mut data = error.data.take().unwrap_or_else(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        data.insert("request_id".to_owned(), call.request().to_string().into());
    }
    error.data = Some(data);
    let mut said = json!({ "jsonrpc": "2.0", "error": error });
    if let (Some(id), Some(said)) = (id(body).0, said.as_object_mut()) {
        said.insert("id".to_owned(), id);
    }
    (status, Json(said)).into_response()
}
