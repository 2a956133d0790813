//! MCP in both protocol eras.

mod cap;
mod card;
mod completions;
mod faults;
mod lists;
mod outside;
mod plain;
mod prompts;
mod resources;
mod sampling;
pub(crate) mod schemas;
mod tasks;
mod untrusted;

use crate::harness::{Answer, House, request};
use serde_json::{Value, json};

pub(crate) const MODERN: &str = "2026-07-28";

pub(crate) async fn legacy(house: &House, key: &str, method: &str, params: Value) -> Answer {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    house.send(request("POST", "/mcp", Some(key), Some(body))).await
}

pub(crate) async fn modern(house: &House, key: &str, method: &str, params: Value) -> Answer {
    modern_with(house, key, method, params, json!({})).await
}

/// Of a client with these capabilities.
pub(crate) async fn modern_with(
    house: &House,
    key: &str,
    method: &str,
    mut params: Value,
    capabilities: Value,
) -> Answer {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    let name =
        ["name", "uri", "taskId"].into_iter().find_map(|name| params[name].as_str()).map(str::to_owned);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = request("POST", "/mcp", Some(key), Some(body));
    let headers = request.headers_mut();
    headers.insert("mcp-protocol-version", MODERN.parse().unwrap());
    headers.insert("mcp-method", method.parse().unwrap());
    if let Some(name) = name {
        headers.insert("mcp-name", name.parse().unwrap());
    }
    house.send(request).await
}

fn tools(answer: &Answer) -> Vec<String> {
    let tools = answer.body["result"]["tools"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_legacy_client_begins_with_initialize() {
    let house = House::new();
    let key = house.api("full_access").await;
    let client = json!({ "name": "test", "version": "1" });
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let answer = legacy(&house, &key, "initialize", params).await;
        assert_eq!(answer.body["result"]["protocolVersion"], version, "{}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    let notified = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(house.send(request("POST", "/mcp", Some(&key), Some(notified))).await.status, 202);
    house.call("GET", "/mcp", &key, None).await.is_problem(405);
}

#[tokio::test]
async fn a_modern_client_begins_with_discover() {
    let house = House::new();
    let key = house.api("full_access").await;
    let answer = modern(&house, &key, "server/discover", json!({})).await;
    let found = &answer.body["result"];
    assert!(found["supportedVersions"].as_array().unwrap().contains(&json!(MODERN)), "{}", answer.body);
    assert_eq!((&found["resultType"], &found["cacheScope"]), (&json!("complete"), &json!("private")));
    let called = modern(&house, &key, "tools/call", json!({ "name": "list_tasks", "arguments": {} })).await;
    let answered_by = &called.body["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"];
    assert_eq!(answered_by, "larder", "{}", called.body);
    let listed = modern(&house, &key, "tools/list", json!({})).await;
    assert_eq!(listed.body["result"]["cacheScope"], "private");
    assert!(listed.body["result"]["ttlMs"].is_number());
}

#[tokio::test]
async fn tools_do_what_rest_does() {
    let house = House::new();
    let key = house.api("full_access").await;
    let made = modern(
        &house,
        &key,
        "tools/call",
        json!({ "name": "create_task", "arguments": { "title": "Milk" } }),
    )
    .await;
    let task = &made.body["result"]["structuredContent"];
    let id = task["id"].as_str().unwrap_or_else(|| panic!("{}", made.body)).to_owned();
    assert_eq!(house.call("GET", &format!("/v1/tasks/{id}"), &key, None).await.body, *task);

    let update = json!({ "id": id, "status": "completed", "expected_version": 1 });
    let changed =
        legacy(&house, &key, "tools/call", json!({ "name": "update_task", "arguments": update })).await;
    assert_eq!(changed.body["result"]["structuredContent"]["status"], "completed", "{}", changed.body);
    let late =
        legacy(&house, &key, "tools/call", json!({ "name": "update_task", "arguments": update })).await;
    assert_eq!(late.body["result"]["isError"], true);

    let listed =
        legacy(&house, &key, "tools/call", json!({ "name": "list_tasks", "arguments": { "limit": 5 } }))
            .await;
    assert_eq!(listed.body["result"]["structuredContent"]["data"][0]["id"], json!(id));
    let arguments = json!({ "name": "delete_task", "arguments": { "id": id } });
    assert_eq!(legacy(&house, &key, "tools/call", arguments).await.body["result"]["isError"], false);
    house.call("GET", &format!("/v1/tasks/{id}"), &key, None).await.is_problem(404);
}

#[tokio::test]
async fn the_text_says_what_the_structure_says_whatever_stands_in_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let description = "a \"quote\", a back\\slash, a\nline, a\ttab, \u{2028} and 🥛 </script>";
    let task = json!({ "title": "\\\"", "description": description });
    let id = house.call("POST", "/v1/tasks", &key, Some(task)).await.text("/id");
    for (tool, arguments, place) in
        [("get_task", json!({ "id": id }), ""), ("list_tasks", json!({}), "/data/0")]
    {
        let call = json!({ "name": tool, "arguments": arguments });
        let answers = [
            modern(&house, &key, "tools/call", call.clone()).await,
            legacy(&house, &key, "tools/call", call).await,
        ];
        for Answer { body: answer, .. } in answers {
            let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
            let said: Value = serde_json::from_str(text).unwrap();
            assert_eq!(said, answer["result"]["structuredContent"]);
            assert_eq!(said.pointer(&format!("{place}/description")), Some(&json!(description)));
        }
    }
}

#[tokio::test]
async fn only_what_the_grant_allows_is_offered_and_done() {
    let house = House::new();
    let key = house.api("read_only").await;
    let offered = tools(&legacy(&house, &key, "tools/list", json!({})).await);
    let verbs = ["list_", "get_", "search_", "query_", "analyze_", "decompose_", "backup_", "sync_"];
    let reads = |tool: &String| verbs.iter().any(|verb| tool.starts_with(verb));
    assert!(offered.iter().all(reads), "{offered:?}");
    assert_eq!(offered[..2], ["list_tasks", "get_task"]);
    let write = json!({ "name": "create_task", "arguments": { "title": "Milk" } });
    let refused = legacy(&house, &key, "tools/call", write.clone()).await;
    assert_eq!(refused.body["error"]["message"], "there is no tool `create_task`");

    let (_, powerless) = house.connect(json!({ "kind": "mcp", "name": "nothing", "grant": [] })).await;
    assert_eq!(tools(&modern(&house, &powerless, "tools/list", json!({})).await), [""; 0]);
    assert_eq!(legacy(&house, &powerless, "tools/call", write).await.body["error"]["code"], -32602);
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.body["data"], json!([]));
}

#[tokio::test]
async fn a_revoked_key_is_refused_as_http_in_the_middle_of_anything() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "mcp", "name": "x", "preset": "full_access" })).await;
    house.call("POST", &format!("/connections/{id}/revoke"), crate::harness::OWNER, None).await;
    let write = json!({ "name": "create_task", "arguments": { "title": "Milk" } });
    legacy(&house, &key, "tools/call", write.clone()).await.is_problem(401);
    modern(&house, &key, "tools/call", write).await.is_problem(401);
    modern(&house, &key, "server/discover", json!({})).await.is_problem(401);
    let reader = house.api("read_only").await;
    assert_eq!(house.call("GET", "/v1/tasks", &reader, None).await.body["data"], json!([]));
}

#[tokio::test]
async fn what_is_not_a_call_is_refused() {
    let house = House::new();
    let key = house.api("full_access").await;
    let unknown = legacy(&house, &key, "tools/call", json!({ "name": "drop_table", "arguments": {} })).await;
    assert_eq!(unknown.body["error"]["code"], -32602, "{}", unknown.body);
    let wrong =
        legacy(&house, &key, "tools/call", json!({ "name": "create_task", "arguments": { "titel": 1 } }))
            .await;
    assert!(wrong.body["result"]["content"][0]["text"].as_str().unwrap().contains("/titel"));
    let mut foreign =
        request("POST", "/mcp", Some(&key), Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })));
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    house.send(foreign).await.is_problem(403);
}

#[tokio::test]
async fn a_client_that_fills_in_defaults_clears_nothing() {
    let house = House::new();
    let key = house.api("full_access").await;
    let listed = legacy(&house, &key, "tools/list", json!({})).await;
    let tools = listed.body["result"]["tools"].as_array().unwrap();
    let update = tools.iter().find(|tool| tool["name"] == "update_task").unwrap();
    let properties = update["inputSchema"]["properties"].as_object().unwrap();
    assert!(["id", "expected_version", "title", "due"].iter().all(|name| properties.contains_key(*name)));
    assert!(properties.values().all(|property| property.get("default").is_none()), "{properties:?}");
}
