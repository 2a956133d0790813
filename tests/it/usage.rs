//! What the owner is told of a connection's calls is what its client saw, to the byte.

use crate::harness::{House, OWNER, request};
use crate::limits::{limited, limits};
use axum::body::Body;
use domain::clock::Clock as _;
use futures_util::future::join_all;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tower::ServiceExt as _;

/// One call as its client knows it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    endpoint: &'static str,
    status: u16,
    bytes: usize,
    hour: i64,
}

pub(crate) fn tool(name: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments } })
}

fn rpc(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method })
}

/// The nth kind of call: what to send, what it is counted under, and, where HTTP says 200 to what was refused inside,
/// the status of that.
fn example(kind: usize, task: &str, may_write: bool) -> (Request<Body>, &'static str, Option<u16>) {
    let missing = "task_00000000000000000000000000";
    let rest = |method: &str, path: String, body| request(method, &path, None, body);
    let mcp = |body: Value| request("POST", "/mcp", None, Some(body));
    let title = || json!({ "title": "Milk" });
    let write = (!may_write).then_some(403);
    match kind {
        0 => (rest("GET", "/v1/tasks?limit=3".to_owned(), None), "GET /v1/tasks", None),
        1 => (rest("GET", format!("/v1/tasks/{task}"), None), "GET /v1/tasks/{id}", None),
        2 => (rest("GET", format!("/v1/tasks/{missing}"), None), "GET /v1/tasks/{id}", None),
        3 => (rest("POST", "/v1/tasks".to_owned(), Some(title())), "POST /v1/tasks", None),
        4 => (rest("POST", "/v1/tasks".to_owned(), Some(json!({ "titel": 1 }))), "POST /v1/tasks", None),
        5 => (rest("PATCH", format!("/v1/tasks/{missing}"), Some(title())), "PATCH /v1/tasks/{id}", None),
        6 => (rest("DELETE", format!("/v1/tasks/{missing}"), None), "DELETE /v1/tasks/{id}", None),
        7 => (rest("HEAD", format!("/v1/tasks/{task}"), None), "HEAD /v1/tasks/{id}", None),
        8 => (rest("GET", "/connections".to_owned(), None), "GET /connections", None),
        9 => (mcp(tool("list_tasks", json!({}))), "tools/call list_tasks", None),
        10 => (mcp(tool("get_task", json!({ "id": missing }))), "tools/call get_task", Some(404)),
        11 => (mcp(tool("get_task", json!({ "id": 5 }))), "tools/call get_task", Some(400)),
        12 => (mcp(tool("create_task", title())), "tools/call create_task", write),
        13 => (mcp(tool("drop_table", json!({}))), "tools/call", Some(400)),
        14 => (mcp(rpc("tools/list")), "tools/list", None),
        15 => (mcp(rpc("ping")), "ping", None),
        _ => (mcp(json!([])), "POST /mcp", None),
    }
}

async fn make(
    house: &House,
    key: &str,
    (mut request, endpoint, inside): (Request<Body>, &'static str, Option<u16>),
) -> (String, Seen) {
    let hour = house.clock.now().as_second() / 3_600;
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    let answer = house.router.clone().oneshot(request).await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = match (answer.status(), inside) {
        (StatusCode::OK, Some(inside)) => inside,
        (outside, _) => outside.as_u16(),
    };
    let bytes = answer.into_body().collect().await.unwrap().to_bytes().len();
    (id, Seen { endpoint, status, bytes, hour })
}

pub(crate) async fn all_activity(house: &House, id: &str, filter: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/connections/{id}/activity?limit=100{filter}{cursor}");
        let page = house.call("GET", &path, OWNER, None).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        all.extend(page.body["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page.body["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

pub(crate) async fn usage(house: &House, id: &str, by: &str) -> Value {
    let path = format!("/connections/{id}/usage?by={by}");
    let answer = house.call("GET", &path, OWNER, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// Compares one part of an answer with the calls that belong to it.
fn agrees(part: &Value, calls: &[&Seen], said: &str) {
    let counted: Vec<_> = calls.iter().filter(|call| call.status != 429).collect();
    let errors = |calls: &[&&&Seen]| calls.iter().filter(|call| call.status >= 400).count();
    let mut endpoints = serde_json::Map::new();
    for call in &counted {
        let same: Vec<_> = counted.iter().filter(|other| other.endpoint == call.endpoint).collect();
        endpoints.insert(call.endpoint.to_owned(), json!({ "calls": same.len(), "errors": errors(&same) }));
    }
    assert_eq!(part["calls"], counted.len(), "{said}");
    assert_eq!(part["errors"], errors(&counted.iter().collect::<Vec<_>>()), "{said}");
    assert_eq!(part["limited"], calls.len() - counted.len(), "{said}");
    assert_eq!(part["bytes"], counted.iter().map(|call| call.bytes).sum::<usize>(), "{said}");
    assert_eq!(part["endpoints"], Value::Object(endpoints), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_and_activity_of_5000_mixed_calls_are_what_their_clients_saw() {
    let house = House::new();
    let (writer, write_key) = limited(&house, limits(None, Some(900), None)).await;
    let (reader, read_key) =
        house.connect(json!({ "kind": "mcp", "name": "reads", "preset": "read_only" })).await;
    let task = house.task(&write_key, "to read").await;
    let mut seen: BTreeMap<&str, Vec<(String, Seen)>> = BTreeMap::new();
    let mut random: u64 = 0x5eed;
    for _ in 0..100 {
        let calls = (0..50).map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (kind, may_write) = ((random % 17) as usize, random >> 40 & 3 != 0);
            let (id, key) = if may_write { (&writer, &write_key) } else { (&reader, &read_key) };
            let call = make(&house, key, example(kind, &task, may_write));
            async move { (id.as_str(), call.await) }
        });
        for (id, call) in join_all(calls.collect::<Vec<_>>()).await {
            seen.entry(id).or_default().push(call);
        }
        house.clock.advance(SignedDuration::from_secs(97));
    }
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), 5_000);
    for status in [200, 201, 400, 403, 404, 429] {
        let met = seen.values().flatten().filter(|(_, call)| call.status == status).count();
        assert!(met > 20, "only {met} of {status}: this proves little");
    }
    // The task that the writer made before.
    let made = all_activity(&house, &writer, "&endpoint=POST%20/v1/tasks&status=2xx").await.pop().unwrap();
    let first = Seen {
        endpoint: "POST /v1/tasks",
        status: 201,
        bytes: made["bytes"].as_u64().unwrap() as usize,
        hour: seen[writer.as_str()].iter().map(|(_, call)| call.hour).min().unwrap(),
    };
    seen.get_mut(writer.as_str()).unwrap().push((made["request"].as_str().unwrap().to_owned(), first));

    for (id, calls) in &seen {
        let listed = all_activity(&house, id, "").await;
        let kept: BTreeMap<_, _> = calls.iter().filter(|(_, call)| call.status != 429).cloned().collect();
        assert_eq!(listed.len(), kept.len());
        for call in &listed {
            let known = &kept[call["request"].as_str().unwrap()];
            assert_eq!(
                (&call["endpoint"], &call["status"], &call["bytes"]),
                (&json!(known.endpoint), &json!(known.status), &json!(known.bytes))
            );
        }
        let times: Vec<_> = listed.iter().map(|call| call["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first");

        let of_hour = |hour: Option<i64>| -> Vec<_> {
            let of = calls.iter().map(|(_, call)| call);
            of.filter(|call| hour.is_none_or(|hour| call.hour == hour)).collect()
        };
        for by in ["hour", "day"] {
            let usage = usage(&house, id, by).await;
            agrees(&usage["total"], &of_hour(None), by);
            let parts = usage["data"].as_array().unwrap();
            let hours: BTreeSet<_> = calls.iter().map(|(_, call)| call.hour).collect();
            if by == "hour" {
                assert_eq!(parts.len(), hours.len());
            }
            for part in parts.iter().filter(|_| by == "hour") {
                let start = part["start"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
                agrees(part, &of_hour(Some(start.as_second() / 3_600)), "an hour");
            }
        }
    }
}

#[tokio::test]
async fn what_a_dead_key_is_refused_is_counted_apart_and_told_as_what_it_is() {
    let house = House::new();
    let (id, dead) = limited(&house, limits(None, None, None)).await;
    assert_eq!(house.call("GET", "/v1/tasks", &dead, None).await.status, 200);
    let live = house.call("POST", &format!("/connections/{id}/rotate"), OWNER, None).await.text("/key");
    for _ in 0..150 {
        house.call("GET", "/v1/tasks", &dead, None).await.is_problem(401);
    }
    house.call("GET", "/v1/tasks/nonsense", &live, None).await.is_problem(400);
    house.send(request("GET", &format!("/v1/tasks?api_key={live}"), None, None)).await.is_problem(401);
    for by in ["hour", "day"] {
        let total = usage(&house, &id, by).await["total"].take();
        let counted =
            ["calls", "errors", "limited", "refused_keys"].map(|name| total[name].as_i64().unwrap());
        assert_eq!(counted, [2, 1, 0, 151], "{total}");
        let endpoints = json!({ "GET /v1/tasks": { "calls": 1, "errors": 0 }, "GET /v1/tasks/{id}": { "calls": 1, "errors": 1 } });
        assert_eq!(total["endpoints"], endpoints);
    }
    let told = all_activity(&house, &id, "").await;
    let refused: Vec<_> = told.iter().filter(|call| call["key_refused"] == true).collect();
    assert_eq!((told.len(), refused.len()), (102, 100), "the first hundred of an hour are told one by one");
    assert!(refused.iter().all(|call| call["status"] == 401));
    house.clock.advance(SignedDuration::from_hours(1));
    house.call("GET", "/v1/tasks", &dead, None).await.is_problem(401);
    assert_eq!(all_activity(&house, &id, "").await.len(), 103, "and of the next");
}
