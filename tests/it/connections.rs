//! Provisioning: every kind through one factory, every setting checked, every change whole or not at all.

use crate::faults::{Fault, faulty};
use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use domain::clock::Clock as _;
use domain::id::OwnerId;
use domain::table::{Query, Table as _};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const HOOK: &str = "https://receiver.example/hook";

async fn make(house: &House, input: Value) -> Answer {
    house.call("POST", "/connections", OWNER, Some(input)).await
}

async fn act(house: &House, id: &str, what: &str, body: Option<Value>) -> Answer {
    house.call("POST", &format!("/connections/{id}/{what}"), OWNER, body).await
}

async fn patch(house: &House, id: &str, body: Value) -> Answer {
    house.call("PATCH", &format!("/connections/{id}"), OWNER, Some(body)).await
}

async fn refusal(house: &House, key: &str) -> String {
    let answer = house.call("GET", "/v1/tasks", key, None).await;
    answer.is_problem(401).text("/type").replace("urn:larder:problem:", "")
}

#[tokio::test]
async fn every_kind_comes_from_one_factory_with_safe_defaults() {
    let house = House::new();
    let configs = [
        ("mcp", json!({ "tools_enabled": ["list_tasks"], "access_level": "read_only", "integrations": [] })),
        ("api", json!({ "resources": ["tasks"], "response_format": "csv", "key_in": "header" })),
        (
            "webhook",
            json!({ "target_url": HOOK, "events": ["task.*"], "payload": "full", "retry_policy": { "tries": 3 }, "signature": "v1" }),
        ),
        ("sdk", json!({ "languages": ["python", "typescript"] })),
    ];
    for (kind, config) in configs {
        let made =
            make(&house, json!({ "kind": kind, "name": "One", "tags": ["home"], "config": config })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let seen = house.call("GET", made.headers["location"].to_str().unwrap(), OWNER, None).await;
        let mut expected = made.body["connection"].clone();
        expected["last_used_at"] = Value::Null;
        expected["last_used_from"] = Value::Null;
        assert_eq!(seen.body, expected);
        assert_eq!(seen.headers["etag"], "\"1\"");
        let view = &seen.body;
        for rule in view["grant"].as_array().unwrap() {
            assert_eq!(rule["actions"], json!(["read"]), "read-only unless the owner says otherwise");
        }
        assert_eq!(view["limits"], json!({ "burst": 300, "per_hour": 1000, "per_day": 10000 }));
        let days = |field: &str| view[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert_eq!(
            days("expires_at").duration_since(days("created_at")),
            SignedDuration::from_hours(24 * 90)
        );
        assert_eq!((&view["status"], &view["activity_days"]), (&json!("active"), &json!(30)));
        assert_eq!(view["created_by"], OwnerId::of("test", "one").to_string());
        assert!(made.text("/key").ends_with(&made.text("/connection/key/ends_with")));
        for (setting, value) in config.as_object().unwrap() {
            if !["access_level", "resources"].contains(&setting.as_str()) {
                assert_eq!(&view["config"][setting], value, "{kind} {setting}");
            }
        }
    }
    let slugs = house.call("GET", "/connections", OWNER, None).await;
    let mut slugs: Vec<_> =
        slugs.body["data"].as_array().unwrap().iter().map(|c| c["slug"].to_string()).collect();
    slugs.dedup();
    assert_eq!(slugs.len(), 4, "one name four times, four slugs: {slugs:?}");
}

#[tokio::test]
async fn names_hold_anything_and_slugs_are_one_owners_own() {
    let house = House::new();
    let names = ["日本語 🎉", "Ünï \u{202e} code", "'; DROP TABLE--", "</script><b>", "a\u{301}"];
    for name in names {
        let made = make(&house, json!({ "kind": "sdk", "name": name })).await;
        assert_eq!((made.status.as_u16(), made.text("/connection/name").as_str()), (201, name));
    }
    let chosen = json!({ "kind": "api", "name": "First", "slug": "mine" });
    assert_eq!(make(&house, chosen.clone()).await.status, 201);
    let taken = make(&house, chosen.clone()).await;
    assert_eq!(taken.is_problem(409).text("/type"), "urn:larder:problem:slug-taken");
    assert_eq!(house.call("POST", "/connections", OTHER_OWNER, Some(chosen)).await.status, 201);

    let second = make(&house, json!({ "kind": "api", "name": "Second" })).await.text("/connection/id");
    patch(&house, &second, json!({ "slug": "mine" })).await.is_problem(409);
    assert_eq!(patch(&house, &second, json!({ "slug": "yours" })).await.body["slug"], "yours");
    // What was given up is free again.
    assert_eq!(make(&house, json!({ "kind": "api", "name": "x", "slug": "second" })).await.status, 201);
    assert_eq!(house.call("DELETE", &format!("/connections/{second}"), OWNER, None).await.status, 204);
    assert_eq!(make(&house, json!({ "kind": "api", "name": "x", "slug": "yours" })).await.status, 201);
}

#[tokio::test]
async fn changes_are_guarded_and_whole() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "One", "description": "d" })).await;
    let path = format!("/connections/{id}");
    let changed = patch(&house, &id, json!({ "name": "Two", "limits": { "per_hour": null } })).await;
    assert_eq!((&changed.body["name"], &changed.body["description"]), (&json!("Two"), &json!("d")));
    assert_eq!(changed.body["limits"], json!({ "burst": 300, "per_hour": null, "per_day": 10000 }));
    assert_eq!((&changed.body["slug"], changed.headers["etag"].to_str().unwrap()), (&json!("one"), "\"2\""));
    assert_eq!(patch(&house, &id, json!({ "name": "Two" })).await.body["version"], 2, "nothing to write");
    for (method, body) in
        [("PATCH", json!({ "name": "late" })), ("PUT", json!({ "kind": "api", "name": "late" }))]
    {
        let mut stale = request(method, &path, Some(OWNER), Some(body));
        stale.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
        house.send(stale).await.is_problem(412);
    }
    for action in ["pause", "revoke", "rotate"] {
        let mut stale = request("POST", &format!("{path}/{action}"), Some(OWNER), None);
        stale.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
        house.send(stale).await.is_problem(412);
    }
    let put = json!({ "kind": "api", "name": "Three", "preset": "read_write", "expires_at": null });
    let put = house.call("PUT", &path, OWNER, Some(put)).await;
    assert_eq!((put.status.as_u16(), put.body.get("description")), (200, Some(&Value::Null)));
    assert_eq!((&put.body["slug"], &put.body["expires_at"]), (&json!("one"), &Value::Null));
    assert_eq!(
        house.call("POST", "/v1/tasks", &key, Some(json!({ "title": "now it may" }))).await.status,
        201
    );
    // What stands among a kind's settings does not widen rules that were written one by one.
    let narrow = json!([{ "resource": "tasks", "actions": ["read"], "only": { "tags": ["work"] } }]);
    patch(&house, &id, json!({ "grant": narrow })).await;
    patch(&house, &id, json!({ "config": { "access_level": "read_only" } })).await.is_problem(400);
    patch(&house, &id, json!({ "config": { "resources": ["tasks"] } })).await.is_problem(400);
    let seen = house.call("GET", &path, OWNER, None).await.body;
    assert_eq!(seen["grant"], narrow);
    let plain = json!({ "preset": "full_access", "config": { "resources": ["tasks"] } });
    let plain = patch(&house, &id, plain).await.body["grant"].clone();
    assert_eq!(plain, json!([{ "resource": "tasks", "actions": ["read", "write", "delete"] }]));
    let other = json!({ "kind": "mcp", "name": "Three" });
    assert_eq!(
        house.call("PUT", &path, OWNER, Some(other)).await.is_problem(400).text("/errors/0/pointer"),
        "/kind"
    );
}

#[tokio::test]
async fn a_key_says_why_it_no_longer_holds_and_when_that_was() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "One" })).await;
    assert_eq!(act(&house, &id, "pause", None).await.body["status"], "inactive");
    assert_eq!(refusal(&house, &key).await, "paused");
    assert_eq!(act(&house, &id, "resume", None).await.body["status"], "active");
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.status, 200);

    // Rotated, with an overlap: both keys hold, until the old one ends.
    let rotated = act(&house, &id, "rotate", Some(json!({ "overlap_hours": 1 }))).await;
    let new = rotated.text("/key");
    for key in [&key, &new] {
        assert_eq!(house.call("GET", "/v1/tasks", key, None).await.status, 200);
    }
    house.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(refusal(&house, &key).await, "replaced-key");
    let newest = act(&house, &id, "rotate", None).await.text("/key");
    assert_eq!(refusal(&house, &new).await, "replaced-key", "without an overlap it ends at once");
    act(&house, &id, "rotate", Some(json!({ "overlap_hours": 25 }))).await.is_problem(400);
    // An overlap that was granted before ends with the next one.
    let middle = act(&house, &id, "rotate", Some(json!({ "overlap_hours": 24 }))).await.text("/key");
    let newest = [newest, middle, act(&house, &id, "rotate", None).await.text("/key")];
    for old in &newest[..2] {
        assert_eq!(refusal(&house, old).await, "replaced-key");
    }
    let [_, _, newest] = newest;

    house.clock.advance(SignedDuration::from_hours(24 * 90));
    let expired = house.call("GET", "/v1/tasks", &newest, None).await;
    assert_eq!(expired.is_problem(401).text("/type"), "urn:larder:problem:expired");
    let end = house.call("GET", &format!("/connections/{id}"), OWNER, None).await.text("/expires_at");
    assert!(expired.text("/detail").contains(&end), "{}", expired.body);
    let later = (house.clock.now() + SignedDuration::from_hours(24)).to_string();
    assert_eq!(patch(&house, &id, json!({ "expires_at": later })).await.status, 200);
    assert_eq!(house.call("GET", "/v1/tasks", &newest, None).await.status, 200);

    let revoked = act(&house, &id, "revoke", None).await;
    let said = house.call("GET", "/v1/tasks", &newest, None).await;
    assert_eq!(said.is_problem(401).text("/type"), "urn:larder:problem:revoked");
    assert!(said.text("/detail").contains(&revoked.text("/revoked_at")), "{}", said.body);
    assert_eq!(act(&house, &id, "revoke", None).await.body["version"], revoked.body["version"]);
    for action in ["resume", "pause", "rotate"] {
        assert_eq!(
            act(&house, &id, action, None).await.is_problem(409).text("/type"),
            "urn:larder:problem:revoked"
        );
    }
    patch(&house, &id, json!({ "name": "zombie" })).await.is_problem(409);
    assert_eq!(house.call("DELETE", &format!("/connections/{id}"), OWNER, None).await.status, 204);
    assert_eq!(refusal(&house, &newest).await, "deleted");

    let mistyped = format!("{}x", &newest[..88]);
    assert_eq!(refusal(&house, &mistyped).await, "mistyped-key");
    assert_eq!(refusal(&house, "sk-something-else").await, "unknown-key");
}

/// Whatever call fails, either the whole connection is there or nothing of it, and the next try works.
#[tokio::test]
async fn a_store_that_fails_leaves_nothing_half_made() {
    let owner = OwnerId::of("test", "one");
    let mut failures = 0;
    for call in 1.. {
        let left = Arc::new(AtomicI64::new(0));
        let house = faulty(&left, Fault::Broken);
        let (id, _) = house.connect(json!({ "kind": "api", "name": "first" })).await;
        left.store(call, Ordering::SeqCst);
        let webhook =
            json!({ "kind": "webhook", "name": "hook", "slug": "hook", "config": { "target_url": HOOK } });
        let made = make(&house, webhook.clone()).await;
        let renamed = patch(&house, &id, json!({ "slug": "renamed", "expires_at": null })).await;
        let rotated = act(&house, &id, "rotate", None).await;
        let deleted = house.call("DELETE", &format!("/connections/{id}"), OWNER, None).await;
        let all_went_well = left.swap(0, Ordering::SeqCst) > 0;
        let statuses = [made.status, renamed.status, rotated.status, deleted.status].map(|s| s.as_u16());
        if all_went_well {
            assert_eq!(statuses, [201, 200, 200, 204]);
            break;
        }
        failures += 1;
        assert_eq!(statuses.iter().filter(|status| **status >= 500).count(), 1, "{statuses:?}");
        let rows = house.store.query(&Query::prefix(owner, "")).await.unwrap().rows;
        let of = |kind: &str| rows.iter().filter(|row| row.key.sort.starts_with(kind)).collect::<Vec<_>>();
        for row in of("slug/") {
            let connection = row.body.trim_matches('"');
            let held = of("conn/").into_iter().find(|row| row.key.sort.ends_with(connection));
            let held: Value = serde_json::from_str(&held.unwrap().body).unwrap();
            assert_eq!(row.key.sort, format!("slug/{}", held["slug"].as_str().unwrap()), "call {call}");
        }
        assert_eq!(of("slug/").len(), of("conn/").len(), "after call {call} failed");
        if statuses[0] >= 500 {
            assert_eq!(make(&house, webhook).await.status, 201, "and the next try works");
        }
    }
    assert!(failures >= 8, "{failures}");
}

#[tokio::test]
async fn a_webhook_may_be_told_of_connections() {
    let house = House::new();
    let grant = json!([{ "resource": "connections", "actions": ["read"] }]);
    let config = json!({ "target_url": HOOK, "events": ["connection.*"], "payload": "full" });
    let watch = json!({ "kind": "webhook", "name": "watch", "grant": grant, "config": config });
    let (_, watcher) = house.connect(watch).await;
    let blind = json!({ "kind": "webhook", "name": "blind", "preset": "full_access", "config": { "target_url": "https://blind.example" } });
    house.connect(blind).await;
    house.pump.drain().await.unwrap();
    house.network.take();

    let (id, _) = house.connect(json!({ "kind": "api", "name": "One" })).await;
    patch(&house, &id, json!({ "name": "Two" })).await;
    act(&house, &id, "pause", None).await;
    act(&house, &id, "resume", None).await;
    act(&house, &id, "rotate", None).await;
    act(&house, &id, "revoke", None).await;
    house.call("DELETE", &format!("/connections/{id}"), OWNER, None).await;
    house.pump.drain().await.unwrap();
    let told: Vec<Value> = house
        .network
        .take()
        .iter()
        .map(|sent| {
            assert_eq!(sent.url.as_str(), HOOK, "nobody else is told");
            for secret in ["hash", "secret", "old_keys"] {
                assert!(!sent.body.contains(secret), "{}", sent.body);
            }
            serde_json::from_str(&sent.body).unwrap()
        })
        .collect();
    let types: Vec<_> =
        told.iter().map(|event| event["type"].as_str().unwrap().replace("connection.", "")).collect();
    assert_eq!(types, ["created", "updated", "paused", "updated", "rotated", "revoked", "deleted"]);
    assert_eq!(told[1]["data"]["changed"], json!(["name"]));
    assert!(told.iter().all(|event| event["data"]["id"] == id));
    // Being told is not managing.
    house.call("GET", "/connections", &watcher, None).await.is_problem(403);
}
