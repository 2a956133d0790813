//! What looks through much ends somewhere, and says so.

use crate::conventions::with;
use crate::harness::House;
use crate::recall::finds;
use domain::clock::Clock as _;
use domain::conformance::many::fill_with;
use domain::conformance::op;
use domain::id::{MemoryId, OwnerId, RequestId};
use domain::memory::Memory;
use domain::noun::{Noun as _, Rules as _};
use domain::schema;
use domain::shelf::{Source, Writer};
use domain::table::{Expect, Put, Table as _, Write};
use serde_json::{Value, json};

const LOOKED_THROUGH: u32 = 5_000;
const OF_A_PART: u16 = 2_500;

fn owner() -> OwnerId {
    OwnerId::of("test", "one")
}

#[tokio::test]
async fn who_has_more_tasks_than_are_looked_through_is_told_so() {
    let house = House::new();
    let key = house.api("read_only").await;
    let open = |_| json!({ "title": "Milk", "due": "2027-01-15" });
    let done = |_| json!({ "title": "Milk", "status": "completed" });
    let told = async |path: &str| {
        with(&house, "GET", path, &key, None, &[("accept", "application/json")]).await.body
    };
    let paths = ["/v1/progress?period=7d", "/v1/daily/2027-01-15"];
    fill_with(&house.store, owner(), 0..LOOKED_THROUGH, done).await;
    let stats = told("/v1/stats").await;
    assert_eq!(
        (&stats["tasks"]["total"], &stats["tasks"]["at_least"]),
        (&json!(LOOKED_THROUGH), &json!(false))
    );
    for path in paths {
        assert_eq!(told(path).await["at_least"], false, "{path}");
    }
    fill_with(&house.store, owner(), LOOKED_THROUGH..LOOKED_THROUGH + 1, done).await;
    let stats = told("/v1/stats").await;
    assert_eq!(
        (&stats["tasks"]["total"], &stats["tasks"]["at_least"]),
        (&json!(LOOKED_THROUGH), &json!(true))
    );
    for path in paths {
        assert_eq!(told(path).await["at_least"], true, "{path}");
    }
    let other = House::new();
    let key = other.api("read_only").await;
    fill_with(&other.store, owner(), 0..LOOKED_THROUGH + 1, open).await;
    let daily = with(&other, "GET", paths[1], &key, None, &[("accept", "application/json")]).await.body;
    assert_eq!(daily["at_least"], true, "of those that are due, too");
    let stats = other.call("GET", paths[0], &key, None).await.body;
    assert_eq!(stats["at_least"], false, "which are not looked through for what was completed");
}

/// An entry in the last part of those that a search looks through.
fn entry(house: &House, nth: u16) -> Write {
    let (high, low) = (nth.to_be_bytes()[0], nth.to_be_bytes()[1]);
    let random = [0, 0, 0, 0, 0, 0, 0, high, low, 7];
    let at = house.clock.now();
    let writer = Writer { at, source: Source::of(None, RequestId::new(at, random)), op: op() };
    let new = serde_json::from_value(json!({ "content": format!("number {nth}") })).unwrap();
    let memory = Memory::new(MemoryId::new(at, random), new, &writer);
    let (key, body) = memory.entry(owner()).unwrap();
    Write::Put(Put::new(key, body, Expect::Absent))
}

#[tokio::test]
async fn who_has_more_memories_than_are_looked_through_is_told_so() {
    let house = House::new();
    let key = house.api("full_access").await;
    let entries: Vec<_> = (0..=OF_A_PART).map(|nth| entry(&house, nth)).collect();
    let is_partial = async || {
        let asked = json!({ "query": "number" });
        let found: Value = house.call("POST", "/v1/memories/search", &key, Some(asked)).await.body;
        found["partial"].as_bool().unwrap()
    };
    let (last, all_but_one) = entries.split_last().unwrap();
    for some in all_but_one.chunks(100) {
        house.store.transact(some.to_vec(), op()).await.unwrap();
    }
    assert!(!is_partial().await);
    let head = Write::Touch { key: schema::head_of(last.key()) };
    house.store.transact(vec![last.clone(), head], op()).await.unwrap();
    assert!(is_partial().await);
    assert!(
        finds(&house, &key, json!({ "query": "number" })).await.is_empty(),
        "none of them is there itself"
    );
}
