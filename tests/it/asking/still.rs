//! What can still be decided: of whom, when, how often it waits, and what is known of it afterwards.

use super::{asked, asker, asks, decide, titles};
use crate::harness::{House, OWNER};
use crate::mcp::modern;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn waiting(house: &House, query: &str) -> Vec<Value> {
    let listed = house.call("GET", &format!("/approvals{query}"), OWNER, None).await;
    listed.body["data"].as_array().unwrap().clone()
}

fn milk() -> Option<Value> {
    Some(json!({ "title": "Milk" }))
}

#[tokio::test]
async fn what_nobody_can_do_any_more_is_not_in_the_list() {
    let house = House::new();
    let (revoked, key) = asker(&house, "api").await;
    for n in 0..30 {
        asked(&house, &key, "POST", "/v1/tasks", Some(json!({ "title": format!("{n}") }))).await;
    }
    let (deleted, key) = asker(&house, "api").await;
    asked(&house, &key, "POST", "/v1/tasks", milk()).await;
    let (ended, key) = asker(&house, "api").await;
    asked(&house, &key, "POST", "/v1/tasks", milk()).await;
    let (paused, key) = asker(&house, "api").await;
    let stays = asked(&house, &key, "POST", "/v1/tasks", milk()).await;
    assert_eq!(waiting(&house, "?limit=100").await.len(), 33);
    let end = json!({ "expires_at": "2027-01-15T09:00:00Z" });
    assert_eq!(house.call("PATCH", &format!("/connections/{ended}"), OWNER, Some(end)).await.status, 200);
    house.clock.advance(SignedDuration::from_hours(1));
    house.call("POST", &format!("/connections/{revoked}/revoke"), OWNER, None).await;
    house.call("POST", &format!("/connections/{paused}/pause"), OWNER, None).await;
    house.call("DELETE", &format!("/connections/{deleted}"), OWNER, None).await;
    for query in ["", "?limit=1", "?limit=100"] {
        let found = waiting(&house, query).await;
        assert_eq!((found.len(), &found[0]["id"]), (1, &json!(stays)), "{query}");
    }
    assert_eq!(
        waiting(&house, "?all=true&limit=100").await.len(),
        33,
        "what became of them is told all the same"
    );
}

#[tokio::test]
async fn the_same_call_sent_at_once_waits_once_and_never_more_wait_than_may() {
    let house = House::new();
    let input =
        json!({ "kind": "api", "name": "eager", "grant": asks(&["write"]), "limits": { "burst": null } });
    let (_, key) = house.connect(input).await;
    let same = join_all((0..30).map(|_| asked(&house, &key, "POST", "/v1/tasks", milk()))).await;
    assert_eq!(same.iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(waiting(&house, "?limit=100").await.len(), 1);
    let make = |n: usize| house.call("POST", "/v1/tasks", &key, Some(json!({ "title": format!("{n}") })));
    let all = join_all((0..120).map(make)).await;
    let let_in = all.iter().filter(|answer| answer.status == 202).count();
    assert_eq!(let_in, 99);
    assert!(all.iter().all(|answer| [202, 429].contains(&answer.status.as_u16())), "nobody is turned away");
    assert_eq!(waiting(&house, "?limit=100").await.len(), 100);
}

#[tokio::test]
async fn a_yes_at_the_wrong_time_is_told_so_and_counts_for_nothing() {
    let house = House::new();
    // It is Friday, 08:00 UTC.
    let hours = |from: &str, to: &str| json!({ "hours": { "from": from, "to": to, "time_zone": "UTC" } });
    let rule = |only: Value, when: Value| json!({ "resource": "tasks", "actions": ["read", "write"], "ask": true, "only": only, "when": when });
    let (early, whole) = (hours("08:00", "09:00"), hours("00:00", "23:59"));
    for (grant, status) in [
        (json!([rule(Value::Null, early.clone())]), "pending"),
        (json!([rule(Value::Null, early), rule(json!({ "tags": ["work"] }), whole)]), "approved"),
    ] {
        let house = House::new();
        let (_, key) = house.connect(json!({ "kind": "api", "name": "early", "grant": grant })).await;
        let id = asked(&house, &key, "POST", "/v1/tasks", milk()).await;
        house.clock.advance(SignedDuration::from_hours(2));
        let refused = decide(&house, &id, "approve").await;
        assert!(refused.is_problem(409).text("/detail").contains("this time of day"), "{}", refused.body);
        let found = waiting(&house, "").await;
        assert_eq!((&found[0]["id"], &found[0]["status"]), (&json!(id), &json!(status)), "it waits on");
        assert!(titles(&house).await.is_empty());
        house.clock.advance(SignedDuration::from_hours(21));
        assert_eq!(decide(&house, &id, "approve").await.is_problem(409).status, 409, "not before 8");
        house.clock.advance(SignedDuration::from_mins(59));
        assert_eq!(decide(&house, &id, "approve").await.status, 409);
    }
    // The next day at eight it would be over: so it is asked at nine and approved before.
    let grant = json!([rule(Value::Null, hours("08:00", "12:00"))]);
    let (_, key) = house.connect(json!({ "kind": "api", "name": "morning", "grant": grant })).await;
    house.clock.advance(SignedDuration::from_hours(1));
    let id = asked(&house, &key, "POST", "/v1/tasks", milk()).await;
    house.clock.advance(SignedDuration::from_hours(4));
    decide(&house, &id, "approve").await.is_problem(409);
    house.clock.advance(SignedDuration::from_hours(19));
    assert_eq!(decide(&house, &id, "approve").await.body["answer"]["status"], 201);
    assert_eq!(titles(&house).await, ["Milk"]);
}

#[tokio::test]
async fn of_many_that_were_all_refused_nothing_was_done() {
    let house = House::new();
    let rule =
        json!({ "resource": "tasks", "actions": ["write"], "ask": true, "only": { "tags": ["work"] } });
    let (_, key) = house.connect(json!({ "kind": "api", "name": "work", "grant": [rule] })).await;
    let (work, other) = (json!({ "title": "a", "labels": ["work"] }), json!({ "title": "b" }));
    for (items, result) in [(json!([other]), "refused"), (json!([work, other]), "done")] {
        let id = asked(&house, &key, "POST", "/v1/tasks/batch", Some(json!({ "items": items }))).await;
        assert_eq!(decide(&house, &id, "approve").await.body["answer"]["status"], 207);
        let log = house.call("GET", "/audit/logs?action=approval.ran&limit=100", OWNER, None).await;
        let all = log.body["data"].as_array().unwrap();
        let ran = all.iter().find(|entry| entry["target"] == id).unwrap();
        assert_eq!(ran["result"], result, "{ran}");
    }
}

/// A row is here for a week; the log is for longer.
#[tokio::test]
async fn the_log_tells_what_was_approved_and_nothing_that_was_said() {
    let house = House::new();
    let free = house.api("full_access").await;
    let id = house.task(&free, "Milk").await;
    let (_, rest) = asker(&house, "api").await;
    let (_, agent) = asker(&house, "mcp").await;
    let patch = json!({ "title": "SECRET" });
    let by_rest = asked(&house, &rest, "PATCH", &format!("/v1/tasks/{id}"), Some(patch)).await;
    let arguments = json!({ "id": id, "title": "SECRET" });
    let call = json!({ "name": "update_task", "arguments": arguments });
    let waits = modern(&house, &agent, "tools/call", call).await;
    let by_agent = waits.text("/result/_meta/larder~1approval/id");
    decide(&house, &by_rest, "approve").await;
    decide(&house, &by_agent, "deny").await;
    let log = house.call("GET", "/audit/logs?action=approval.*&limit=100", OWNER, None).await.body;
    assert!(!log.to_string().contains("SECRET"), "{log}");
    // Of what the owner was shown, as `jq -cS .request.body | sha256sum` has it.
    let of = |with: &str| {
        let hash = ring::digest::digest(&ring::digest::SHA256, with.as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let said = |approval: &str| -> Vec<(String, String)> {
        let all = log["data"].as_array().unwrap().iter().filter(|entry| entry["target"] == approval);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        all.map(|entry| (text(&entry["action"]), text(&entry["reason"]))).collect()
    };
    let rest = format!("update_task /v1/tasks/{id} sha256:{}", of(r#"{"title":"SECRET"}"#));
    let agent = format!("update_task {id} sha256:{}", of(&format!(r#"{{"id":"{id}","title":"SECRET"}}"#)));
    let told = |what: &str, reason: &str| (format!("approval.{what}"), reason.to_owned());
    let all: BTreeSet<_> = said(&by_rest).into_iter().collect();
    assert_eq!(all, ["asked", "approved", "ran"].map(|what| told(what, &rest)).into());
    let all: BTreeSet<_> = said(&by_agent).into_iter().collect();
    assert_eq!(all, ["asked", "denied"].map(|what| told(what, &agent)).into());
}
