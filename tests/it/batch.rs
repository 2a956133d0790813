//! Many are made at once, each by itself.

use crate::conventions::with;
use crate::harness::{Answer, House, OWNER};
use crate::idempotency::Breaks;
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

async fn send(house: &House, key: &str, noun: &str, items: Value) -> Answer {
    house.call("POST", &format!("/v1/{noun}/batch"), key, Some(json!({ "items": items }))).await
}

async fn again(house: &House, key: &str, token: &str, items: Value) -> Answer {
    let body = Some(json!({ "items": items }));
    with(house, "POST", "/v1/tasks/batch", key, body, &[("idempotency-key", token)]).await
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let data = answer.body["data"].as_array().unwrap().iter().enumerate();
    data.map(|(index, one)| {
        assert_eq!(one["index"], index);
        one["status"].as_u64().unwrap()
    })
    .collect()
}

async fn titles(house: &House, key: &str) -> Vec<String> {
    let listed = house.call("GET", "/v1/tasks?limit=100", key, None).await.body;
    let data = listed["data"].as_array().unwrap().iter();
    data.map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

fn named(count: usize) -> Value {
    (0..count).map(|nth| json!({ "title": nth.to_string() })).collect()
}

#[tokio::test]
async fn each_is_made_or_refused_by_itself_in_order() {
    let house = House::new();
    let key = house.api("full_access").await;
    let made = send(&house, &key, "tasks", named(25)).await;
    assert_eq!((made.status.as_u16(), statuses(&made)), (200, vec![201; 25]), "{}", made.body);
    let wanted: Vec<_> = (0..25).rev().map(|nth| nth.to_string()).collect();
    assert_eq!(titles(&house, &key).await, wanted, "later ones are newer");
    let first = &made.body["data"][0]["item"];
    let got = house.call("GET", &format!("/v1/tasks/{}", first["id"].as_str().unwrap()), &key, None).await;
    assert_eq!(&got.body, first);

    house.clock.advance(SignedDuration::from_secs(1));
    let goal = "goal_00000000000000000000000000";
    let mixed =
        json!([{ "title": "a" }, { "titel": "b" }, "c", { "title": "d", "goal_id": goal }, { "title": "e" }]);
    let mixed = send(&house, &key, "tasks", mixed).await;
    assert_eq!((mixed.status.as_u16(), statuses(&mixed)), (207, vec![201, 400, 400, 400, 201]));
    let problem = &mixed.body["data"][3]["problem"];
    assert_eq!(problem["errors"][0]["pointer"], "/goal_id", "{problem}");
    assert_eq!(
        (&problem["request_id"], problem["status"].as_u64()),
        (&json!(mixed.headers["x-request-id"].to_str().unwrap()), Some(400))
    );
    assert_eq!(titles(&house, &key).await[..2], ["e", "a"]);
    for (items, pointer) in [(named(26), "/items"), (json!([]), "/items"), (json!({}), "/items")] {
        assert_eq!(
            send(&house, &key, "tasks", items).await.is_problem(400).text("/errors/0/pointer"),
            pointer
        );
    }
}

#[tokio::test]
async fn every_noun_of_which_there_are_many_takes_them() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goals = send(&house, &key, "goals", json!([{ "title": "a" }, { "title": "b" }])).await;
    assert_eq!(statuses(&goals), [201, 201], "{}", goals.body);
    let areas = send(&house, &key, "life-areas", json!([{ "name": "a" }, { "name": "A" }])).await;
    assert_eq!(statuses(&areas), [201, 409], "{}", areas.body);
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "batch" }))).await;
    assert_eq!(
        house.call("GET", "/v1/collections/batch", &key, None).await.status,
        200,
        "a name like any other"
    );
    let items = json!([{ "data": { "a": 1 } }, { "data": {}, "collection": "batch" }, { "data": 1 }]);
    let records = send(&house, &key, "collections/batch/records", items).await;
    assert_eq!(statuses(&records), [201, 400, 400], "{}", records.body);
    assert_eq!(records.body["data"][0]["item"]["collection"], "batch");

    let tool = async |name: &str, arguments: Value| {
        let params = json!({ "name": name, "arguments": arguments });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        house.call("POST", "/mcp", &key, Some(call)).await.body["result"].clone()
    };
    let told = tool("create_tasks", json!({ "items": [{ "title": "a" }, {}, 1] })).await;
    let told = told["structuredContent"]["data"].as_array().unwrap().clone();
    let told: Vec<_> = told.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(told, [201, 400, 400]);
    let items = json!({ "items": [{ "collection": "batch", "data": {} }] });
    let told = tool("create_records", items).await;
    assert_eq!(told["structuredContent"]["data"][0]["status"], 201, "{told}");
}

#[tokio::test]
async fn a_batch_counts_as_many_calls_as_it_has_items() {
    let house = House::new();
    let input = json!({ "kind": "api", "name": "few", "preset": "full_access", "limits": { "burst": 5 } });
    let key = house.connect(input).await.1;
    let made = send(&house, &key, "tasks", named(3)).await;
    assert_eq!(statuses(&made), [201; 3]);
    assert!(made.headers["ratelimit"].to_str().unwrap().contains("\"burst\";r=2;"), "{:?}", made.headers);
    let over = send(&house, &key, "tasks", named(4)).await;
    assert_eq!((over.status.as_u16(), statuses(&over)), (207, vec![201, 201, 429, 429]), "{}", over.body);
    assert_eq!(over.body["data"][2]["problem"]["window"], "burst", "{}", over.body);
    assert!(over.headers["ratelimit"].to_str().unwrap().contains("\"burst\";r=0;"));
    send(&house, &key, "tasks", named(1)).await.is_problem(429);
    house.clock.advance(SignedDuration::from_secs(60));
    let first = again(&house, &key, "k", named(4)).await;
    assert_eq!(statuses(&first), [201; 4]);
    assert_eq!(again(&house, &key, "k", named(4)).await.body, first.body, "a repeat is one call");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_makes_nothing_twice() {
    let house = House::new();
    let key = house.api("full_access").await;
    let first = again(&house, &key, "k", named(3)).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let repeat = again(&house, &key, "k", named(3)).await;
    assert_eq!((repeat.status, &repeat.body), (first.status, &first.body));
    assert_eq!(repeat.headers["idempotency-replayed"], "true");
    let other = again(&house, &key, "k", named(2)).await;
    assert_eq!(other.is_problem(409).text("/type"), "urn:larder:problem:idempotency-key-reused");
    assert_eq!(titles(&house, &key).await.len(), 3);
    let (one, two) = tokio::join!(again(&house, &key, "two", named(5)), again(&house, &key, "two", named(5)));
    assert_eq!((statuses(&one), &one.body), (vec![201; 5], &two.body));
    assert_eq!(titles(&house, &key).await.len(), 8);
}

#[tokio::test]
async fn wherever_the_store_fails_each_is_made_once() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let key = house.api("full_access").await;
            left.store(call, Ordering::SeqCst);
            let broken = again(&house, &key, "k", named(3)).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            let whole = again(&house, &key, "k", named(3)).await;
            assert_eq!(statuses(&whole), [201; 3], "call {call}, after {after}: {}", whole.body);
            assert_eq!(titles(&house, &key).await, ["2", "1", "0"], "call {call}, after: {after}");
            if is_over {
                assert_eq!(broken.status, 200);
                assert!(call > 8, "admission, its count, two places, the answers, their key and the effects");
                break;
            }
            assert!([207, 500].contains(&broken.status.as_u16()), "{}", broken.body);
        }
    }
}

#[tokio::test]
async fn each_lies_within_the_grant_and_an_undo_takes_back_all() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let only = json!({ "tags": ["work"] });
    let fields = json!({ "deny": ["description"] });
    let grant =
        json!([{ "resource": "tasks", "actions": ["read", "write"], "only": only, "fields": fields }]);
    let (id, key) = house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    let work = |more: Value| {
        let mut task = json!({ "title": "x", "labels": ["work"] });
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    let items =
        json!([work(json!({})), { "title": "x" }, work(json!({ "description": "x" })), work(json!({}))]);
    let made = send(&house, &key, "tasks", items).await;
    assert_eq!(statuses(&made), [201, 403, 400, 201], "{}", made.body);
    assert!(!made.body.to_string().contains("expected one of"), "{}", made.body);
    let reads = json!([{ "resource": "tasks", "actions": ["read"] }]);
    let (_, reader) = house.connect(json!({ "kind": "api", "name": "r", "grant": reads })).await;
    send(&house, &reader, "tasks", named(1)).await.is_problem(403);
    let tools = json!({ "tools_enabled": ["create_task"] });
    let input = json!({ "kind": "mcp", "name": "one", "preset": "full_access", "config": tools });
    let (_, one) = house.connect(input).await;
    send(&house, &one, "tasks", named(1)).await.is_problem(403);
    house.pump.drain().await.unwrap();
    let body = json!({ "since": since });
    let undone = house.call("POST", &format!("/connections/{id}/undo"), OWNER, Some(body)).await;
    assert_eq!(undone.body["counts"]["removed"], 2, "{}", undone.body);
    assert!(titles(&house, &mine).await.is_empty());
}

#[tokio::test]
async fn what_is_denied_of_it_is_in_the_audit_log() {
    let house = House::new();
    let only = json!({ "tags": ["work"] });
    let grant = json!([{ "resource": "tasks", "actions": ["read", "write"], "only": only }]);
    let (id, key) = house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await;
    let items =
        json!([{ "title": "a", "labels": ["work"] }, { "title": "b" }, { "title": "" }, { "title": "c" }]);
    let made = send(&house, &key, "tasks", items).await;
    assert_eq!(statuses(&made), [201, 403, 400, 403]);
    house.pump.drain().await.unwrap();
    let log =
        house.call("GET", &format!("/audit/logs?connection={id}&action=call.denied"), OWNER, None).await;
    let denied = log.body["data"].as_array().unwrap();
    assert_eq!(denied.len(), 2, "{}", log.body);
    assert!(
        denied.iter().all(|entry| entry["target"] == "POST /v1/tasks/batch" && entry["result"] == "refused")
    );
}
