//! A backup as a task: each who asks how far it is does a part of it.

use super::{legacy, modern, modern_with};
use crate::faults::{Fault, faulty};
use crate::harness::{Answer, House, OWNER, request};
use futures_util::future::join;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const TOOL: &str = "backup_user_data";

async fn send(house: &House, key: &str, method: &str, params: Value) -> Answer {
    let can = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    modern_with(house, key, method, params, can).await
}

async fn begin(house: &House, key: &str, arguments: Value) -> String {
    let begun = send(house, key, "tools/call", json!({ "name": TOOL, "arguments": arguments })).await;
    let task = &begun.body["result"];
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{}", begun.body);
    assert_eq!((&task["ttlMs"], &task["pollIntervalMs"]), (&json!(86_400_000), &json!(500)));
    begun.text("/result/taskId")
}

async fn poll(house: &House, key: &str, task: &str) -> Answer {
    send(house, key, "tasks/get", json!({ "taskId": task })).await
}

/// The result, and how often was asked.
async fn done(house: &House, key: &str, task: &str) -> (Value, usize) {
    for polls in 1..100 {
        let told = poll(house, key, task).await.body["result"].clone();
        match told["status"].as_str() {
            Some("working") => {}
            Some("completed") => return (told["result"].clone(), polls),
            _ => panic!("{told}"),
        }
    }
    panic!("it is never done")
}

fn link(result: &Value) -> String {
    let link = result["structuredContent"]["link"].as_str().unwrap();
    link.strip_prefix("http://larder.test").unwrap().to_owned()
}

async fn fetch(house: &House, link: &str) -> Answer {
    house.send(request("GET", link, None, None)).await
}

/// All items of a list, of all parts.
async fn fetched(house: &House, first: &str, list: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), Some(first.to_owned()));
    while let Some(link) = next {
        let part = fetch(house, &link).await;
        assert_eq!((part.status.as_u16(), &part.body["larder"]), (200, &json!(1)), "{}", part.body);
        items.extend(part.body[list].as_array().cloned().unwrap_or_default());
        let said = part.headers.get("link").map(|said| said.to_str().unwrap().to_owned());
        next = said.map(|said| said[1..].split_once('>').unwrap().0.to_owned());
    }
    items
}

async fn tasks(house: &House, key: &str, count: usize) {
    for nth in 0..count {
        house.task(key, &format!("task {nth}")).await;
        // A minute has room for 300 calls.
        if nth % 200 == 199 {
            house.clock.advance(SignedDuration::from_mins(1));
        }
    }
}

#[tokio::test]
async fn it_goes_on_with_each_poll_until_there_is_a_link() {
    let house = House::new();
    let key = house.api("full_access").await;
    tasks(&house, &key, 250).await;
    let task = begin(&house, &key, json!({})).await;
    let first = poll(&house, &key, &task).await;
    assert_eq!(first.body["result"]["status"], "working", "{}", first.body);
    assert!(first.text("/result/statusMessage").starts_with("200 items"), "{}", first.body);
    let (result, polls) = done(&house, &key, &task).await;
    assert_eq!((polls, &result["structuredContent"]["items"]), (1, &json!(250)), "{result}");
    assert_eq!(result["_meta"]["larder/untrusted"], true);
    let schema = legacy(&house, &key, "tools/list", json!({})).await.body["result"]["tools"].clone();
    let tool = schema.as_array().unwrap().iter().find(|tool| tool["name"] == TOOL).unwrap();
    let says = jsonschema::validator_for(&tool["outputSchema"]).unwrap();
    assert!(says.is_valid(&result["structuredContent"]), "{result}");

    let items = fetched(&house, &link(&result), "tasks").await;
    let ids: BTreeSet<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!((items.len(), ids.len()), (250, 250));
    // What was fetched is what an import takes.
    let part = fetch(&house, &link(&result)).await.body;
    let taken = house.call("POST", "/import", OWNER, Some(part)).await;
    assert_eq!(taken.body["counts"]["same"], 200, "{}", taken.body);
    assert_eq!(poll(&house, &key, &task).await.body["result"]["status"], "completed");
}

#[tokio::test]
async fn without_tasks_a_call_answers_in_time_and_goes_on_with_the_next() {
    let house = House::new();
    let key = house.api("full_access").await;
    tasks(&house, &key, 3).await;
    for body in [json!({}), json!({ "include": ["tasks"] })] {
        let made = house.call("POST", "/v1/backups", &key, Some(body)).await;
        assert_eq!((&made.body["status"], &made.body["items"]), (&json!("completed"), &json!(3)));
    }
    let params = json!({ "name": TOOL, "arguments": { "include": ["goals"] } });
    let called = legacy(&house, &key, "tools/call", params).await;
    let told = &called.body["result"]["structuredContent"];
    assert_eq!((&told["status"], &told["items"]), (&json!("completed"), &json!(0)), "{}", called.body);
    assert_eq!(fetch(&house, &link(&called.body["result"])).await.status, 200);
    let again = json!({ "name": TOOL, "arguments": { "id": told["id"] } });
    let again = legacy(&house, &key, "tools/call", again).await;
    assert_eq!(again.body["result"]["structuredContent"]["id"], told["id"]);
    let unknown = json!({ "include": ["secrets"] });
    house.call("POST", "/v1/backups", &key, Some(unknown)).await.is_problem(400);
}

/// More than one call makes: three records of 60 kB are a part.
#[tokio::test]
async fn a_long_backup_takes_several_calls() {
    let house = House::new();
    let key = house.api("full_access").await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "books" }))).await;
    let text = "x".repeat(60_000);
    for _ in 0..64 {
        let record = json!({ "data": { "text": text } });
        let made = house.call("POST", "/v1/collections/books/records", &key, Some(record)).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let made = house.call("POST", "/v1/backups", &key, Some(json!({}))).await;
    assert_eq!((&made.body["status"], made.body.get("link")), (&json!("working"), None), "{}", made.body);
    let again = json!({ "id": made.body["id"] });
    let made = house.call("POST", "/v1/backups", &key, Some(again)).await;
    assert_eq!(
        (&made.body["status"], &made.body["items"]),
        (&json!("completed"), &json!(65)),
        "{}",
        made.body
    );
    let link = made.text("/link").strip_prefix("http://larder.test").unwrap().to_owned();
    assert_eq!(fetched(&house, &link, "records").await.len(), 64);
}

#[tokio::test]
async fn only_what_the_grant_reads_is_in_it() {
    let house = House::new();
    let all = house.api("full_access").await;
    for labels in [json!(["work"]), json!(["home"])] {
        let task = json!({ "title": "seen", "description": "SECRET", "labels": labels });
        assert_eq!(house.call("POST", "/v1/tasks", &all, Some(task)).await.status, 201);
    }
    for (path, body) in
        [("/v1/goals", json!({ "title": "SECRET" })), ("/v1/memories", json!({ "content": "SECRET" }))]
    {
        let made = house.call("POST", path, &all, Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let rule =
        json!({ "resource": "collections", "actions": ["write"], "only": { "collections": ["health"] } });
    let (_, health) = house.connect(json!({ "kind": "api", "name": "health", "grant": [rule] })).await;
    for (path, body) in [
        ("/v1/collections", json!({ "name": "health", "sensitivity": "sensitive" })),
        ("/v1/collections/health/records", json!({ "data": { "what": "SECRET" } })),
    ] {
        let made = house.call("POST", path, &health, Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    house.call("PATCH", "/owner/profile", OWNER, Some(json!({ "about": "SECRET" }))).await;
    let grant = json!([
        { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["description"] }, "only": { "tags": ["work"] } },
        { "resource": "collections", "actions": ["read"] },
        { "resource": "goals", "actions": ["write"] },
    ]);
    let (_, key) = house.connect(json!({ "kind": "mcp", "name": "narrow", "grant": grant })).await;
    let task = begin(&house, &key, json!({})).await;
    let (result, _) = done(&house, &key, &task).await;
    let part = fetch(&house, &link(&result)).await.body;
    assert_eq!(part["tasks"].as_array().map(Vec::len), Some(1), "{part}");
    assert_eq!((&part["tasks"][0]["title"], &part["tasks"][0]["labels"]), (&json!("seen"), &json!(["work"])));
    assert!(!part.to_string().contains("SECRET"), "{part}");
    assert_eq!(part.as_object().unwrap().keys().collect::<Vec<_>>(), ["exported_at", "larder", "tasks"]);

    let grant = json!([{ "resource": "tasks", "actions": ["write"] }]);
    let (_, blind) = house.connect(json!({ "kind": "mcp", "name": "blind", "grant": grant })).await;
    let refused = send(&house, &blind, "tools/call", json!({ "name": TOOL, "arguments": {} })).await;
    assert_eq!(refused.body["error"]["message"], format!("there is no tool `{TOOL}`"), "{}", refused.body);
}

#[tokio::test]
async fn what_is_not_this_connections_is_unknown() {
    let house = House::new();
    let (key, other) = (house.api("full_access").await, house.api("full_access").await);
    let task = begin(&house, &key, json!({})).await;
    let never = task.replace("bkp_", "task_");
    for (key, id) in [(&other, task.as_str()), (&key, never.as_str()), (&key, "x"), (&key, "")] {
        for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
            let params = json!({ "taskId": id, "inputResponses": {} });
            let refused = send(&house, key, method, params).await.body;
            assert_eq!(refused["error"]["code"], -32602, "{method} {id}: {refused}");
        }
        let goes_on = json!({ "id": id });
        let goes_on = house.call("POST", "/v1/backups", key, Some(goes_on)).await;
        assert!([400, 404].contains(&goes_on.status.as_u16()), "{}", goes_on.body);
    }
    assert_eq!(poll(&house, &key, &task).await.body["result"]["status"], "completed");
    // A client that says nothing of tasks is not told of them.
    let silent = modern(&house, &key, "tasks/get", json!({ "taskId": task })).await;
    assert!(silent.body["error"]["code"].is_number(), "{}", silent.body);
}

#[tokio::test]
async fn a_cancelled_one_stays_so() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = begin(&house, &key, json!({})).await;
    let params = json!({ "taskId": task, "inputResponses": {} });
    let updated = send(&house, &key, "tasks/update", params.clone()).await;
    assert_eq!(updated.body["result"]["resultType"], "complete", "{}", updated.body);
    for _ in 0..2 {
        let cancelled = send(&house, &key, "tasks/cancel", params.clone()).await;
        assert_eq!(cancelled.body["result"]["resultType"], "complete", "{}", cancelled.body);
        assert_eq!(poll(&house, &key, &task).await.body["result"]["status"], "cancelled");
    }
    let other = begin(&house, &key, json!({})).await;
    done(&house, &key, &other).await;
    send(&house, &key, "tasks/cancel", json!({ "taskId": other })).await;
    assert_eq!(poll(&house, &key, &other).await.body["result"]["status"], "completed");
}

#[tokio::test]
async fn of_two_who_poll_at_once_one_makes_a_part() {
    let house = House::new();
    let key = house.api("full_access").await;
    tasks(&house, &key, 450).await;
    let task = begin(&house, &key, json!({})).await;
    let mut last = 0;
    while last < 3 {
        let (one, other) = join(poll(&house, &key, &task), poll(&house, &key, &task)).await;
        for told in [one, other] {
            assert_eq!(told.body.get("error"), None, "{}", told.body);
        }
        last += 1;
    }
    let (result, _) = done(&house, &key, &task).await;
    let items = fetched(&house, &link(&result), "tasks").await;
    let ids: BTreeSet<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!((items.len(), ids.len()), (450, 450));
}

#[tokio::test]
async fn wherever_the_store_fails_it_is_whole_in_the_end() {
    for fault in [Fault::Busy, Fault::Broken] {
        let left = Arc::new(AtomicI64::new(0));
        let house = faulty(&left, fault);
        let key = house.api("full_access").await;
        tasks(&house, &key, 250).await;
        let task = begin(&house, &key, json!({ "include": ["tasks"] })).await;
        let mut failures = 0;
        for call in 1.. {
            left.store(call, Ordering::SeqCst);
            let told = poll(&house, &key, &task).await;
            let reached = left.swap(0, Ordering::SeqCst) <= 0;
            if told.body["result"]["status"] == "completed" && !reached {
                break;
            }
            assert!(!told.body.to_string().contains("secret"), "{}", told.body);
            failures += i32::from(told.body.get("result").is_none());
        }
        assert!(failures > 3, "{failures}");
        let (result, _) = done(&house, &key, &task).await;
        assert_eq!(fetched(&house, &link(&result), "tasks").await.len(), 250);
        for call in 1.. {
            left.store(call, Ordering::SeqCst);
            let part = fetch(&house, &link(&result)).await;
            if left.swap(0, Ordering::SeqCst) > 0 {
                assert_eq!(part.status, 200);
                break;
            }
            part.is_problem(if fault == Fault::Busy { 503 } else { 500 });
        }
    }
}

#[tokio::test]
async fn it_is_gone_after_a_day_and_its_link_after_an_hour() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = begin(&house, &key, json!({})).await;
    let (result, _) = done(&house, &key, &task).await;
    let first = link(&result);
    for bent in [format!("{first}x"), first.replace("backups/", "backups/A"), "/v1/backups/x".to_owned()] {
        fetch(&house, &bent).await.is_problem(404);
    }
    fetch(&house, &format!("{first}?part=2")).await.is_problem(404);
    fetch(&house, &format!("{first}?part=0")).await.is_problem(400);
    house.clock.advance(SignedDuration::from_hours(1));
    fetch(&house, &first).await.is_problem(404);
    house.clock.advance(SignedDuration::from_mins(22 * 60 + 59));
    let last = link(&done(&house, &key, &task).await.0);
    assert_eq!(fetch(&house, &last).await.status, 200);
    house.clock.advance(SignedDuration::from_mins(1));
    fetch(&house, &last).await.is_problem(404);
    assert_eq!(poll(&house, &key, &task).await.body["error"]["code"], -32602);
}

#[tokio::test]
async fn whatever_the_owner_changes_ends_it() {
    for change in ["pause", "revoke", "narrow"] {
        let house = House::new();
        let input = json!({ "kind": "mcp", "name": "x", "preset": "full_access" });
        let (id, key) = house.connect(input).await;
        let (made, open) = (begin(&house, &key, json!({})).await, begin(&house, &key, json!({})).await);
        let link = link(&done(&house, &key, &made).await.0);
        assert_eq!(fetch(&house, &link).await.status, 200);
        let changed = match change {
            "narrow" => {
                let grant = json!({ "grant": [{ "resource": "tasks", "actions": ["read"] }] });
                house.call("PATCH", &format!("/connections/{id}"), OWNER, Some(grant)).await
            }
            change => house.call("POST", &format!("/connections/{id}/{change}"), OWNER, None).await,
        };
        assert_eq!(changed.status, 200, "{}", changed.body);
        fetch(&house, &link).await.is_problem(404);
        match change {
            "revoke" => drop(poll(&house, &key, &open).await.is_problem(401)),
            "pause" => {
                poll(&house, &key, &open).await.is_problem(401);
                house.call("POST", &format!("/connections/{id}/resume"), OWNER, None).await;
                fetch(&house, &link).await.is_problem(404);
            }
            _ => {}
        }
        if change != "revoke" {
            let told = poll(&house, &key, &open).await.body["result"].clone();
            assert_eq!(told["status"], "failed", "{told}");
            assert!(told["error"]["message"].as_str().unwrap().contains("changed meanwhile"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_connection_keeps_few() {
    let house = House::new();
    let key = house.api("full_access").await;
    for _ in 0..5 {
        begin(&house, &key, json!({})).await;
    }
    let refused = send(&house, &key, "tools/call", json!({ "name": TOOL, "arguments": {} })).await;
    assert_eq!(refused.body["result"]["isError"], true, "{}", refused.body);
    house.call("POST", "/v1/backups", &key, Some(json!({}))).await.is_problem(409);
    house.clock.advance(SignedDuration::from_hours(24));
    begin(&house, &key, json!({})).await;
}
