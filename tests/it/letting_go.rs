//! What refers to something that goes lets go of it: all of it, many at a time, whoever writes meanwhile.

use crate::harness::{House, OWNER};
use crate::hooked::{Hook, Hooked};
use crate::idempotency::Breaks;
use crate::lives::{is_sound, rows};
use async_trait::async_trait;
use domain::clock::Clock as _;
use domain::conformance::op;
use domain::id::OwnerId;
use domain::table::{Expect, Put, RowKey, Table};
use domain::{Error, Result};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

async fn make(house: &House, key: &str, path: &str, body: Value) -> String {
    let made = house.call("POST", path, key, Some(body)).await;
    assert_eq!(made.status, 201, "{path}: {}", made.body);
    format!("{path}/{}", made.text("/id"))
}

async fn get(house: &House, key: &str, path: &str) -> Value {
    house.call("GET", path, key, None).await.body
}

async fn delete(house: &House, key: &str, path: &str) {
    let gone = house.call("DELETE", path, key, None).await;
    assert_eq!(gone.status, 204, "{path}: {}", gone.body);
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// So many tasks, each with these fields.
async fn tasks(house: &House, key: &str, count: usize, fields: Value) {
    for start in (0..count).step_by(25) {
        let items = (start..count.min(start + 25)).map(|nth| {
            let mut task = fields.clone();
            task["title"] = json!(nth.to_string());
            task
        });
        let items: Vec<_> = items.collect();
        let made = house.call("POST", "/v1/tasks/batch", key, Some(json!({ "items": items }))).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
}

async fn unlimited(house: &House) -> (String, String) {
    let limits = json!({ "burst": null, "per_hour": null, "per_day": null });
    house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access", "limits": limits })).await
}

async fn undo(house: &House, of: &str, since: &str) -> Value {
    house.pump.drain().await.unwrap();
    house.clock.advance(SignedDuration::from_secs(1));
    let (path, body) = (format!("/connections/{of}/undo"), json!({ "since": since }));
    let done = house.call("POST", &path, OWNER, Some(body)).await;
    assert_eq!((done.status.as_u16(), &done.body["counts"]["conflicts"]), (200, &json!(0)), "{}", done.body);
    done.body
}

#[tokio::test]
async fn parts_and_what_waits_stay_without_a_task_that_goes_and_an_undo_brings_it_back() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (wild, key) = unlimited(&house).await;
    let whole = make(&house, &mine, "/v1/tasks", json!({ "title": "whole" })).await;
    let other = make(&house, &mine, "/v1/tasks", json!({ "title": "other" })).await;
    let part = json!({ "title": "part", "parent_id": id(&whole), "depends_on": [id(&whole)] });
    let part = make(&house, &mine, "/v1/tasks", part).await;
    let waits = json!({ "title": "waits", "depends_on": [id(&other), id(&whole)] });
    let waits = make(&house, &mine, "/v1/tasks", waits).await;
    let stopped = json!({ "title": "stopped", "depends_on": [id(&whole)] });
    let stopped = make(&house, &mine, "/v1/tasks", stopped).await;
    house.call("PATCH", &stopped, &mine, Some(json!({ "depends_on": [] }))).await;
    let before = [get(&house, &mine, &part).await, get(&house, &mine, &waits).await];
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    delete(&house, &key, &whole).await;
    let now = get(&house, &mine, &part).await;
    assert_eq!((now.get("parent_id"), &now["depends_on"]), (None, &json!([])));
    assert_eq!(get(&house, &mine, &waits).await["depends_on"], json!([id(&other)]));
    assert_eq!(get(&house, &mine, &stopped).await["version"], 2, "it did not wait any more");
    undo(&house, &wild, &since).await;
    for (path, before) in [&part, &waits].into_iter().zip(before) {
        let now = get(&house, &mine, path).await;
        for field in ["parent_id", "depends_on"] {
            assert_eq!(now.get(field), before.get(field), "{path}");
        }
    }
    delete(&house, &key, &whole).await;
    assert_eq!(get(&house, &mine, &waits).await["depends_on"], json!([id(&other)]), "it is known again");
    assert_eq!(rows(&house, "wait/").await.len(), 1, "of the other one only");
}

#[tokio::test]
async fn a_goal_of_which_one_sees_less_than_where_it_belongs_can_go() {
    let house = House::new();
    let key = house.api("full_access").await;
    let above = make(&house, &key, "/v1/goals", json!({ "title": "above" })).await;
    let goal = json!({ "title": "goal", "tags": ["work"], "parent_id": id(&above) });
    let goal = make(&house, &key, "/v1/goals", goal).await;
    let below = make(&house, &key, "/v1/goals", json!({ "title": "below", "parent_id": id(&goal) })).await;
    let grant = json!([{ "resource": "goals", "actions": ["read", "delete"], "only": { "tags": ["work"] } }]);
    let narrow = house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await.1;
    delete(&house, &narrow, &goal).await;
    assert_eq!(get(&house, &key, &below).await["parent_id"], id(&above));
}

/// Counts the calls to the store.
struct Counts(Arc<AtomicI64>);

#[async_trait]
impl Hook for Counts {
    async fn before(&self) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn many_tasks_let_go_of_a_goal_in_few_transactions_and_come_back_in_pages() {
    let calls = Arc::new(AtomicI64::new(0));
    let count = || Counts(Arc::clone(&calls));
    let house = House::on(|inner| Arc::new(Hooked { inner, hook: count() }));
    let (wild, key) = unlimited(&house).await;
    let goal = make(&house, &key, "/v1/goals", json!({ "title": "much" })).await;
    tasks(&house, &key, 500, json!({ "goal_id": id(&goal) })).await;
    let before = get(&house, &key, &goal).await["tally"].clone();
    assert_eq!(before["tasks"], 500);
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    calls.store(0, Ordering::SeqCst);
    delete(&house, &key, &goal).await;
    let spent = calls.load(Ordering::SeqCst);
    assert!(spent < 30, "{spent} calls");
    let left = rows(&house, "data/task/").await;
    assert!(left.len() == 500 && left.values().all(|task| task.get("goal_id").is_none()));
    house.pump.drain().await.unwrap();
    let path = format!("/connections/{wild}/undo");
    let (mut cursor, mut counts) = (Value::Null, Vec::new());
    while counts.is_empty() || !cursor.is_null() {
        let body = json!({ "since": since, "cursor": cursor });
        let done = house.call("POST", &path, OWNER, Some(body)).await.body;
        counts.push([&done["counts"]["restored"], &done["counts"]["reverted"]].map(|n| n.as_u64().unwrap()));
        cursor = done["next_cursor"].clone();
    }
    assert_eq!(counts, [[1, 199], [0, 200], [0, 101]]);
    assert_eq!(get(&house, &key, &goal).await["tally"], before);
}

#[tokio::test]
async fn what_others_wait_for_goes_when_all_pages_are_undone() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (wild, key) = unlimited(&house).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    let goal = make(&house, &key, "/v1/goals", json!({ "title": "spam" })).await;
    tasks(&house, &key, 250, json!({ "goal_id": id(&goal) })).await;
    house.call("PATCH", &goal, &key, Some(json!({ "title": "more spam" }))).await;
    house.pump.drain().await.unwrap();
    let path = format!("/connections/{wild}/undo");
    let first = house.call("POST", &path, OWNER, Some(json!({ "since": since }))).await.body;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["counts"]["removed"]), (199, &json!(199)));
    let rest = json!({ "since": since, "cursor": first["next_cursor"] });
    let rest = house.call("POST", &path, OWNER, Some(rest)).await.body;
    assert_eq!((&rest["counts"]["removed"], &rest["next_cursor"]), (&json!(52), &Value::Null), "{rest}");
    assert_eq!(rows(&house, "data/").await.len(), 0);
    // What somebody else put into it keeps it.
    house.clock.advance(SignedDuration::from_secs(120));
    let since = house.clock.now().to_string();
    let goal = make(&house, &key, "/v1/goals", json!({ "title": "spam" })).await;
    make(&house, &mine, "/v1/tasks", json!({ "title": "mine", "goal_id": id(&goal) })).await;
    house.pump.drain().await.unwrap();
    let kept = house.call("POST", &path, OWNER, Some(json!({ "since": since }))).await.body;
    let told = kept["data"].as_array().unwrap().iter().find(|item| item["id"] == id(&goal)).unwrap();
    assert_eq!(
        told["conflict"],
        json!({ "reason": "not_possible", "by": null, "at": null, "detail": "a task refers to it" })
    );
}

#[tokio::test]
async fn wherever_the_store_fails_nothing_is_lost_and_a_repeat_finishes() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let (_, key) = unlimited(&house).await;
            let goal = make(&house, &key, "/v1/goals", json!({ "title": "goal" })).await;
            tasks(&house, &key, 4, json!({ "goal_id": id(&goal) })).await;
            left.store(call, Ordering::SeqCst);
            let broken = house.call("DELETE", &goal, &key, None).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            is_sound(&rows(&house, "data/").await).unwrap();
            let repeat = house.call("DELETE", &goal, &key, None).await;
            assert!([204, 404].contains(&repeat.status.as_u16()), "call {call}: {}", repeat.body);
            let data = rows(&house, "data/").await;
            assert!(data.len() == 4 && is_sound(&data).is_ok(), "call {call}, after: {after}");
            if is_over {
                assert_eq!(broken.status, 204);
                assert!(call > 8, "what is read, what lets go and what goes");
                break;
            }
        }
    }
}

/// Somebody who writes a row once, before the call at which it reaches zero.
struct Rival {
    left: Arc<AtomicI64>,
    row: Arc<Mutex<Option<RowKey>>>,
    table: Arc<dyn Table>,
}

#[async_trait]
impl Hook for Rival {
    async fn before(&self) -> Result<()> {
        let key = self.row.lock().unwrap().clone();
        let Some(key) = key.filter(|_| self.left.fetch_sub(1, Ordering::SeqCst) == 1) else { return Ok(()) };
        loop {
            let Some(row) = self.table.get(&key).await? else { return Ok(()) };
            let mut body: Value = serde_json::from_str(&row.body).unwrap();
            body["title"] = json!("meanwhile");
            body["version"] = json!(row.version + 1);
            let put = Put::new(key.clone(), body.to_string(), Expect::Version(row.version));
            match self.table.put(Put { places: row.places, ..put }, op()).await {
                Err(Error::Conflict) => {}
                done => return done.map(drop),
            }
        }
    }
}

#[tokio::test]
async fn whoever_writes_meanwhile_is_let_go_of_as_well() {
    for call in 1.. {
        let (left, row) = (Arc::new(AtomicI64::new(0)), Arc::new(Mutex::new(None)));
        let rival = |table: &Arc<dyn Table>| Rival {
            left: Arc::clone(&left),
            row: Arc::clone(&row),
            table: Arc::clone(table),
        };
        let house = House::on(|inner| Arc::new(Hooked { hook: rival(&inner), inner }));
        let key = house.api("full_access").await;
        let area = make(&house, &key, "/v1/life-areas", json!({ "name": "Home" })).await;
        let task = json!({ "title": "before", "life_area_id": id(&area) });
        let task = make(&house, &key, "/v1/tasks", task).await;
        let key_of_row = RowKey::new(OwnerId::of("test", "one"), format!("data/task/{}", id(&task)));
        left.store(call, Ordering::SeqCst);
        *row.lock().unwrap() = Some(key_of_row);
        delete(&house, &key, &area).await;
        let is_over = left.load(Ordering::SeqCst) > 0;
        *row.lock().unwrap() = None;
        let now = get(&house, &key, &task).await;
        let title = if is_over { "before" } else { "meanwhile" };
        assert_eq!((&now["title"], now.get("life_area_id")), (&json!(title), None), "call {call}");
        if is_over {
            assert!(call > 8, "the area and all kinds of what belongs to it");
            break;
        }
    }
}
