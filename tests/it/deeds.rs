//! Changes that have a name.

use crate::conventions::with;
use crate::harness::{House, OWNER};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn make(house: &House, key: &str, path: &str, body: Value) -> String {
    let made = house.call("POST", path, key, Some(body)).await;
    assert_eq!(made.status, 201, "{path}: {}", made.body);
    format!("{path}/{}", made.text("/id"))
}

async fn done(house: &House, key: &str, path: &str) -> Value {
    let answer = house.call("POST", path, key, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.headers["etag"], format!("\"{}\"", answer.body["version"]));
    answer.body
}

async fn tool(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    house.call("POST", "/mcp", key, Some(call)).await.body["result"].clone()
}

#[tokio::test]
async fn a_task_is_completed_once_and_followed_once() {
    let house = House::new();
    let key = house.api("full_access").await;
    let weekly = json!({ "title": "Water", "recurrence": "FREQ=WEEKLY", "due": "2027-01-18" });
    let task = make(&house, &key, "/v1/tasks", weekly).await;
    let (complete, reopen) = (format!("{task}/complete"), format!("{task}/reopen"));
    let first = done(&house, &key, &complete).await;
    assert_eq!((&first["status"], first["completed_at"].is_string()), (&json!("completed"), true));
    let next = first["followed_by"].as_str().unwrap();
    let next = house.call("GET", &format!("/v1/tasks/{next}"), &key, None).await;
    assert_eq!((&next.body["due"], &next.body["status"]), (&json!("2027-01-25"), &json!("pending")));
    house.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(done(&house, &key, &complete).await, first, "asked again");
    let open = done(&house, &key, &reopen).await;
    assert_eq!((&open["status"], open.get("completed_at")), (&json!("pending"), None));
    assert_eq!(done(&house, &key, &reopen).await, open);
    done(&house, &key, &complete).await;
    let all = house.call("GET", "/v1/tasks", &key, None).await.body;
    assert_eq!(all["data"].as_array().unwrap().len(), 2, "followed once: {all}");

    let begun = make(&house, &key, "/v1/tasks", json!({ "title": "x", "status": "in_progress" })).await;
    assert_eq!(done(&house, &key, &format!("{begun}/reopen")).await["status"], "in_progress");
    with(&house, "POST", &complete, &key, None, &[("if-match", "\"1\"")]).await.is_problem(412);
    let minimal = with(&house, "POST", &reopen, &key, None, &[("prefer", "return=minimal")]).await;
    assert_eq!((minimal.status.as_u16(), minimal.headers.contains_key("etag")), (204, true));
}

#[tokio::test]
async fn two_at_once_complete_it_once() {
    let house = House::new();
    let key = house.api("full_access").await;
    let weekly = json!({ "title": "Water", "recurrence": "FREQ=WEEKLY", "due": "2027-01-18" });
    let complete = format!("{}/complete", make(&house, &key, "/v1/tasks", weekly).await);
    let (one, two) = tokio::join!(done(&house, &key, &complete), done(&house, &key, &complete));
    assert_eq!(one["followed_by"], two["followed_by"]);
    let all = house.call("GET", "/v1/tasks", &key, None).await.body;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn goals_are_completed_and_life_areas_put_aside() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = make(&house, &key, "/v1/goals", json!({ "title": "Run" })).await;
    let area = make(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
    let completed = done(&house, &key, &format!("{goal}/complete")).await;
    assert_eq!((&completed["status"], completed["completed_at"].is_string()), (&json!("completed"), true));
    assert_eq!(done(&house, &key, &format!("{goal}/reopen")).await["status"], "active");
    assert_eq!(done(&house, &key, &format!("{area}/archive")).await["is_archived"], true);
    assert_eq!(done(&house, &key, &format!("{area}/archive")).await["version"], 2);
    let id = |path: &str| json!({ "id": path.rsplit('/').next() });
    let told = tool(&house, &key, "complete_goal", id(&goal)).await;
    assert_eq!(told["structuredContent"]["status"], "completed", "{told}");
    let told = tool(&house, &key, "archive_life_area", id(&area)).await;
    assert_eq!(told["structuredContent"]["is_archived"], true, "{told}");
}

#[tokio::test]
async fn a_deed_is_a_write_of_its_field() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = make(&house, &key, "/v1/tasks", json!({ "title": "x", "labels": ["work"] })).await;
    let other = make(&house, &key, "/v1/tasks", json!({ "title": "x" })).await;
    let connect = async |actions: Value, more: Value| {
        let mut rule = json!({ "resource": "tasks", "actions": actions });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        house.connect(json!({ "kind": "api", "name": "narrow", "grant": [rule] })).await.1
    };
    let reader = connect(json!(["read"]), json!({})).await;
    let masked = connect(json!(["read", "write"]), json!({ "fields": { "deny": ["status"] } })).await;
    let narrow = connect(json!(["read", "write"]), json!({ "only": { "tags": ["work"] } })).await;
    for (key, path, status) in
        [(&reader, &task, 403), (&masked, &task, 403), (&narrow, &other, 404), (&narrow, &task, 200)]
    {
        let answer = house.call("POST", &format!("{path}/complete"), key, None).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    }
    assert_eq!(house.call("GET", &other, &key, None).await.body["version"], 1);
}

#[tokio::test]
async fn an_undo_takes_back_that_it_was_completed_and_what_followed() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (wild, key) = house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access" })).await;
    let weekly = json!({ "title": "Water", "recurrence": "FREQ=WEEKLY", "due": "2027-01-18" });
    let task = make(&house, &mine, "/v1/tasks", weekly).await;
    let before = house.call("GET", &task, &mine, None).await.body;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    done(&house, &key, &format!("{task}/complete")).await;
    house.pump.drain().await.unwrap();
    let body = json!({ "since": since });
    let undone = house.call("POST", &format!("/connections/{wild}/undo"), OWNER, Some(body)).await;
    assert_eq!(undone.body["counts"]["conflicts"], 0, "{}", undone.body);
    let all = house.call("GET", "/v1/tasks", &mine, None).await.body;
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "the next one is gone");
    for field in ["status", "completed_at", "due"] {
        assert_eq!(all["data"][0].get(field), before.get(field), "{field}");
    }
}
