//! What is remembered once, and no longer than it is to be.

use crate::harness::{House, OWNER, request};
use crate::memories::{api, is_there, remember, send, tool};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_is_remembered_once_for_whoever_sees_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let id = remember(&house, &key, json!({ "content": "Bo likes tea", "tags": ["private"] })).await;
    let again = send(&house, &key, "POST", "", json!({ "content": " Bo likes tea\n", "type": "fact" })).await;
    assert_eq!((again.status.as_u16(), again.text("/id")), (200, id.clone()), "{}", again.body);
    assert_eq!((&again.body["type"], &again.body["version"]), (&json!("reflection"), &json!(1)));
    assert_eq!(
        (again.headers["etag"].to_str().unwrap(), again.headers["location"].to_str().unwrap()),
        ("\"1\"", &*format!("/v1/memories/{id}"))
    );
    assert_eq!(tool(&house, &key, "add_memory", json!({ "content": "Bo likes tea" })).await["id"], id);

    // Who does not see it, or not what it says, makes another one and learns nothing.
    let deny = json!({ "deny": ["content"] });
    for grant in [
        json!([{ "resource": "memories", "actions": ["read", "write"], "only": { "own": true } }]),
        json!([{ "resource": "memories", "actions": ["write"] }, { "resource": "memories", "actions": ["read"], "fields": deny }]),
        json!([{ "resource": "memories", "actions": ["write"] }]),
    ] {
        let narrow = api(&house, grant).await;
        let made = send(&house, &narrow, "POST", "", json!({ "content": "Bo likes tea" })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_ne!(made.text("/id"), id);
    }
    // Who may not write like this is told that, and not whether it is there.
    let grant = json!([{ "resource": "memories", "actions": ["read"] }, { "resource": "memories", "actions": ["write"], "only": { "tags": ["work"] } }]);
    let worker = api(&house, grant).await;
    send(&house, &worker, "POST", "", json!({ "content": "Bo likes tea" })).await.is_problem(403);
    let reader = house.api("read_only").await;
    send(&house, &reader, "POST", "", json!({ "content": "Bo likes tea" })).await.is_problem(403);

    // What is gone is not there already.
    let other = send(&house, &key, "POST", "", json!({ "content": "gone" })).await.text("/id");
    assert_eq!(send(&house, &key, "DELETE", &format!("/{other}"), Value::Null).await.status, 204);
    assert_ne!(remember(&house, &key, json!({ "content": "gone" })).await, other);
}

#[tokio::test]
async fn what_is_sent_again_gets_its_first_answer_even_if_nothing_was_made() {
    let house = House::new();
    let key = house.api("full_access").await;
    let id = remember(&house, &key, json!({ "content": "Bo likes tea" })).await;
    let again = || {
        let mut request =
            request("POST", "/v1/memories", Some(&key), Some(json!({ "content": "Bo likes tea" })));
        request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
        house.send(request)
    };
    assert_eq!(again().await.status, 200);
    assert_eq!(send(&house, &key, "DELETE", &format!("/{id}"), Value::Null).await.status, 204);
    let replayed = again().await;
    assert_eq!((replayed.status.as_u16(), replayed.text("/id")), (200, id));
    assert_eq!(replayed.headers["idempotency-replayed"], "true");
    let mut minimal = request("POST", "/v1/memories", Some(&key), Some(json!({ "content": "Bo likes tea" })));
    minimal.headers_mut().insert("prefer", "return=minimal".parse().unwrap());
    let made = house.send(minimal).await;
    assert_eq!((made.status.as_u16(), made.headers.contains_key("location")), (201, true));
}

#[tokio::test]
async fn an_expired_memory_is_nowhere() {
    let house = House::new();
    let key = house.api("full_access").await;
    let at = house.clock.now() + SignedDuration::from_secs(60);
    let body = json!({ "content": "The code is 4711", "expires_at": at.to_string() });
    let id = remember(&house, &key, body).await;
    let day = remember(&house, &key, json!({ "content": "today", "expires_at": "2027-01-15" })).await;
    let changed = remember(&house, &key, json!({ "content": "for good" })).await;
    let patch = json!({ "expires_at": at.to_string() });
    assert_eq!(send(&house, &key, "PATCH", &format!("/{changed}"), patch).await.status, 200);
    let trashed = remember(&house, &key, json!({ "content": "trashed", "expires_at": at.to_string() })).await;
    assert_eq!(send(&house, &key, "DELETE", &format!("/{trashed}"), Value::Null).await.status, 204);
    house.pump.drain().await.unwrap();
    let feed = async || house.call("GET", "/v1/changes?limit=100", &key, None).await.body;
    assert!(feed().await.to_string().contains("4711"));
    assert!(is_there(&house, &key, &id).await && is_there(&house, &key, &day).await);

    house.clock.advance(SignedDuration::from_secs(60));
    for gone in [&id, &changed] {
        assert!(!is_there(&house, &key, gone).await);
        let past = send(&house, &key, "GET", &format!("/{gone}/history"), Value::Null).await;
        past.is_problem(404);
        for method in ["PATCH", "DELETE"] {
            let body = if method == "PATCH" { json!({ "title": "x" }) } else { Value::Null };
            send(&house, &key, method, &format!("/{gone}"), body).await.is_problem(404);
        }
    }
    let told = feed().await;
    assert!(!told.to_string().contains("4711"), "{told}");
    let of = |id: &str| -> Vec<Value> {
        let all = told["data"].as_array().unwrap().iter().filter(|one| one["id"] == id);
        all.map(|one| one["verb"].clone()).collect()
    };
    assert_eq!(
        (of(&id), of(&changed)),
        (vec![], vec![json!("created"), json!("removed")]),
        "who has it is told that it went"
    );
    let preview = json!({ "kind": "api", "name": "x", "preset": "read_only" });
    let preview = house.call("POST", "/connections/preview", OWNER, Some(preview)).await.body;
    let seen =
        preview["resources"].as_array().unwrap().iter().find(|one| one["resource"] == "memories").unwrap();
    assert_eq!(seen["items"], 1, "{seen}");
    // The same can be remembered anew.
    remember(&house, &key, json!({ "content": "The code is 4711" })).await;
    house.clock.advance(SignedDuration::from_hours(16));
    assert!(!is_there(&house, &key, &day).await, "a day is over when it ends");
}

#[tokio::test]
async fn an_agent_that_lets_memories_expire_is_taken_back() {
    let house = House::new();
    let (mine, (wild, key)) = (
        house.api("full_access").await,
        house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await,
    );
    let kept = remember(&house, &mine, json!({ "content": "kept" })).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now();
    let soon = (since + SignedDuration::from_secs(5)).to_string();
    let ends = json!({ "expires_at": soon, "content": "x" });
    assert_eq!(send(&house, &key, "PATCH", &format!("/{kept}"), ends).await.status, 200);
    let spam = remember(&house, &key, json!({ "content": "spam", "expires_at": soon })).await;
    house.clock.advance(SignedDuration::from_secs(10));
    assert!(!is_there(&house, &mine, &kept).await);
    house.pump.drain().await.unwrap();
    let undo = json!({ "since": since.to_string() });
    let undone = house.call("POST", &format!("/connections/{wild}/undo"), OWNER, Some(undo)).await;
    let did: Vec<_> =
        undone.body["data"].as_array().unwrap().iter().map(|one| (&one["id"], &one["did"])).collect();
    assert_eq!(
        did,
        [(&json!(spam), &json!("nothing")), (&json!(kept), &json!("restored"))],
        "{}",
        undone.body
    );
    let back = send(&house, &mine, "GET", &format!("/{kept}"), Value::Null).await.body;
    assert_eq!(
        (&back["content"], back.get("expires_at"), &back["version"]),
        (&json!("kept"), None, &json!(3))
    );
}
