//! No answer is longer than what clients take; what is left out comes with the cursor.

use super::legacy;
use crate::harness::{Answer, House};
use serde_json::{Value, json};

/// What a client takes is about four of them to a token.
const MOST: usize = 100_000;

async fn call(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let answer = legacy(house, key, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    bounded(&answer, name);
    answer.body["result"]["structuredContent"].clone()
}

fn bounded(answer: &Answer, name: &str) {
    let size = answer.body.to_string().len();
    assert!(size <= MOST, "{name} answers {size} bytes");
}

#[tokio::test]
async fn a_long_list_ends_early_and_loses_nothing() {
    let house = House::new();
    let key = house.api("full_access").await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "notes" }))).await;
    let mut made = Vec::new();
    for n in 0..30_usize {
        let text = "x".repeat(if n % 3 == 0 { 40_000 } else { 2_000 });
        let record = json!({ "data": { "n": n, "text": text } });
        let record = house.call("POST", "/v1/collections/notes/records", &key, Some(record)).await;
        made.push(record.text("/id"));
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let asked = json!({ "collection": "notes", "limit": 100, "cursor": cursor });
        let page = call(&house, &key, "list_records", asked).await;
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        (cursor, pages) = (page["next_cursor"].clone(), pages + 1);
        if cursor.is_null() {
            break;
        }
    }
    seen.reverse();
    assert!(seen == made && pages >= 10, "{pages} pages of {} records", seen.len());
}

#[tokio::test]
async fn searches_batches_and_resources_are_bounded_too() {
    let house = House::new();
    let limits = json!({ "burst": null, "per_hour": null, "per_day": null });
    let unlimited = json!({ "kind": "mcp", "name": "x", "preset": "full_access", "limits": limits });
    let (_, key) = house.connect(unlimited).await;
    let goal = house.call("POST", "/v1/goals", &key, Some(json!({ "title": "Rain" }))).await.text("/id");
    for n in 0..30 {
        let memory = json!({ "content": format!("Rain {n} {}", "drop ".repeat(1_500)) });
        house.call("POST", "/v1/memories", &key, Some(memory)).await;
        let task = json!({ "title": "Wait", "goal_id": goal, "description": "d".repeat(4_000) });
        house.call("POST", "/v1/tasks", &key, Some(task)).await;
    }
    let found = call(&house, &key, "search_memory", json!({ "query": "rain", "limit": 50 })).await;
    assert!((3..30).contains(&found["data"].as_array().unwrap().len()), "{found}");
    let include = json!(["tasks", "memories", "timeline"]);
    let whole = call(&house, &key, "get_goal", json!({ "id": goal, "include": include })).await;
    assert!(
        !whole["tasks"]["data"].as_array().unwrap().is_empty() && whole["tasks"]["next_cursor"].is_string()
    );
    let uri = format!("larder://goals/{goal}/context");
    bounded(&legacy(&house, &key, "resources/read", json!({ "uri": uri })).await, &uri);
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "notes" }))).await;
    let item = json!({ "collection": "notes", "data": { "text": "x".repeat(9_000) } });
    let items: Vec<_> = (0..25).map(|_| item.clone()).collect();
    let made = call(&house, &key, "create_records", json!({ "items": items })).await;
    let one = &made["data"][24]["item"];
    assert!(one["id"].is_string() && one["version"] == 1 && one.get("data").is_none(), "{one}");
}
