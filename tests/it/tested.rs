//! Events that never happened, which an owner has sent to see how they arrive.

use crate::deliveries::{list, read, webhook};
use crate::faults::{Fault, faulty};
use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use http::header;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

async fn ask(house: &House, id: &str, body: Option<Value>) -> Answer {
    house.call("POST", &format!("/connections/{id}/deliveries/test"), OWNER, body).await
}

/// What arrives of a test of this event.
async fn sent(house: &House, id: &str, event: &str) -> Value {
    let asked = ask(house, id, Some(json!({ "event": event }))).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    house.pump.drain().await.unwrap();
    let sent = house.network.take();
    assert_eq!(sent.len(), 1, "once");
    let header = sent[0].headers.iter().find(|(name, _)| *name == "webhook-id").unwrap();
    assert_eq!(header.1, asked.text("/id"));
    serde_json::from_str(&sent[0].body).unwrap()
}

async fn hook(house: &House, config: Value, grant: Value) -> String {
    let mut input = webhook();
    input["config"].as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    input["grant"] = grant;
    house.connect(input).await.0
}

fn reads(resource: &str) -> Value {
    json!([{ "resource": resource, "actions": ["read"] }])
}

#[tokio::test]
async fn a_test_says_nothing_but_that_it_arrives() {
    let house = House::new();
    let id = hook(&house, json!({ "events": ["goal.*"] }), reads("goals")).await;
    let asked = ask(&house, &id, None).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    house.pump.drain().await.unwrap();
    let body: Value = serde_json::from_str(&house.network.take()[0].body).unwrap();
    let told = json!({ "id": id, "changed": [], "test": true });
    assert_eq!((&body["type"], &body["data"]), (&json!("larder.test"), &told));
    let one = read(&house, &id, &format!("deliveries/{}", asked.text("/id"))).await;
    assert_eq!(
        (&one["state"], &one["event"], &one["about"]),
        (&json!("delivered"), &json!("larder.test"), &json!(id))
    );
    assert!(one["attempts"][0]["again"].is_string() && one["tries"] == 0 && one["test"] == true, "{one}");
    let schema = house.send(request("GET", "/schemas/v1/larder.test", None, None)).await.body;
    assert_eq!(schema["examples"][0]["data"]["test"], true);
}

#[tokio::test]
async fn a_test_of_an_event_is_its_schemas_example_as_the_webhook_would_be_told_it() {
    let house = House::new();
    let masked = json!([
        { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["labels", "source"] } },
        { "resource": "collections", "actions": ["read"] },
    ]);
    let full = hook(&house, json!({ "payload": "full" }), masked).await;
    let told = sent(&house, &full, "task.created").await;
    let object = told["data"]["object"].as_object().unwrap();
    assert_eq!((&told["type"], &told["data"]["test"]), (&json!("task.created"), &json!(true)));
    assert!(object.contains_key("title") && !object.contains_key("labels"), "{told}");
    assert!(told["data"].get("source").is_none() && !told["data"]["changed"].to_string().contains("labels"));
    let told = sent(&house, &full, "record.films.updated").await;
    assert_eq!(
        (&told["type"], &told["data"]["object"]["collection"]),
        (&json!("record.films.updated"), &json!("films"))
    );
    assert!(told["data"]["link"].as_str().unwrap().starts_with("/v1/collections/films/records/"));
    assert_eq!(sent(&house, &full, "task.completed").await["data"]["object"]["status"], "completed");
    assert!(sent(&house, &full, "task.deleted").await["data"].get("link").is_none());
    let thin = hook(&house, json!({}), reads("tasks")).await;
    let told = sent(&house, &thin, "task.updated").await;
    assert_eq!((told["data"].get("object"), &told["data"]["changed"]), (None, &json!(["title"])));
    // Nobody made the change, and nobody's item is told.
    assert_eq!(told["data"]["source"], Value::Null);
}

#[tokio::test]
async fn a_webhook_is_tested_with_nothing_that_it_would_not_be_told() {
    let house = House::new();
    let grant = json!([
        { "resource": "tasks", "actions": ["read"] },
        { "resource": "collections", "actions": ["read"] },
    ]);
    let id = hook(&house, json!({ "events": ["task.*", "record.books.*"] }), grant).await;
    for (event, why) in [
        ("task.flown", "there is no event `task.flown`"),
        ("task.*", "is not told"),
        ("*", "is not told"),
        ("goal.created", "is not told"),
        ("record.films.created", "is not told"),
        ("connection.created", "is not told"),
        ("", "there is no event"),
    ] {
        let refused = ask(&house, &id, Some(json!({ "event": event }))).await;
        refused.is_problem(400);
        assert_eq!(refused.body["errors"][0]["pointer"], "/event");
        assert!(refused.text("/detail").contains(why), "{event}: {}", refused.body);
    }
    let all = hook(&house, json!({ "events": [] }), reads("tasks")).await;
    ask(&house, &all, Some(json!({ "event": "goal.created" }))).await.is_problem(400);
    let path = format!("/connections/{id}/deliveries/test");
    house.call("POST", &path, OTHER_OWNER, None).await.is_problem(404);
    let (script, _) = house.connect(json!({ "kind": "api", "name": "Script" })).await;
    ask(&house, &script, None).await.is_problem(409);
    house.call("POST", &format!("/connections/{id}/pause"), OWNER, None).await;
    ask(&house, &id, None).await.is_problem(409);
    house.pump.drain().await.unwrap();
    assert_eq!(house.network.take().len(), 0);
}

#[tokio::test]
async fn a_test_that_fails_harms_nobody_and_one_that_is_taken_lets_the_rest_follow() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    let mut gone = Vec::new();
    house.network.answers(|_| (410, Some("3600".to_owned())));
    for _ in 0..6 {
        gone.push(ask(&house, &id, None).await.text("/id"));
        house.clock.advance(SignedDuration::from_secs(2));
        house.pump.drain().await.unwrap();
    }
    assert_eq!(house.network.take().len(), 6, "each once");
    let health = read(&house, &id, "health").await;
    let counted = ["state", "consecutive_failures", "failed", "parked"].map(|name| health[name].clone());
    assert_eq!(counted, [json!("sending"), json!(0), json!(0), json!(0)]);
    assert_eq!(list(&house, &id, "?state=failed").await.len(), 6);
    // What was given up is sent again, but for tests.
    let since = json!({ "since": "2027-01-15T00:00:00Z" });
    house.call("POST", &format!("/connections/{id}/deliveries/replay"), OWNER, Some(since)).await;
    house.pump.drain().await.unwrap();
    assert_eq!(house.network.take().len(), 0);

    let key = house.api("full_access").await;
    house.network.answers(|_| (500, None));
    for number in 0..6 {
        house.task(&key, &format!("{number}")).await;
        house.clock.advance(SignedDuration::from_secs(1));
        house.pump.drain().await.unwrap();
    }
    assert_eq!(read(&house, &id, "health").await["state"], "parking");
    house.network.answers(|_| (200, None));
    house.network.take();
    // The last of them is sent again.
    let path = format!("/connections/{id}/deliveries/{}/replay", gone[5]);
    assert_eq!(house.call("POST", &path, OWNER, None).await.status, 202);
    house.pump.drain().await.unwrap();
    let sent = house.network.take();
    let first: Value = serde_json::from_str(&sent[0].body).unwrap();
    assert_eq!((&first["type"], sent.len() > 1), (&json!("larder.test"), true), "what was parked follows");
    let one = read(&house, &id, &format!("deliveries/{}", gone[5])).await;
    assert_eq!((&one["state"], one["attempts"].as_array().unwrap().len()), (&json!("delivered"), 2));
    assert_eq!(read(&house, &id, "health").await["state"], "sending");
}

#[tokio::test]
async fn what_is_asked_for_is_sent_once_and_not_into_a_pause() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    let path = format!("/connections/{id}/deliveries/test");
    let again = || {
        let mut call = request("POST", &path, Some(OWNER), None);
        call.headers_mut().insert("idempotency-key", "one".parse().unwrap());
        call
    };
    let first = house.send(again()).await;
    let second = house.send(again()).await;
    assert_eq!((&first.body, second.headers.contains_key("idempotency-replayed")), (&second.body, true));
    assert!(!first.headers.contains_key(header::ETAG));
    house.pump.drain().await.unwrap();
    assert_eq!(house.network.take().len(), 1);
    // Paused between the answer and the try.
    let late = ask(&house, &id, None).await.text("/id");
    let replayed = format!("/connections/{id}/deliveries/{}/replay", first.text("/id"));
    assert_eq!(house.call("POST", &replayed, OWNER, None).await.status, 202);
    house.call("POST", &format!("/connections/{id}/pause"), OWNER, None).await;
    house.pump.drain().await.unwrap();
    assert_eq!(house.network.take().len(), 0);
    let state = async |event: &str| read(&house, &id, &format!("deliveries/{event}")).await["state"].clone();
    assert_eq!((state(&late).await, state(&first.text("/id")).await), (json!("failed"), json!("delivered")));
}

/// The store fails at its nth call, for every n, from what is asked to what is written of it.
#[tokio::test]
async fn what_is_asked_for_is_never_lost_wherever_the_store_fails() {
    let left = Arc::new(AtomicI64::new(0));
    let house = faulty(&left, Fault::Broken);
    let (id, _) = house.connect(webhook()).await;
    house.pump.drain().await.unwrap();
    for call in 1.. {
        left.store(call, Ordering::SeqCst);
        let asked = house.call("POST", &format!("/connections/{id}/deliveries/test"), OWNER, None).await;
        let _ = house.pump.drain().await;
        let more = left.swap(0, Ordering::SeqCst);
        house.clock.advance(SignedDuration::from_mins(2));
        house.pump.drain().await.unwrap();
        let sent = house.network.take();
        if asked.status == 202 {
            let one = read(&house, &id, &format!("deliveries/{}", asked.text("/id"))).await;
            assert_eq!(one["state"], "delivered", "call {call} failed: {one}");
        }
        let least = usize::from(asked.status == 202);
        assert!((least..=2).contains(&sent.len()), "{} sent when call {call} failed", sent.len());
        if more > 0 {
            assert!(call > 5, "only {call} calls");
            return;
        }
    }
}
