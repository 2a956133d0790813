//! What comes while a webhook is resumed: somebody parks it at the very moment at which somebody else empties the park.

use crate::delivering::{drain, health, pass, queued, title, webhook};
use crate::harness::House;
use crate::hooked::{Hook, Hooked};
use crate::parking::set;
use crate::touched::touch;
use async_trait::async_trait;
use changes::{Changes, FanOut, Sealer};
use domain::Result;
use domain::due::Tick;
use domain::id::ConnectionId;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::{Queue as _, Received};
use domain::table::ChangeLog as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

tokio::task_local! {
    static ACTOR: Arc<Actor>;
}

/// Somebody who stops before their nth call of the store, until they may go on.
#[derive(Default)]
struct Actor {
    stops_at: AtomicU64,
    calls: AtomicU64,
    stopped: Notify,
    goes_on: Notify,
}

type Begun = (Arc<Actor>, JoinHandle<()>, bool);

struct Stops;

#[async_trait]
impl Hook for Stops {
    async fn before(&self) -> Result<()> {
        let Ok(actor) = ACTOR.try_with(Arc::clone) else { return Ok(()) };
        if actor.calls.fetch_add(1, Ordering::SeqCst) + 1 == actor.stops_at.load(Ordering::SeqCst) {
            actor.stopped.notify_one();
            actor.goes_on.notified().await;
        }
        Ok(())
    }
}

/// With a webhook, and a key that writes.
async fn house() -> (House, ConnectionId, String) {
    house_with(json!({})).await
}

async fn house_with(hook: Value) -> (House, ConnectionId, String) {
    let house = House::on(|inner| Arc::new(Hooked { inner, hook: Stops }));
    let id = webhook(&house, hook).await;
    let key = house.api("full_access").await;
    drain(&house).await;
    (house, id, key)
}

/// Until it stops; answers whether it does, and does not end before.
async fn begin(house: &House, message: Received, stops_at: u64) -> Begun {
    let pump = Arc::clone(&house.pump);
    let work = async move {
        let receipt = message.receipt.clone();
        match pump.deliver.consume(message).await.unwrap() {
            Outcome::RetryAfter(wait) => pump.store.retry_after(&receipt, wait).await.unwrap(),
            Outcome::Done | Outcome::PutAside => pump.store.done(&receipt).await.unwrap(),
        }
    };
    until_it_stops(work, stops_at).await
}

async fn until_it_stops(work: impl Future<Output = ()> + Send + 'static, stops_at: u64) -> Begun {
    let actor = Arc::new(Actor { stops_at: stops_at.into(), ..Actor::default() });
    let mut work = tokio::spawn(ACTOR.scope(Arc::clone(&actor), work));
    let stops = stops(&actor, &mut work).await;
    (actor, work, stops)
}

/// Another process, which fans out what happened.
async fn fan_out(house: &House, stops_at: u64) -> Begun {
    let Sealer { table, clock, entropy } = &house.pump.changes.sealer;
    let (table, clock, entropy) = (Arc::clone(table), Arc::clone(clock), Arc::clone(entropy));
    let queue = Arc::new(house.store.clone());
    let fan_out = FanOut::new(Arc::clone(&table), queue, Arc::clone(&clock), Arc::clone(&entropy));
    let changes = Changes { sealer: Sealer { table, clock, entropy }, fan_out };
    let batch = house.store.changes(house.store.bookmark().unwrap().as_deref(), 100).await.unwrap();
    house.store.set_bookmark(batch.last().unwrap().position.clone()).await.unwrap();
    let work = async move {
        changes.begin(&batch).await.unwrap();
        for change in batch {
            changes.consume(change).await.unwrap();
        }
        changes.end().await.unwrap();
    };
    until_it_stops(work, stops_at).await
}

async fn stops(actor: &Actor, work: &mut JoinHandle<()>) -> bool {
    tokio::select! {
        () = actor.stopped.notified() => true,
        done = work => { done.unwrap(); false }
    }
}

async fn finish((actor, work, stops): Begun) {
    if stops {
        actor.goes_on.notify_one();
        work.await.unwrap();
    }
}

/// One parks an event, of which it has a message, while its webhook is resumed and what is parked is released, with each
/// stopped before each of its calls: whoever is later sees the other, so that nothing stays parked.
#[tokio::test]
async fn an_event_that_comes_while_its_webhook_is_resumed_is_not_left_behind() {
    while_it_is_resumed(false).await;
}

#[tokio::test]
async fn an_event_that_is_fanned_out_while_its_webhook_is_resumed_is_not_left_behind() {
    while_it_is_resumed(true).await;
}

async fn while_it_is_resumed(is_fanned_out: bool) {
    let (house, id, key) = house().await;
    for releaser_first in [false, true] {
        for parker_stops in 1.. {
            let mut ends = false;
            for releaser_stops in 1.. {
                let message = if is_fanned_out {
                    None
                } else {
                    house.task(&key, "Milk").await;
                    Some(queued(&house).await.remove(0))
                };
                set(&house, id, "pause").await;
                // Something is parked already, so that there is something to release.
                house.task(&key, "Before").await;
                drain(&house).await;
                let parker = match message {
                    Some(message) => begin(&house, message, parker_stops).await,
                    None => {
                        house.task(&key, "Milk").await;
                        fan_out(&house, parker_stops).await
                    }
                };
                set(&house, id, "resume").await;
                let releaser = begin(&house, queued(&house).await.remove(0), releaser_stops).await;
                ends = !parker.2;
                let is_last = !releaser.2;
                let (first, second) = if releaser_first { (releaser, parker) } else { (parker, releaser) };
                finish(first).await;
                finish(second).await;
                for _ in 0..2 {
                    house.pump.drain().await.unwrap();
                    pass(&house, 1);
                }
                let told = house.network.take().iter().filter(|sent| title(sent) == "Milk").count();
                assert_eq!(told, 1, "{parker_stops} {releaser_stops} {releaser_first}");
                assert!(!health(&house, id).await.parking);
                if is_last {
                    assert!(releaser_stops > 5, "{releaser_stops} calls of a release");
                    break;
                }
            }
            if ends {
                assert!(parker_stops > 3, "{parker_stops} calls of a parker");
                break;
            }
        }
    }
}

/// A larder ends before each call of a release, and what it had in hand is handed out at once by the next; nothing else
/// happens that would have anybody look.
#[tokio::test]
async fn a_release_that_is_cut_short_is_followed_by_another() {
    let (house, id, key) = house().await;
    for stops in 1.. {
        set(&house, id, "pause").await;
        house.task(&key, "Milk").await;
        drain(&house).await;
        set(&house, id, "resume").await;
        let message = queued(&house).await.remove(0);
        let (_, work, is_cut_short) = begin(&house, message.clone(), stops).await;
        work.abort();
        if is_cut_short {
            house.pump.deliver.consume(message.clone()).await.unwrap();
        }
        house.store.done(&message.receipt).await.unwrap();
        let mut told = house.network.take();
        for _ in 0..4 {
            pass(&house, 60);
            told.extend(drain(&house).await);
        }
        assert!(told.iter().any(|sent| title(sent) == "Milk"), "cut short before call {stops}");
        assert!(!health(&house, id).await.parking);
        if !is_cut_short {
            assert!(stops > 5, "{stops} calls of a release");
            break;
        }
    }
}

/// The same of what waited for its next try; or something else succeeds meanwhile, which writes the webhook's health, too.
#[tokio::test]
async fn what_is_taken_up_is_not_left_behind() {
    let (house, id, key) = house().await;
    for is_cut_short in [false, true] {
        for stops in 1.. {
            house.network.answers(|_| (500, Some("3600".to_owned())));
            house.task(&key, "Milk").await;
            drain(&house).await;
            house.network.answers(|_| (200, None));
            house.task(&key, "Bread").await;
            let other = queued(&house).await.remove(0);
            touch(&house, id, &format!("{is_cut_short} {stops}")).await;
            let message = queued(&house).await.remove(0);
            let release = begin(&house, message.clone(), stops).await;
            let is_last = !release.2;
            if is_cut_short {
                release.1.abort();
                house.pump.deliver.consume(message.clone()).await.unwrap();
                house.store.done(&message.receipt).await.unwrap();
                // Nor does anything else happen.
                house.store.done(&other.receipt).await.unwrap();
            } else {
                house.pump.deliver.consume(other).await.unwrap();
                finish(release).await;
            }
            let mut told = house.network.take();
            for _ in 0..4 {
                pass(&house, 60);
                told.extend(drain(&house).await);
            }
            assert!(told.iter().any(|sent| title(sent) == "Milk"), "{is_cut_short}, before call {stops}");
            assert!(!health(&house, id).await.parking);
            if is_last {
                assert!(stops > 5, "{stops} calls of a release");
                break;
            }
        }
    }
}

/// One that was planned is cut short, and meanwhile something was parked behind what it had looked at.
#[tokio::test]
async fn what_is_parked_behind_a_planned_release_that_is_cut_short_is_not_left_there() {
    let (house, id, key) = house().await;
    for stops_at in 1.. {
        house.network.answers(|_| (500, None));
        for number in 0..6 {
            house.task(&key, &format!("{number}")).await;
            drain(&house).await;
            pass(&house, 1);
        }
        assert!(health(&house, id).await.parking, "before call {stops_at}");
        house.network.answers(|_| (200, None));
        pass(&house, 61);
        house.pump.due.consume(Tick).await.unwrap();
        let messages = house.store.receive(100, Duration::from_secs(3_600)).await.unwrap();
        let planned = messages.iter().find(|message| message.body.contains("release")).unwrap();
        // It has looked already at what is parked.
        let (actor, mut work, _) = begin(&house, planned.clone(), 5).await;
        house.task(&key, "Late").await;
        assert!(queued(&house).await.is_empty(), "it is parked where it is fanned out");
        actor.stops_at.store(5 + stops_at, Ordering::SeqCst);
        actor.goes_on.notify_one();
        let is_cut_short = stops(&actor, &mut work).await;
        work.abort();
        for message in messages {
            house.pump.deliver.consume(message.clone()).await.unwrap();
            house.store.done(&message.receipt).await.unwrap();
        }
        let mut told = house.network.take();
        for _ in 0..6 {
            pass(&house, 60);
            told.extend(drain(&house).await);
        }
        assert!(told.iter().any(|sent| title(sent) == "Late"), "cut short before call {stops_at}");
        assert!(!health(&house, id).await.parking, "cut short before call {stops_at}");
        if !is_cut_short {
            assert!(stops_at > 5, "{stops_at} calls of a release");
            break;
        }
    }
}

/// Somebody sends the one event that was parked, until they stop.
async fn sends(hook: Value, stops_at: u64) -> (House, ConnectionId, String, Begun) {
    let (house, id, key) = house_with(hook).await;
    set(&house, id, "pause").await;
    house.task(&key, "Milk").await;
    drain(&house).await;
    set(&house, id, "resume").await;
    let release = begin(&house, queued(&house).await.remove(0), stops_at).await;
    assert!(release.2);
    (house, id, key, release)
}

/// And its owner has mended something since, which has a message of its own.
async fn mended_meanwhile() -> (House, ConnectionId, Begun, Received) {
    let (house, id, _, release) = sends(json!({}), 5).await;
    touch(&house, id, "mended").await;
    let message = queued(&house).await.remove(0);
    (house, id, release, message)
}

/// The larder that is at it may hang at the address of before: it goes on at once, and no message comes back again and again
/// until it is done.
#[tokio::test]
async fn what_is_mended_while_somebody_sends_what_was_parked_is_tried_as_soon_as_they_are_done() {
    let (house, id, release, message) = mended_meanwhile().await;
    house.network.answers(|_| (500, None));
    for _ in 0..2 {
        let outcome = house.pump.deliver.consume(message.clone()).await.unwrap();
        assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
    }
    house.store.done(&message.receipt).await.unwrap();
    finish(release).await;
    assert_eq!(
        house.network.take().iter().map(title).collect::<Vec<_>>(),
        ["Milk"],
        "at the address of before"
    );
    house.network.answers(|_| (200, None));
    assert_eq!(drain(&house).await.iter().map(title).collect::<Vec<_>>(), ["Milk"]);
    assert!(!health(&house, id).await.parking);
}

/// Both of them are cut short; what they had in hand is handed out at once by the next larder, and is about nothing then.
#[tokio::test]
async fn what_is_mended_is_tried_although_whoever_is_at_it_is_cut_short() {
    for stops in 1.. {
        let (house, id, release, message) = mended_meanwhile().await;
        release.1.abort();
        let (_, work, is_cut_short) = begin(&house, message.clone(), stops).await;
        work.abort();
        if is_cut_short {
            house.pump.deliver.consume(message.clone()).await.unwrap();
            house.store.done(&message.receipt).await.unwrap();
        }
        pass(&house, 59);
        assert!(drain(&house).await.is_empty(), "the lease still stands");
        pass(&house, 1);
        assert_eq!(
            drain(&house).await.iter().map(title).collect::<Vec<_>>(),
            ["Milk"],
            "before call {stops}"
        );
        assert!(!health(&house, id).await.parking);
        if !is_cut_short {
            assert!(stops > 3, "{stops} calls of one that meets another");
            break;
        }
    }
}

/// Another that is wanted takes up what had failed meanwhile, when those who knew of it are done.
#[tokio::test]
async fn what_is_taken_up_behind_all_that_was_wanted_is_not_left_there() {
    let (house, id, release, message) = mended_meanwhile().await;
    house.pump.deliver.consume(message.clone()).await.unwrap();
    house.store.done(&message.receipt).await.unwrap();
    touch(&house, id, "mended again").await;
    // It has looked at the webhook, and at nothing that waits.
    let again = begin(&house, queued(&house).await.remove(0), 2).await;
    assert!(again.2);
    house.network.answers(|_| (500, None));
    finish(release).await;
    assert!(drain(&house).await.len() > 1, "by each of the first two");
    assert!(drain(&house).await.is_empty(), "nor does a reminder have anybody look any more");
    assert!(!health(&house, id).await.parking);
    house.network.answers(|_| (200, None));
    finish(again).await;
    assert_eq!(drain(&house).await.iter().map(title).collect::<Vec<_>>(), ["Milk"]);
}

/// It comes behind the last that was parked, and is parked, too.
#[tokio::test]
async fn what_comes_while_the_last_is_sent_is_sent_no_faster_than_its_owner_wants() {
    // They have looked at what is parked.
    let (house, id, key, release) = sends(json!({ "replay_per_minute": 6 }), 6).await;
    house.task(&key, "Bread").await;
    assert!(queued(&house).await.is_empty(), "it is parked where it is fanned out");
    finish(release).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(drain(&house).await.iter().map(title).collect::<Vec<_>>());
        pass(&house, 5);
    }
    assert_eq!(told, [vec!["Milk"], vec![], vec!["Bread"]]);
    assert!(!health(&house, id).await.parking);
}
