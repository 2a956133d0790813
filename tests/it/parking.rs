//! What cannot be sent now waits in its order, and nothing of it is lost on the way.

use crate::delivering::{deliveries, drain, event, health, pass, states, title, webhook};
use crate::faults::{Fault, faulty};
use crate::harness::{House, OWNER};
use domain::delivery::{Errand, Job, State};
use domain::id::ConnectionId;
use domain::outbound::OutboundError;
use domain::outcome::Consumer as _;
use domain::queue::Queue as _;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

const DAY: i64 = 24 * 3_600;

pub(crate) async fn set(house: &House, id: ConnectionId, what: &str) {
    let set = house.call("POST", &format!("/connections/{id}/{what}"), OWNER, None).await;
    assert_eq!(set.status, 200, "{}", set.body);
}

#[tokio::test]
async fn what_happens_in_a_pause_is_told_after_it_in_order() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.task(&key, "queued before").await;
    set(&house, id, "pause").await;
    for number in 0..60 {
        pass(&house, 1);
        house.task(&key, &format!("{number}")).await;
    }
    assert_eq!(drain(&house).await.len(), 0);
    assert_eq!(states(&house, id).await, [State::Parked; 61]);
    pass(&house, 20 * DAY);
    set(&house, id, "resume").await;
    house.task(&key, "after it").await;
    let mut told: Vec<_> = drain(&house).await.iter().map(title).collect();
    pass(&house, 1);
    told.extend(drain(&house).await.iter().map(title));
    let expected = ["queued before".to_owned()].into_iter().chain((0..60).map(|number| number.to_string()));
    assert_eq!(told, expected.chain(["after it".to_owned()]).collect::<Vec<_>>());
    assert!(!health(&house, id).await.parking);
    assert_eq!(states(&house, id).await, [State::Delivered; 62]);
}

#[tokio::test]
async fn a_receiver_that_is_down_is_left_alone_and_told_everything_once_it_is_back() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    *house.network.receiver.lock().unwrap() = Some(Box::new(|_| Err(OutboundError::TimedOut)));
    let mut tries = 0;
    for number in 0..40 {
        house.task(&key, &format!("{number:02}")).await;
        tries += drain(&house).await.len();
        pass(&house, 1);
    }
    assert!(tries < 15, "{tries} tries at a receiver that is down");
    assert!(health(&house, id).await.parking);
    for _ in 0..60 {
        tries += drain(&house).await.len();
        pass(&house, 60);
    }
    assert!(tries < 45, "{tries} tries in an hour");
    house.network.answers(|_| (200, None));
    let mut told = Vec::new();
    for _ in 0..40 {
        told.extend(drain(&house).await.iter().map(title));
        pass(&house, 60);
    }
    let all: BTreeSet<_> = told.iter().cloned().collect();
    assert_eq!((told.len(), all.len()), (40, 40), "each once: {told:?}");
    assert!(!health(&house, id).await.parking);
}

/// How often a receiver that takes nothing is tried, of sixty times.
async fn failing(house: &House, step: i64) -> usize {
    let key = house.api("full_access").await;
    house.network.answers(|_| (500, None));
    let mut tries = 0;
    for number in 0..60 {
        house.task(&key, &format!("{number:02}")).await;
        tries += drain(house).await.len();
        house.clock.advance(jiff::SignedDuration::from_millis(step));
    }
    tries
}

#[tokio::test]
async fn thirty_failures_in_a_row_need_not_last_long_and_the_first_look_comes_soon() {
    for (step, most) in [(20, 30), (10, 51)] {
        let house = House::new();
        let id = webhook(&house, json!({})).await;
        let tries = failing(&house, step).await;
        let parked = states(&house, id).await.iter().filter(|state| **state == State::Parked).count();
        assert_eq!((tries, parked), (most, 60 - most), "every {step} ms");
    }
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    failing(&house, 20).await;
    house.network.answers(|_| (200, None));
    // Whoever sweeps has it later: a message is there at once.
    pass(&house, 5);
    let release = health(&house, id).await.release_at;
    let messages = house.store.receive(100, Duration::from_secs(60)).await.unwrap();
    let jobs = messages.iter().map(|message| (Errand::read(&message.body).unwrap().job, message));
    let planned = |job: &Job| *job == Job::Release { due: release, failed_since: None };
    let (_, planned) = jobs.into_iter().find(|(job, _)| planned(job)).unwrap();
    house.pump.deliver.consume(planned.clone()).await.unwrap();
    assert_eq!(house.network.take().first().map(title).as_deref(), Some("30"), "the oldest that is parked");
}

#[tokio::test]
async fn a_receiver_that_fails_now_and_then_is_not_taken_for_one_that_is_down() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    let coin = AtomicU64::new(7);
    house.network.answers(move |_| {
        let next = coin.load(Ordering::SeqCst).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        coin.store(next, Ordering::SeqCst);
        (if next >> 63 == 0 { 500 } else { 200 }, None)
    });
    for number in 0..200 {
        house.task(&key, &format!("{number}")).await;
        drain(&house).await;
        house.clock.advance(jiff::SignedDuration::from_millis(10));
        assert!(!health(&house, id).await.parking, "after {number}");
    }
}

#[tokio::test]
async fn after_five_days_of_failure_its_owner_has_to_look() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    set(&house, id, "pause").await;
    house.task(&key, "Milk").await;
    drain(&house).await;
    house.network.answers(|_| (500, None));
    set(&house, id, "resume").await;
    let status =
        async || house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body["status"].clone();
    let mut passed = 0;
    while status().await == "active" {
        drain(&house).await;
        pass(&house, 900);
        passed += 900;
        assert!(passed <= 6 * DAY);
    }
    assert!((5 * DAY..5 * DAY + 2_000).contains(&passed), "after {passed} s");
    let seen = house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body;
    assert_eq!(seen["disabled"]["reason"], "failing");
    house.network.take();
    pass(&house, DAY);
    house.network.take();
    assert_eq!((drain(&house).await.len(), states(&house, id).await), (0, vec![State::Parked]));
    house.network.answers(|_| (200, None));
    set(&house, id, "resume").await;
    assert_eq!(drain(&house).await.len(), 1);
}

/// A week's sleep of a laptop, or a clock that was set, is no week of failure.
#[tokio::test]
async fn what_nobody_tried_has_not_failed() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.network.answers(|_| (500, None));
    for _ in 0..20 {
        house.task(&key, "Milk").await;
        drain(&house).await;
        pass(&house, 1);
    }
    assert!(health(&house, id).await.parking);
    for _ in 0..3 {
        pass(&house, 7 * DAY);
        assert!(!drain(&house).await.is_empty());
        let seen = house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body;
        assert_eq!(seen["status"], "active");
    }
    house.network.answers(|_| (200, None));
    for _ in 0..3 {
        pass(&house, 60 * 15);
        drain(&house).await;
    }
    assert!(!health(&house, id).await.parking);
}

#[tokio::test]
async fn an_event_that_is_not_taken_blocks_no_other() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    set(&house, id, "pause").await;
    for title in ["Poison", "Milk", "Bread"] {
        house.task(&key, title).await;
        pass(&house, 1);
    }
    drain(&house).await;
    house.network.answers(|sent| (if title(sent) == "Poison" { 500 } else { 200 }, None));
    set(&house, id, "resume").await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.extend(drain(&house).await.iter().map(title).filter(|title| title != "Poison"));
        pass(&house, 60);
    }
    taken.sort();
    assert_eq!(taken, ["Bread", "Milk"]);
    let poison = deliveries(&house, id).await.remove(0);
    assert_eq!(
        (poison.state, poison.next.is_some()),
        (State::Waiting, true),
        "it is on a schedule of its own"
    );
}

#[tokio::test]
async fn what_was_parked_is_told_as_fast_as_its_owner_wants() {
    let house = House::new();
    let id = webhook(&house, json!({ "replay_per_minute": 60 })).await;
    let key = house.api("full_access").await;
    set(&house, id, "pause").await;
    for number in 0..35 {
        house.task(&key, &format!("{number}")).await;
    }
    drain(&house).await;
    set(&house, id, "resume").await;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(drain(&house).await.len());
        pass(&house, 10);
    }
    assert_eq!(told, [10, 10, 10, 5]);
}

/// The store fails at its nth call, for every n, while events are parked and while they are sent again.
#[tokio::test]
async fn nothing_is_lost_wherever_the_store_fails() {
    let left = Arc::new(AtomicI64::new(0));
    let house = faulty(&left, Fault::Broken);
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.pump.drain().await.unwrap();
    for paused in [true, false] {
        for call in 1.. {
            let name = format!("{paused} {call}");
            set(&house, id, "pause").await;
            if paused {
                house.task(&key, &name).await;
                left.store(call, Ordering::SeqCst);
                let _ = house.pump.drain().await;
            } else {
                house.task(&key, &name).await;
                house.pump.drain().await.unwrap();
            }
            let more = left.swap(0, Ordering::SeqCst);
            set(&house, id, "resume").await;
            if !paused {
                left.store(call, Ordering::SeqCst);
                let _ = house.pump.drain().await;
            }
            let more = more.max(left.swap(0, Ordering::SeqCst));
            let mut told = house.network.take();
            for _ in 0..5 {
                pass(&house, 120);
                house.pump.drain().await.unwrap();
                told.extend(house.network.take());
            }
            let told: Vec<_> = told.iter().filter(|sent| title(sent) == name).collect();
            assert!(!told.is_empty(), "lost when call {call} failed, {paused}");
            assert!(told.iter().all(|sent| event(sent) == event(told[0])));
            assert!(states(&house, id).await.iter().all(|state| *state == State::Delivered), "{name}");
            if more > 0 {
                assert!(call > 8, "only {call} calls");
                break;
            }
        }
    }
    assert_eq!(house.store.dead_letters().unwrap(), 0);
}
