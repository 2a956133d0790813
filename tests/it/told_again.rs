//! A larder ends before the bookmark is behind what it told, and with it the messages that were not written yet.

use crate::delivering::{drain, health, pass, states, tell, title, webhook};
use crate::harness::House;
use domain::delivery::State;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::Queue as _;
use serde_json::json;
use std::time::Duration;

/// As many as make it park.
const FAILURES: usize = 5;

/// Its webhook parks meanwhile, or does not: whoever is told again finds what waits for a message that is gone.
#[tokio::test]
async fn what_waits_for_its_next_try_when_a_larder_ends_is_tried() {
    for failed in [0, FAILURES - 1] {
        let house = House::new();
        let id = webhook(&house, json!({})).await;
        let key = house.api("full_access").await;
        house.network.answers(|_| (500, None));
        for number in 0..failed {
            house.task(&key, &format!("{number}")).await;
            drain(&house).await;
            pass(&house, 1);
        }
        house.task(&key, "Milk").await;
        tell(&house).await;
        let messages = house.store.receive(10, Duration::from_secs(60)).await.unwrap();
        let message = messages.iter().find(|message| message.receives == 1).unwrap();
        let outcome = house.pump.deliver.consume(message.clone()).await.unwrap();
        assert_eq!(health(&house, id).await.parking, failed > 0);
        assert_eq!(states(&house, id).await.last(), Some(&State::Waiting));
        let Outcome::RetryAfter(wait) = outcome else { panic!("{outcome:?}") };
        house.store.retry_after(&message.receipt, wait).await.unwrap();
        house.store.forget();
        house.network.take();

        house.network.answers(|_| (200, None));
        let mut told = Vec::new();
        for _ in 0..10 {
            told.extend(drain(&house).await.iter().map(title));
            pass(&house, 60);
        }
        assert_eq!(told.iter().filter(|title| *title == "Milk").count(), 1, "{told:?}");
        assert!(states(&house, id).await.iter().all(|state| *state == State::Delivered));
        assert!(!health(&house, id).await.parking);
    }
}

#[tokio::test]
async fn what_arrived_before_a_larder_ends_was_never_written_and_is_not_sent_again() {
    let house = House::new();
    webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    drain(&house).await;
    house.task(&key, "Milk").await;
    tell(&house).await;
    let message = house.store.receive(10, Duration::from_secs(60)).await.unwrap().remove(0);
    house.pump.deliver.consume(message.clone()).await.unwrap();
    assert_eq!(house.store.unwritten(), 1);
    house.store.done(&message.receipt).await.unwrap();
    assert_eq!(house.store.unwritten(), 0);
    assert_eq!(house.network.take().len(), 1);
    house.store.forget();
    assert_eq!(drain(&house).await.len(), 0, "although it is told again");
}
