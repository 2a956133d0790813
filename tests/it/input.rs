//! What is wrong with an input is named, and nothing is written.

use crate::harness::{House, OWNER};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::json;

async fn post(
    house: &House,
    path: &str,
    token: &str,
    content_type: &str,
    body: &str,
) -> crate::harness::Answer {
    let request = Request::post(path).header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", content_type).body(Body::from(body.to_owned()));
    house.send(request.unwrap()).await
}

#[tokio::test]
async fn a_bad_task_is_refused_by_field() {
    let house = House::new();
    let key = house.api("full_access").await;
    let long = "x".repeat(201);
    for (body, pointer) in [
        ("{\"title\":\"x\"".to_owned(), ""),
        ("{\"title\":\"x\"} {}".to_owned(), ""),
        ("[]".to_owned(), ""),
        ("null".to_owned(), ""),
        ("{}".to_owned(), "/title"),
        (json!({ "title": 5 }).to_string(), "/title"),
        (json!({ "title": "" }).to_string(), "/title"),
        (json!({ "title": "   " }).to_string(), "/title"),
        (json!({ "title": "a\u{7}" }).to_string(), "/title"),
        (json!({ "title": long }).to_string(), "/title"),
        (json!({ "title": "x", "titel": "y" }).to_string(), "/titel"),
        (json!({ "title": "x", "id": "task_1" }).to_string(), "/id"),
        (json!({ "title": "x", "status": "later" }).to_string(), "/status"),
        (json!({ "title": "x", "due": "2026-13-01" }).to_string(), "/due"),
        (json!({ "title": "x", "labels": ["a", 3] }).to_string(), "/labels/1"),
        (json!({ "title": "x", "labels": vec!["a"; 21] }).to_string(), "/labels"),
        ("{\"title\":\"x\",\"title\":\"y\"}".to_owned(), "/title"),
    ] {
        let answer = post(&house, "/v1/tasks", &key, "application/json", &body).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{body}: {}", answer.body);
    }
    let listed = house.call("GET", "/v1/tasks", &key, None).await;
    assert_eq!(listed.body["data"], json!([]));
}

#[tokio::test]
async fn a_bad_connection_is_refused_by_field() {
    let house = House::new();
    let webhook = |config| json!({ "kind": "webhook", "name": "x", "config": config });
    for (body, pointer) in [
        (json!({ "name": "x" }), "/kind"),
        (json!({ "kind": "fax", "name": "x" }), "/kind"),
        (json!({ "kind": "api" }), "/name"),
        (json!({ "kind": "api", "name": "x", "preset": "everything" }), "/preset"),
        (json!({ "kind": "api", "name": "x", "preset": "read_only", "grant": [] }), "/grant"),
        (json!({ "kind": "api", "name": "x", "grant": [{ "resource": "tasks" }] }), "/grant/0/actions"),
        (
            json!({ "kind": "api", "name": "x", "grant": [{ "resource": "cars", "actions": [] }] }),
            "/grant/0/resource",
        ),
        (
            json!({ "kind": "api", "name": "x", "config": { "target_url": "https://a.example" } }),
            "/config/target_url",
        ),
        (webhook(json!({})), "/config/target_url"),
        (webhook(json!({ "target_url": "ftp://a.example" })), "/config/target_url"),
        (webhook(json!({ "target_url": "https://me:pw@a.example" })), "/config/target_url"),
        (webhook(json!({ "target_url": "https://a.example", "events": ["task.eaten"] })), "/config/events/0"),
        (webhook(json!({ "target_url": "https://a.example", "event": [] })), "/config/event"),
    ] {
        let answer = house.call("POST", "/connections", OWNER, Some(body.clone())).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{body}: {}", answer.body);
    }
    assert_eq!(house.call("GET", "/connections", OWNER, None).await.body["data"], json!([]));
}

#[tokio::test]
async fn what_is_not_json_or_too_much_is_refused() {
    let house = House::new();
    let key = house.api("full_access").await;
    for path in ["/v1/tasks", "/mcp"] {
        for kind in ["", "text/plain", "application/x-www-form-urlencoded", "jsonish"] {
            post(&house, path, &key, kind, "{}").await.is_problem(415);
        }
        let large = format!("{{\"title\":\"{}\"}}", "x".repeat(256 * 1024));
        post(&house, path, &key, "application/json", &large).await.is_problem(413);
    }
    post(&house, "/v1/tasks", &key, "application/json; charset=utf-8", "{").await.is_problem(400);
    let of_mcp = post(&house, "/mcp", &key, "application/json; charset=utf-8", "{").await;
    assert_eq!((of_mcp.status.as_u16(), &of_mcp.body["error"]["code"]), (400, &json!(-32700)));
}

#[tokio::test]
async fn bad_ids_parameters_and_cursors_are_refused() {
    let house = House::new();
    let key = house.api("full_access").await;
    for n in 0..3 {
        house.task(&key, &format!("task {n}")).await;
    }
    let page = house.call("GET", "/v1/tasks?limit=1", &key, None).await;
    let cursor = page.text("/next_cursor");
    let of_connections = {
        house.api("read_only").await;
        house.call("GET", "/connections?limit=1", OWNER, None).await.text("/next_cursor")
    };
    let tail = if cursor.ends_with('A') { "Q" } else { "A" };
    let bent = format!("{}{tail}", &cursor[..cursor.len() - 1]);
    for (path, pointer) in [
        ("/v1/tasks?limit=0".to_owned(), "?limit"),
        ("/v1/tasks?limit=101".to_owned(), "?limit"),
        ("/v1/tasks?limit=-1".to_owned(), "?limit"),
        ("/v1/tasks?limit=x".to_owned(), "?limit"),
        ("/v1/tasks?page=2".to_owned(), "?page"),
        ("/v1/tasks?cursor=".to_owned(), "?cursor"),
        ("/v1/tasks?cursor=abc".to_owned(), "?cursor"),
        (format!("/v1/tasks?cursor={bent}"), "?cursor"),
        (format!("/v1/tasks?cursor={of_connections}"), "?cursor"),
        ("/v1/tasks/1".to_owned(), "{id}"),
        ("/v1/tasks/conn_00000000000000000000000000".to_owned(), "{id}"),
        ("/v1/tasks/%ff".to_owned(), "{id}"),
    ] {
        let answer = house.call("GET", &path, &key, None).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{path}: {}", answer.body);
    }
    let missing = "/v1/tasks/task_00000000000000000000000000";
    house.call("GET", missing, &key, None).await.is_problem(404);
    assert_eq!(
        house.call("GET", &format!("/v1/tasks?cursor={cursor}"), &key, None).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn null_clears_only_what_may_be_missing() {
    let house = House::new();
    let key = house.api("full_access").await;
    let path = format!("/v1/tasks/{}", house.task(&key, "Milk").await);
    for field in ["title", "status", "priority", "labels"] {
        let answer = house.call("PATCH", &path, &key, Some(json!({ field: null }))).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), format!("/{field}"));
    }
    let answer = house.call("PATCH", &path, &key, Some(json!({ "due": null, "description": null }))).await;
    assert_eq!((answer.status, &answer.body["version"]), (StatusCode::OK, &json!(1)), "nothing changed");
}
