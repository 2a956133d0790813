//! What an owner changes about a webhook has it tried again, with all that waits for it.

use crate::delivering::{deliveries, drain, owner, pass, states, title, webhook};
use crate::harness::{House, OWNER};
use crate::parking::set;
use domain::conformance::op;
use domain::delivery::State;
use domain::id::ConnectionId;
use domain::outbound::OutboundError;
use domain::table::{Expect, Put, Table as _};
use serde_json::json;

pub(crate) async fn touch(house: &House, id: ConnectionId, description: &str) {
    let change = json!({ "description": description });
    let changed = house.call("PATCH", &format!("/connections/{id}"), OWNER, Some(change)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[tokio::test]
async fn what_waits_for_its_next_try_is_tried_when_its_owner_has_mended_something() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.network.answers(|_| (500, None));
    house.task(&key, "Milk").await;
    drain(&house).await;
    pass(&house, 6);
    assert_eq!(drain(&house).await.len(), 1, "now it waits for five minutes");
    house.network.answers(|_| (200, None));
    touch(&house, id, "mended").await;
    assert_eq!(drain(&house).await.iter().map(title).collect::<Vec<_>>(), ["Milk"]);
    let delivery = deliveries(&house, id).await.remove(0);
    assert_eq!((delivery.state, delivery.tries), (State::Delivered, 3));
    pass(&house, 600);
    assert_eq!(drain(&house).await.len(), 0, "its old reminder is about nothing any more");
}

#[tokio::test]
async fn one_that_is_down_is_looked_at_no_more_often_for_being_touched() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    set(&house, id, "pause").await;
    house.task(&key, "Milk").await;
    drain(&house).await;
    *house.network.receiver.lock().unwrap() = Some(Box::new(|_| Err(OutboundError::TimedOut)));
    set(&house, id, "resume").await;
    assert_eq!(drain(&house).await.len(), 1);
    for number in 0..20 {
        touch(&house, id, &number.to_string()).await;
        assert_eq!(drain(&house).await.len(), 1, "it is tried at once");
    }
    // Every fifteen minutes, as one that nobody touched.
    let mut tries = 0;
    for _ in 0..12 * 60 {
        pass(&house, 60);
        tries += drain(&house).await.len();
    }
    assert!((40..=50).contains(&tries), "{tries} tries in twelve hours");
}

#[tokio::test]
async fn what_cannot_be_read_any_more_stands_in_nobodys_way() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    set(&house, id, "pause").await;
    for title in ["Poison", "Milk"] {
        house.task(&key, title).await;
        pass(&house, 1);
    }
    drain(&house).await;
    let origin = deliveries(&house, id).await[0].from.key(owner());
    let version = house.store.get(&origin).await.unwrap().unwrap().version;
    house.store.put(Put::new(origin, "{", Expect::Version(version)), op()).await.unwrap();
    set(&house, id, "resume").await;
    assert_eq!(drain(&house).await.iter().map(title).collect::<Vec<_>>(), ["Milk"]);
    assert_eq!(states(&house, id).await, [State::Failed, State::Delivered]);
}

/// It is this one event that is not taken.
#[tokio::test]
async fn one_that_refuses_an_event_is_told_all_others_at_once_when_it_is_touched() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.network.answers(|sent| (if title(sent) == "Poison" { 422 } else { 200 }, None));
    house.task(&key, "Poison").await;
    drain(&house).await;
    pass(&house, 6);
    drain(&house).await;
    touch(&house, id, "renamed").await;
    assert_eq!(drain(&house).await.iter().map(title).collect::<Vec<_>>(), ["Poison"]);
    house.task(&key, "Milk").await;
    assert_eq!(drain(&house).await.iter().map(title).collect::<Vec<_>>(), ["Milk"]);
    let poison = deliveries(&house, id).await.remove(0);
    assert_eq!((poison.state, poison.tries), (State::Waiting, 3), "on its own schedule");
}
