//! Calls that wait until their owner has said yes: they take effect once then, and never otherwise.

mod between;
mod mcp;
mod once;
mod page;
mod shown;
mod still;
mod which;

use crate::harness::{Answer, House, OWNER};
use serde_json::{Value, json};

/// Everything on all data, but each change is asked about.
pub(crate) fn asks(actions: &[&str]) -> Value {
    let all = ["tasks", "goals", "life_areas", "memories", "collections", "profile", "preferences"];
    let rules = all.map(|of| json!({ "resource": of, "actions": actions, "ask": true }));
    json!(rules)
}

/// A connection that has to ask first: its id and key.
pub(crate) async fn asker(house: &House, kind: &str) -> (String, String) {
    let grant = asks(&["read", "write", "delete"]);
    house.connect(json!({ "kind": kind, "name": "asks first", "grant": grant })).await
}

/// What a new connection asked: to make a task.
pub(crate) async fn waiting(house: &House) -> String {
    let (_, key) = asker(house, "api").await;
    asked(house, &key, "POST", "/v1/tasks", Some(json!({ "title": "Milk" }))).await
}

/// The id of what waits now.
pub(super) async fn asked(house: &House, key: &str, method: &str, path: &str, body: Option<Value>) -> String {
    let answer = house.call(method, path, key, body).await;
    assert_eq!(answer.status, 202, "{method} {path}: {}", answer.body);
    let id = answer.text("/approval/id");
    assert_eq!(answer.headers["location"], format!("/v1/approvals/{id}"));
    assert_eq!(answer.text("/approval/status"), "pending");
    id
}

pub(super) async fn decide(house: &House, id: &str, decision: &str) -> Answer {
    house.call("POST", &format!("/approvals/{id}/{decision}"), OWNER, None).await
}

pub(super) async fn titles(house: &House) -> Vec<String> {
    let key = house.api("read_only").await;
    let all = house.call("GET", "/v1/tasks?limit=100", &key, None).await;
    let all = all.body["data"].as_array().unwrap().clone();
    all.iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}
