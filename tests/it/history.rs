//! What is kept of changes, and what a connection sees of it: one item's history, and the feed that clients follow.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER};
use crate::sealing::{Deed, house as house_with_deeds};
use domain::conformance::op;
use domain::history::Line;
use domain::id::{OwnerId, RequestId};
use domain::shelf::Source;
use domain::table::Table as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) async fn get(house: &House, path: &str, key: &str) -> Answer {
    let answer = house.call("GET", path, key, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer
}

pub(crate) async fn patch(house: &House, key: &str, id: &str, patch: Value) {
    let answer = house.call("PATCH", &format!("/v1/tasks/{id}"), key, Some(patch)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn delete(house: &House, key: &str, id: &str) {
    assert_eq!(house.call("DELETE", &format!("/v1/tasks/{id}"), key, None).await.status, 204);
}

/// Everything since then, in as many pages as it takes, and where to go on.
async fn follow(house: &House, key: &str, since: Option<String>, limit: usize) -> (Vec<Value>, String) {
    let (mut all, mut since) = (Vec::new(), since);
    loop {
        let from = since.map(|since| format!("&since={since}")).unwrap_or_default();
        let page = get(house, &format!("/v1/changes?limit={limit}{from}"), key).await;
        all.extend(page.body["data"].as_array().unwrap().iter().cloned());
        let next = page.text("/next_cursor");
        if page.body["has_more"] == false {
            return (all, next);
        }
        since = Some(next);
    }
}

fn verbs(changes: &[Value]) -> Vec<(&str, &str)> {
    changes.iter().map(|it| (it["id"].as_str().unwrap(), it["verb"].as_str().unwrap())).collect()
}

async fn scoped(house: &House, grant: Value) -> String {
    house.connect(json!({ "kind": "api", "name": "scoped", "grant": grant })).await.1
}

#[tokio::test]
async fn whoever_follows_the_feed_misses_nothing_and_hears_nothing_twice() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "full", "preset": "full_access" })).await;
    let (milk, bread) = (house.task(&key, "Milk").await, house.task(&key, "Bread").await);
    patch(&house, &key, &milk, json!({ "title": "Oat milk", "labels": ["x"] })).await;
    house.pump.drain().await.unwrap();
    for limit in [1, 2, 100] {
        let (all, next) = follow(&house, &key, None, limit).await;
        let wanted = [(milk.as_str(), "created"), (bread.as_str(), "created"), (milk.as_str(), "updated")];
        assert_eq!(verbs(&all), wanted);
        assert_eq!(all[2]["fields"], json!(["labels", "title"]));
        assert_eq!((&all[2]["by"], &all[2]["version"]), (&json!("own"), &json!(2)));
        assert_eq!(all[2]["object"], get(&house, &format!("/v1/tasks/{milk}"), &key).await.body);
        assert_eq!(follow(&house, &key, Some(next), limit).await.0, [] as [Value; 0]);
    }
    let (_, next) = follow(&house, &key, Some("now".to_owned()), 100).await;
    delete(&house, &key, &milk).await;
    let (none, next) = follow(&house, &key, Some(next), 100).await;
    assert!(none.is_empty(), "what is not sealed yet has no place yet");
    house.pump.drain().await.unwrap();
    let other = house.api("read_only").await;
    house.store.set_bookmark("0".to_owned()).await.unwrap();
    house.pump.drain().await.unwrap();
    let (all, _) = follow(&house, &key, Some(next.clone()), 100).await;
    assert_eq!(verbs(&all), [(milk.as_str(), "removed")], "once, however often the stream repeats it");
    assert_eq!(all[0].as_object().unwrap().len(), 4, "its id only: {}", all[0]);
    let (all, _) = follow(&house, &other, None, 100).await;
    assert_eq!(all[0]["by"], json!(id), "a cursor is the owner's, what it shows is the connection's");
    let (again, _) = follow(&house, &other, Some(next), 100).await;
    assert_eq!(verbs(&again), [(milk.as_str(), "removed")]);
}

#[tokio::test]
async fn what_a_grant_hides_is_in_no_history_and_no_feed() {
    let house = House::new();
    let key = house.api("full_access").await;
    let work = json!([{ "resource": "tasks", "actions": ["read"], "only": { "tags": ["work"] },
                        "fields": { "deny": ["description", "source"] } }]);
    let narrow = scoped(&house, work).await;
    let id = house.task(&key, "Secret beginnings").await;
    let hidden = house.task(&key, "Never shown").await;
    for change in [
        json!({ "labels": ["work"], "title": "Plan", "description": "SECRET" }),
        json!({ "description": "SECRET too" }),
        json!({ "title": "Plan B", "description": "SECRET again" }),
        json!({ "labels": [], "title": "SECRET title" }),
        json!({ "title": "SECRET still" }),
    ] {
        patch(&house, &key, &id, change).await;
    }
    house.pump.drain().await.unwrap();
    let (all, next) = follow(&house, &narrow, None, 1).await;
    let id_of = id.as_str();
    assert_eq!(verbs(&all), [(id_of, "created"), (id_of, "updated"), (id_of, "removed")]);
    assert_eq!(all[1]["fields"], json!(["title"]), "{}", all[1]);
    assert!(all.iter().all(|change| change.get("by").is_none()), "who wrote is hidden");
    let said = json!(all).to_string();
    assert!(!said.to_lowercase().contains("secret") && !said.contains(&hidden), "{said}");
    for id in [&id, &hidden] {
        house.call("GET", &format!("/v1/tasks/{id}/history"), &narrow, None).await.is_problem(404);
    }
    patch(&house, &key, &id, json!({ "labels": ["work"], "title": "Plan C" })).await;
    house.pump.drain().await.unwrap();
    let (all, _) = follow(&house, &narrow, Some(next), 1).await;
    assert_eq!(verbs(&all), [(id_of, "created")], "it comes back as a new one");
    let past = get(&house, &format!("/v1/tasks/{id}/history"), &narrow).await.body;
    let verbs: Vec<_> = past["data"].as_array().unwrap().iter().map(|it| it["verb"].clone()).collect();
    assert_eq!(verbs, ["created", "removed", "updated", "created"], "{past}");
    assert!(!past.to_string().to_lowercase().contains("secret"), "{past}");
}

#[tokio::test]
async fn an_item_has_a_history_also_when_it_is_deleted() {
    let house = House::new();
    let key = house.api("full_access").await;
    let reader = house.api("read_only").await;
    let id = house.task(&key, "Milk").await;
    for title in ["Bread", "Butter", "Tea"] {
        patch(&house, &key, &id, json!({ "title": title })).await;
    }
    delete(&house, &key, &id).await;
    house.pump.drain().await.unwrap();
    let path = format!("/v1/tasks/{id}/history");
    let all = get(&house, &path, &reader).await.body;
    let titles = |state: &str| -> Vec<Value> {
        all["data"].as_array().unwrap().iter().map(|it| it[state]["title"].clone()).collect()
    };
    assert_eq!(json!(titles("before")), json!(["Tea", "Butter", "Bread", "Milk", null]));
    assert_eq!(json!(titles("after")), json!([null, "Tea", "Butter", "Bread", "Milk"]));
    let first = get(&house, &format!("{path}?limit=2"), &reader).await;
    let rest = format!("{path}?limit=100&cursor={}", first.text("/next_cursor"));
    let rest = get(&house, &rest, &reader).await.body;
    assert_eq!(
        [first.body["data"].as_array().unwrap().clone(), rest["data"].as_array().unwrap().clone()].concat(),
        *all["data"].as_array().unwrap()
    );
    let versions: Vec<_> = all["data"].as_array().unwrap().iter().map(|it| it["version"].clone()).collect();
    assert_eq!(versions, [5, 4, 3, 2, 1], "a delete counts, too");
    let input = json!({ "kind": "api", "name": "other", "preset": "full_access" });
    let other = house.call("POST", "/connections", OTHER_OWNER, Some(input)).await.text("/key");
    house.call("GET", &path, &other, None).await.is_problem(404);
    let theirs = format!("{path}?cursor={}", first.text("/next_cursor"));
    house.call("GET", &theirs, &other, None).await.is_problem(400);
    assert_eq!(follow(&house, &other, None, 100).await.0, [] as [Value; 0]);
}

#[tokio::test]
async fn a_cursor_that_is_too_old_says_so() {
    let house = House::new();
    let key = house.connect(json!({ "kind": "api", "name": "x", "expires_at": null })).await.1;
    let writer =
        house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access", "expires_at": null }));
    let writer = writer.await.1;
    house.task(&writer, "Milk").await;
    house.pump.drain().await.unwrap();
    let (_, cursor) = follow(&house, &key, Some("now".to_owned()), 100).await;
    house.clock.advance(SignedDuration::from_hours(24 * 89));
    let (_, newer) = follow(&house, &key, Some(cursor.clone()), 100).await;
    assert_eq!(follow(&house, &key, None, 100).await.0.len(), 1);
    house.clock.advance(SignedDuration::from_hours(24 * 3));
    let gone = house.call("GET", &format!("/v1/changes?since={cursor}"), &key, None).await;
    assert_eq!(gone.is_problem(410).text("/type"), "urn:larder:problem:cursor-expired");
    assert_eq!(follow(&house, &key, None, 100).await.0.len(), 0);
    let id = house.task(&writer, "Bread").await;
    house.pump.drain().await.unwrap();
    for since in [None, Some(newer)] {
        house.clock.advance(SignedDuration::from_secs(60));
        let (all, _) = follow(&house, &key, since, 100).await;
        assert_eq!(verbs(&all), [(id.as_str(), "created")]);
    }
    for wrong in ["since=x", "since=", "limit=0", "limit=101", "cursor=x"] {
        house.call("GET", &format!("/v1/changes?{wrong}"), &key, None).await.is_problem(400);
    }
}

/// What a query on DynamoDB can see of a transaction that is just being written: a later line and not yet the one before.
#[tokio::test]
async fn nobody_overtakes_a_line_that_is_still_to_come() {
    let house = House::new();
    let key = house.api("full_access").await;
    let owner = OwnerId::of("test", "one");
    house.task(&key, "first").await;
    house.pump.drain().await.unwrap();
    let source = Source::of(None, RequestId::from_bytes([1; 16]));
    let now = house.app.clock.now();
    let line = |what: &str| Line { what: what.to_owned(), version: 1, at: now, source, sealed_at: now };
    house.store.put(line("task/late").put(owner, 3).unwrap(), op()).await.unwrap();
    let page = get(&house, "/v1/changes", &key).await;
    assert_eq!((page.body["data"].as_array().unwrap().len(), &page.body["has_more"]), (1, &json!(true)));
    let since = page.text("/next_cursor");
    let page = get(&house, &format!("/v1/changes?since={since}"), &key).await;
    assert_eq!((&page.body["data"], &page.body["has_more"]), (&json!([]), &json!(true)));
    let since = page.text("/next_cursor");
    house.task(&key, "second").await;
    let second = line("task/second").put(owner, 2).unwrap();
    house.store.put(second, op()).await.unwrap();
    let page = get(&house, &format!("/v1/changes?since={since}"), &key).await;
    assert_eq!(page.body["has_more"], false);
}

#[tokio::test]
async fn a_failure_at_any_call_keeps_each_change_once() {
    for deed in [|| Deed::FailBefore, || Deed::FailAfter] {
        for call in 1.. {
            let (house, nth) = house_with_deeds();
            let key = house.api("full_access").await;
            let id = house.task(&key, "Milk").await;
            patch(&house, &key, &id, json!({ "title": "Bread" })).await;
            nth.plan(call, deed());
            let failed = house.pump.drain().await.is_err();
            if !nth.is_done() {
                assert!(call > 3, "it is kept, read and sealed");
                break;
            }
            assert!(failed, "call {call}");
            house.pump.drain().await.unwrap();
            let (all, _) = follow(&house, &key, None, 100).await;
            assert_eq!(verbs(&all), [(id.as_str(), "created"), (id.as_str(), "updated")], "call {call}");
            let past = get(&house, &format!("/v1/tasks/{id}/history"), &key).await.body;
            assert_eq!(past["data"].as_array().unwrap().len(), 2, "call {call}");
        }
    }
}

#[tokio::test]
async fn more_changes_than_one_transaction_takes_are_numbered_without_a_gap() {
    let house = House::new();
    let key = house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access",
                                    "limits": { "burst": null } }));
    let key = key.await.1;
    let mut made = Vec::new();
    for nth in 0..130 {
        made.push(house.task(&key, &format!("task {nth}")).await);
    }
    house.pump.drain().await.unwrap();
    let (all, _) = follow(&house, &key, None, 100).await;
    assert_eq!(all.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(), made);
    house.call("GET", "/v1/changes", OWNER, None).await.is_problem(401);
    let nothing = scoped(&house, json!([{ "resource": "connections", "actions": ["read"] }])).await;
    house.call("GET", "/v1/changes", &nothing, None).await.is_problem(403);
}
