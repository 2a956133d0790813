//! What there is to use: the same lists for the same grant, to be kept by nobody else, page by page.

use super::{legacy, modern};
use crate::harness::House;
use serde_json::{Value, json};

const LISTS: [(&str, &str); 4] = [
    ("tools/list", "tools"),
    ("prompts/list", "prompts"),
    ("resources/list", "resources"),
    ("resources/templates/list", "resourceTemplates"),
];

#[tokio::test]
async fn every_list_is_private_and_always_in_the_same_order() {
    let house = House::new();
    let key = house.api("full_access").await;
    for (method, what) in LISTS {
        let listed = modern(&house, &key, method, json!({})).await.body["result"].clone();
        assert_eq!((&listed["cacheScope"], &listed["resultType"]), (&json!("private"), &json!("complete")));
        assert!(listed["ttlMs"].as_u64().unwrap() > 0, "{listed}");
        assert!(!listed[what].as_array().unwrap().is_empty(), "{listed}");
        assert_eq!(modern(&house, &key, method, json!({})).await.body["result"], listed);
        assert_eq!(legacy(&house, &key, method, json!({})).await.body["result"][what], listed[what]);
    }
    let capabilities =
        modern(&house, &key, "server/discover", json!({})).await.body["result"]["capabilities"].clone();
    let names: Vec<_> = capabilities.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["completions", "extensions", "prompts", "resources", "tools"]);
}

#[tokio::test]
async fn a_page_begins_behind_what_the_cursor_names() {
    let house = House::new();
    let key = house.api("full_access").await;
    for (method, what) in LISTS {
        let all = legacy(&house, &key, method, json!({})).await.body["result"].clone();
        assert_eq!(all.get("nextCursor"), None);
        let all = all[what].as_array().unwrap();
        let cursor = json!({ "cursor": all[0]["name"] });
        let rest = legacy(&house, &key, method, cursor).await.body["result"][what].clone();
        assert_eq!(rest.as_array().unwrap()[..], all[1..]);
        let stale = legacy(&house, &key, method, json!({ "cursor": "nothing" })).await;
        assert_eq!(stale.body["error"]["code"], -32602, "{}", stale.body);
    }
}

#[tokio::test]
async fn who_may_do_nothing_sees_nothing() {
    let house = House::new();
    let (_, key) = house.connect(json!({ "kind": "mcp", "name": "nothing", "grant": [] })).await;
    for (method, what) in LISTS {
        assert_eq!(legacy(&house, &key, method, json!({})).await.body["result"][what], json!([]), "{method}");
    }
    let grant = json!([{ "resource": "tasks", "actions": ["read"] }]);
    let (_, key) = house.connect(json!({ "kind": "mcp", "name": "tasks", "grant": grant })).await;
    let names = async |method: &str, what: &str| {
        let listed = legacy(&house, &key, method, json!({})).await.body["result"][what].clone();
        let names = listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("resources/list", "resources").await, ["today"]);
    assert_eq!(names("resources/templates/list", "resourceTemplates").await, ["daily"]);
    assert_eq!(names("prompts/list", "prompts").await, ["daily_planning", "weekly_review"]);
}

#[tokio::test]
async fn the_level_of_logs_is_set_in_the_old_era_only() {
    let house = House::new();
    let key = house.api("full_access").await;
    let level = json!({ "level": "info" });
    assert_eq!(legacy(&house, &key, "logging/setLevel", level.clone()).await.body["result"], json!({}));
    let unknown = modern(&house, &key, "logging/setLevel", level).await;
    assert_eq!((unknown.status.as_u16(), &unknown.body["error"]["code"]), (404, &json!(-32601)));
    assert_eq!(unknown.body["result"], Value::Null);
}

#[tokio::test]
async fn goals_come_ten_at_a_time_unless_another_number_is_asked_for() {
    let house = House::new();
    let key = house.api("full_access").await;
    for nth in 0..12 {
        house.call("POST", "/v1/goals", &key, Some(json!({ "title": format!("Goal {nth}") }))).await;
    }
    let count = async |arguments: Value| {
        let call = json!({ "name": "list_goals", "arguments": arguments });
        let page = legacy(&house, &key, "tools/call", call).await.body["result"]["structuredContent"].clone();
        (page["data"].as_array().unwrap().len(), page["next_cursor"].is_string())
    };
    assert_eq!(count(json!({})).await, (10, true));
    assert_eq!(count(json!({ "limit": 11 })).await, (11, true));
    assert_eq!(count(json!({ "limit": 100 })).await, (12, false));
    let tools = legacy(&house, &key, "tools/list", json!({})).await.body["result"]["tools"].clone();
    let default = |name: &str| {
        let tool = tools.as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
        tool["inputSchema"]["properties"]["limit"]["default"].clone()
    };
    assert_eq!((default("list_goals"), default("list_tasks")), (json!(10), Value::Null));
}
