//! When an event is tried again, and what became of it.

use crate::harness::{House, OWNER};
use domain::clock::Clock as _;
use domain::delivery::{Delivery, Errand, Health, Job, State};
use domain::id::{ConnectionId, OwnerId, RequestId};
use domain::outbound::{OutboundError, Request as Sent};
use domain::outcome::Consumer as _;
use domain::queue::{Queue as _, Received};
use domain::schema;
use domain::table::{ChangeLog as _, Table as _};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) fn owner() -> OwnerId {
    OwnerId::of("test", "one")
}

pub(crate) async fn webhook(house: &House, config: Value) -> ConnectionId {
    let mut settings = json!({ "target_url": "https://receiver.example/hook", "payload": "full" });
    settings.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let input = json!({ "kind": "webhook", "name": "hook", "preset": "full_access", "config": settings });
    house.connect(input).await.0.parse().unwrap()
}

pub(crate) async fn drain(house: &House) -> Vec<Sent> {
    house.pump.drain().await.unwrap();
    house.network.take()
}

pub(crate) fn title(sent: &Sent) -> String {
    let event: Value = serde_json::from_str(&sent.body).unwrap();
    event["data"]["object"]["title"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn event(sent: &Sent) -> &str {
    sent.headers.iter().find(|(name, _)| *name == "webhook-id").map(|(_, id)| id.as_str()).unwrap()
}

pub(crate) async fn deliveries(house: &House, id: ConnectionId) -> Vec<Delivery> {
    let rows = house.store.query(&schema::deliveries(owner(), id).page(None, 10_000)).await.unwrap().rows;
    rows.iter().map(|row| Delivery::read(row).unwrap()).collect()
}

pub(crate) async fn health(house: &House, id: ConnectionId) -> Health {
    let row = house.store.get(&schema::health(owner(), id)).await.unwrap();
    Health::of(id, row.as_ref()).unwrap()
}

pub(crate) async fn states(house: &House, id: ConnectionId) -> Vec<State> {
    deliveries(house, id).await.iter().map(|delivery| delivery.state).collect()
}

pub(crate) fn pass(house: &House, seconds: i64) {
    house.clock.advance(SignedDuration::from_secs(seconds));
}

/// What happened is told, and no bookmark is behind it yet: answers where that belongs.
pub(crate) async fn tell(house: &House) -> String {
    let told = house.store.bookmark().unwrap();
    let batch = house.store.changes(told.as_deref(), 100).await.unwrap();
    let last = batch.last().unwrap().position.clone();
    house.pump.changes.begin(&batch).await.unwrap();
    for change in batch {
        house.pump.changes.consume(change).await.unwrap();
    }
    house.pump.changes.end().await.unwrap();
    last
}

/// What happened goes into the queue, and no further.
pub(crate) async fn queued(house: &House) -> Vec<Received> {
    house.store.set_bookmark(tell(house).await).await.unwrap();
    house.store.receive(10, Duration::from_secs(60)).await.unwrap()
}

/// An event that nobody takes, at a receiver that takes all others.
#[tokio::test]
async fn an_event_is_tried_ten_times_over_75_hours_and_then_given_up() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.network.answers(|sent| (if title(sent) == "Poison" { 500 } else { 200 }, None));
    let poison = house.task(&key, "Poison").await;
    let (mut at, mut waited) = (Vec::new(), Vec::new());
    loop {
        let tried = drain(&house).await.iter().filter(|sent| title(sent) == "Poison").count();
        assert_eq!(tried, 1, "each in its time, once");
        at.push(house.clock.now());
        // It is alive: one event does not make it sick.
        house.task(&key, "Milk").await;
        assert_eq!(drain(&house).await.len(), 1);
        let all = deliveries(&house, id).await;
        let delivery = all.iter().find(|one| one.about.as_deref() == Some(&poison)).unwrap();
        let Some(next) = delivery.next else { break };
        house.clock.advance(next.at.duration_since(house.clock.now()) - SignedDuration::from_millis(1_001));
        assert_eq!(drain(&house).await.len(), 0, "too early");
        house.clock.advance(SignedDuration::from_millis(1_001));
        waited.push(next.at.duration_since(*at.last().unwrap()).as_secs_f64());
    }
    let planned = [5., 300., 1_800., 7_200., 18_000., 36_000., 50_400., 72_000., 86_400.];
    assert_eq!(waited.len(), planned.len());
    for (waited, planned) in waited.iter().zip(planned) {
        assert!((0.8..1.2001).contains(&(waited / planned)), "{waited} s instead of {planned} s");
    }
    let all = deliveries(&house, id).await;
    let given_up = all.iter().find(|one| one.about.as_deref() == Some(&poison)).unwrap();
    assert_eq!((given_up.state, given_up.tries, given_up.attempts.len()), (State::Failed, 10, 10));
    assert!(given_up.attempts.iter().all(|attempt| attempt.status == Some(500)));
    assert_eq!(house.store.dead_letters().unwrap(), 0, "what is given up is known");
}

#[tokio::test]
async fn its_owner_says_how_long_to_wait_and_its_receiver_may_ask_for_longer() {
    let house = House::new();
    let waits = json!({ "retry_policy": { "tries": 3, "waits": [10, 100] } });
    let id = webhook(&house, waits).await;
    let key = house.api("full_access").await;
    let next = async || {
        let delivery = deliveries(&house, id).await.pop().unwrap();
        delivery.next.map(|next| next.at.duration_since(house.clock.now()).as_secs_f64())
    };
    house.network.answers(|_| (500, None));
    house.task(&key, "Milk").await;
    drain(&house).await;
    assert!((8.0..12.01).contains(&next().await.unwrap()));
    pass(&house, 12);
    house.network.answers(|_| (429, Some("1000".to_owned())));
    assert_eq!(drain(&house).await.len(), 1);
    assert!((999.0..1_001.0).contains(&next().await.unwrap()));
    pass(&house, 1_000);
    assert_eq!(drain(&house).await.len(), 1);
    assert_eq!((next().await, states(&house, id).await), (None, vec![State::Failed]));

    let until = house.clock.now() + SignedDuration::from_secs(7_200);
    let date = until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    house.network.answers(move |_| (503, Some(date.clone())));
    house.task(&key, "Bread").await;
    drain(&house).await;
    assert!((7_199.0..7_201.0).contains(&next().await.unwrap()));
}

/// Whatever hands a message out again, it says itself which try it is.
#[tokio::test]
async fn a_message_that_is_handed_out_again_is_harmless() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.task(&key, "Milk").await;
    let messages = queued(&house).await;
    let [message]: &[Received; 1] = messages.as_slice().try_into().unwrap();
    assert!(message.body.len() < 350, "it says where the change lies, not the change: {}", message.body);
    assert_eq!(message.group, id.to_string());
    let group = |errand: Errand| errand.queued(Duration::ZERO).unwrap().group;
    let one = Errand::read(&message.body).unwrap();
    let Job::Send { event, from, .. } = one.job.clone() else { panic!("{one:?}") };
    let now = house.clock.now();
    let put_off = Job::Send { event, from: from.clone(), due: Some(now), again: None };
    assert_eq!(group(Errand { job: put_off, ..one.clone() }), id.to_string());
    let again = Job::Send { event, from, due: None, again: Some(RequestId::new(now, [0; 10])) };
    let release = Job::Release { due: Some(now), failed_since: None };
    for job in [again, release, Errand::mended(owner(), id).job] {
        assert_eq!(group(Errand { job, ..one.clone() }), format!("{id}/now"), "it does not wait behind them");
    }
    for _ in 0..3 {
        house.pump.deliver.consume(message.clone()).await.unwrap();
    }
    assert_eq!(house.network.take().len(), 1);

    // Tried, and put off to a later try: the message of the first one means nothing any more.
    house.network.answers(|_| (500, Some("600".to_owned())));
    house.task(&key, "Bread").await;
    let messages = queued(&house).await;
    for _ in 0..3 {
        house.pump.deliver.consume(messages[0].clone()).await.unwrap();
    }
    assert_eq!(house.network.take().len(), 1);
    // Nor does a clock that is set back or forth make it another one.
    for seconds in [-86_400, 2 * 86_400] {
        pass(&house, seconds);
        house.pump.deliver.consume(messages[0].clone()).await.unwrap();
    }
    assert_eq!(house.network.take().len(), 0);
    house.network.answers(|_| (200, None));
    assert_eq!(drain(&house).await.len(), 1);
    assert_eq!(states(&house, id).await, [State::Delivered, State::Delivered]);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_and_its_owner_is_told() {
    let house = House::new();
    let id = webhook(&house, json!({ "events": ["task.*"] })).await;
    let grant = json!([{ "resource": "connections", "actions": ["read"] }]);
    let config = json!({ "target_url": "https://owner.example/hook", "payload": "full" });
    house.connect(json!({ "kind": "webhook", "name": "watch", "grant": grant, "config": config })).await;
    let key = house.api("full_access").await;
    drain(&house).await;
    house
        .network
        .answers(|sent| (if sent.url.host_str() == Some("receiver.example") { 410 } else { 200 }, None));
    house.task(&key, "Milk").await;
    let told = drain(&house).await;
    let told: Vec<Value> = told.iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
    let disabled = told.iter().find(|event| event["type"] == "connection.disabled").unwrap();
    assert_eq!(disabled["data"]["object"]["disabled"]["reason"], "gone");
    let seen = house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body;
    assert_eq!((&seen["status"], &seen["disabled"]["reason"]), (&json!("inactive"), &json!("gone")));
    // What it was not told, and what comes now, waits for it.
    pass(&house, 1);
    house.task(&key, "Bread").await;
    drain(&house).await;
    assert_eq!(states(&house, id).await, [State::Parked; 2]);
    house.network.answers(|_| (200, None));
    let resumed = house.call("POST", &format!("/connections/{id}/resume"), OWNER, None).await.body;
    assert_eq!((&resumed["status"], resumed.get("disabled")), (&json!("active"), None));
    let sent = drain(&house).await;
    let titles: Vec<_> = sent.iter().map(title).filter(|title| !title.is_empty()).collect();
    assert_eq!(titles, ["Milk", "Bread"]);
}

#[tokio::test]
async fn of_an_answer_the_beginning_is_kept_without_what_looks_like_a_secret() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    let said = format!("no: token=abcdefghijklmnop12345 Bearer hello whsec_1 fine\u{7}{}", "x ".repeat(999));
    *house.network.body.lock().unwrap() = said.into_bytes();
    house.network.replies.lock().unwrap().push_back(400);
    house.task(&key, "Milk").await;
    drain(&house).await;
    let attempt = deliveries(&house, id).await.remove(0).attempts.remove(0);
    let (answer, status) = (attempt.answer.unwrap(), attempt.status);
    assert!(answer.starts_with("no: [redacted] Bearer [redacted] [redacted] fine"), "{answer}");
    assert!(answer.len() <= 1_024 && status == Some(400));
    pass(&house, 1);
    *house.network.receiver.lock().unwrap() =
        Some(Box::new(|_| Err(OutboundError::Unreachable("ä".repeat(1 << 20)))));
    house.task(&key, "Bread").await;
    drain(&house).await;
    let error = deliveries(&house, id).await.remove(1).attempts.remove(0).error.unwrap();
    assert_eq!(error.chars().count(), 200);
}

#[tokio::test]
async fn the_log_of_many_attempts_stays_small() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    *house.network.body.lock().unwrap() = "long ".repeat(300).into_bytes();
    house.network.replies.lock().unwrap().extend([500; 120]);
    for _ in 0..5 {
        house.task(&key, "Milk").await;
        drain(&house).await;
        pass(&house, 1);
    }
    // Parked, the oldest and the newest are tried now and then, and none of their tries is used up.
    assert!(health(&house, id).await.parking);
    for _ in 0..150 {
        drain(&house).await;
        pass(&house, 600);
    }
    let delivery = deliveries(&house, id).await.remove(0);
    let answers = delivery.attempts.iter().filter(|attempt| attempt.answer.is_some()).count();
    assert_eq!((delivery.attempts.len(), answers), (20, 3));
    assert_eq!((delivery.state, delivery.tries), (State::Delivered, 3));
}
