//! What is kept of single calls: for how long, where from, and which of them the audit log has.

use crate::harness::{House, OWNER, request};
use crate::limits::{admitted, limits};
use crate::usage::{all_activity, tool, usage};
use domain::activity::Activity;
use domain::clock::Clock as _;
use domain::conformance::ManualClock;
use domain::id::{ActivityId, OwnerId, RequestId};
use domain::ledger::Note;
use domain::table::{Query, Table as _};
use futures_util::future::join_all;
use http::StatusCode;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use tower::ServiceExt as _;
use web::Peer;

async fn from(house: &House, key: &str, address: &str) -> StatusCode {
    let mut request = request("GET", "/v1/tasks", Some(key), None);
    request.extensions_mut().insert(Peer(address.parse::<IpAddr>().unwrap()));
    request.headers_mut().insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
    house.send(request).await.status
}

#[tokio::test]
async fn where_a_call_comes_from_is_told_without_telling_whose_address_it_is() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "moves", "preset": "read_only" })).await;
    let used = |shown: &Value| json!([shown["last_used_at"], shown["last_used_from"]]);
    let last = async || used(&house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body);
    assert_eq!(last().await, json!([null, null]));
    from(&house, &key, "203.0.113.77").await;
    let first = house.clock.now().to_string();
    assert_eq!(last().await, json!([first, "203.0.113.0/24"]));
    house.clock.advance(SignedDuration::from_secs(61));
    from(&house, &key, "2001:db8:7:1::9").await;
    let second = house.clock.now().to_string();
    assert_eq!(last().await, json!([second, "2001:db8:7::/48"]));
    let listed = house.call("GET", "/connections", OWNER, None).await;
    assert_eq!(used(&listed.body["data"][0]), last().await);

    let listed = all_activity(&house, &id, "").await;
    let told: Vec<_> = listed.iter().map(|call| call["from"].as_str().unwrap()).collect();
    assert_eq!(told, ["2001:db8:7::/48", "203.0.113.0/24"]);
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    house.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(from(&house, &key, "198.51.100.1").await, StatusCode::UNAUTHORIZED);
    assert_eq!(last().await[0], json!(second), "a key that was refused did not use it");
}

#[tokio::test]
async fn each_denial_is_in_the_audit_log_with_its_reason_and_nothing_else_is() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "reads", "preset": "read_only" })).await;
    let denials = async || -> Vec<Value> {
        let rows = Query::prefix(OwnerId::of("test", "one"), "audit/");
        let rows = house.store.query(&rows).await.unwrap().rows.into_iter();
        let entries = rows.map(|row| serde_json::from_str::<Value>(&row.body).unwrap()["entry"].take());
        entries.filter(|entry| entry["action"] == "call.denied").collect()
    };
    let title = json!({ "title": "Milk" });
    house.call("GET", "/v1/tasks", &key, None).await;
    house.call("GET", "/v1/tasks/nonsense", &key, None).await.is_problem(400);
    assert_eq!(denials().await.len(), 0);
    house.call("POST", "/v1/tasks", &key, Some(title.clone())).await.is_problem(403);
    house.call("POST", "/mcp", &key, Some(tool("create_task", title))).await;
    house.call("GET", "/connections", &key, None).await.is_problem(403);
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    let refused = house.call("GET", "/v1/tasks", &key, None).await;
    let denials = denials().await;
    let reasons: Vec<_> = denials.iter().map(|entry| entry["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    for (reason, part) in
        reasons.iter().zip(["write on tasks", "write on tasks", "only their owner", "was revoked on"])
    {
        assert!(reason.contains(part), "{reason}");
    }
    let targets: Vec<_> = denials.iter().map(|entry| entry["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["POST /v1/tasks", "tools/call create_task", "GET /connections", "GET /v1/tasks"]);
    let last = &denials[3];
    assert_eq!(
        (&last["connection"], &last["result"], &last["actor"]),
        (&json!(id), &json!("refused"), &json!("connection"))
    );
    assert_eq!(last["request"], refused.body["request_id"]);
}

#[tokio::test]
async fn activity_is_kept_for_as_long_as_its_owner_wants_and_usage_for_40_days() {
    let house = House::new();
    let input = json!({ "kind": "api", "name": "brief", "preset": "read_only", "activity_days": 1, "expires_at": null });
    let (id, key) = house.connect(input).await;
    assert_eq!(admitted(&house, &key, 3).await, 3);
    house.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    assert_eq!(all_activity(&house, &id, "").await.len(), 3);
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(all_activity(&house, &id, "").await.len(), 0);
    assert_eq!(usage(&house, &id, "day").await["total"]["calls"], 3);
    house.clock.advance(SignedDuration::from_hours(24 * 40));
    let all =
        format!("/connections/{id}/usage?since={}", house.clock.now() - SignedDuration::from_hours(24 * 40));
    assert_eq!(house.call("GET", &all, OWNER, None).await.body["total"]["calls"], 0);
}

#[tokio::test]
async fn what_is_asked_of_usage_and_activity_is_checked() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "one", "preset": "read_only" })).await;
    let (other, _) = house.connect(json!({ "kind": "api", "name": "two" })).await;
    admitted(&house, &key, 3).await;
    let of = |id: &str, rest: &str| format!("/connections/{id}/{rest}");
    let page = house.call("GET", &of(&id, "activity?limit=1"), OWNER, None).await;
    let cursor = page.text("/next_cursor");
    let now = house.clock.now();
    let day = |days: i64| now - SignedDuration::from_hours(24 * days);
    for (path, pointer) in [
        (of(&id, "usage?by=week"), "?by"),
        (of(&id, "usage?since=yesterday"), "?since"),
        (of(&id, &format!("usage?since={}&until={}", day(1), day(2))), "?until"),
        (of(&id, &format!("usage?since={}", day(41))), "?since"),
        (of(&id, "usage?until=-009999-01-02T01:59:59Z"), "?until"),
        (of(&id, "activity?status=403"), "?status"),
        (of(&id, "activity?limit=0"), "?limit"),
        (of(&other, &format!("activity?cursor={cursor}")), "?cursor"),
    ] {
        let answer = house.call("GET", &path, OWNER, None).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{path}: {}", answer.body);
    }
    for path in ["usage", "activity"] {
        house.call("GET", &of("conn_00000000000000000000000000", path), OWNER, None).await.is_problem(404);
    }
}

#[tokio::test]
async fn on_a_laptop_notes_are_written_behind_the_answers_and_before_the_end() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::default()));
    let host = crate::limits::open(folder.path(), &clock);
    let token = host.owner.token();
    let send = async |method: &str, path: &str, token: &str, body| -> Value {
        let request = request(method, path, Some(token), body);
        let answer = host.router.clone().oneshot(request).await.unwrap().into_body();
        serde_json::from_slice(&answer.collect().await.unwrap().to_bytes()).unwrap()
    };
    let input =
        json!({ "kind": "api", "name": "x", "preset": "read_only", "limits": limits(None, None, None) });
    let made = send("POST", "/connections", &token, Some(input)).await;
    let (id, key) = (made["connection"]["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    join_all((0..2_000).map(|_| send("GET", "/v1/tasks", key, None))).await;
    host.ledger.drain().await;
    let usage = send("GET", &format!("/connections/{id}/usage"), &token, None).await;
    assert_eq!(usage["total"]["calls"], 2_000);
}

#[tokio::test]
async fn a_call_that_is_noted_late_is_not_the_last_one() {
    let house = House::new();
    let (id, _) = house.connect(json!({ "kind": "api", "name": "x", "preset": "read_only" })).await;
    let (connection, now) = (id.parse().unwrap(), house.clock.now());
    for (nth, minutes) in [(1, 5), (2, 3), (3, 4)] {
        let at = now + SignedDuration::from_mins(minutes);
        let (id, request) = (ActivityId::new(at, [nth; 10]), RequestId::new(at, [nth; 10]));
        let (endpoint, from) = ("GET /v1/tasks".to_owned(), None);
        let call = Activity {
            id,
            connection,
            at,
            request,
            endpoint,
            status: 200,
            micros: 1,
            bytes: 1,
            key_refused: false,
            from,
        };
        let note = Note::Call { call, limited: false, keep_until: Some(at + SignedDuration::from_hours(24)) };
        house.app.ledger.note(OwnerId::of("test", "one"), note).await;
    }
    let shown = house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body;
    assert_eq!(shown["last_used_at"], json!(now + SignedDuration::from_mins(5)));
}

#[tokio::test]
async fn what_the_protocol_refuses_is_no_success() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "mcp", "name": "x", "preset": "full_access" })).await;
    for method in ["nonsense", "tools/call", "ping"] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} });
        let answer = house.call("POST", "/mcp", &key, Some(body)).await;
        assert_eq!(answer.body.get("error").is_some(), method != "ping", "{method}: {}", answer.body);
    }
    let total = usage(&house, &id, "day").await["total"].take();
    assert_eq!((&total["calls"], &total["errors"]), (&json!(3), &json!(2)));
    assert_eq!(all_activity(&house, &id, "&status=2xx").await.len(), 1);
}
