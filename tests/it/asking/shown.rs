//! What an owner says yes to is what they were shown.

use super::{asked, asker, decide};
use crate::harness::{House, OWNER, request};
use crate::mcp::modern_with;
use axum::body::Body;
use serde_json::{Value, json};

#[tokio::test]
async fn what_changed_since_is_asked_about_anew() {
    let house = House::new();
    let free = house.api("full_access").await;
    let (_, key) = asker(&house, "api").await;
    let id = house.task(&free, "Passport renewal").await;
    let path = format!("/v1/tasks/{id}");
    let title = |title: &str| Some(json!({ "title": title }));
    house.call("PATCH", &path, &free, title("test junk")).await;
    let calls = [
        ("DELETE", path.clone(), None),
        ("PATCH", path.clone(), title("x")),
        ("POST", format!("{path}/complete"), None),
    ];
    let mut waiting = Vec::new();
    for (method, path, body) in calls {
        waiting.push(asked(&house, &key, method, &path, body).await);
    }
    house.call("PATCH", &path, &free, title("Passport renewal")).await;
    for id in waiting {
        let ended = decide(&house, &id, "approve").await;
        assert_eq!(ended.body["answer"]["status"], 409, "{}", ended.body);
    }
    let task = house.call("GET", &path, &free, None).await;
    assert_eq!(
        (task.text("/title").as_str(), task.text("/status").as_str()),
        ("Passport renewal", "pending")
    );
}

#[tokio::test]
async fn what_cannot_be_shown_does_not_wait() {
    let house = House::new();
    let (_, key) = asker(&house, "api").await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for hidden in ["1e400", "\"boom\\ud800\"", &deep] {
        let body = format!(r#"{{"items":[{{"title":"boom","x":{hidden}}},{{"title":"hidden"}}]}}"#);
        let mut sent = request("POST", "/v1/tasks/batch", Some(&key), Some(json!({})));
        *sent.body_mut() = Body::from(body);
        house.send(sent).await.is_problem(400);
    }
    assert_eq!(house.call("GET", "/approvals", OWNER, None).await.body["data"], json!([]));
}

#[tokio::test]
async fn a_client_is_asked_about_what_it_can_show_whole() {
    let house = House::new();
    let (_, key) = asker(&house, "mcp").await;
    for (title, description, by_client) in [
        ("Milk".to_owned(), "short".to_owned(), true),
        ("Milk".to_owned(), "a".repeat(1_000), false),
        ("Milk\u{202e}kliM".to_owned(), "short".to_owned(), false),
    ] {
        let arguments = json!({ "title": title, "description": description });
        let call = json!({ "name": "create_task", "arguments": arguments });
        let can = json!({ "elicitation": { "form": {} } });
        let asked: Value = modern_with(&house, &key, "tools/call", call, can).await.body;
        assert_eq!(asked["result"]["resultType"] == "input_required", by_client, "{asked}");
    }
    let waiting = house.call("GET", "/approvals", OWNER, None).await.body["data"].clone();
    let abouts: Vec<_> = waiting.as_array().unwrap().iter().map(|one| one["about"].clone()).collect();
    assert_eq!(abouts, [json!("Milk"), json!("MilkkliM")], "nothing turns the line round");
}
