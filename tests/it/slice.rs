//! The whole slice: written over REST and MCP, told once in the change log, delivered once to the webhook.

use crate::harness::{House, OWNER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clock::Clock as _;
use domain::connection::Signature;
use domain::delivery::SigningSecret;
use domain::outbound::Request as Sent;
use domain::schema;
use domain::table::ChangeLog as _;
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

fn header<'a>(sent: &'a Sent, name: &str) -> &'a str {
    sent.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str()).unwrap()
}

async fn webhook(house: &House, events: Value) -> (String, SigningSecret) {
    let config =
        json!({ "target_url": "https://receiver.example/hook", "events": events, "payload": "full" });
    let input = json!({ "kind": "webhook", "name": "hook", "config": config });
    let made = house.call("POST", "/connections", OWNER, Some(input)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let secret = made.text("/signing_secret");
    let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(secret.len(), 32);
    (made.text("/connection/id"), SigningSecret::from_bytes(secret))
}

async fn drain(house: &House) -> Vec<Sent> {
    house.pump.drain().await.unwrap();
    house.network.take()
}

#[tokio::test]
async fn each_write_is_told_once() {
    let house = House::new();
    let (_, secret) = webhook(&house, json!(["task.*"])).await;
    let key = house.api("full_access").await;
    let id = house.task(&key, "Milk").await;
    let path = format!("/v1/tasks/{id}");
    let done = json!({ "status": "completed" });
    assert_eq!(house.call("PATCH", &path, &key, Some(done)).await.body["version"], 2);
    assert_eq!(house.call("DELETE", &path, &key, None).await.status, StatusCode::NO_CONTENT);
    house.call("GET", &path, &key, None).await.is_problem(404);

    let sent = drain(&house).await;
    let events: Vec<Value> = sent.iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
    let told: Vec<_> =
        events.iter().map(|event| (&event["type"], &event["data"]["object"]["status"])).collect();
    assert_eq!(
        serde_json::to_value(told).unwrap(),
        json!([["task.created", "pending"], ["task.completed", "completed"], ["task.deleted", "completed"]])
    );
    for sent in &sent {
        let id = header(sent, "webhook-id");
        let signature = secret.sign(Signature::V1, id, house.clock.now(), &sent.body).unwrap().unwrap();
        assert_eq!(header(sent, "webhook-signature"), signature);
        assert_eq!(header(sent, "webhook-timestamp"), house.clock.now().as_second().to_string());
        assert_eq!(sent.url.as_str(), "https://receiver.example/hook");
    }
    assert_eq!(drain(&house).await.len(), 0);
    // Two connections; created, updated, and the two rows of the delete: gone from the data, come to the trash.
    let changes = house.store.changes(None, 100).await.unwrap();
    assert_eq!(changes.iter().filter(|change| !change.key.sort.starts_with(schema::AUDIT)).count(), 2 + 4);
}

#[tokio::test]
async fn a_webhook_gets_what_it_asked_for_and_may_read() {
    let house = House::new();
    let (_, _) = webhook(&house, json!(["task.deleted"])).await;
    let config = json!({ "target_url": "https://blind.example" });
    house.connect(json!({ "kind": "webhook", "name": "blind", "grant": [], "config": config })).await;
    let key = house.api("full_access").await;
    let id = house.task(&key, "Milk").await;
    assert_eq!(drain(&house).await.len(), 0);
    house.call("DELETE", &format!("/v1/tasks/{id}"), &key, None).await;
    let sent = drain(&house).await;
    assert_eq!(
        sent.iter().map(|sent| sent.url.as_str()).collect::<Vec<_>>(),
        ["https://receiver.example/hook"]
    );
}

#[tokio::test]
async fn a_failed_delivery_comes_again_with_the_same_id() {
    let house = House::new();
    webhook(&house, json!([])).await;
    let key = house.api("full_access").await;
    house.network.replies.lock().unwrap().extend([500, 302]);
    house.task(&key, "Milk").await;
    let first = drain(&house).await;
    assert_eq!((first.len(), drain(&house).await.len()), (1, 0), "it waits");
    let mut ids = vec![header(&first[0], "webhook-id").to_owned()];
    for wait in [6, 360] {
        house.clock.advance(Duration::from_secs(wait).try_into().unwrap());
        let sent = drain(&house).await;
        assert_eq!(sent.len(), 1, "after {wait} s");
        ids.push(header(&sent[0], "webhook-id").to_owned());
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn what_is_revoked_gets_nothing_more_although_it_was_queued() {
    let house = House::new();
    let (id, _) = webhook(&house, json!([])).await;
    let key = house.api("full_access").await;
    house.network.replies.lock().unwrap().push_back(500);
    house.task(&key, "Milk").await;
    assert_eq!(drain(&house).await.len(), 1);
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    house.clock.advance(Duration::from_secs(3600).try_into().unwrap());
    assert_eq!(drain(&house).await.len(), 0);
    assert_eq!(house.store.next_due(None).unwrap(), None, "and nothing waits for it");
}

#[tokio::test]
async fn secrets_are_shown_once_and_stored_nowhere() {
    let house = House::new();
    let config = json!({ "target_url": "https://receiver.example/hook" });
    let input = json!({ "kind": "webhook", "name": "hook", "config": config });
    let made = house.call("POST", "/connections", OWNER, Some(input)).await;
    let (key, secret) = (made.text("/key"), made.text("/signing_secret"));
    let id = made.text("/connection/id");
    for path in ["/connections".to_owned(), format!("/connections/{id}")] {
        let seen = house.call("GET", &path, OWNER, None).await.body.to_string();
        for hidden in [&key[47..], &secret[6..], "hash", "secret"] {
            assert!(!seen.contains(hidden), "{path} shows {hidden}");
        }
    }
    let owner = domain::id::OwnerId::of("test", "one");
    let rows = domain::table::Query::prefix(owner, "");
    let rows = domain::table::Table::query(&house.store, &rows).await.unwrap().rows;
    assert!(!rows.is_empty());
    for row in rows {
        assert!(!row.body.contains(&key[47..]) && !row.body.contains(&secret[6..]), "{}", row.key.sort);
    }
}

#[tokio::test]
async fn pages_lose_and_repeat_nothing_while_others_write() {
    let house = House::new();
    let key = house.api("full_access").await;
    for n in 0..25 {
        house.task(&key, &format!("task {n}")).await;
        house.clock.advance(Duration::from_millis(1).try_into().unwrap());
    }
    let (mut titles, mut query) = (Vec::new(), "limit=10".to_owned());
    loop {
        let page = house.call("GET", &format!("/v1/tasks?{query}"), &key, None).await;
        titles.extend(page.body["data"].as_array().unwrap().iter().map(|task| task["title"].clone()));
        house.task(&key, "written meanwhile").await;
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("limit=10&cursor={cursor}");
    }
    let expected: Vec<_> = (0..25).rev().map(|n| format!("task {n}")).collect();
    assert_eq!(titles, expected, "newest first");
}

#[tokio::test]
async fn the_version_guards_against_lost_updates() {
    let house = House::new();
    let key = house.api("full_access").await;
    let id = house.task(&key, "Milk").await;
    let send = async |tag: &str, body: Value| {
        let mut request =
            crate::harness::request("PATCH", &format!("/v1/tasks/{id}"), Some(&key), Some(body));
        request.headers_mut().insert("if-match", tag.parse().unwrap());
        house.send(request).await
    };
    let changed = send("\"1\"", json!({ "description": "two litres", "due": "2026-12-24" })).await;
    assert_eq!((changed.status, changed.headers["etag"].to_str().unwrap()), (StatusCode::OK, "\"2\""));
    send("\"1\"", json!({ "title": "late" })).await.is_problem(412);
    send("nonsense", json!({ "title": "late" })).await.is_problem(400);
    let cleared = send("*", json!({ "description": null })).await;
    assert_eq!(cleared.body.get("description"), None);
    assert_eq!((&cleared.body["title"], &cleared.body["due"]), (&json!("Milk"), &json!("2026-12-24")));
}
