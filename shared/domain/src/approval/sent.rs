//! A call as it was sent.

use crate::hex;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Without what proved whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// No id is longer; what else somebody calls so is not noted.
const MOST_ID: usize = 64;

impl Request {
    /// The body or, of a message, what it is about: the tool's arguments.
    pub(super) fn shown(&self) -> Value {
        let body = self.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
        let mut body: Value = body.unwrap_or_default();
        match body.get("jsonrpc").is_some().then(|| body.pointer_mut("/params/arguments")).flatten() {
            Some(arguments) => arguments.take(),
            None => body,
        }
    }
}

/// What the audit log says of a call that is asked about, so that it is known when nothing of it is kept any more: what
/// it does, to which item, and a hash of what it does that with (compact JSON, names in order).
pub fn said(operation: &str, path: &str, with: &Value) -> String {
    let is_id = |id: &&str| {
        id.len() <= MOST_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let item = with.get("id").and_then(Value::as_str).filter(is_id).unwrap_or(path);
    let hash = hex(digest(&SHA256, with.to_string().as_bytes()).as_ref());
    format!("{operation} {item} sha256:{hash}")
}
