//! What became of each event, as its owner sees it, and what they want to be sent again.

use crate::harness::{House, OTHER_OWNER, OWNER};
use domain::outbound::Answer;
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) fn webhook() -> Value {
    let config = json!({ "target_url": "https://receiver.example/hook" });
    json!({ "kind": "webhook", "name": "Hook", "config": config })
}

/// One event that this webhook was told.
pub(crate) async fn event(house: &House, id: &str) -> String {
    let key = house.api("full_access").await;
    house.task(&key, "Milk").await;
    house.pump.drain().await.unwrap();
    list(house, id, "").await[0]["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn list(house: &House, id: &str, query: &str) -> Vec<Value> {
    let page = house.call("GET", &format!("/connections/{id}/deliveries{query}"), OWNER, None).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["data"].as_array().unwrap().clone()
}

pub(crate) async fn read(house: &House, id: &str, rest: &str) -> Value {
    house.call("GET", &format!("/connections/{id}/{rest}"), OWNER, None).await.body
}

/// All that is due until then is done.
async fn pass(house: &House, time: SignedDuration) {
    house.clock.advance(time);
    for _ in 0..3 {
        house.pump.drain().await.unwrap();
    }
}

#[tokio::test]
async fn each_event_is_listed_with_its_tries_and_found_by_what_it_is() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    let key = house.api("full_access").await;
    let secret = "sk1ABCDEFGHIJKLMNOPQRSTUVWX9";
    *house.network.body.lock().unwrap() = format!("no: {secret}").into_bytes();
    house.network.replies.lock().unwrap().extend([500, 200]);
    let task = house.task(&key, "Milk").await;
    house.pump.drain().await.unwrap();
    let [waits] = &list(&house, &id, "").await[..] else { panic!("one event expected") };
    assert_eq!(
        (&waits["state"], &waits["about"], &waits["tries"]),
        (&json!("waiting"), &json!(task), &json!(1))
    );
    assert!(waits["next_try_at"].is_string(), "{waits}");
    let attempt = &waits["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["answer"]), (&json!(500), &json!("no: [redacted]")));
    pass(&house, SignedDuration::from_secs(10)).await;
    house.call("PATCH", &format!("/v1/tasks/{task}"), &key, Some(json!({ "status": "completed" }))).await;
    house.pump.drain().await.unwrap();
    let names = async |query: &str| -> Vec<Value> {
        list(&house, &id, query).await.iter().map(|one| one["event"].clone()).collect()
    };
    assert_eq!(names("").await, ["task.completed", "task.created"], "newest first");
    assert_eq!(names("?event=task.created").await, ["task.created"]);
    assert_eq!(names("?state=delivered").await.len(), 2);
    assert_eq!(names("?since=2027-01-15T08:00:05Z").await, ["task.completed"]);
    assert_eq!(names("?until=2027-01-15T08:00:05Z").await, ["task.created"]);
    let page = read(&house, &id, "deliveries?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(names(&format!("?limit=1&cursor={cursor}")).await.len(), 1);
    let other = format!("/connections/{id}/deliveries?state=parked&cursor={cursor}");
    house.call("GET", &other, OWNER, None).await.is_problem(400);
    let one = read(&house, &id, &format!("deliveries/{}", waits["id"].as_str().unwrap())).await;
    assert_eq!((&one["state"], one["attempts"].as_array().unwrap().len()), (&json!("delivered"), 2));
}

#[tokio::test]
async fn what_was_delivered_is_sent_again_once_and_only_while_it_is_sent_to() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    let event = event(&house, &id).await;
    let first = house.network.take();
    let path = format!("/connections/{id}/deliveries/{event}/replay");
    assert_eq!(house.call("POST", &path, OWNER, None).await.status, 202);
    house.pump.drain().await.unwrap();
    let again = house.network.take();
    assert_eq!((again.len(), &again[0].body), (1, &first[0].body), "the same event, once");
    let one = read(&house, &id, &format!("deliveries/{event}")).await;
    assert!(one["attempts"][1]["again"].is_string() && one["state"] == "delivered", "{one}");
    house.call("POST", &format!("/connections/{id}/pause"), OWNER, None).await;
    house.call("POST", &path, OWNER, None).await.is_problem(409);
    assert_eq!(read(&house, &id, "health").await["state"], "paused");
    house.call("POST", &path, OTHER_OWNER, None).await.is_problem(404);
    let nothing = "evt_00000000000000000000000000";
    house.call("GET", &format!("/connections/{id}/deliveries/{nothing}"), OWNER, None).await.is_problem(404);
    let (other, _) = house.connect(json!({ "kind": "api", "name": "Script" })).await;
    for rest in ["deliveries", "health"] {
        house.call("GET", &format!("/connections/{other}/{rest}"), OWNER, None).await.is_problem(409);
    }
}

#[tokio::test]
async fn what_was_given_up_is_sent_again_with_all_its_tries_before_it() {
    let house = House::new();
    let mut once = webhook();
    once["config"]["retry_policy"] = json!({ "tries": 1 });
    let (id, _) = house.connect(once).await;
    house.network.replies.lock().unwrap().push_back(500);
    let event = event(&house, &id).await;
    assert_eq!(list(&house, &id, "?state=failed").await.len(), 1);
    let health = read(&house, &id, "health").await;
    assert_eq!((&health["failed"], &health["consecutive_failures"]), (&json!(1), &json!(1)));
    let since = json!({ "since": "2027-01-15T00:00:00Z" });
    let path = format!("/connections/{id}/deliveries/replay");
    assert_eq!(house.call("POST", &path, OWNER, Some(since)).await.status, 202);
    house.pump.drain().await.unwrap();
    assert_eq!(read(&house, &id, &format!("deliveries/{event}")).await["state"], "delivered");
    let health = read(&house, &id, "health").await;
    assert_eq!((&health["state"], &health["failed"]), (&json!("sending"), &json!(0)));
}

#[tokio::test]
async fn health_tells_what_is_parked() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    house.call("POST", &format!("/connections/{id}/pause"), OWNER, None).await;
    event(&house, &id).await;
    let health = read(&house, &id, "health").await;
    assert_eq!((&health["state"], &health["parked"]), (&json!("paused"), &json!(1)));
    assert_eq!(list(&house, &id, "?state=parked").await.len(), 1);
    house.call("POST", &format!("/connections/{id}/resume"), OWNER, None).await;
    house.pump.drain().await.unwrap();
    let health = read(&house, &id, "health").await;
    assert_eq!((&health["state"], &health["parked"]), (&json!("sending"), &json!(0)));
    *house.network.receiver.lock().unwrap() =
        Some(Box::new(|_| Ok(Answer { status: 410, retry_after: None, body: Vec::new() })));
    event(&house, &id).await;
    assert_eq!(read(&house, &id, "health").await["state"], "disabled");
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    assert_eq!(read(&house, &id, "health").await["state"], "ended");
}

#[tokio::test]
async fn what_was_delivered_stays_so_whatever_is_said_when_it_is_sent_again() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    let event = event(&house, &id).await;
    *house.network.receiver.lock().unwrap() =
        Some(Box::new(|_| Ok(Answer { status: 410, retry_after: None, body: Vec::new() })));
    let again =
        house.call("POST", &format!("/connections/{id}/deliveries/{event}/replay"), OWNER, None).await;
    assert_eq!(again.status, 202, "{}", again.body);
    house.pump.drain().await.unwrap();
    let seen = read(&house, &id, &format!("deliveries/{event}")).await;
    assert_eq!((&seen["state"], &seen["attempts"][1]["status"]), (&json!("delivered"), &json!(410)));
    assert_eq!(read(&house, &id, "health").await["state"], "disabled");
}

/// And so is what is parked: longer than that nothing is kept.
#[tokio::test]
async fn what_became_of_an_event_is_known_for_thirty_days() {
    let house = House::new();
    let (id, _) = house.connect(webhook()).await;
    event(&house, &id).await;
    let sent = house.network.take();
    assert_eq!(sent[0].caps.time.as_secs(), 15, "its receiver has so long");
    house.call("POST", &format!("/connections/{id}/pause"), OWNER, None).await;
    event(&house, &id).await;
    for (days, count) in [(29, 2), (2, 0)] {
        pass(&house, SignedDuration::from_hours(24 * days)).await;
        assert_eq!(list(&house, &id, "").await.len(), count, "after {days} days more");
        let health = read(&house, &id, "health").await;
        assert_eq!(health["parked"], json!(count / 2));
    }
}
