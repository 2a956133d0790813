//! What still waits in the queue when a webhook begins to park is parked together.

use crate::delivering::{drain, event, owner, pass, queued, states, title, webhook};
use crate::faults::{Fault, faulty};
use crate::harness::House;
use crate::parking::set;
use domain::clock::Clock as _;
use domain::delivery::{Errand, Job, State};
use domain::id::{ConnectionId, OpId};
use domain::queue::{Queue as _, Received};
use domain::schema;
use domain::table::{Expect, Put, Table as _};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const PLENTY: i64 = 1_000_000;

/// So many messages that nobody has in hand; the first ten of them.
async fn in_the_queue(house: &House, count: usize) -> (ConnectionId, Vec<Received>) {
    let id = webhook(house, json!({})).await;
    let key = house.api("full_access").await;
    drain(house).await;
    for number in 0..count {
        house.task(&key, &format!("{number}")).await;
        pass(house, 1);
    }
    let messages = queued(house).await;
    for message in &messages {
        house.store.retry_after(&message.receipt, Duration::ZERO).await.unwrap();
    }
    (id, messages)
}

/// All that is for a webhook that parks.
async fn waiting(house: &House) -> (ConnectionId, Vec<Received>) {
    let (id, messages) = in_the_queue(house, 8).await;
    assert_eq!(messages.len(), 8);
    set(house, id, "pause").await;
    (id, messages)
}

#[tokio::test]
async fn what_waits_costs_one_look_and_one_write_for_all_of_it() {
    let left = Arc::new(AtomicI64::new(PLENTY));
    let house = faulty(&left, Fault::Broken);
    let (id, messages) = waiting(&house).await;
    left.store(PLENTY, Ordering::SeqCst);
    assert!(house.pump.deliver.park_all(&messages).await.unwrap());
    let calls = PLENTY - left.load(Ordering::SeqCst);
    assert_eq!(calls, 4, "a look, that it parks, all of it, and whether anybody looks after it");
    assert_eq!(states(&house, id).await, [State::Parked; 8]);
    set(&house, id, "resume").await;
    let told: Vec<_> = drain(&house).await.iter().map(title).collect();
    assert_eq!(told, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(house.store.dead_letters().unwrap(), 0);
}

#[tokio::test]
async fn all_or_nothing_is_parked_together() {
    let house = House::new();
    let (id, messages) = waiting(&house).await;
    let nothing = async |other: Option<Errand>| {
        let other = other.map(|errand| errand.queued(Duration::ZERO).unwrap());
        let other = other.map(|message| Received { body: message.body, ..messages[0].clone() });
        let all: Vec<_> = messages.iter().cloned().chain(other).collect();
        assert!(!house.pump.deliver.park_all(&all).await.unwrap());
        assert_eq!(states(&house, id).await, []);
    };
    let one = Errand::read(&messages[0].body).unwrap();
    nothing(Some(one.clone())).await;
    nothing(Some(Errand { connection: webhook(&house, json!({})).await, ..one })).await;
    nothing(Some(Errand::mended(owner(), id))).await;
    assert!(!house.pump.deliver.park_all(&[]).await.unwrap());
    // Where what is for it is sent, nothing is parked.
    set(&house, id, "resume").await;
    nothing(None).await;
    assert_eq!(house.network.take().len(), 0);
}

/// Each that is parked by itself costs three calls at least; the first eight are.
#[tokio::test]
async fn whoever_delivers_parks_together_what_is_for_one_to_whom_nothing_arrives() {
    let left = Arc::new(AtomicI64::new(PLENTY));
    let house = faulty(&left, Fault::Broken);
    let (id, _) = in_the_queue(&house, 40).await;
    set(&house, id, "pause").await;
    left.store(PLENTY, Ordering::SeqCst);
    drain(&house).await;
    let calls = PLENTY - left.load(Ordering::SeqCst);
    assert_eq!(states(&house, id).await, [State::Parked; 40]);
    assert!(calls < 40 * 3, "{calls} calls");
}

/// Twenty of them wait, one of which cannot be read, wherever the store fails. The first eight are parked each by itself,
/// after which the others are taken together.
#[tokio::test]
async fn nothing_that_waits_is_lost_or_held_up_by_what_cannot_be_read() {
    for call in 1.. {
        let left = Arc::new(AtomicI64::new(PLENTY));
        let house = faulty(&left, Fault::Broken);
        let (id, messages) = in_the_queue(&house, 20).await;
        let Job::Send { event: broken, .. } = Errand::read(&messages[9].body).unwrap().job else { panic!() };
        let broken = Put::new(schema::delivery(owner(), id, broken), "?", Expect::Absent);
        house.store.put(broken, OpId::new(house.clock.now(), [0; 10])).await.unwrap();
        set(&house, id, "pause").await;
        left.store(call, Ordering::SeqCst);
        let _ = house.pump.drain().await;
        let is_over = left.swap(PLENTY, Ordering::SeqCst) > 0;
        assert_eq!(house.network.take().len(), 0);
        set(&house, id, "resume").await;
        let mut told = Vec::new();
        for _ in 0..4 {
            pass(&house, 61);
            told.extend(drain(&house).await);
        }
        let titles: BTreeSet<_> = told.iter().map(title).collect();
        assert_eq!((titles.len(), titles.contains("9")), (19, false), "when call {call} failed: {titles:?}");
        assert_eq!(told.iter().map(event).collect::<BTreeSet<_>>().len(), 19);
        if is_over {
            assert!(call > 20, "only {call} calls");
            break;
        }
    }
}
