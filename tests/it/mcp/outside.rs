//! What lies outside of the grant is as unknown as what there is not; its owner sees that it was asked for.

use super::{legacy, modern};
use crate::harness::{Answer, House, OWNER};
use serde_json::{Value, json};

async fn refused(house: &House, key: &str, name: &str, arguments: Value) -> (String, Answer) {
    let answer = legacy(house, key, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    assert_eq!(answer.body["error"]["code"], -32602, "{}", answer.body);
    (answer.body["error"].to_string().replace(name, "…"), answer)
}

#[tokio::test]
async fn a_tool_that_is_not_granted_is_unknown() {
    let house = House::new();
    let all = house.api("full_access").await;
    let id = house.task(&all, "Milk").await;
    let grant = json!([{ "resource": "tasks", "actions": ["read"] }]);
    let hours = json!({ "hours": { "from": "01:00", "to": "02:00", "time_zone": "UTC" } });
    let closed = json!([{ "resource": "tasks", "actions": ["read", "write", "delete"], "when": hours }]);
    let one = json!({ "tools_enabled": ["list_tasks"], "access_level": "full_access" });
    for (what, connection) in [
        ("its grant reads", json!({ "kind": "mcp", "name": "a", "grant": grant })),
        ("its grant is closed now", json!({ "kind": "mcp", "name": "b", "grant": closed })),
        ("it is offered one tool", json!({ "kind": "mcp", "name": "c", "config": one })),
    ] {
        let (_, key) = house.connect(connection).await;
        let (unknown, _) = refused(&house, &key, "drop_table", json!({})).await;
        for (name, arguments) in [
            ("create_task", json!({ "title": "Bread" })),
            ("create_task", json!({ "titel": 5 })),
            ("update_task", json!({ "id": id, "title": "Bread" })),
            ("delete_task", json!({ "id": id })),
            ("list_goals", json!({})),
            ("add_memory", json!({})),
        ] {
            assert_eq!(refused(&house, &key, name, arguments).await.0, unknown, "{name}, where {what}");
        }
        let new = modern(&house, &key, "tools/call", json!({ "name": "list_goals", "arguments": {} })).await;
        let none = modern(&house, &key, "tools/call", json!({ "name": "drop_table", "arguments": {} })).await;
        assert_eq!(new.status, none.status);
        assert_eq!(new.body["error"]["code"], none.body["error"]["code"], "{}", new.body);
    }
    assert_eq!(house.call("GET", &format!("/v1/tasks/{id}"), &all, None).await.body["title"], "Milk");
}

#[tokio::test]
async fn what_it_may_use_still_says_what_is_wrong() {
    let house = House::new();
    let key = house.api("read_write").await;
    let call = async |name: &str, arguments: Value| {
        let answer =
            legacy(&house, &key, "tools/call", json!({ "name": name, "arguments": arguments })).await;
        assert_eq!(answer.body["result"]["isError"], true, "{}", answer.body);
        answer.body["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    };
    assert!(call("create_task", json!({ "titel": "x" })).await.contains("/titel: unknown field"));
    assert!(
        call("get_task", json!({ "id": "task_06hhgq2g000000000000000000" })).await.contains("no such task")
    );
}

#[tokio::test]
async fn its_owner_sees_what_was_tried() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "mcp", "name": "reader", "preset": "read_only" })).await;
    refused(&house, &key, "create_task", json!({ "title": "x" })).await;
    let seen = house.call("GET", &format!("/connections/{id}/activity"), OWNER, None).await;
    let last = &seen.body["data"][0];
    assert!(
        last.to_string().contains("tools/call create_task") && last.to_string().contains("403"),
        "{last}"
    );
}
