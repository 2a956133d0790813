//! What could be meant by what was typed so far.

use super::legacy;
use crate::harness::House;
use serde_json::{Value, json};

async fn complete(house: &House, key: &str, of: Value, argument: (&str, &str), known: Value) -> Value {
    let argument = json!({ "name": argument.0, "value": argument.1 });
    let asked = json!({ "ref": of, "argument": argument, "context": { "arguments": known } });
    let answer = legacy(house, key, "completion/complete", asked).await;
    let values = answer.body["result"]["completion"]["values"].clone();
    assert!(values.is_array(), "{}", answer.body);
    values
}

fn prompt(name: &str) -> Value {
    json!({ "type": "ref/prompt", "name": name })
}

fn resource(uri: &str) -> Value {
    json!({ "type": "ref/resource", "uri": uri })
}

#[tokio::test]
async fn ids_names_and_days_are_completed() {
    let house = House::new();
    let key = house.api("full_access").await;
    let make = async |path: &str, body: Value| house.call("POST", path, &key, Some(body)).await.text("/id");
    let swim = make("/v1/goals", json!({ "title": "Learn to swim" })).await;
    let walk = make("/v1/goals", json!({ "title": "Walk" })).await;
    let memory = make("/v1/memories", json!({ "content": "Likes tea" })).await;
    for name in ["books", "films"] {
        house.call("POST", "/v1/collections", &key, Some(json!({ "name": name }))).await;
    }
    let record = make("/v1/collections/books/records", json!({ "data": {} })).await;
    let (goal, of_record) =
        (resource("larder://goals/{id}/context"), resource("larder://collections/{name}/{id}"));
    for (of, argument, known, values) in [
        (prompt("decompose_goal"), ("goal_id", "SWIM"), json!({}), json!([swim])),
        (prompt("decompose_goal"), ("goal_id", ""), json!({}), json!([walk, swim])),
        (goal.clone(), ("id", &*swim), json!({}), json!([swim])),
        (resource("selfos://goals/{id}/context"), ("id", "walk"), json!({}), json!([walk])),
        (resource("larder://memories/{id}"), ("id", "mem"), json!({}), json!([memory])),
        (of_record.clone(), ("name", "b"), json!({}), json!(["books"])),
        (of_record.clone(), ("id", ""), json!({ "name": "books" }), json!([record])),
        (of_record, ("id", ""), json!({}), json!([])),
        (prompt("daily_planning"), ("date", "2027-01-15"), json!({}), json!(["2027-01-15"])),
        (goal, ("name", ""), json!({}), json!([])),
        (prompt("nothing"), ("goal_id", ""), json!({}), json!([])),
    ] {
        assert_eq!(complete(&house, &key, of.clone(), argument, known).await, values, "{of} {argument:?}");
    }
}

#[tokio::test]
async fn what_may_not_be_seen_completes_nothing() {
    let house = House::new();
    let all = house.api("full_access").await;
    house.call("POST", "/v1/goals", &all, Some(json!({ "title": "Learn to swim" }))).await;
    let goal = resource("larder://goals/{id}/context");
    for grant in [
        json!([{ "resource": "tasks", "actions": ["read"] }]),
        json!([{ "resource": "goals", "actions": ["read"], "fields": { "deny": ["title"] } }]),
    ] {
        let (_, key) = house.connect(json!({ "kind": "mcp", "name": "some", "grant": grant })).await;
        assert_eq!(complete(&house, &key, goal.clone(), ("id", "swim"), json!({})).await, json!([]));
    }
}
