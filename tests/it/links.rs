//! What a memory refers to.

use crate::harness::{House, OWNER};
use crate::memories::{api, refused, remember, send};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_referred_to_is_there_for_whoever_refers_and_may_go_later() {
    let house = House::new();
    let key = house.api("full_access").await;
    let make = |path: &'static str, body: Value| house.call("POST", path, &key, Some(body));
    let area = make("/v1/life-areas", json!({ "name": "Health" })).await.text("/id");
    let goal = make("/v1/goals", json!({ "title": "Run", "life_area_id": area })).await.text("/id");
    let task = house.task(&key, "Shoes").await;
    let old = remember(&house, &key, json!({ "content": "old" })).await;
    make("/v1/collections", json!({ "name": "films" })).await;
    let record = make("/v1/collections/films/records", json!({ "data": {} })).await.text("/id");
    let links = json!([
        { "kind": "task", "id": task }, { "kind": "goal", "id": goal }, { "kind": "life_area", "id": area },
        { "kind": "memory", "id": old }, { "kind": "record", "id": record },
    ]);
    let id = remember(&house, &key, json!({ "content": "new", "links": links, "supersedes": old })).await;
    let path = format!("/{id}");
    let got = send(&house, &key, "GET", &path, Value::Null).await.body;
    assert_eq!(
        (&got["links"], &got["life_area_id"]),
        (&links, &json!(area)),
        "of the first link that has one"
    );

    let narrow = api(
        &house,
        json!([{ "resource": "memories", "actions": ["read", "write"], "only": { "tags": ["work"] } }]),
    )
    .await;
    for (field, value, pointer) in [
        ("links", json!([links[0]]), "/links/0/id"),
        ("links", json!([links[1]]), "/links/0/id"),
        ("links", json!([links[3]]), "/links/0/id"),
        ("supersedes", json!(old), "/supersedes"),
        ("life_area_id", json!(area), "/life_area_id"),
    ] {
        let mut body = json!({ "content": "guess", "tags": ["work"] });
        body[field] = value;
        let hidden = send(&house, &narrow, "POST", "", body).await;
        refused(&hidden, pointer);
    }
    refused(&send(&house, &key, "PATCH", &path, json!({ "supersedes": id })).await, "/supersedes");

    // They go, and it stays as it is, can be changed, and comes back.
    for path in [format!("/v1/tasks/{task}"), format!("/v1/goals/{goal}"), format!("/v1/memories/{old}")] {
        assert_eq!(house.call("DELETE", &path, &key, None).await.status, 204);
    }
    let patched = send(&house, &key, "PATCH", &path, json!({ "title": "still" })).await;
    assert_eq!((patched.status.as_u16(), &patched.body["links"]), (200, &links), "{}", patched.body);
    let gone = json!([{ "kind": "task", "id": task, "relation": "x" }, links[1], { "kind": "task", "id": "task_00000000000000000000000000" }]);
    refused(&send(&house, &key, "PATCH", &path, json!({ "links": gone })).await, "/links/2/id");
    house.clock.advance(SignedDuration::from_secs(1));
    let (wild, wild_key) =
        house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await;
    let since = house.clock.now().to_string();
    assert_eq!(send(&house, &wild_key, "DELETE", &path, Value::Null).await.status, 204);
    house.pump.drain().await.unwrap();
    let undone = house
        .call("POST", &format!("/connections/{wild}/undo"), OWNER, Some(json!({ "since": since })))
        .await;
    assert_eq!(undone.body["data"][0]["did"], "restored", "{}", undone.body);
    assert_eq!(send(&house, &key, "GET", &path, Value::Null).await.body["links"], links);
}
