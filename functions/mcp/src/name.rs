//! What a call is counted under: its method, and its tool. Of what a client sends only the names that there are, so
//! that nobody can make up new ones to be counted.

use crate::tools;
use serde::Deserialize;
use std::borrow::Cow;

const METHODS: [&str; 17] = [
    "completion/complete",
    "initialize",
    "logging/setLevel",
    "notifications/cancelled",
    "notifications/initialized",
    "ping",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "server/discover",
    "tasks/cancel",
    "tasks/get",
    "tasks/update",
    "tools/call",
    "tools/list",
];

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

pub(crate) fn name(body: &[u8]) -> Option<String> {
    let message: Message<'_> = serde_json::from_slice(body).ok()?;
    let method = METHODS.into_iter().find(|known| *known == message.method)?;
    let tool = message.params.and_then(|params| params.name).filter(|_| method == "tools/call");
    let tool = tool.and_then(|name| tools::named(&name));
    Some(tool.map_or_else(|| method.to_owned(), |tool| format!("{method} {}", tool.spec.name)))
}
