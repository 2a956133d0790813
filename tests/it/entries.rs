//! What a search reads of a memory is written with it, whatever writes it and wherever the store fails.

use crate::faults::{Fault, faulty};
use crate::harness::{House, OWNER};
use crate::memories::{remember, send};
use crate::recall::{finds, told};
use domain::clock::Clock as _;
use domain::id::OwnerId;
use domain::memory::Memory;
use domain::noun::Rules as _;
use domain::schema;
use domain::shelf::Entity as _;
use domain::table::{Query, Row, Table as _};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

async fn rows(house: &House, queries: impl IntoIterator<Item = Query>) -> Vec<Row> {
    let mut rows = Vec::new();
    for query in queries {
        rows.extend(house.store.query(&query.page(None, 1000)).await.unwrap().rows);
    }
    rows
}

/// Each memory has one entry, at its version and as it is, and there are no others.
async fn entries_are_right(house: &House, said: &str) {
    let owner = OwnerId::of("test", "one");
    let mut entries = rows(house, schema::entries(owner)).await;
    entries.sort_by(|one, other| one.key.cmp(&other.key));
    let memories = rows(house, [Memory::all(owner)]).await;
    let mut wanted: Vec<_> = memories
        .iter()
        .map(|row| {
            let memory: Memory = serde_json::from_str(&row.body).unwrap();
            let (key, body) = memory.entry(owner).unwrap();
            (key, body, row.version, row.expires)
        })
        .collect();
    wanted.sort();
    let found: Vec<_> =
        entries.into_iter().map(|row| (row.key, row.body, row.version, row.expires)).collect();
    assert_eq!(found, wanted, "{said}");
}

#[tokio::test]
async fn an_entry_is_written_with_its_memory_whatever_writes_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let (wild, wild_key) =
        house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await;
    let ids = told(&house, &key, &["one", "two", "three", "four"]).await;
    entries_are_right(&house, "made").await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    let patch = json!({ "content": "other", "expires_at": "2027-02-01" });
    send(&house, &wild_key, "PATCH", &format!("/{}", ids[0]), patch).await;
    entries_are_right(&house, "changed").await;
    assert!(finds(&house, &key, json!({ "query": "one" })).await.is_empty());
    for id in &ids[1..3] {
        assert_eq!(send(&house, &wild_key, "DELETE", &format!("/{id}"), Value::Null).await.status, 204);
    }
    told(&house, &wild_key, &["five"]).await;
    entries_are_right(&house, "deleted").await;
    assert!(finds(&house, &key, json!({ "query": "two" })).await.is_empty());
    assert_eq!(send(&house, &key, "POST", &format!("/{}/restore", ids[2]), Value::Null).await.status, 200);
    entries_are_right(&house, "restored").await;
    assert_eq!(finds(&house, &key, json!({ "query": "three" })).await, ["three"]);
    house.clock.advance(SignedDuration::from_secs(1));
    house.pump.drain().await.unwrap();
    let undone = house
        .call("POST", &format!("/connections/{wild}/undo"), OWNER, Some(json!({ "since": since })))
        .await;
    assert_eq!(undone.body["counts"]["restored"], 1, "{}", undone.body);
    entries_are_right(&house, "undone").await;
    assert_eq!(finds(&house, &key, json!({ "query": "one two five" })).await.len(), 2);
}

#[tokio::test]
async fn every_store_call_of_memories_may_fail() {
    for fault in [Fault::Busy, Fault::Broken] {
        let left = Arc::new(AtomicI64::new(0));
        let house = faulty(&left, fault);
        let key = house.api("full_access").await;
        let task = house.task(&key, "linked").await;
        let id = remember(&house, &key, json!({ "content": "tea" })).await;
        let links = json!([{ "kind": "task", "id": task }]);
        for (method, path, body) in [
            ("POST", String::new(), json!({ "content": "tea" })),
            ("POST", String::new(), json!({ "content": "new", "links": links, "supersedes": id })),
            ("POST", "/search".to_owned(), json!({ "query": "tea" })),
            ("GET", format!("/{id}"), Value::Null),
            ("PATCH", format!("/{id}"), json!({ "content": "green tea" })),
            ("DELETE", format!("/{id}"), Value::Null),
        ] {
            for call in 1.. {
                left.store(call, Ordering::SeqCst);
                let answer = send(&house, &key, method, &path, body.clone()).await;
                if left.swap(0, Ordering::SeqCst) > 0 {
                    assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
                    assert!(call > 1);
                    break;
                }
                answer.is_problem(if fault == Fault::Busy { 503 } else { 500 });
                assert!(!answer.body.to_string().contains("secret"));
            }
            entries_are_right(&house, method).await;
        }
    }
}
