//! A call that is read and answered without the protocol library is answered as the library would: each is sent to two
//! houses that are alike, to one with a word more that nobody reads, which leaves it to the library.

use super::MODERN;
use crate::asking::asks;
use crate::delivering::pass;
use crate::harness::{Answer, House, OWNER, request};
use http::{HeaderValue, Request};
use serde_json::{Map, Value, json};

struct Two {
    houses: [House; 2],
    key: String,
}

/// What is sent: headers, and the message.
type Sent<'a> = (Vec<(&'static str, &'a str)>, Value);

impl Two {
    async fn with(connection: Value) -> Self {
        let houses = [House::new(), House::new()];
        let mut keys = Vec::new();
        for house in &houses {
            keys.push(house.connect(connection.clone()).await.1);
        }
        assert_eq!(keys[0], keys[1], "they are alike");
        Self { houses, key: keys.remove(0) }
    }

    /// What both answer.
    async fn both(&self, (headers, message): Sent<'_>) -> Answer {
        let mut with_more = message.clone();
        with_more["more"] = Value::Null;
        let [one, other] = &self.houses;
        let plain = one.send(self.post(&headers, message.clone())).await;
        let by_library = other.send(self.post(&headers, with_more)).await;
        assert_eq!(
            (plain.status, &plain.body),
            (by_library.status, &by_library.body),
            "{headers:?} {message}"
        );
        assert_eq!(plain.headers["content-type"], by_library.headers["content-type"]);
        plain
    }

    fn post(&self, headers: &[(&'static str, &str)], message: Value) -> Request<axum::body::Body> {
        let mut sent = request("POST", "/mcp", Some(&self.key), Some(message));
        for (name, value) in headers {
            sent.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
        }
        sent
    }
}

fn message(params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

fn old(name: &str, arguments: Value) -> Sent<'_> {
    (Vec::new(), message(json!({ "name": name, "arguments": arguments })))
}

/// Of a client that can do this.
fn new(name: &str, arguments: Value, capabilities: Value) -> Sent<'_> {
    let headers = vec![("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", name)];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    (headers, message(json!({ "name": name, "arguments": arguments, "_meta": meta })))
}

#[tokio::test]
async fn whatever_comes_of_a_call_is_said_as_the_library_says_it() {
    let two = Two::with(json!({ "kind": "mcp", "name": "two", "preset": "full_access" })).await;
    let mut ids = Vec::new();
    for (tool, arguments) in [
        ("create_task", json!({ "title": "\"Milk\"\\ \u{2028} 🥛" })),
        ("list_tasks", json!({})),
        ("list_tasks", json!({ "limit": 0 })),
        ("list_tasks", json!({ "of": "what there is not" })),
        ("create_goal", json!({ "title": "Sail" })),
        ("create_memory", json!({ "content": "An alias of another tool" })),
        ("get_task", json!({ "id": "tsk_01j0000000000000000000000" })),
        ("no_such_tool", json!({})),
        ("backup_user_data", json!({})),
    ] {
        for capabilities in [json!({}), json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } })] {
            two.both(new(tool, arguments.clone(), capabilities)).await;
        }
        let said = two.both(old(tool, arguments.clone())).await;
        ids.extend(said.body["result"]["structuredContent"]["id"].as_str().map(str::to_owned));
    }
    let goal = ids.iter().find(|id| id.starts_with("goal_")).unwrap();
    two.both(old("get_goal", json!({ "id": goal }))).await;
    two.both(new("get_goal", json!({ "id": goal }), json!({}))).await;
    for house in &two.houses {
        let lends = json!({ "ai": { "allow_sampling": true } });
        let set = house.call("PATCH", "/v1/preferences", &two.key, Some(lends)).await;
        assert_eq!(set.status, 200, "{}", set.body);
    }
    let asked = two.both(new("decompose_goal", json!({ "goal_id": goal }), json!({ "sampling": {} }))).await;
    assert_eq!(asked.body["result"]["resultType"], "input_required", "{}", asked.body);
}

#[tokio::test]
async fn what_is_asked_about_or_not_allowed_is_so_either_way() {
    let grant = json!({ "kind": "mcp", "name": "two", "grant": asks(&["read", "write"]) });
    let two = Two::with(grant).await;
    for (capabilities, is) in [(json!({ "elicitation": {} }), "input_required"), (json!({}), "complete")] {
        let asked = two.both(new("create_task", json!({ "title": "Milk" }), capabilities)).await;
        assert_eq!(asked.body["result"]["resultType"], is, "{}", asked.body);
    }
    two.both(old("create_task", json!({ "title": "Milk" }))).await;
    two.both(old("delete_task", json!({ "id": "tsk_01j0000000000000000000000" }))).await;
    for house in &two.houses {
        let mine = house.call("GET", "/connections", OWNER, None).await.text("/data/0/id");
        let paused = house.call("POST", &format!("/connections/{mine}/pause"), OWNER, None).await;
        assert_eq!(paused.status, 200, "{}", paused.body);
    }
    let paused = two.both(old("list_tasks", json!({}))).await;
    assert_eq!(paused.body["type"], "urn:larder:problem:paused", "{}", paused.body);
}

/// Of all that can be wrong with a message or its headers, each with each.
#[tokio::test]
async fn what_the_library_refuses_is_not_answered_for_being_plain() {
    let two = Two::with(json!({ "kind": "mcp", "name": "two", "preset": "full_access" })).await;
    let (name, coded) = ("get_profile", "=?base64?Z2V0X3Byb2ZpbGU=?=");
    let versions = [None, Some("2025-06-18"), Some(MODERN), Some("2024-11-05"), Some("2027-01-01"), Some("")];
    let metas = [
        None,
        Some(json!({})),
        Some(json!({ "progressToken": 1 })),
        Some(meta(json!(MODERN), Some(json!({})))),
        Some(meta(json!(MODERN), None)),
        Some(meta(json!(MODERN), Some(json!("all")))),
        Some(meta(json!("2025-06-18"), Some(json!({})))),
        Some(meta(json!(7), Some(json!({})))),
    ];
    let methods: [&[&str]; 4] = [&["tools/call"], &[], &["tools/list"], &["tools/call", "tools/call"]];
    let names: [&[&str]; 5] = [&[name], &[], &["list_tasks"], &[coded], &[name, "list_tasks"]];
    let mut answered = 0;
    for version in versions {
        for meta in &metas {
            two.houses.iter().for_each(|house| pass(house, 60));
            for (methods, names) in
                methods.iter().flat_map(|methods| names.iter().map(move |names| (methods, names)))
            {
                let mut params = Map::from_iter([("name".to_owned(), json!(name))]);
                params.extend(meta.clone().map(|meta| ("_meta".to_owned(), meta)));
                let headers = version.map(|version| ("mcp-protocol-version", version)).into_iter();
                let headers = headers.chain(methods.iter().map(|method| ("mcp-method", *method)));
                let headers = headers.chain(names.iter().map(|name| ("mcp-name", *name)));
                let said = two.both((headers.collect(), message(params.into()))).await;
                answered += usize::from(said.body["result"].is_object());
            }
        }
    }
    assert!((100..400).contains(&answered), "{answered} of 960 are right");
    for (member, value) in [
        ("jsonrpc", json!("1.0")),
        ("id", json!("a")),
        ("id", json!(-1)),
        ("id", json!(u64::MAX)),
        ("id", json!(1.5)),
        ("id", Value::Null),
        ("method", json!("tools/list")),
        ("params", json!({ "name": name, "arguments": [] })),
        ("params", json!({ "name": name, "arguments": null })),
        ("params", json!({ "name": 7 })),
        ("params", json!({ "name": name, "requestState": "made up" })),
        ("params", json!({ "name": name, "task": {} })),
        ("params", json!([null, name, {}, null, null])),
    ] {
        let mut message = message(json!({ "name": name }));
        message[member] = value;
        two.both((Vec::new(), message)).await;
    }
    // A list has no members, so there is nothing to add to it.
    let list = json!(["2.0", 1, "tools/call", { "name": name }]);
    let refused = two.houses[0].send(two.post(&[], list)).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error"]["code"]), (400, &json!(-32600)));
}

fn meta(version: Value, capabilities: Option<Value>) -> Value {
    let mut meta = json!({ "io.modelcontextprotocol/protocolVersion": version });
    if let Some(capabilities) = capabilities {
        meta["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    }
    meta
}
