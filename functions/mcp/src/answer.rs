//! What a tool answers is JSON already. The protocol library would take it apart, turn it over twice and put it
//! together again; so it is written here, and what the library writes of it elsewhere says the same.

use crate::tools::Told;
use domain::quoted::quote;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject, RequestId, Resource};
use serde::Serialize;
use serde_json::json;
use std::sync::LazyLock;

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

/// Behind the answer; only newer clients are told of what type a result is, and who answers.
static OLD_END: LazyLock<String> =
    LazyLock::new(|| format!(",\"_meta\":{},\"isError\":false}}}}", json!(*DATA)));
static NEW_END: LazyLock<String> =
    LazyLock::new(|| format!(",\"_meta\":{},\"isError\":false,\"resultType\":\"complete\"}}}}", json!(*ITS)));

#[derive(Serialize)]
#[serde(tag = "type", rename = "resource_link")]
struct Link<'a> {
    #[serde(flatten)]
    resource: &'a Resource,
}

/// The whole message, written by hand, because the answer stands in it twice and is most of it.
pub(crate) fn message(id: &RequestId, told: &Told, is_new: bool) -> serde_json::Result<Vec<u8>> {
    let answer = told.answer.get();
    let mut out = Vec::with_capacity(answer.len() * 5 / 2 + 1_024);
    say(&mut out, "{\"jsonrpc\":\"2.0\",\"id\":");
    serde_json::to_writer(&mut out, id)?;
    // For clients that read text only.
    say(&mut out, ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":");
    quote(&mut out, answer)?;
    say(&mut out, "}");
    if let Some(resource) = &told.link {
        say(&mut out, ",");
        serde_json::to_writer(&mut out, &Link { resource })?;
    }
    say(&mut out, "],\"structuredContent\":");
    say(&mut out, answer);
    say(&mut out, if is_new { &NEW_END } else { &OLD_END });
    Ok(out)
}

fn say(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// The same in the library's words.
pub(crate) fn result(told: Told, is_new: bool) -> serde_json::Result<CallToolResult> {
    let text = ContentBlock::text(told.answer.get());
    let link = told.link.map(ContentBlock::resource_link);
    let mut result = CallToolResult::success([text].into_iter().chain(link).collect());
    result.structured_content = Some(serde_json::from_str(told.answer.get())?);
    result.meta = Some(if is_new { ITS.clone() } else { DATA.clone() });
    Ok(result)
}
