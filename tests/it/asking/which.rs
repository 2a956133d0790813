//! What is asked about, and how that looks to those who wait and to who decides.

use super::{asked, asker, asks, decide, titles};
use crate::conventions::with;
use crate::harness::{House, OTHER_OWNER, OWNER};
use serde_json::{Value, json};

#[tokio::test]
async fn every_change_waits_and_is_done_when_its_owner_says_so() {
    let house = House::new();
    let (_, key) = asker(&house, "api").await;
    let free = house.api("full_access").await;
    let make = |path, body| house.call("POST", path, &free, Some(body));
    make("/v1/collections", json!({ "name": "books" })).await;
    let book = make("/v1/collections/books/records", json!({ "data": {} })).await.text("/id");
    let goal = make("/v1/goals", json!({ "title": "Run" })).await.text("/id");
    house.task(&free, "of the goal").await;
    let task = house.task(&free, "Milk").await;
    let (task, goal) = (format!("/v1/tasks/{task}"), format!("/v1/goals/{goal}"));
    let book = format!("/v1/collections/books/records/{book}");
    let plan = json!({ "suggested_tasks": [{ "ref": "t1", "title": "Find a choir" }] });
    let decompose = json!({ "goal_description": "Speak Italian", "method": "template", "apply": true });
    let title = |text: &str| Some(json!({ "title": text }));
    let calls: Vec<(&str, String, Option<Value>, u16)> = vec![
        ("POST", "/v1/tasks".into(), title("new"), 201),
        ("PATCH", task.clone(), title("Bread"), 200),
        ("PUT", task.clone(), title("Tea"), 200),
        ("POST", format!("{task}/complete"), None, 200),
        ("DELETE", task.clone(), None, 204),
        ("POST", format!("{task}/restore"), None, 200),
        (
            "POST",
            "/v1/tasks/batch".into(),
            Some(json!({ "items": [{ "title": "a" }, { "title": "b" }] })),
            200,
        ),
        ("PUT", "/v1/tasks/task_00000000000000000000000004".into(), title("as I say"), 201),
        (
            "POST",
            "/v1/goals/apply-plan".into(),
            Some(json!({ "goal": { "title": "Sing" }, "plan": plan })),
            201,
        ),
        ("POST", "/v1/goals/decompose".into(), Some(decompose), 200),
        ("DELETE", format!("{goal}?tasks=delete"), None, 204),
        ("POST", "/v1/memories".into(), Some(json!({ "content": "Anna likes tea" })), 201),
        ("PATCH", "/v1/profile".into(), Some(json!({ "about": "Me" })), 200),
        ("PATCH", book.clone(), Some(json!({ "data": { "a": 1 } })), 200),
        ("DELETE", book, None, 204),
        ("DELETE", "/v1/collections/books".into(), None, 204),
    ];
    for (method, path, body, status) in calls {
        let before = house.call("GET", "/export", OWNER, None).await.body;
        let id = asked(&house, &key, method, &path, body.clone()).await;
        assert_eq!(asked(&house, &key, method, &path, body).await, id, "the same call waits once");
        let unchanged = house.call("GET", "/export", OWNER, None).await.body;
        assert_eq!(before["data"], unchanged["data"], "{method} {path} did something before it was approved");
        let waiting = house.call("GET", "/approvals", OWNER, None).await;
        assert_eq!(waiting.text("/data/0/id"), id);
        let done = decide(&house, &id, "approve").await;
        assert_eq!(done.text("/status"), "done", "{method} {path}: {}", done.body);
        assert_eq!(done.body["answer"]["status"], status, "{method} {path}: {}", done.body);
        let own = house.call("GET", &format!("/v1/approvals/{id}"), &key, None).await;
        assert_eq!(own.body, done.body);
        assert_eq!(house.call("GET", "/approvals", OWNER, None).await.body["data"], json!([]));
        let after = house.call("GET", "/export", OWNER, None).await.body;
        assert_ne!(before, after, "{method} {path} did nothing");
    }
}

/// One rule that allows it without asking is enough, item by item and field by field.
#[tokio::test]
async fn nobody_is_asked_about_what_another_rule_allows() {
    let house = House::new();
    let free = house.api("full_access").await;
    let grant = json!([
        { "resource": "tasks", "actions": ["read"] },
        { "resource": "tasks", "actions": ["write", "delete"], "ask": true },
        { "resource": "tasks", "actions": ["write"], "only": { "tags": ["home"] }, "fields": { "allow": ["title", "labels"] } },
        { "resource": "tasks", "actions": ["write", "delete"], "only": { "own": true } },
    ]);
    let (_, key) = house.connect(json!({ "kind": "api", "name": "some", "grant": grant })).await;
    let make = |body| house.call("POST", "/v1/tasks", &free, Some(body));
    let home = make(json!({ "title": "Sweep", "labels": ["home"] })).await.text("/id");
    let other = make(json!({ "title": "Report" })).await.text("/id");
    let own = house.call("POST", "/v1/tasks", &key, Some(json!({ "title": "mine" }))).await;
    assert_eq!(own.status, 201, "what it makes is its own: {}", own.body);
    let own = own.text("/id");
    for (method, id, body, status) in [
        ("PATCH", &own, Some(json!({ "description": "x" })), 200),
        ("PATCH", &home, Some(json!({ "title": "Mop" })), 200),
        ("PATCH", &home, Some(json!({ "description": "x" })), 202),
        ("PATCH", &home, Some(json!({ "title": "Mop", "description": "x" })), 202),
        ("PATCH", &home, Some(json!({ "labels": [] })), 202),
        ("PUT", &home, Some(json!({ "title": "Mop", "labels": ["home"] })), 202),
        ("PATCH", &other, Some(json!({ "title": "x" })), 202),
        ("DELETE", &home, None, 202),
        ("DELETE", &own, None, 204),
    ] {
        let answer = house.call(method, &format!("/v1/tasks/{id}"), &key, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {body:?}: {}", answer.body);
    }
    let many = json!({ "items": [{ "title": "a" }] });
    let many = house.call("POST", "/v1/tasks/batch", &key, Some(many)).await;
    assert_eq!(many.status, 202, "many at once are asked about if any rule asks");
}

#[tokio::test]
async fn nobody_is_asked_about_nonsense_or_about_what_is_not_allowed() {
    let house = House::new();
    let (_, key) = asker(&house, "api").await;
    let task = house.task(&house.api("full_access").await, "Milk").await;
    let reader =
        house.connect(json!({ "kind": "api", "name": "r", "grant": asks(&["read", "delete"]) })).await.1;
    let path = format!("/v1/tasks/{task}");
    for (key, method, path, body, status) in [
        (&key, "POST", "/v1/tasks", Some(json!({ "title": "" })), 400),
        (
            &key,
            "POST",
            "/v1/tasks",
            Some(json!({ "title": "x", "goal_id": "goal_00000000000000000000000000" })),
            400,
        ),
        (&key, "PATCH", "/v1/tasks/task_00000000000000000000000000", Some(json!({ "title": "x" })), 404),
        (&key, "POST", "/v1/tasks/batch", Some(json!({ "items": 1 })), 400),
        (&reader, "PATCH", path.as_str(), Some(json!({ "title": "x" })), 403),
    ] {
        house.call(method, path, key, body).await.is_problem(status);
    }
    with(&house, "DELETE", &path, &reader, None, &[("if-match", "\"7\"")]).await.is_problem(412);
    assert_eq!(house.call("GET", "/approvals", OWNER, None).await.body["data"], json!([]));
}

#[tokio::test]
async fn who_waits_and_who_decides_see_it_and_nobody_else() {
    let house = House::new();
    let (connection, key) = asker(&house, "api").await;
    let config = json!({ "key_in": "query" });
    let input =
        json!({ "kind": "api", "name": "in address", "grant": asks(&["read", "write"]), "config": config });
    let (_, in_address) = house.connect(input).await;
    let other = asker(&house, "api").await.1;
    let task = house.task(&house.api("full_access").await, "Milk").await;
    let path = format!("/v1/tasks/{task}");
    let id = asked(&house, &key, "PATCH", &path, Some(json!({ "title": "Bread" }))).await;
    let seen = house.call("GET", &format!("/approvals/{id}"), OWNER, None).await;
    assert_eq!(
        (
            &seen.body["connection"],
            &seen.body["operation"],
            &seen.body["about"],
            &seen.body["request"]["body"]
        ),
        (&json!(connection), &json!("update_task"), &json!("Milk"), &json!({ "title": "Bread" }))
    );
    for (token, path) in [(&*other, format!("/v1/approvals/{id}")), (OTHER_OWNER, format!("/approvals/{id}"))]
    {
        house.call("GET", &path, token, None).await.is_problem(404);
    }
    for decision in ["approve", "deny"] {
        let path = format!("/approvals/{id}/{decision}");
        house.call("POST", &path, OTHER_OWNER, None).await.is_problem(404);
        house.call("POST", &path, &key, None).await.is_problem(403);
    }
    // A key in the address is not kept.
    let sent = format!("/v1/tasks?api_key={in_address}");
    let waits = house.send(crate::harness::request("POST", &sent, None, Some(json!({ "title": "x" })))).await;
    assert_eq!(waits.text("/approval/request/path"), "/v1/tasks");
    assert_eq!(decide(&house, &waits.text("/approval/id"), "approve").await.body["answer"]["status"], 201);
    assert_eq!(titles(&house).await.len(), 2);
}

#[tokio::test]
async fn so_many_may_wait_and_no_more() {
    let house = House::new();
    let input =
        json!({ "kind": "api", "name": "eager", "grant": asks(&["write"]), "limits": { "burst": null } });
    let (_, key) = house.connect(input).await;
    let make = |n: usize| house.call("POST", "/v1/tasks", &key, Some(json!({ "title": format!("{n}") })));
    for n in 0..100 {
        assert_eq!(make(n).await.status, 202);
    }
    assert_eq!(make(100).await.is_problem(429).text("/type"), "urn:larder:problem:too-many-waiting");
    assert_eq!(make(7).await.status, 202, "it waits already");
    let long = json!({ "title": "x", "description": "y".repeat(5_000) });
    let items: Vec<_> = std::iter::repeat_n(long, 20).collect();
    let long = house.call("POST", "/v1/tasks/batch", &key, Some(json!({ "items": items }))).await;
    long.is_problem(413);
    let first = house.call("GET", "/approvals?limit=100", OWNER, None).await.text("/data/0/id");
    decide(&house, &first, "deny").await;
    assert_eq!(make(100).await.status, 202);
    house.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(make(101).await.status, 202, "what is over does not wait any more");
    assert_eq!(house.call("GET", "/approvals", OWNER, None).await.body["data"].as_array().unwrap().len(), 1);
    let all = house.call("GET", "/approvals?all=true&limit=100", OWNER, None).await;
    assert_eq!(all.text("/data/0/status"), "pending");
    assert_eq!(all.text("/data/1/status"), "expired");
}
