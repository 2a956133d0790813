//! A refused call leaves its place to others, in every window and before it is answered.

use crate::harness::{House, OWNER};
use crate::limits::{limited, limits, notices};
use domain::clock::Clock as _;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;

async fn answers(house: &House, key: &str, calls: usize) -> BTreeMap<String, usize> {
    let calls = (0..calls).map(|_| house.call("GET", "/v1/tasks", key, None));
    let mut met = BTreeMap::new();
    for answer in join_all(calls).await {
        let said = answer.body["window"].as_str().map_or_else(|| answer.status.to_string(), str::to_owned);
        *met.entry(said).or_default() += 1;
    }
    met
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(said, count)| (said.to_owned(), count)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_the_burst_refuses_takes_nothing_of_the_hour_and_tells_the_owner_nothing() {
    let house = House::new();
    let now = house.clock.now().as_second();
    house.clock.advance(SignedDuration::from_secs(3_600 - now % 3_600));
    let (_, key) = limited(&house, limits(Some(5), Some(30), None)).await;
    for minute in 0..6 {
        assert_eq!(answers(&house, &key, 300).await, counts([("200 OK", 5), ("burst", 295)]), "{minute}");
        let told: Vec<_> = notices(&house).await.iter().map(|told| told["about"]["about"].clone()).collect();
        assert_eq!(told, [json!("limit_warning")][..usize::from(minute >= 4)], "after {minute}");
        house.clock.advance(SignedDuration::from_secs(60));
    }
    assert_eq!(answers(&house, &key, 1).await, counts([("hour", 1)]));
    assert_eq!(notices(&house).await.len(), 2);
}

#[tokio::test]
async fn a_dead_key_that_hammers_leaves_every_place_to_the_live_one() {
    let house = House::noting_nothing();
    let (id, dead) = limited(&house, limits(None, Some(10), None)).await;
    let live = house.call("POST", &format!("/connections/{id}/rotate"), OWNER, None).await.text("/key");
    for _ in 0..10 {
        for _ in 0..20 {
            house.call("GET", "/v1/tasks", &dead, None).await.is_problem(401);
        }
        assert_eq!(house.call("GET", "/v1/tasks", &live, None).await.status, 200);
    }
    assert_eq!(house.call("GET", "/v1/tasks", &live, None).await.is_problem(429).body["window"], "hour");
}
