//! A receiver of whom nothing is heard any more, however little there is to tell it.

use crate::delivering::{deliveries, drain, health, pass, queued, states, title, webhook};
use crate::harness::{House, OWNER};
use crate::parking::set;
use domain::delivery::State;
use domain::due::Tick;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::Queue as _;
use serde_json::{Value, json};

const DAY: i64 = 24 * 3_600;

/// Its schedule is over after three days; that nobody is there is not.
#[tokio::test]
async fn a_dead_receiver_of_a_single_event_is_left_alone_after_five_days() {
    let house = House::new();
    let id = webhook(&house, json!({ "events": ["task.*"] })).await;
    let grant = json!([{ "resource": "connections", "actions": ["read"] }]);
    let config = json!({ "target_url": "https://owner.example/hook" });
    house.connect(json!({ "kind": "webhook", "name": "watch", "grant": grant, "config": config })).await;
    let key = house.api("full_access").await;
    drain(&house).await;
    house
        .network
        .answers(|sent| (if sent.url.host_str() == Some("receiver.example") { 500 } else { 200 }, None));
    house.task(&key, "Milk").await;
    let (mut passed, mut of_schedule, mut told) = (0, 0, Vec::new());
    while told.is_empty() {
        let (own, others): (Vec<_>, Vec<_>) =
            drain(&house).await.into_iter().partition(|sent| sent.url.host_str() == Some("receiver.example"));
        if deliveries(&house, id).await[0].state == State::Waiting {
            of_schedule += own.len();
        }
        told = others;
        pass(&house, 900);
        passed += 900;
        assert!(passed < 6 * DAY, "nobody is told: {:?}", health(&house, id).await);
    }
    assert_eq!(of_schedule, 9, "the tenth is the last of its schedule");
    assert!((5 * DAY..5 * DAY + 2_000).contains(&passed), "after {passed} s");
    let event_told: Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!(event_told["type"], "connection.disabled");
    let seen = house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body;
    assert_eq!((&seen["status"], &seen["disabled"]["reason"]), (&json!("inactive"), &json!("failing")));
    assert_eq!(states(&house, id).await, [State::Parked], "it is not given up");
    house.network.answers(|_| (200, None));
    set(&house, id, "resume").await;
    drain(&house).await;
    pass(&house, 6);
    drain(&house).await;
    assert_eq!(states(&house, id).await, [State::Delivered]);
}

/// Of a receiver that is down nobody knows at the first failure.
#[tokio::test]
async fn an_event_is_given_up_until_its_receiver_is_known_to_be_down() {
    let house = House::new();
    let id = webhook(&house, json!({ "retry_policy": { "tries": 1 } })).await;
    let key = house.api("full_access").await;
    house.network.answers(|_| (500, None));
    for number in 0..5 {
        house.task(&key, &format!("{number}")).await;
        assert_eq!(drain(&house).await.len(), 1);
        pass(&house, 1);
    }
    let failed = State::Failed;
    assert_eq!(states(&house, id).await, [failed, failed, failed, failed, State::Parked]);
    assert!(health(&house, id).await.parking);
    house.network.answers(|_| (200, None));
    pass(&house, 61);
    assert_eq!(drain(&house).await.len(), 1);
    assert_eq!(states(&house, id).await, [failed, failed, failed, failed, State::Delivered]);
}

/// A message is handed out twelve times at most, and some of these are for failures of the store.
#[tokio::test]
async fn however_short_the_waits_are_no_message_is_used_up_by_them() {
    let house = House::new();
    let policy = json!({ "tries": 12, "waits": [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5] });
    let id = webhook(&house, json!({ "retry_policy": policy })).await;
    let key = house.api("full_access").await;
    house.network.answers(|sent| (if title(sent) == "Poison" { 500 } else { 200 }, None));
    house.task(&key, "Poison").await;
    let mut most = 0;
    for number in 0..14 {
        house.task(&key, &format!("{number}")).await;
        for message in queued(&house).await {
            most = most.max(message.receives);
            let outcome = house.pump.deliver.consume(message.clone()).await.unwrap();
            match outcome {
                Outcome::Done | Outcome::PutAside => house.store.done(&message.receipt).await.unwrap(),
                Outcome::RetryAfter(wait) => house.store.retry_after(&message.receipt, wait).await.unwrap(),
            }
        }
        pass(&house, 61);
        house.pump.due.consume(Tick).await.unwrap();
    }
    let all = deliveries(&house, id).await;
    let poison = all.iter().max_by_key(|delivery| delivery.tries).unwrap();
    assert_eq!((poison.state, poison.tries, most), (State::Failed, 12, 5));
}

/// Whoever asks to be left alone is, also once it is known to be down.
#[tokio::test]
async fn a_receiver_that_is_down_is_left_alone_for_as_long_as_it_asked() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.network.answers(|_| (429, Some("3600".to_owned())));
    for number in 0..6 {
        house.task(&key, &format!("{number}")).await;
        drain(&house).await;
        pass(&house, 1);
    }
    assert!(health(&house, id).await.parking);
    pass(&house, 3_500);
    assert_eq!(drain(&house).await.len(), 0);
    house.network.answers(|_| (200, None));
    pass(&house, 100);
    assert_eq!(drain(&house).await.len(), 6);
}
