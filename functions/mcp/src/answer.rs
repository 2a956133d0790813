//! What a tool answers is JSON already. The protocol library would take it apart, turn it over twice and put it
//! together again; so it answers without it, and the text is put in when it is done.

use crate::tools::Told;
use rmcp::model::{CallToolResult, JsonObject, MetaObject, Resource};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

/// Says of what people wrote, or programs for them, that it is data, whatever it says itself.
pub(crate) static DATA: LazyLock<MetaObject> =
    LazyLock::new(|| MetaObject(JsonObject::from_iter([("larder/untrusted".to_owned(), true.into())])));

/// The same, and who says so.
static ITS: LazyLock<MetaObject> = LazyLock::new(|| {
    let mut meta = DATA.clone();
    let itself = json!({ "name": "larder", "version": env!("CARGO_PKG_VERSION") });
    meta.0.insert("io.modelcontextprotocol/serverInfo".to_owned(), itself);
    meta
});

/// Of one call.
#[derive(Clone, Default)]
pub(crate) struct Answer(Arc<OnceLock<Told>>);

#[derive(Serialize, Deserialize)]
struct Message<Result> {
    jsonrpc: Box<RawValue>,
    id: Box<RawValue>,
    result: Result,
}

/// What else the protocol says of a result, by name.
type Rest = BTreeMap<String, Box<RawValue>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole<'a> {
    content: Vec<Block<'a>>,
    structured_content: &'a RawValue,
    #[serde(rename = "_meta")]
    meta: &'static MetaObject,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    /// For clients that read text only.
    Text {
        text: &'a str,
    },
    ResourceLink(&'a Resource),
}

impl Answer {
    /// Keeps it; what is returned stands for it until then.
    pub(crate) fn give(&self, told: Told) -> CallToolResult {
        let _ = self.0.set(told);
        CallToolResult::success(Vec::new())
    }

    /// The message with the answer in it; none where no tool answered, or the protocol refused it after all.
    pub(crate) fn put_in(&self, message: &[u8]) -> serde_json::Result<Option<Vec<u8>>> {
        let Some(Told { answer, link }) = self.0.get() else { return Ok(None) };
        let Ok(Message { jsonrpc, id, result: mut rest }) = serde_json::from_slice::<Message<Rest>>(message)
        else {
            return Ok(None);
        };
        rest.remove("content");
        let text = Block::Text { text: answer.get() };
        let content = [text].into_iter().chain(link.as_ref().map(Block::ResourceLink)).collect();
        // Only newer clients are told of what type a result is, and who answers.
        let meta = if rest.contains_key("resultType") { &*ITS } else { &*DATA };
        let result = Whole { content, structured_content: answer, meta, rest };
        serde_json::to_vec(&Message { jsonrpc, id, result }).map(Some)
    }
}
