//! All of an owner's data goes out as one document and comes in as one, elsewhere or here.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LISTS: [&str; 8] =
    ["life_areas", "goals", "tasks", "collections", "records", "memories", "profile", "preferences"];

/// Items by the names of their lists.
pub(crate) type Lists = BTreeMap<String, Vec<Value>>;

pub(crate) async fn write(house: &House, method: &str, path: &str, key: &str, body: Value) -> Value {
    let answer = house.call(method, path, key, Some(body).filter(|body| !body.is_null())).await;
    assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
    answer.body
}

pub(crate) async fn made(house: &House, key: &str, path: &str, body: Value) -> Value {
    house.clock.advance(SignedDuration::from_secs(1));
    write(house, "POST", path, key, body).await["id"].clone()
}

/// An owner with some of everything.
pub(crate) async fn rich(house: &House) -> String {
    let key = house.api("full_access").await;
    let make = async |path: &str, body: Value| made(house, &key, path, body).await;
    let area = make("/v1/life-areas", json!({ "name": "Health", "icon": "🏊", "color": "#1e90ff" })).await;
    let big = make("/v1/goals", json!({ "title": "Live long", "life_area_id": area })).await;
    let goal = make("/v1/goals", json!({ "title": "Swim", "parent_id": big, "tags": ["sport"] })).await;
    make("/v1/goals", json!({ "title": "Read", "progress_mode": "manual", "progress": 30 })).await;
    let task = json!({ "title": "Train", "due": "2027-01-20", "recurrence": "FREQ=WEEKLY", "goal_id": goal });
    let task = make("/v1/tasks", task).await;
    write(house, "PATCH", &path("/v1/tasks", &task), &key, json!({ "status": "completed" })).await;
    let gone = make("/v1/tasks", json!({ "title": "Ask" })).await;
    let waiting =
        json!({ "title": "Buy", "depends_on": [gone, task], "life_area_id": area, "labels": ["a"] });
    let waiting = make("/v1/tasks", waiting).await;
    make("/v1/tasks", json!({ "title": "Pay", "parent_id": waiting, "estimated_minutes": 5 })).await;
    let cleared = make("/v1/tasks", json!({ "title": "Rest", "goal_id": big })).await;
    write(house, "PATCH", &path("/v1/tasks", &cleared), &key, json!({ "life_area_id": null })).await;
    write(house, "DELETE", &path("/v1/tasks", &gone), &key, Value::Null).await;
    make("/v1/collections", json!({ "name": "books", "title": "Books" })).await;
    let link = json!({ "kind": "goal", "id": goal, "relation": "why" });
    let old = json!({ "data": { "title": "Dune", "odd": [1.5, null, { "ä": "€" }] }, "links": [link] });
    make("/v1/collections/books/records", old).await;
    house.clock.advance(SignedDuration::from_secs(1));
    // What is there already does not fit any more, and stays.
    let schema =
        json!({ "json_schema": { "type": "object", "additionalProperties": { "type": "integer" } } });
    write(house, "PATCH", "/v1/collections/books", &key, schema).await;
    make("/v1/collections/books/records", json!({ "data": { "pages": 412 }, "tags": ["long"] })).await;
    let forgotten = make("/v1/memories", json!({ "content": "They swam in a lake." })).await;
    let first = make("/v1/memories", json!({ "content": "They swim on Mondays." })).await;
    let ends = json!({ "content": "They swim on Tuesdays.", "supersedes": first, "importance": 0.7, "expires_at": "2028-01-01" });
    let second = make("/v1/memories", ends).await;
    let linked = json!({ "kind": "memory", "id": forgotten });
    make(
        "/v1/memories",
        json!({ "content": "Why?", "links": [linked], "supersedes": second, "type": "note" }),
    )
    .await;
    write(house, "DELETE", &path("/v1/memories", &forgotten), &key, Value::Null).await;
    let profile = json!({ "display_name": "Ada", "time_zone": "Europe/Vienna", "about": "Counts." });
    write(house, "PATCH", "/v1/profile", &key, profile).await;
    write(house, "PATCH", "/owner/profile", OWNER, json!({ "visible_to_agents": { "about": false } })).await;
    write(house, "PATCH", "/v1/preferences", &key, json!({ "default_life_area_id": area })).await;
    house.clock.advance(SignedDuration::from_hours(100));
    key
}

fn path(noun: &str, id: &Value) -> String {
    format!("{noun}/{}", id.as_str().unwrap())
}

/// The pages, as they are told.
pub(crate) async fn pages(house: &House, owner: &str) -> Vec<Value> {
    let (mut pages, mut path) = (Vec::new(), "/export".to_owned());
    loop {
        let page = house.call("GET", &path, owner, None).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let next = page.body["next_cursor"].as_str().map(|cursor| format!("/export?cursor={cursor}"));
        pages.push(page.body);
        match next {
            Some(next) => path = next,
            None => return pages,
        }
    }
}

pub(crate) async fn export(house: &House, owner: &str) -> Lists {
    let mut all = Lists::new();
    for page in pages(house, owner).await {
        for (name, items) in page.as_object().unwrap() {
            if let Some(items) = items.as_array() {
                all.entry(name.clone()).or_default().extend(items.iter().cloned());
            }
        }
    }
    all
}

/// But for who wrote it here, and in which version.
pub(crate) fn content(mut lists: Lists) -> Lists {
    for item in lists.values_mut().flatten() {
        let fields = item.as_object_mut().unwrap();
        fields.retain(|name, _| !["version", "source"].contains(&name.as_str()));
    }
    lists
}

pub(crate) async fn import(house: &House, owner: &str, how: &str, body: Value) -> Answer {
    house.call("POST", &format!("/import{how}"), owner, Some(body)).await
}

/// All at once: made, changed, same, kept, refused.
pub(crate) async fn counts(house: &House, how: &str, lists: &Lists) -> [u64; 5] {
    let mut body = json!({ "larder": 1 });
    body.as_object_mut()
        .unwrap()
        .extend(lists.iter().map(|(name, items)| (name.clone(), items.clone().into())));
    let answer = import(house, OWNER, how, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    ["made", "changed", "same", "kept", "refused"].map(|name| answer.body["counts"][name].as_u64().unwrap())
}

pub(crate) fn number(lists: &Lists) -> u64 {
    lists.values().map(|items| items.len() as u64).sum()
}

#[tokio::test]
async fn what_is_imported_elsewhere_is_exported_as_it_was() {
    let (from, to) = (House::new(), House::new());
    rich(&from).await;
    let out = export(&from, OWNER).await;
    assert_eq!(out.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut lists = LISTS;
        lists.sort_unstable();
        lists
    });
    assert!(out["tasks"].iter().any(|task| task["followed_by"].is_string()));
    for page in pages(&from, OWNER).await {
        let answer = import(&to, OWNER, "", page).await;
        assert_eq!((&answer.body["refused"], answer.status.as_u16()), (&json!([]), 200), "{}", answer.body);
    }
    assert_eq!(content(export(&to, OWNER).await), content(out.clone()));
    assert_eq!(export(&to, OTHER_OWNER).await, Lists::new());
    let key = to.api("full_access").await;
    let found = write(&to, "POST", "/v1/memories/search", &key, json!({ "query": "swim on Tuesdays" })).await;
    assert!(found.to_string().contains("They swim on Tuesdays."), "{found}");

    // Once more it changes nothing, not even a version, in whichever manner.
    let before = export(&to, OWNER).await;
    for how in ["", "?replace=true", "?dry_run=true"] {
        assert_eq!(counts(&to, how, &out).await, [0, 0, number(&out), 0, 0], "{how}");
    }
    assert_eq!(export(&to, OWNER).await, before);
    // What comes back is what left.
    assert_eq!(counts(&from, "?replace=true", &before).await, [0, 0, number(&out), 0, 0]);
}

#[tokio::test]
async fn what_differs_stays_unless_it_is_to_be_replaced() {
    let house = House::new();
    let key = rich(&house).await;
    let out = export(&house, OWNER).await;
    for (noun, list) in [("/v1/tasks", "tasks"), ("/v1/goals", "goals"), ("/v1/life-areas", "life_areas")] {
        for item in &out[list] {
            let field = if list == "life_areas" { "description" } else { "title" };
            write(&house, "PATCH", &path(noun, &item["id"]), &key, json!({ field: "otherwise" })).await;
        }
    }
    let later = export(&house, OWNER).await;
    let (all, differing) = (number(&out), number(&out) - 8);
    assert_eq!(counts(&house, "", &out).await, [0, 0, all - differing, differing, 0]);
    assert_eq!(
        counts(&house, "?replace=true&dry_run=true", &out).await,
        [0, differing, all - differing, 0, 0]
    );
    assert_eq!(export(&house, OWNER).await, later);
    assert_eq!(counts(&house, "?replace=true", &out).await, [0, differing, all - differing, 0, 0]);
    assert_eq!(content(export(&house, OWNER).await), content(out));
}

#[tokio::test]
async fn what_was_deleted_comes_back_and_its_changes_count_on() {
    let house = House::new();
    let key = rich(&house).await;
    let out = export(&house, OWNER).await;
    let task = out["tasks"].iter().find(|task| task["title"] == "Pay").unwrap();
    let task = path("/v1/tasks", &task["id"]);
    write(&house, "DELETE", &task, &key, Value::Null).await;
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(counts(&house, "", &out).await, [1, 0, number(&out) - 1, 0, 0]);
    assert_eq!(content(export(&house, OWNER).await), content(out.clone()));
    house.pump.drain().await.unwrap();
    let history = write(&house, "GET", &format!("{task}/history"), &key, Value::Null).await;
    assert_eq!(history["data"][0]["verb"], "restored");
    assert_eq!(history["data"][0]["by"], "owner");
    // It happened when it was imported, not when it was written.
    assert!(history["data"][0]["at"].as_str() > history["data"][1]["at"].as_str(), "{history}");

    // Also when the trash knows it no longer.
    write(&house, "DELETE", &task, &key, Value::Null).await;
    house.clock.advance(SignedDuration::from_hours(24 * 31));
    assert_eq!(counts(&house, "", &out).await, [1, 0, number(&out) - 1, 0, 0]);
    house.pump.drain().await.unwrap();
    let key = house.api("full_access").await;
    let versions = write(&house, "GET", &format!("{task}/history"), &key, Value::Null).await;
    let versions: Vec<_> =
        versions["data"].as_array().unwrap().iter().map(|one| one["version"].as_u64()).collect();
    assert!(versions.is_sorted_by(|newer, older| newer > older), "{versions:?}");
}
