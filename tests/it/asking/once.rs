//! A call that was approved takes effect once, however often it is approved at once, and wherever the store fails.

use super::{asked, asker, decide, titles};
use crate::conventions::with;
use crate::harness::House;
use crate::idempotency::Breaks;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_hundred_who_approve_at_once_approve_one() {
    let house = House::new();
    let (_, key) = asker(&house, "api").await;
    let id = asked(&house, &key, "POST", "/v1/tasks", Some(json!({ "title": "Milk" }))).await;
    let all = join_all((0..100).map(|_| decide(&house, &id, "approve"))).await;
    for answer in &all {
        assert_eq!(answer.text("/status"), "done", "{}", answer.body);
        assert!(answer.body["answer"].is_null() || answer.body["answer"]["status"] == 201, "{}", answer.body);
    }
    let again = decide(&house, &id, "approve").await;
    assert_eq!(again.body["answer"]["status"], 201);
    assert_eq!(titles(&house).await, ["Milk"]);
    let batch = json!({ "items": [{ "title": "a" }, { "title": "b" }, { "title": "c" }] });
    let id = asked(&house, &key, "POST", "/v1/tasks/batch", Some(batch)).await;
    for answer in join_all((0..20).map(|_| decide(&house, &id, "approve"))).await {
        assert_eq!(answer.text("/status"), "done", "{}", answer.body);
    }
    assert_eq!(titles(&house).await.len(), 4);
}

/// What each call leaves when it was done once.
fn calls() -> Vec<(&'static str, &'static str, Option<Value>, Vec<&'static str>)> {
    let milk = || Some(json!({ "title": "Milk" }));
    let batch = json!({ "items": [{ "title": "a" }, { "title": "b" }] });
    vec![
        ("POST", "/v1/tasks", milk(), vec!["Milk", "of the goal"]),
        ("POST", "/v1/tasks/batch", Some(batch), vec!["b", "a", "of the goal"]),
        ("PATCH", "/v1/tasks/{task}", milk(), vec!["Milk"]),
        ("DELETE", "/v1/tasks/{task}", None, vec![]),
        ("DELETE", "/v1/goals/{goal}?tasks=delete", None, vec![]),
    ]
}

#[tokio::test]
async fn wherever_the_store_fails_it_is_done_once() {
    for (method, path, body, left_behind) in calls() {
        for after in [false, true] {
            for call in 1.. {
                let (house, left) = Breaks::house(after);
                let (_, key) = asker(&house, "api").await;
                let free = house.api("full_access").await;
                let goal = json!({ "title": "Run" });
                let goal = house.call("POST", "/v1/goals", &free, Some(goal)).await.text("/id");
                let task = json!({ "title": "of the goal", "goal_id": goal });
                let task = house.call("POST", "/v1/tasks", &free, Some(task)).await.text("/id");
                let path = path.replace("{task}", &task).replace("{goal}", &goal);
                let id = asked(&house, &key, method, &path, body.clone()).await;
                left.store(call, Ordering::SeqCst);
                let broken = decide(&house, &id, "approve").await;
                let is_whole = left.swap(0, Ordering::SeqCst) > 0;
                let said = format!("{method} {path}, call {call}, after: {after}: {}", broken.body);
                assert!(!is_whole || broken.text("/status") == "done", "{said}");
                let done = decide(&house, &id, "approve").await;
                assert_eq!(done.text("/status"), "done", "{said}: {}", done.body);
                let status = &done.body["answer"]["status"];
                assert!(status.is_null() || status.as_u64() < Some(300), "{said}: {}", done.body);
                assert_eq!(titles(&house).await, left_behind, "{said}: {}", done.body);
                if is_whole {
                    assert!(call > 8, "{said}");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn under_an_idempotency_key_it_waits_and_is_done_once() {
    let house = House::new();
    let (_, key) = asker(&house, "api").await;
    let send = || {
        let body = Some(json!({ "title": "Milk" }));
        with(&house, "POST", "/v1/tasks", &key, body, &[("idempotency-key", "k")])
    };
    let id = send().await.text("/approval/id");
    assert_eq!(send().await.text("/approval/id"), id);
    assert_eq!(decide(&house, &id, "approve").await.body["answer"]["status"], 201);
    let again = send().await;
    assert_eq!((again.status.as_u16(), &again.body["title"]), (201, &json!("Milk")));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(titles(&house).await, ["Milk"]);
}
