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

static DATA_TEXT: LazyLock<String> = LazyLock::new(|| json!(*DATA).to_string());
static ITS_TEXT: LazyLock<String> = LazyLock::new(|| json!(*ITS).to_string());

/// Of one call.
#[derive(Clone, Default)]
pub(crate) struct Answer(Arc<OnceLock<Told>>);

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    jsonrpc: &'a RawValue,
    #[serde(borrow)]
    id: &'a RawValue,
    /// What else the protocol says of a result, by name.
    #[serde(borrow)]
    result: BTreeMap<&'a str, &'a RawValue>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "resource_link")]
struct Link<'a> {
    #[serde(flatten)]
    resource: &'a Resource,
}

impl Answer {
    /// Keeps it; what is returned stands for it until then.
    pub(crate) fn give(&self, told: Told) -> CallToolResult {
        let _ = self.0.set(told);
        CallToolResult::success(Vec::new())
    }

    /// The message with the answer in it; none where no tool answered, or the protocol refused it after all.
    pub(crate) fn put_in(&self, message: &[u8]) -> serde_json::Result<Option<Vec<u8>>> {
        let Some(told) = self.0.get() else { return Ok(None) };
        let Ok(mut message) = serde_json::from_slice::<Message<'_>>(message) else { return Ok(None) };
        message.result.remove("content");
        message.with(told).map(Some)
    }
}

impl Message<'_> {
    /// Written by hand, because the answer stands in it twice and is most of it.
    fn with(&self, Told { answer, link }: &Told) -> serde_json::Result<Vec<u8>> {
        let answer = answer.get();
        // Only newer clients are told of what type a result is, and who answers.
        let meta: &str = if self.result.contains_key("resultType") { &ITS_TEXT } else { &DATA_TEXT };
        let mut out = Vec::with_capacity(answer.len() * 5 / 2 + 1_024);
        say(&mut out, &["{\"jsonrpc\":", self.jsonrpc.get(), ",\"id\":", self.id.get()]);
        // For clients that read text only.
        say(&mut out, &[",\"result\":{\"content\":[{\"type\":\"text\",\"text\":"]);
        serde_json::to_writer(&mut out, answer)?;
        say(&mut out, &["}"]);
        if let Some(resource) = link {
            say(&mut out, &[","]);
            serde_json::to_writer(&mut out, &Link { resource })?;
        }
        say(&mut out, &["],\"structuredContent\":", answer, ",\"_meta\":", meta]);
        for (name, said) in &self.result {
            say(&mut out, &[",\"", name, "\":", said.get()]);
        }
        say(&mut out, &["}}"]);
        Ok(out)
    }
}

fn say(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}
