//! A refused call leaves its place to others, in every window and before it is answered.

use crate::harness::{House, request};
use crate::limits::{limited, limits, notices};
use domain::clock::Clock as _;
use domain::conformance::ManualClock;
use futures_util::future::join_all;
use http::StatusCode;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt as _;

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
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::default()));
    let host = crate::limits::open(folder.path(), &clock);
    let token = host.owner.token();
    let send = async |method: &str, path: &str, token: &str, body| -> (StatusCode, Value) {
        let answer = host.router.clone().oneshot(request(method, path, Some(token), body)).await.unwrap();
        let (parts, body) = answer.into_parts();
        (parts.status, serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap())
    };
    let input =
        json!({ "kind": "api", "name": "x", "preset": "read_only", "limits": limits(None, Some(10), None) });
    let (_, made) = send("POST", "/connections", &token, Some(input)).await;
    let rotate = format!("/connections/{}/rotate", made["connection"]["id"].as_str().unwrap());
    let (_, rotated) = send("POST", &rotate, &token, Some(json!({ "overlap_hours": 0 }))).await;
    let (dead, live) = (made["key"].as_str().unwrap(), rotated["key"].as_str().unwrap());
    for _ in 0..10 {
        for _ in 0..20 {
            assert_eq!(send("GET", "/v1/tasks", dead, None).await.0, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(send("GET", "/v1/tasks", live, None).await.0, StatusCode::OK);
    }
    assert_eq!(send("GET", "/v1/tasks", live, None).await.1["window"], "hour");
}
