//! What a search keeps in memory from one to the next is what there is, whoever wrote it.

use crate::harness::{House, OWNER, request};
use crate::memories::{remember, send};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// What is found for `tea`, which is the same for a process that has kept nothing.
async fn found(house: &House, key: &str) -> Value {
    let asked =
        || request("POST", "/v1/memories/search", Some(key), Some(json!({ "query": "tea", "limit": 50 })));
    let (warm, cold) = (house.send(asked()).await, house.send_cold(asked()).await);
    assert_eq!((warm.status.as_u16(), &warm.body), (200, &cold.body));
    warm.body["data"].clone()
}

async fn count(house: &House, key: &str) -> usize {
    found(house, key).await.as_array().unwrap().len()
}

#[tokio::test]
async fn whatever_is_written_is_found_at_once() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "x", "preset": "full_access" })).await;
    assert_eq!(count(&house, &key).await, 0);
    let tea = remember(&house, &key, json!({ "content": "Bo drinks tea" })).await;
    assert_eq!(count(&house, &key).await, 1, "made");
    let items = json!({ "items": [{ "content": "tea at noon" }, { "content": "tea at five" }, { "content": "bicycles in winter" }] });
    send(&house, &key, "POST", "/batch", items).await;
    assert_eq!(count(&house, &key).await, 3, "made in a batch");
    send(&house, &key, "PATCH", &format!("/{tea}"), json!({ "content": "Bo drinks coffee" })).await;
    assert_eq!(count(&house, &key).await, 2, "changed");
    send(&house, &key, "PUT", &format!("/{tea}"), json!({ "content": "Bo drinks tea again" })).await;
    assert_eq!(count(&house, &key).await, 3, "replaced");
    send(&house, &key, "DELETE", &format!("/{tea}"), Value::Null).await;
    assert_eq!(count(&house, &key).await, 2, "deleted");
    send(&house, &key, "POST", &format!("/{tea}/restore"), Value::Null).await;
    assert_eq!(count(&house, &key).await, 3, "restored");
    let newer = remember(&house, &key, json!({ "content": "Bo drinks green tea", "supersedes": tea })).await;
    let hits = found(&house, &key).await;
    let old = hits.as_array().unwrap().iter().find(|hit| hit["memory"]["id"] == json!(tea)).unwrap().clone();
    assert_eq!(old["superseded_by"], json!(newer));

    let export = house.call("GET", "/export", OWNER, None).await.body;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now();
    house.clock.advance(SignedDuration::from_secs(1));
    send(&house, &key, "DELETE", &format!("/{newer}"), Value::Null).await;
    send(&house, &key, "PATCH", &format!("/{tea}"), json!({ "content": "Bo drinks water" })).await;
    assert_eq!(count(&house, &key).await, 2);
    house.pump.drain().await.unwrap();
    let undo = json!({ "since": since });
    let undone = house.call("POST", &format!("/connections/{id}/undo"), OWNER, Some(undo)).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(count(&house, &key).await, 4, "undone");
    send(&house, &key, "DELETE", &format!("/{newer}"), Value::Null).await;
    let taken = house.call("POST", "/import?replace=true", OWNER, Some(export)).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(count(&house, &key).await, 4, "taken in");
}

#[tokio::test]
async fn what_another_process_writes_is_found_and_what_ends_is_not() {
    let house = House::new();
    let key = house.api("full_access").await;
    assert_eq!(count(&house, &key).await, 0);
    let end = house.clock.now() + SignedDuration::from_mins(5);
    let memory = json!({ "content": "tea is on the stove", "expires_at": end.to_string() });
    let made = house.send_cold(request("POST", "/v1/memories", Some(&key), Some(memory))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(count(&house, &key).await, 1);
    house.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(count(&house, &key).await, 0);
}

#[tokio::test]
async fn what_is_kept_is_one_owners() {
    let house = House::new();
    let key = house.api("full_access").await;
    remember(&house, &key, json!({ "content": "Bo drinks tea" })).await;
    let other = json!({ "kind": "api", "name": "other", "preset": "full_access" });
    let other =
        house.call("POST", "/connections", crate::harness::OTHER_OWNER, Some(other)).await.text("/key");
    for _ in 0..2 {
        assert_eq!(count(&house, &key).await, 1);
        assert_eq!(count(&house, &other).await, 0);
    }
}
