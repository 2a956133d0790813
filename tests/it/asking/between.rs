//! What happens between the question and the answer: what was taken back, is over or was narrowed is not done.

use super::{asked, asker, decide, titles};
use crate::harness::{House, OWNER};
use crate::hooked::{Hook, Hooked};
use async_trait::async_trait;
use domain::Result;
use jiff::SignedDuration;
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

async fn milk(house: &House, key: &str) -> String {
    asked(house, key, "POST", "/v1/tasks", Some(json!({ "title": "Milk" }))).await
}

#[tokio::test]
async fn what_was_denied_or_is_over_is_never_done() {
    let house = House::new();
    let (_, key) = asker(&house, "api").await;
    let denied = milk(&house, &key).await;
    assert_eq!(decide(&house, &denied, "deny").await.text("/status"), "denied");
    assert_eq!(decide(&house, &denied, "deny").await.text("/status"), "denied");
    decide(&house, &denied, "approve").await.is_problem(409);
    let over = milk(&house, &key).await;
    assert_ne!(over, denied, "it is asked anew");
    house.clock.advance(SignedDuration::from_hours(24));
    for decision in ["approve", "deny"] {
        decide(&house, &over, decision).await.is_problem(409);
    }
    let seen = house.call("GET", &format!("/v1/approvals/{over}"), &key, None).await;
    assert_eq!(seen.text("/status"), "expired");
    let done = milk(&house, &key).await;
    decide(&house, &done, "approve").await;
    decide(&house, &done, "deny").await.is_problem(409);
    assert_eq!(titles(&house).await, ["Milk"]);
}

#[tokio::test]
async fn what_cannot_call_any_more_does_nothing() {
    for action in ["pause", "revoke"] {
        let house = House::new();
        let (connection, key) = asker(&house, "api").await;
        let id = milk(&house, &key).await;
        house.call("POST", &format!("/connections/{connection}/{action}"), OWNER, None).await;
        decide(&house, &id, "approve").await.is_problem(409);
        assert!(titles(&house).await.is_empty());
        if action == "pause" {
            house.call("POST", &format!("/connections/{connection}/resume"), OWNER, None).await;
            assert_eq!(decide(&house, &id, "approve").await.body["answer"]["status"], 201);
        }
    }
    let house = House::new();
    let (connection, key) = asker(&house, "api").await;
    let id = milk(&house, &key).await;
    house.call("DELETE", &format!("/connections/{connection}"), OWNER, None).await;
    decide(&house, &id, "approve").await.is_problem(409);
    assert!(titles(&house).await.is_empty());
}

#[tokio::test]
async fn it_is_done_as_far_as_the_grant_then_allows() {
    let house = House::new();
    let (connection, key) = asker(&house, "api").await;
    let path = format!("/connections/{connection}");
    for (actions, status) in [(json!(["read"]), 403), (json!(["read", "write"]), 201)] {
        let id = milk(&house, &key).await;
        let grant = json!({ "grant": [{ "resource": "tasks", "actions": actions }] });
        let patched = house.call("PATCH", &path, OWNER, Some(grant)).await;
        assert_eq!(patched.status, 200, "{}", patched.body);
        let done = decide(&house, &id, "approve").await;
        assert_eq!(done.body["answer"]["status"], status, "{}", done.body);
        assert_eq!(titles(&house).await.len(), usize::from(status == 201));
        let asks = json!({ "grant": [{ "resource": "tasks", "actions": ["read", "write"], "ask": true }] });
        house.call("PATCH", &path, OWNER, Some(asks)).await;
    }
}

/// Stops at one call of the store until it is let go on.
struct Stops {
    left: Arc<AtomicI64>,
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[async_trait]
impl Hook for Stops {
    async fn before(&self) -> Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.reached.notify_one();
            self.go_on.notified().await;
        }
        Ok(())
    }
}

/// At every call of the store, while it is carried out, something else happens: whoever is first counts.
#[tokio::test]
async fn whatever_comes_in_between_comes_before_or_after() {
    for event in ["pause", "revoke", "narrow", "deny", "rename"] {
        for call in 1.. {
            let (left, reached, go_on) =
                (Arc::new(AtomicI64::new(0)), Arc::<Notify>::default(), Arc::<Notify>::default());
            let hook = || Stops {
                left: Arc::clone(&left),
                reached: Arc::clone(&reached),
                go_on: Arc::clone(&go_on),
            };
            let house = House::on(|inner| Arc::new(Hooked { inner, hook: hook() }));
            let (connection, key) = asker(&house, "api").await;
            let id = milk(&house, &key).await;
            let path = format!("/connections/{connection}");
            left.store(call, Ordering::SeqCst);
            let mut approving = pin!(decide(&house, &id, "approve"));
            tokio::select! {
                approved = &mut approving => {
                    assert_eq!(approved.text("/status"), "done", "{event}: {}", approved.body);
                    assert!(call > 8, "{event} came never in between");
                    break;
                }
                () = reached.notified() => {}
            }
            let before = titles(&house).await.len();
            let grant = json!({ "grant": [{ "resource": "tasks", "actions": ["read"] }] });
            let happened = match event {
                "narrow" => house.call("PATCH", &path, OWNER, Some(grant)).await,
                "rename" => house.call("PATCH", &path, OWNER, Some(json!({ "name": "x" }))).await,
                "deny" => decide(&house, &id, "deny").await,
                action => house.call("POST", &format!("{path}/{action}"), OWNER, None).await,
            };
            go_on.notify_one();
            let approved = approving.await;
            let made = titles(&house).await.len();
            let takes_back = event != "rename" && happened.status == 200;
            let said = format!("{event}, call {call}: {} {}", happened.body, approved.body);
            assert_eq!(made, if takes_back { before } else { 1 }, "{said}");
        }
    }
}
