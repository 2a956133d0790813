//! What one connection wrote is taken back, item by item, and nothing that somebody else wrote since then.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER};
use crate::history::{get, patch};
use crate::sealing::{Deed, house as house_with_deeds};
use domain::clock::Clock as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

struct Agent {
    id: String,
    key: String,
}

async fn agent(house: &House, name: &str) -> Agent {
    let input = json!({ "kind": "api", "name": name, "preset": "full_access", "limits": { "burst": null } });
    let (id, key) = house.connect(input).await;
    Agent { id, key }
}

fn tick(house: &House) -> Timestamp {
    house.clock.advance(SignedDuration::from_secs(1));
    house.clock.now()
}

async fn undo(house: &House, agent: &Agent, body: Value) -> Answer {
    house.pump.drain().await.unwrap();
    house.call("POST", &format!("/connections/{}/undo", agent.id), OWNER, Some(body)).await
}

async fn undone(house: &House, agent: &Agent, body: Value) -> Answer {
    let answer = undo(house, agent, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

fn did(answer: &Answer) -> BTreeMap<String, String> {
    let data = answer.body["data"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    data.iter().map(|item| (text(&item["id"]), text(&item["did"]))).collect()
}

/// What a task says, but for who wrote it when; null if there is none.
async fn says(house: &House, id: &str, key: &str) -> Value {
    let answer = house.call("GET", &format!("/v1/tasks/{id}"), key, None).await;
    let mut body = if answer.status == 200 { answer.body } else { Value::Null };
    for stamp in ["version", "updated_at", "source"] {
        body.as_object_mut().and_then(|body| body.remove(stamp));
    }
    body
}

async fn delete(house: &House, key: &str, id: &str) {
    assert_eq!(house.call("DELETE", &format!("/v1/tasks/{id}"), key, None).await.status, 204);
}

#[tokio::test]
async fn an_agent_that_ran_wild_is_taken_back() {
    let house = House::new();
    let (mine, wild) = (agent(&house, "mine").await, agent(&house, "wild").await);
    let mut ids = Vec::new();
    for title in ["kept", "changed", "deleted", "changed, then by me"] {
        ids.push(house.task(&mine.key, title).await);
    }
    let [kept, changed, gone, both] = ids.clone().try_into().unwrap();
    let before = says(&house, &changed, &mine.key).await;
    let since = tick(&house).to_string();
    patch(&house, &wild.key, &changed, json!({ "title": "x", "labels": ["x"] })).await;
    patch(&house, &wild.key, &changed, json!({ "description": "x" })).await;
    patch(&house, &wild.key, &gone, json!({ "title": "x" })).await;
    delete(&house, &wild.key, &gone).await;
    patch(&house, &wild.key, &both, json!({ "title": "x" })).await;
    let made = house.task(&wild.key, "spam").await;
    let at = tick(&house);
    patch(&house, &mine.key, &both, json!({ "priority": "high" })).await;
    house.call("DELETE", &format!("/connections/{}", wild.id), OWNER, None).await;

    let dry = undone(&house, &wild, json!({ "since": since, "dry_run": true })).await;
    assert_eq!(says(&house, &changed, &mine.key).await["title"], "x");
    let done = undone(&house, &wild, json!({ "since": since })).await;
    assert_eq!((&dry.body["data"], &dry.body["undo"]), (&done.body["data"], &Value::Null));
    let wanted = [(&changed, "reverted"), (&gone, "restored"), (&both, "conflict"), (&made, "removed")];
    assert_eq!(did(&done), wanted.map(|(id, did)| (id.clone(), did.to_owned())).into());
    assert_eq!(done.body["counts"]["conflicts"], 1);
    let conflict =
        done.body["data"].as_array().unwrap().iter().find(|item| item["id"] == json!(both)).unwrap();
    let wanted = json!({ "reason": "written_since", "by": mine.id, "at": at.to_string() });
    assert_eq!(conflict["conflict"], wanted);
    assert_eq!(says(&house, &changed, &mine.key).await, before);
    assert_eq!(says(&house, &gone, &mine.key).await["title"], "deleted");
    assert_eq!(says(&house, &made, &mine.key).await, Value::Null);
    assert_eq!(says(&house, &both, &mine.key).await["title"], "x");
    assert_eq!(get(&house, &format!("/v1/tasks/{kept}"), &mine.key).await.body["version"], 1);
    let task = get(&house, &format!("/v1/tasks/{changed}"), &mine.key).await.body;
    assert_eq!((&task["version"], &task["source"]["undo"]), (&json!(4), &done.body["undo"]));
    assert_eq!(task["source"]["connection"], Value::Null);

    house.pump.drain().await.unwrap();
    let past = get(&house, &format!("/v1/tasks/{gone}/history"), &mine.key).await.body;
    let past: Vec<_> = past["data"].as_array().unwrap().iter().map(|it| (&it["verb"], &it["by"])).collect();
    assert_eq!(past[0], (&json!("restored"), &json!("owner")));
    assert_eq!(past.len(), 4);
    let log = house.call("GET", "/audit/logs?limit=100", OWNER, None).await.body;
    let log = log["data"].as_array().unwrap();
    assert!(log.iter().any(|entry| entry["action"] == "connection.undone"), "{log:?}");
    let undid = log.iter().filter(|entry| entry["reason"] == done.body["undo"]).count();
    assert_eq!(undid, 3, "each change that it made names it");
}

#[tokio::test]
async fn an_undo_is_undone_by_its_name_and_a_repeat_finds_nothing() {
    let house = House::new();
    let (mine, wild) = (agent(&house, "mine").await, agent(&house, "wild").await);
    let (changed, gone) = (house.task(&mine.key, "a").await, house.task(&mine.key, "b").await);
    let since = tick(&house).to_string();
    patch(&house, &wild.key, &changed, json!({ "title": "x" })).await;
    delete(&house, &wild.key, &gone).await;
    let made = house.task(&wild.key, "c").await;
    tick(&house);
    let first = undone(&house, &wild, json!({ "since": since })).await;
    for _ in 0..2 {
        tick(&house);
        let again = undone(&house, &wild, json!({ "since": since })).await;
        assert!(did(&again).values().all(|did| did == "nothing"), "{}", again.body);
    }
    let of_undo = json!({ "undo_of": first.body["undo"] });
    for (body, title, gone_is, made_is) in
        [(of_undo, "x", "removed", "restored"), (json!({ "since": since }), "a", "restored", "removed")]
    {
        tick(&house);
        let back = undone(&house, &wild, body.clone()).await;
        let wanted = [(&changed, "reverted"), (&gone, gone_is), (&made, made_is)];
        assert_eq!(did(&back), wanted.map(|(id, did)| (id.clone(), did.to_owned())).into());
        assert_eq!(says(&house, &changed, &mine.key).await["title"], title);
        for (id, did) in [(&gone, gone_is), (&made, made_is)] {
            assert_eq!(says(&house, id, &mine.key).await == Value::Null, did == "removed");
        }
        tick(&house);
        let again = undone(&house, &wild, body).await;
        assert!(did(&again).values().all(|did| did == "nothing"), "{}", again.body);
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let house = House::new();
    let wild = agent(&house, "wild").await;
    let old = "2026-01-01T00:00:00Z";
    for body in [
        json!({}),
        json!({ "since": old }),
        json!({ "since": "2027-01-15T08:00:00Z", "until": "2027-01-15T08:00:00Z" }),
        json!({ "since": "2027-01-15T08:00:00Z", "undo_of": "undo_00000000000000000000000000" }),
        json!({ "since": "2027-01-15T08:00:00Z", "cursor": "x" }),
        json!({ "since": "9999-12-30T22:00:00.999999999Z", "until": "x" }),
        json!({ "undo_of": "x" }),
        json!({ "undo_of": "undo_00000000000000000000000000" }),
    ] {
        undo(&house, &wild, body).await.is_problem(400);
    }
    undone(&house, &wild, json!({ "since": "9999-12-30T22:00:00.999999999Z" })).await;
    let path = format!("/connections/{}/undo", wild.id);
    let body = json!({ "since": house.clock.now() });
    house.call("POST", &path, OTHER_OWNER, Some(body.clone())).await.is_problem(404);
    house.call("POST", &path, &wild.key, Some(body)).await.is_problem(403);
}

#[tokio::test]
async fn many_items_are_undone_call_by_call() {
    let house = House::new();
    let (mine, wild) = (agent(&house, "mine").await, agent(&house, "wild").await);
    let shared = house.task(&mine.key, "shared").await;
    let since = tick(&house).to_string();
    patch(&house, &wild.key, &shared, json!({ "title": "x" })).await;
    for nth in 0..250 {
        house.task(&wild.key, &format!("spam {nth}")).await;
    }
    patch(&house, &wild.key, &shared, json!({ "title": "y" })).await;
    let first = undone(&house, &wild, json!({ "since": since })).await;
    let cursor = &first.body["next_cursor"];
    let second = undone(&house, &wild, json!({ "since": since, "cursor": cursor })).await;
    undo(&house, &wild, json!({ "since": since, "dry_run": true, "cursor": cursor })).await.is_problem(400);
    assert_eq!((&second.body["undo"], &second.body["next_cursor"]), (&first.body["undo"], &Value::Null));
    let (first, second) = (did(&first), did(&second));
    assert_eq!((first.len(), second.len()), (200, 51));
    assert!(first.contains_key(&shared) && !second.contains_key(&shared), "each item once");
    assert_eq!(says(&house, &shared, &mine.key).await["title"], "shared");
    let left = get(&house, "/v1/tasks?limit=100", &mine.key).await.body;
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_at_any_call_leaves_nothing_half_made_and_a_repeat_finishes() {
    for deed in [|| Deed::FailBefore, || Deed::FailAfter] {
        for call in 1.. {
            let (house, nth) = house_with_deeds();
            let (mine, wild) = (agent(&house, "mine").await, agent(&house, "wild").await);
            let (changed, gone) = (house.task(&mine.key, "a").await, house.task(&mine.key, "b").await);
            let since = tick(&house).to_string();
            patch(&house, &wild.key, &changed, json!({ "title": "x" })).await;
            delete(&house, &wild.key, &gone).await;
            let made = house.task(&wild.key, "c").await;
            house.pump.drain().await.unwrap();
            nth.plan(call, deed());
            let path = format!("/connections/{}/undo", wild.id);
            let failed = house.call("POST", &path, OWNER, Some(json!({ "since": since }))).await;
            if !nth.is_done() {
                assert!(call > 8 && failed.status == 200, "each item is read and written");
                break;
            }
            failed.is_problem(503);
            assert!(["a", "x"].contains(&says(&house, &changed, &mine.key).await["title"].as_str().unwrap()));
            let again = undone(&house, &wild, json!({ "since": since })).await;
            assert_eq!(again.body["counts"]["conflicts"], 0, "call {call}: {}", again.body);
            assert_eq!(says(&house, &changed, &mine.key).await["title"], "a", "call {call}");
            assert_eq!(says(&house, &gone, &mine.key).await["title"], "b", "call {call}");
            assert_eq!(says(&house, &made, &mine.key).await, Value::Null, "call {call}");
        }
    }
}
