//! Writes of a connection that come again under one `Idempotency-Key`.

use crate::conventions::with;
use crate::harness::{Answer, House, OWNER};
use crate::idempotency::Breaks;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

async fn make(house: &House, key: &str, token: &str, title: &str) -> Answer {
    let headers = [("idempotency-key", token)];
    with(house, "POST", "/v1/tasks", key, Some(json!({ "title": title })), &headers).await
}

async fn tasks(house: &House, key: &str) -> usize {
    house.call("GET", "/v1/tasks", key, None).await.body["data"].as_array().unwrap().len()
}

fn is_replay_of(answer: &Answer, first: &Answer) {
    assert_eq!((answer.status, &answer.body), (first.status, &first.body));
    for header in ["location", "etag", "content-type"] {
        assert_eq!(answer.headers[header], first.headers[header]);
    }
    assert_eq!(answer.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn an_item_is_made_once() {
    let house = House::new();
    let (key, other) = (house.api("full_access").await, house.api("read_write").await);
    let first = make(&house, &key, "k", "Milk").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    house
        .call("PATCH", &format!("/v1/tasks/{}", first.text("/id")), &key, Some(json!({ "title": "Tea" })))
        .await;
    is_replay_of(&make(&house, &key, "\"k\"", "Milk").await, &first);
    let reused = make(&house, &key, "k", "Bread").await;
    assert_eq!(reused.is_problem(409).text("/type"), "urn:larder:problem:idempotency-key-reused");
    assert_eq!(
        make(&house, &other, "k", "Milk").await.status,
        201,
        "another connection's key is another key"
    );
    assert_eq!(tasks(&house, &key).await, 2);

    make(&house, &key, "refused", "").await.is_problem(400);
    assert_eq!(make(&house, &key, "refused", "Bread").await.status, 201, "what was refused keeps no key");
    let headers = [("idempotency-key", "minimal"), ("prefer", "return=minimal")];
    for _ in 0..2 {
        let made = with(&house, "POST", "/v1/tasks", &key, Some(json!({ "title": "x" })), &headers).await;
        assert_eq!((made.status.as_u16(), &made.body), (201, &Value::Null));
        assert_eq!(made.headers["preference-applied"], "return=minimal");
    }
    assert_eq!(tasks(&house, &key).await, 4);
}

#[tokio::test]
async fn two_at_once_make_one() {
    let house = House::new();
    let key = house.api("full_access").await;
    let (one, two) = tokio::join!(make(&house, &key, "k", "Milk"), make(&house, &key, "k", "Milk"));
    assert_eq!((one.status.as_u16(), &one.body), (201, &two.body));
    assert_eq!(tasks(&house, &key).await, 1);
}

#[tokio::test]
async fn who_may_not_any_more_hears_no_earlier_answer() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "x", "preset": "full_access" })).await;
    assert_eq!(make(&house, &key, "k", "Milk").await.status, 201);
    let path = format!("/connections/{id}");
    let reads = json!([{ "resource": "tasks", "actions": ["read"] }]);
    assert_eq!(house.call("PATCH", &path, OWNER, Some(json!({ "grant": reads }))).await.status, 200);
    make(&house, &key, "k", "Milk").await.is_problem(403);
    house.call("POST", &format!("{path}/revoke"), OWNER, None).await;
    make(&house, &key, "k", "Milk").await.is_problem(401);
}

#[tokio::test]
async fn wherever_the_store_fails_an_item_is_made_once() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let key = house.api("full_access").await;
            left.store(call, Ordering::SeqCst);
            let broken = make(&house, &key, "k", "Milk").await;
            if left.swap(0, Ordering::SeqCst) > 0 {
                assert_eq!(broken.status, 201);
                assert!(call > 4, "admission, its count, the answer, its key and the effect");
                break;
            }
            broken.is_problem(500);
            let first = make(&house, &key, "k", "Milk").await;
            assert_eq!(first.status, 201, "{}", first.body);
            is_replay_of(&make(&house, &key, "k", "Milk").await, &first);
            assert_eq!(tasks(&house, &key).await, 1, "call {call}, after: {after}");
        }
    }
}
