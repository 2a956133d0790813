//! The store fails at its nth call, for every n: a call then fails as a problem that says nothing of the inside, and
//! what was acknowledged is there while what was refused can simply be sent again.

use crate::harness::{House, OWNER};
use crate::hooked::{Hook, Hooked};
use async_trait::async_trait;
use domain::table::{Put, RowKey, Table as _};
use domain::{Error, Result};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    Busy,
    Broken,
}

/// Counts down; the call at which it reaches zero fails.
struct Faulty {
    left: Arc<AtomicI64>,
    fault: Fault,
}

#[async_trait]
impl Hook for Faulty {
    async fn before(&self) -> Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return Ok(());
        }
        match self.fault {
            Fault::Busy => Err(Error::Busy),
            Fault::Broken => Err(Error::internal("the disk said secret things")),
        }
    }
}

pub(crate) fn faulty(left: &Arc<AtomicI64>, fault: Fault) -> House {
    let hook = || Faulty { left: Arc::clone(left), fault };
    House::on(|inner| Arc::new(Hooked { inner, hook: hook() }))
}

#[tokio::test]
async fn every_store_call_of_every_route_may_fail() {
    for fault in [Fault::Busy, Fault::Broken] {
        let left = Arc::new(AtomicI64::new(0));
        let house = faulty(&left, fault);
        let config = json!({ "target_url": "https://receiver.example" });
        let (connection, key) = house
            .connect(json!({ "kind": "webhook", "name": "hook", "preset": "full_access", "config": config }))
            .await;
        let steps = |task: &str| -> Vec<(&str, String, &str, Option<Value>)> {
            let one = format!("/v1/tasks/{task}");
            let create = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
            vec![
                ("GET", "/connections".to_owned(), OWNER, None),
                ("POST", "/connections".to_owned(), OWNER, Some(json!({ "kind": "mcp", "name": "x" }))),
                ("GET", format!("/connections/{connection}"), OWNER, None),
                ("GET", "/v1/tasks".to_owned(), &key, None),
                ("POST", "/v1/tasks".to_owned(), &key, Some(json!({ "title": "x" }))),
                ("GET", one.clone(), &key, None),
                ("PATCH", one.clone(), &key, Some(json!({ "title": "y" }))),
                ("POST", "/mcp".to_owned(), &key, Some(create)),
                ("DELETE", one, &key, None),
                ("GET", format!("/v1/tasks/{task}/history"), &key, None),
                ("GET", "/v1/changes".to_owned(), &key, None),
                ("GET", "/audit/logs".to_owned(), OWNER, None),
                ("GET", "/audit/export".to_owned(), OWNER, None),
                ("GET", "/audit/head".to_owned(), OWNER, None),
                ("GET", "/audit/settings".to_owned(), OWNER, None),
                ("PATCH", "/audit/settings".to_owned(), OWNER, Some(json!({ "audit_days": 30 }))),
            ]
        };
        for step in 0..15 {
            let task = house.task(&key, "to work on").await;
            let (method, path, token, body) = steps(&task).swap_remove(step);
            let mut failures = 0;
            for call in 1.. {
                left.store(call, Ordering::SeqCst);
                let answer = house.call(method, &path, token, body.clone()).await;
                if left.swap(0, Ordering::SeqCst) > 0 {
                    assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
                    break;
                }
                // It is gone: what is looked for behind that may fail.
                if method == "DELETE" && answer.status == 204 {
                    break;
                }
                failures += 1;
                answer.is_problem(if fault == Fault::Busy { 503 } else { 500 });
                assert_eq!(answer.headers.contains_key("retry-after"), fault == Fault::Busy);
                assert!(!answer.body.to_string().contains("secret"));
            }
            assert!(failures > 0, "{method} {path} made no store call");
        }
    }
}

#[tokio::test]
async fn no_event_is_lost_when_the_store_fails_while_it_is_told() {
    let left = Arc::new(AtomicI64::new(0));
    let house = faulty(&left, Fault::Broken);
    let config = json!({ "target_url": "https://receiver.example" });
    let (_, key) = house
        .connect(json!({ "kind": "webhook", "name": "hook", "preset": "full_access", "config": config }))
        .await;
    for call in 1..=5 {
        house.task(&key, &format!("task {call}")).await;
        left.store(call, Ordering::SeqCst);
        let _ = house.pump.drain().await;
        left.store(0, Ordering::SeqCst);
        for _ in 0..3 {
            house.clock.advance(std::time::Duration::from_secs(900).try_into().unwrap());
            house.pump.drain().await.unwrap();
        }
        let sent = house.network.take();
        assert!(!sent.is_empty(), "the event was lost when call {call} failed");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stands_in_nobodys_way() {
    use domain::conformance::op;
    use domain::id::OwnerId;
    use domain::table::Expect;

    let house = House::new();
    let config = json!({ "target_url": "https://receiver.example" });
    let hook = json!({ "kind": "webhook", "name": "hook", "preset": "full_access", "config": config });
    let (_, key) = house.connect(hook).await;
    let owner = OwnerId::of("test", "one");
    for sort in ["data/task/x", "trash/task/x", "conn/x"] {
        let row = RowKey::new(owner, sort);
        let put = Put::new(row, "{\"v\":9}", Expect::Absent);
        house.store.put(put, op()).await.unwrap();
    }
    let id = house.task(&key, "after it").await;
    house.pump.drain().await.unwrap();
    assert_eq!(house.network.take().len(), 1);
    for (path, token) in [("/connections", OWNER), ("/v1/tasks", key.as_str())] {
        let listed = house.call("GET", path, token, None).await;
        assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    }
    assert_eq!(house.call("GET", &format!("/v1/tasks/{id}"), &key, None).await.status, 200);
}
