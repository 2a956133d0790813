//! Resources: what the owner's data says, by URI.

use super::{legacy, modern};
use crate::harness::{Answer, House, OTHER_OWNER};
use serde_json::{Value, json};

async fn read(house: &House, key: &str, uri: &str) -> Answer {
    legacy(house, key, "resources/read", json!({ "uri": uri })).await
}

/// What it says; everything is marked as data.
fn text(answer: &Answer, uri: &str) -> String {
    let content = &answer.body["result"]["contents"][0];
    assert_eq!(content["uri"], uri, "{}", answer.body);
    assert_eq!(content["_meta"]["larder/untrusted"], true);
    content["text"].as_str().unwrap().to_owned()
}

fn object(answer: &Answer, uri: &str) -> Value {
    serde_json::from_str(&text(answer, uri)).unwrap()
}

async fn make(house: &House, key: &str, path: &str, body: Value) -> String {
    let made = house.call("POST", path, key, Some(body)).await;
    assert!(made.status.is_success(), "{}", made.body);
    made.text("/id")
}

#[tokio::test]
async fn each_says_what_it_is_of() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = make(&house, &key, "/v1/goals", json!({ "title": "Learn to swim" })).await;
    let part = make(&house, &key, "/v1/goals", json!({ "title": "Float", "parent_id": goal })).await;
    let task = json!({ "title": "Find a pool", "goal_id": goal, "due": "2027-01-15" });
    let task = make(&house, &key, "/v1/tasks", task).await;
    let memory = make(&house, &key, "/v1/memories", json!({ "content": "Afraid to swim in lakes" })).await;
    house.call("POST", "/v1/life-areas", &key, Some(json!({ "name": "Health" }))).await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "books" }))).await;
    let record = json!({ "data": { "name": "Water" } });
    let record = make(&house, &key, "/v1/collections/books/records", record).await;

    house.pump.drain().await.unwrap();
    let uri = format!("larder://goals/{goal}/context");
    let context = object(&read(&house, &key, &uri).await, &uri);
    assert_eq!((&context["id"], &context["title"]), (&json!(goal), &json!("Learn to swim")));
    assert_eq!(context["tasks"]["data"][0]["id"], json!(task));
    assert_eq!(context["parts"]["data"][0]["id"], json!(part));
    assert_eq!(context["memories"]["data"][0]["memory"]["id"], json!(memory));
    assert_eq!(
        context["timeline"]["data"].as_array().unwrap().last().unwrap()["verb"],
        "created",
        "{context}"
    );

    let uri = "larder://me/profile";
    let me = object(&read(&house, &key, uri).await, uri);
    assert_eq!(me["active_goals"].as_array().unwrap().len(), 2, "{me}");
    assert!(me["profile"].is_object() && me["preferences"].is_object(), "{me}");
    let today = text(&read(&house, &key, "larder://me/today").await, "larder://me/today");
    assert!(today.starts_with("# Friday, 15 January 2027") && today.contains("Find a pool"), "{today}");
    let uri = "larder://me/daily/2027-01-15";
    assert_eq!(text(&read(&house, &key, uri).await, uri), today);
    let uri = format!("larder://memories/{memory}");
    assert_eq!(object(&read(&house, &key, &uri).await, &uri)["content"], "Afraid to swim in lakes");
    let uri = format!("larder://collections/books/{record}");
    assert_eq!(object(&read(&house, &key, &uri).await, &uri)["data"]["name"], "Water");
    let areas = object(&read(&house, &key, "larder://life-areas").await, "larder://life-areas");
    assert_eq!(areas["data"][0]["name"], "Health");

    let kept = modern(&house, &key, "resources/read", json!({ "uri": "larder://me/today" })).await;
    let kept = &kept.body["result"];
    assert_eq!((&kept["cacheScope"], &kept["ttlMs"]), (&json!("private"), &json!(60_000)));
}

#[tokio::test]
async fn the_names_of_the_plans_lead_there_too() {
    let house = House::new();
    let key = house.api("full_access").await;
    let own = domain::id::OwnerId::of("test", "one").to_string();
    for uri in [
        "selfos://me/profile".to_owned(),
        "selfos://users/me/profile".to_owned(),
        format!("selfos://users/{own}/profile"),
        format!("selfos://users/{own}/daily/2027-01-15"),
        "selfos://me/today".to_owned(),
        "selfos://life-areas".to_owned(),
    ] {
        text(&read(&house, &key, &uri).await, &uri);
    }
    let other = domain::id::OwnerId::of("test", "two");
    let foreign = read(&house, &key, &format!("selfos://users/{other}/profile")).await;
    assert_eq!(foreign.body["error"]["code"], -32002, "{}", foreign.body);
}

#[tokio::test]
async fn what_is_not_there_not_allowed_or_nonsense_is_all_the_same() {
    let house = House::new();
    let all = house.api("full_access").await;
    let memory = make(&house, &all, "/v1/memories", json!({ "content": "A secret" })).await;
    let grant = json!([{ "resource": "tasks", "actions": ["read"] }]);
    let (_, key) = house.connect(json!({ "kind": "mcp", "name": "tasks", "grant": grant })).await;
    let theirs = json!({ "kind": "mcp", "name": "theirs", "preset": "full_access" });
    let theirs = house.call("POST", "/connections", OTHER_OWNER, Some(theirs)).await.text("/key");
    let hidden = format!("larder://memories/{memory}");
    let said = |answer: Answer| answer.body["error"]["message"].clone();
    let missing = said(read(&house, &all, "larder://memories/mem_06hhgq2g000000000000000000").await);
    assert_eq!(missing, "there is no such resource");
    for key in [&key, &theirs] {
        assert_eq!(said(read(&house, key, &hidden).await), missing);
    }
    for uri in [
        "",
        "larder:",
        "larder://",
        "larder://me",
        "larder://me/profile/",
        "larder://me/../me/profile",
        "larder://goals//context",
        "larder://users/you/profile",
        "larder://me/daily/2027-02-30",
        "larder://collections/books",
        "https://example.org/",
        "file:///etc/passwd",
        "larder://ME/profile",
    ] {
        assert_eq!(said(read(&house, &all, uri).await), missing, "{uri}");
    }
    let new = modern(&house, &key, "resources/read", json!({ "uri": hidden })).await;
    assert_eq!(new.body["error"]["code"], -32602, "{}", new.body);
}

#[tokio::test]
async fn a_part_that_may_not_be_read_is_left_out() {
    let house = House::new();
    let all = house.api("full_access").await;
    let goal = make(&house, &all, "/v1/goals", json!({ "title": "Learn to swim" })).await;
    house.call("POST", "/v1/tasks", &all, Some(json!({ "title": "Find a pool", "goal_id": goal }))).await;
    let grant = json!([{ "resource": "goals", "actions": ["read"], "fields": { "deny": ["title"] } }]);
    let (_, key) = house.connect(json!({ "kind": "mcp", "name": "goals", "grant": grant })).await;
    let uri = format!("larder://goals/{goal}/context");
    let context = object(&read(&house, &key, &uri).await, &uri);
    assert!(context.get("title").is_none() && context.get("tasks").is_none(), "{context}");
    assert!(context.get("memories").is_none() && context["timeline"]["data"].is_array(), "{context}");
}
