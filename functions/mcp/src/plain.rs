//! A call of a tool as nearly every client sends it. It is read and answered here: the protocol library reads a message
//! as each of the kinds that there are, and hands it from task to task, which takes longer than the call. Whatever is
//! said in another way, or comes to anything but the tool's own answer, is the library's.

use crate::faults;
use crate::server::VERSIONS;
use crate::tools;
use http::HeaderMap;
use rmcp::model::{CallToolRequestParams, ClientCapabilities, ProtocolVersion, RequestId, RequestMetaObject};
use serde::Deserialize;
use serde_json::value::RawValue;

const METHOD: &str = "tools/call";

pub(crate) struct Plain {
    pub(crate) id: RequestId,
    pub(crate) asked: CallToolRequestParams,
    pub(crate) client: ClientCapabilities,
    /// Whether it is of the era without sessions.
    pub(crate) is_new: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    jsonrpc: &'a str,
    id: RequestId,
    method: &'a str,
    #[serde(borrow)]
    params: &'a RawValue,
}

impl Plain {
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let Message { jsonrpc, id, method, params } = object(body)?;
        let asked = Some(params).filter(|_| jsonrpc == "2.0" && method == METHOD);
        let asked: CallToolRequestParams = object(asked?.get().as_bytes())?;
        tools::named(&asked.name)?;
        let meta = asked.meta.as_ref();
        let is_new = is_new(headers, &asked.name, meta)?;
        let client = meta.and_then(RequestMetaObject::client_capabilities).unwrap_or_default();
        Some(Self { id, asked, client, is_new })
    }
}

/// What is read by name may be sent as a list, too, as far as the JSON library goes.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    serde_json::from_slice(json).ok().filter(|_| json.trim_ascii_start().starts_with(b"{"))
}

/// None where the headers do not say what the message says, or name what is not spoken here.
fn is_new(headers: &HeaderMap, name: &str, meta: Option<&RequestMetaObject>) -> Option<bool> {
    const NEW: ProtocolVersion = ProtocolVersion::V_2026_07_28;
    let version = headers.get(faults::VERSION);
    if version.is_some_and(|version| version == NEW.as_str()) {
        let meta = meta.filter(|meta| meta.missing_required_keys(&NEW).is_empty())?;
        let says = |header, said| headers.get_all(header).iter().eq([said]);
        let agrees =
            meta.protocol_version() == Some(NEW) && says("mcp-method", METHOD) && says("mcp-name", name);
        return agrees.then_some(true);
    }
    let mut older = VERSIONS.iter().filter(|known| **known < NEW);
    let is_known = version.is_none_or(|version| older.any(|known| version == known.as_str()));
    let says_another = meta.is_some_and(|meta| meta.protocol_version().is_some());
    (is_known && !says_another).then_some(false)
}
