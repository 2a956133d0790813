//! What is due comes up in its time, once, whatever happens meanwhile.

use crate::faults::{Fault, faulty};
use crate::harness::{House, OWNER};
use domain::clock::Clock as _;
use domain::conformance::op;
use domain::connection::Connection;
use domain::due::{self, Tick};
use domain::id::OwnerId;
use domain::outcome::Consumer as _;
use domain::shelf::Shelf;
use domain::table::{Expect, Put, Query, Row, RowKey, Table as _, Write};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn owner() -> OwnerId {
    OwnerId::of("test", "one")
}

async fn connection(house: &House) -> Connection {
    let (id, _) = house.connect(json!({ "kind": "api", "name": "ends", "expires_at": null })).await;
    Shelf::<Connection>::new(&house.store, owner()).get(id.parse().unwrap()).await.unwrap()
}

/// In one transaction, as every change of an expiry is.
async fn expire(house: &House, connection: &mut Connection, at: Option<Timestamp>) {
    let expect = Expect::Version(connection.version);
    connection.expires_at = at;
    connection.version += 1;
    let key = RowKey::new(owner(), format!("conn/{}", connection.id));
    let body = serde_json::to_string(connection).unwrap();
    let mut writes = vec![Write::Put(Put::new(key, body, expect))];
    writes.extend(due::row(owner(), connection).unwrap().map(Write::Put));
    house.store.transact(writes, op()).await.unwrap();
}

async fn rows(house: &House, owner: OwnerId, prefix: &str) -> Vec<Row> {
    house.store.query(&Query::prefix(owner, prefix)).await.unwrap().rows
}

async fn told(house: &House) -> Vec<Value> {
    let notices = rows(house, owner(), "notice/").await;
    notices.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
}

async fn waiting(house: &House) -> usize {
    rows(house, OwnerId::LARDER, "due/").await.len()
}

#[tokio::test]
async fn the_end_of_a_connection_is_told_a_week_before_and_once() {
    let house = House::new();
    let mut connection = connection(&house).await;
    let end = house.clock.now() + DAY * 90;
    expire(&house, &mut connection, Some(end)).await;
    // Once more for the same end: a row of its own, but nothing more to tell.
    expire(&house, &mut connection, Some(end)).await;
    house.clock.advance(DAY * 83 - SignedDuration::from_secs(1));
    house.pump.due.consume(Tick).await.unwrap();
    assert_eq!((told(&house).await.len(), waiting(&house).await), (0, 2));
    house.clock.advance(SignedDuration::from_secs(1));
    house.pump.due.consume(Tick).await.unwrap();
    house.pump.due.consume(Tick).await.unwrap();
    let told = told(&house).await;
    assert_eq!((told.len(), waiting(&house).await), (1, 0));
    assert_eq!(told[0]["connection"], connection.id.to_string());
    assert_eq!(told[0]["about"], json!({ "about": "expiring", "expires_at": end }));
}

#[tokio::test]
async fn an_end_that_was_moved_is_told_when_it_comes() {
    let house = House::new();
    let mut connection = connection(&house).await;
    let (soon, late) = (house.clock.now() + DAY * 10, house.clock.now() + DAY * 20);
    // There and back and away again: the same moment is due twice, and means nothing any more.
    for end in [Some(soon), Some(late), Some(soon), None, Some(late)] {
        expire(&house, &mut connection, end).await;
    }
    house.clock.advance(DAY * 3);
    house.pump.due.consume(Tick).await.unwrap();
    assert_eq!((told(&house).await.len(), waiting(&house).await), (0, 2));
    house.clock.advance(DAY * 10);
    house.pump.due.consume(Tick).await.unwrap();
    assert_eq!((told(&house).await.len(), waiting(&house).await), (1, 0));
}

#[tokio::test]
async fn the_end_of_a_revoked_connection_is_no_news() {
    let house = House::new();
    let mut connection = connection(&house).await;
    expire(&house, &mut connection, Some(house.clock.now() + DAY)).await;
    let revoke = format!("/connections/{}/revoke", connection.id);
    assert_eq!(house.call("POST", &revoke, OWNER, None).await.status, 200);
    house.pump.due.consume(Tick).await.unwrap();
    assert_eq!((told(&house).await.len(), waiting(&house).await), (0, 0));
}

#[tokio::test]
async fn many_are_told_and_what_cannot_be_read_stands_in_nobodys_way() {
    let house = House::new();
    let strange = RowKey::new(OwnerId::LARDER, "due/20000101T000000Z/strange");
    let put = Put::new(strange, "{}", Expect::Absent);
    house.store.put(put, op()).await.unwrap();
    let mut connection = connection(&house).await;
    for day in 1..=60 {
        let end = house.clock.now() + DAY * day;
        expire(&house, &mut connection, Some(end)).await;
    }
    house.clock.advance(DAY * 60);
    house.pump.due.consume(Tick).await.unwrap();
    assert_eq!((told(&house).await.len(), waiting(&house).await), (1, 1), "only the last end holds");
}

#[tokio::test]
async fn whatever_ends_a_sweep_the_next_one_does_the_rest() {
    let mut failures = 0;
    for call in 1.. {
        let left = Arc::new(AtomicI64::new(0));
        let house = faulty(&left, Fault::Broken);
        let (mut first, mut second) = (connection(&house).await, connection(&house).await);
        for connection in [&mut first, &mut second] {
            expire(&house, connection, Some(house.clock.now() + DAY)).await;
        }
        left.store(call, Ordering::SeqCst);
        let swept = house.pump.due.consume(Tick).await;
        if left.swap(0, Ordering::SeqCst) > 0 {
            swept.unwrap();
            break;
        }
        failures += 1;
        assert!(swept.is_err(), "call {call} failed, and nobody heard of it");
        house.pump.due.consume(Tick).await.unwrap();
        assert_eq!((told(&house).await.len(), waiting(&house).await), (2, 0), "after call {call} failed");
    }
    assert_eq!(failures, 7, "the page, and for each row a look, a notice and the end of the row");
}
