//! What is no request, or one that does not say what it must, in both eras.

use super::{MODERN, legacy, modern};
use crate::harness::{Answer, House, request};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

fn post(key: &str, body: &str) -> Request<Body> {
    let mut post = request("POST", "/mcp", Some(key), Some(Value::Null));
    *post.body_mut() = Body::from(body.to_owned());
    post
}

fn code(answer: &Answer) -> (u16, i64) {
    assert_eq!(answer.headers["content-type"], "application/json", "{}", answer.body);
    (answer.status.as_u16(), answer.body["error"]["code"].as_i64().unwrap())
}

#[tokio::test]
async fn what_is_no_message_is_refused_in_words_of_the_protocol() {
    let house = House::new();
    let key = house.api("full_access").await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    let with_id = |id: &str| ping.replace(":1,", &format!(":{id},"));
    let deep = "[".repeat(5_000);
    for (body, expected) in [
        ("", -32700),
        ("{", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x", -32700),
        ("\u{feff}{}", -32700),
        (&*deep, -32700),
        ("[]", -32600),
        (&*format!("[{ping},{ping}]"), -32600),
        ("5", -32600),
        ("null", -32600),
        ("\"ping\"", -32600),
        ("{}", -32600),
        ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600),
        ("{\"id\":1,\"method\":\"ping\"}", -32600),
        (&*with_id("null"), -32600),
        (&*with_id("1.5"), -32600),
        (&*with_id("true"), -32600),
        (&*with_id("{}"), -32600),
        (&*with_id("[1]"), -32600),
        (&*with_id("1e400"), -32600),
    ] {
        let refused = house.send(post(&key, body)).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!(code(&refused), (400, expected), "{start}: {}", refused.body);
        let asked = &refused.body["error"]["data"]["request_id"];
        assert_eq!(asked, refused.headers["x-request-id"].to_str().unwrap(), "{start}");
        assert_eq!(refused.body.get("id").filter(|id| id.is_null()), None, "{start}");
    }
    for id in ["0", "-7", "9007199254740993", "\"\"", "\"a b\"", "\"💥\""] {
        let answered = house.send(post(&key, &with_id(id))).await;
        assert_eq!(answered.body["id"].to_string(), id, "{}", answered.body);
        assert_eq!(answered.body["result"], json!({}));
    }
    let mut text = post(&key, &ping);
    text.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    house.send(text).await.is_problem(415);
    house.send(post(&key, &"x".repeat(10 * 1024 * 1024))).await.is_problem(413);
    house.send(post("lrd_nonsense", "{")).await.is_problem(401);
    for method in ["GET", "DELETE"] {
        let refused = house.call(method, "/mcp", &key, None).await;
        assert_eq!(refused.is_problem(405).headers["allow"], "POST");
    }
}

#[tokio::test]
async fn a_version_that_nobody_speaks_is_named_with_those_that_are() {
    let house = House::new();
    let key = house.api("full_access").await;
    let list = json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/list" });
    for version in ["1999-01-01", "2024-11-05", "DRAFT", "2026-07-29"] {
        let mut old = post(&key, &list.to_string());
        old.headers_mut().insert("mcp-protocol-version", version.parse().unwrap());
        let refused = house.send(old).await;
        if version == "2024-11-05" {
            continue;
        }
        assert_eq!(code(&refused), (400, -32022), "{}", refused.body);
        let data = &refused.body["error"]["data"];
        assert_eq!((&data["requested"], &refused.body["id"]), (&json!(version), &json!("a")));
        assert!(data["supported"].as_array().unwrap().contains(&json!(MODERN)), "{data}");
    }
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2031-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let mut new = post(&key, &list.to_string());
    new.headers_mut().insert("mcp-protocol-version", "2031-01-01".parse().unwrap());
    new.headers_mut().insert("mcp-method", "tools/list".parse().unwrap());
    assert_eq!(code(&house.send(new).await), (400, -32022));
}

#[tokio::test]
async fn headers_that_say_otherwise_than_the_body_are_refused() {
    let house = House::new();
    let key = house.api("full_access").await;
    let send = async |changes: &[(&'static str, Option<&str>)]| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({ "name": "list_tasks", "arguments": {}, "_meta": meta });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let mut sent = post(&key, &call.to_string());
        let right =
            [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "list_tasks")];
        for (name, value) in right {
            sent.headers_mut().insert(name, value.parse().unwrap());
        }
        for (name, value) in changes {
            sent.headers_mut().remove(*name);
            value.map(|value| sent.headers_mut().insert(*name, value.parse().unwrap()));
        }
        house.send(sent).await
    };
    assert_eq!(send(&[]).await.body["result"]["isError"], false);
    assert_eq!(
        send(&[("mcp-name", Some("=?base64?bGlzdF90YXNrcw==?="))]).await.body["result"]["isError"],
        false
    );
    for (name, value) in [
        ("mcp-method", None),
        ("mcp-method", Some("tools/list")),
        ("mcp-name", None),
        ("mcp-name", Some("get_task")),
        ("mcp-name", Some("=?base64?Z2V0X3Rhc2s=?=")),
        ("mcp-protocol-version", Some("2025-11-25")),
    ] {
        let refused = send(&[(name, value)]).await;
        assert_eq!(code(&refused), (400, -32020), "{name} {value:?}: {}", refused.body);
    }
}

#[tokio::test]
async fn what_a_client_did_not_declare_is_not_done() {
    let house = House::new();
    let key = house.api("full_access").await;
    let unknown = modern(&house, &key, "nothing/at-all", json!({})).await;
    assert_eq!(code(&unknown), (404, -32601), "{}", unknown.body);
    for method in ["nothing/at-all", "tasks/get", "resources/subscribe", "server/secret"] {
        let unknown = legacy(&house, &key, method, json!({ "uri": "larder://me/today" })).await;
        assert_eq!(unknown.body["error"]["code"], -32601, "{}", unknown.body);
    }
    let bare = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let mut bare = post(&key, &bare.to_string());
    bare.headers_mut().insert("mcp-protocol-version", MODERN.parse().unwrap());
    bare.headers_mut().insert("mcp-method", "tools/list".parse().unwrap());
    assert_eq!(code(&house.send(bare).await), (400, -32602));
}
