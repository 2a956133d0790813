//! What a message says of itself in its headers, and what is said to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::outbound::{Answer, OutboundError};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::io::{self, Write as _};

const VERSION: &str = "/params/_meta/io.modelcontextprotocol~1protocolVersion";

/// What a server may say of its own in the place of an answer.
const REFUSED: i32 = -32_000;

pub(super) struct Message {
    pub(super) text: String,
    /// Null if it is no JSON, which the other side has words for.
    said: Value,
}

impl Message {
    /// None of an empty line.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(line.trim_ascii()).into_owned();
        let said = serde_json::from_str(&text).unwrap_or_default();
        (!text.is_empty()).then_some(Self { text, said })
    }

    pub(super) fn begins(&self) -> bool {
        self.method() == Some("initialize")
    }

    fn method(&self) -> Option<&str> {
        self.said.get("method")?.as_str()
    }

    /// Newer messages name their version, and their headers repeat what they ask for; older ones go by the version that
    /// was agreed on.
    pub(super) fn headers(&self, agreed: Option<String>) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("accept", "application/json, text/event-stream".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let mut add = |name, value: Option<&str>| headers.extend(value.map(|value| (name, plain(value))));
        match self.said.pointer(VERSION).and_then(Value::as_str) {
            Some(version) => {
                add("mcp-protocol-version", Some(version));
                add("mcp-method", self.method());
                add("mcp-name", self.name());
            }
            None => add("mcp-protocol-version", agreed.as_deref()),
        }
        headers
    }

    fn name(&self) -> Option<&str> {
        let name = match self.method()? {
            "tools/call" | "prompts/get" => "name",
            "resources/read" => "uri",
            method if method.starts_with("tasks/") => "taskId",
            _ => return None,
        };
        self.said.get("params")?.get(name)?.as_str()
    }
}

/// As a header may hold it.
fn plain(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text;
    if is_plain && !text.starts_with("=?base64?") {
        return text.to_owned();
    }
    format!("=?base64?{}?=", STANDARD.encode(text))
}

/// The lines to be said to it. What was refused before it came to the protocol becomes an error of it; where none is
/// waited for, somebody may read it in a log.
pub(super) fn answers(message: &Message, answer: Result<Answer, OutboundError>) -> Vec<String> {
    let (detail, problem) = match answer {
        Ok(Answer { status, body, .. }) => {
            let body = String::from_utf8_lossy(&body);
            let messages = messages(&body);
            if !messages.is_empty() || status == 202 {
                return messages;
            }
            let problem: Value = serde_json::from_str(&body).unwrap_or_default();
            let detail = problem.get("detail").and_then(Value::as_str).map(str::to_owned);
            let unknown = || format!("it answered {status}, but no message; is the address right?");
            (detail.unwrap_or_else(unknown), Some(problem).filter(Value::is_object))
        }
        Err(error) => (error.to_string(), None),
    };
    let Some(id) = message.said.get("id") else {
        let _ = writeln!(io::stderr(), "larder: {detail}");
        return Vec::new();
    };
    let mut error = json!({ "code": REFUSED, "message": detail });
    if let (Some(problem), Some(error)) = (problem, error.as_object_mut()) {
        error.insert("data".to_owned(), problem);
    }
    vec![json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()]
}

/// One, or one of each event of a stream; each on one line.
fn messages(body: &str) -> Vec<String> {
    let lines = body.replace("\r\n", "\n");
    let events = lines.split("\n\n").map(|event| {
        let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
        Cow::Owned(data.collect::<String>())
    });
    let all = [Cow::Borrowed(body)].into_iter().chain(events).filter(|text| is_message(text));
    all.map(|text| text.trim().replace(['\n', '\r'], " ")).collect()
}

fn is_message(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Any {
        #[serde(rename = "jsonrpc")]
        _version: IgnoredAny,
    }
    serde_json::from_str::<Any>(text).is_ok()
}

/// The version that an answer to `initialize` settles.
pub(super) fn version(line: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(line).ok()?;
    Some(answer.pointer("/result/protocolVersion")?.as_str()?.to_owned())
}
