//! A call that is refused takes no place, in no window and not for a moment; one that may call is let in exactly if
//! there is a place.

use crate::harness::{House, OWNER, request};
use crate::hooked::{Hook, Hooked};
use crate::limits::{limited, limits, notices};
use async_trait::async_trait;
use domain::Result;
use domain::clock::Clock as _;
use futures_util::future::{join, join_all, join3};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

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
        // In the last minute the hour is full, too, and is what there is to wait for.
        let full = if minute == 5 { "hour" } else { "burst" };
        assert_eq!(answers(&house, &key, 300).await, counts([("200 OK", 5), (full, 295)]), "{minute}");
        let told: Vec<_> = notices(&house).await.iter().map(|told| told["about"]["about"].clone()).collect();
        let expected = match minute {
            0..4 => vec![],
            4 => vec![json!("limit_warning")],
            _ => vec![json!("limit_reached"), json!("limit_warning")],
        };
        assert_eq!(told, expected, "after {minute}");
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

/// Each trip to the store takes a second.
struct Slow;

#[async_trait]
impl Hook for Slow {
    async fn before(&self) -> Result<()> {
        sleep(Duration::from_secs(1)).await;
        Ok(())
    }
}

fn slow() -> House {
    House::on(|inner| Arc::new(Hooked { inner, hook: Slow }))
}

/// How many of so many calls are let in that are sent while the others are on their way.
async fn beside(house: &House, others: impl Future, key: &str, calls: usize) -> usize {
    let later = async {
        sleep(Duration::from_millis(500)).await;
        answers(house, key, calls).await.remove("200 OK").unwrap_or_default()
    };
    join(others, later).await.1
}

#[tokio::test(start_paused = true)]
async fn keys_that_do_not_hold_take_no_place_while_they_are_on_their_way() {
    let house = slow();
    let (id, dead) = limited(&house, limits(None, Some(10), None)).await;
    let live = house.call("POST", &format!("/connections/{id}/rotate"), OWNER, None).await.text("/key");
    let narrow = async |_| house.send(request("GET", &format!("/v1/tasks?api_key={live}"), None, None)).await;
    let others = join(answers(&house, &dead, 50), join_all((0..50).map(narrow)));
    assert_eq!(beside(&house, others, &live, 12).await, 10);
}

#[tokio::test(start_paused = true)]
async fn calls_above_one_limit_take_no_place_of_another_while_they_are_on_their_way() {
    let house = slow();
    let now = house.clock.now().as_second();
    house.clock.advance(SignedDuration::from_secs(3_600 - now % 3_600));
    let (_, key) = limited(&house, limits(Some(5), Some(10), None)).await;
    let next_minute = async {
        sleep(Duration::from_millis(250)).await;
        house.clock.advance(SignedDuration::from_secs(60));
    };
    let others = join(answers(&house, &key, 50), next_minute);
    assert_eq!(beside(&house, others, &key, 12).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_as_many_are_let_in_as_there_are_places_whoever_else_hammers() {
    let house = House::new();
    let mut random: u64 = 0x5eed;
    let mut next = |most: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % most
    };
    for round in 0..25 {
        let mut limit = |most| (next(3) > 0).then(|| u32::try_from(next(most) + 1).unwrap());
        let most = [limit(20), limit(40), limit(60)];
        let (id, dead) = limited(&house, limits(most[0], most[1], most[2])).await;
        let rotate = format!("/connections/{id}/rotate");
        let ends = house.call("POST", &rotate, OWNER, None).await.text("/key");
        let overlap = Some(json!({ "overlap_hours": 1 }));
        let live = house.call("POST", &rotate, OWNER, overlap).await.text("/key");
        let address = format!("/v1/tasks?api_key={live}");
        let mut used = [0; 3];
        for minute in 0..4 {
            used[0] = 0;
            let narrow = join_all((0..20).map(|_| house.send(request("GET", &address, None, None))));
            let hammering = join(answers(&house, &dead, 40), narrow);
            let (_, by_one, by_other) =
                join3(hammering, answers(&house, &live, 16), answers(&house, &ends, 16)).await;
            let places =
                most.iter().zip(used).filter_map(|(most, used)| Some((*most)? as usize - used)).min();
            let let_in: usize = [by_one, by_other].iter().filter_map(|met| met.get("200 OK")).sum();
            assert_eq!(
                let_in,
                places.unwrap_or(32).min(32),
                "round {round}, minute {minute}: {most:?}, {used:?}"
            );
            used = used.map(|used| used + let_in);
            house.clock.advance(SignedDuration::from_secs(60));
        }
        // The next round begins with an hour of its own.
        let now = house.clock.now().as_second();
        house.clock.advance(SignedDuration::from_secs(3_600 - now % 3_600));
    }
}

#[tokio::test]
async fn what_the_owner_changes_holds_from_the_next_call_on_and_counts_nothing_anew() {
    let house = House::new();
    let (id, key) = limited(&house, limits(None, Some(10), None)).await;
    let change = async |method: &str, what: &str, body| {
        let done = house.call(method, &format!("/connections/{id}{what}"), OWNER, body).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        done
    };
    let per_hour = async |most: Option<u32>| {
        change("PATCH", "", Some(json!({ "limits": { "per_hour": most } }))).await;
    };
    let met = async |key: &str, calls| answers(&house, key, calls).await;
    assert_eq!(met(&key, 6).await, counts([("200 OK", 6)]));
    per_hour(Some(4)).await;
    assert_eq!(met(&key, 3).await, counts([("hour", 3)]));
    per_hour(Some(8)).await;
    assert_eq!(met(&key, 3).await, counts([("200 OK", 2), ("hour", 1)]));
    per_hour(None).await;
    assert_eq!(met(&key, 3).await, counts([("200 OK", 3)]));
    per_hour(Some(20)).await;
    for (what, status) in [("/pause", "401 Unauthorized"), ("/resume", "200 OK")] {
        change("POST", what, None).await;
        assert_eq!(met(&key, 1).await, counts([(status, 1)]));
    }
    change("PATCH", "", Some(json!({ "name": "another", "slug": "another" }))).await;
    let overlap = json!({ "overlap_hours": 1 });
    let newer = change("POST", "/rotate", Some(overlap)).await.text("/key");
    assert_eq!(met(&key, 2).await, counts([("200 OK", 2)]));
    let end = house.clock.now() + SignedDuration::from_secs(5);
    change("PATCH", "", Some(json!({ "expires_at": end }))).await;
    assert_eq!(met(&newer, 2).await, counts([("200 OK", 2)]));
    house.clock.advance(SignedDuration::from_secs(5));
    for key in [&key, &newer] {
        assert_eq!(met(key, 2).await, counts([("401 Unauthorized", 2)]));
    }
    change("PATCH", "", Some(json!({ "expires_at": null }))).await;
    assert_eq!(met(&newer, 9).await, counts([("200 OK", 4), ("hour", 5)]), "sixteen of twenty were used");
}

#[tokio::test]
async fn without_its_gate_a_connection_is_refused() {
    use domain::conformance::op;
    use domain::id::OwnerId;
    use domain::schema;
    use domain::table::{Table as _, Write};

    let house = House::new();
    let (id, key) = limited(&house, limits(None, None, None)).await;
    let gate = schema::rate(OwnerId::of("test", "one"), id.parse().unwrap());
    house.store.transact(vec![Write::Delete { key: gate, version: 1 }], op()).await.unwrap();
    house.call("GET", "/v1/tasks", &key, None).await.is_problem(503);
    let patch = json!({ "limits": { "per_hour": 1 } });
    house.call("PATCH", &format!("/connections/{id}"), OWNER, Some(patch)).await;
    assert_eq!(
        answers(&house, &key, 2).await,
        counts([("200 OK", 1), ("hour", 1)]),
        "a change makes it anew"
    );
}
