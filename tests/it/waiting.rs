//! What waits for others, however many: tasks for tasks, and items of an undo for what stands in their way.

use crate::conventions::with;
use crate::harness::{House, OWNER};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn unlimited(house: &House) -> (String, String) {
    let limits = json!({ "burst": null, "per_hour": null, "per_day": null });
    house.connect(json!({ "kind": "api", "name": "x", "preset": "full_access", "limits": limits })).await
}

async fn waits_for(house: &House, key: &str, others: &[String]) -> String {
    let task = json!({ "title": "waits", "depends_on": others });
    let made = house.call("POST", "/v1/tasks", key, Some(task)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/id")
}

#[tokio::test]
async fn a_task_waits_behind_many_others_and_never_for_itself() {
    let house = House::new();
    let (_, key) = unlimited(&house).await;
    let first = waits_for(&house, &key, &[]).await;
    let mut last = first.clone();
    for _ in 0..60 {
        last = waits_for(&house, &key, &[last]).await;
    }
    let mut many = vec![last.clone()];
    for _ in 0..3 {
        let mut twenty = Vec::new();
        for _ in 0..20 {
            twenty.push(house.task(&key, "one of many").await);
        }
        many.push(waits_for(&house, &key, &twenty).await);
    }
    waits_for(&house, &key, &many).await;
    let circle = json!({ "depends_on": [last] });
    let refused = house.call("PATCH", &format!("/v1/tasks/{first}"), &key, Some(circle)).await;
    assert_eq!(refused.is_problem(400).text("/errors/0/detail"), "it would wait for itself");
}

#[tokio::test]
async fn however_many_items_wait_an_undo_comes_to_all_of_them() {
    let house = House::new();
    let (id, key) = unlimited(&house).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    let mut goals = Vec::new();
    for nth in 0..190 {
        let goal = json!({ "title": format!("goal {nth}") });
        let goal = house.call("POST", "/v1/goals", &key, Some(goal)).await.text("/id");
        let task = json!({ "title": "task", "goal_id": goal });
        assert_eq!(house.call("POST", "/v1/tasks", &key, Some(task)).await.status, 201);
        goals.push(format!("/v1/goals/{goal}"));
    }
    for goal in &goals {
        house.call("PATCH", goal, &key, Some(json!({ "priority": "high" }))).await;
    }
    house.pump.drain().await.unwrap();
    let (mut cursor, mut removed) = (Value::Null, 0);
    loop {
        let undo = json!({ "since": since, "cursor": cursor });
        let done = house.call("POST", &format!("/connections/{id}/undo"), OWNER, Some(undo)).await.body;
        assert_eq!(done["counts"]["conflicts"], 0, "{}", done["counts"]);
        removed += done["counts"]["removed"].as_u64().unwrap();
        cursor = done["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(removed, 380);
}

#[tokio::test]
async fn an_undo_ends_where_it_is_told_to() {
    let house = House::new();
    let (id, key) = unlimited(&house).await;
    let mut moments = Vec::new();
    for title in ["before", "between", "after"] {
        moments.push(house.clock.now().to_string());
        house.clock.advance(SignedDuration::from_secs(1));
        house.task(&key, title).await;
        house.clock.advance(SignedDuration::from_secs(1));
    }
    house.pump.drain().await.unwrap();
    let span = json!({ "since": moments[1], "until": moments[2] });
    let done = house.call("POST", &format!("/connections/{id}/undo"), OWNER, Some(span)).await;
    assert_eq!(done.body["counts"]["removed"], 1, "{}", done.body);
    let left = house.call("GET", "/v1/tasks?sort=created&fields=title", &key, None).await.body;
    let titles: Vec<_> = left["data"].as_array().unwrap().iter().map(|task| &task["title"]).collect();
    assert_eq!(titles, ["before", "after"]);
}

#[tokio::test]
async fn a_goal_that_changed_does_not_go_with_its_tasks() {
    let house = House::new();
    let (_, key) = unlimited(&house).await;
    let goal = house.call("POST", "/v1/goals", &key, Some(json!({ "title": "Sail" }))).await.text("/id");
    let task = json!({ "title": "Rig", "goal_id": goal });
    let task = house.call("POST", "/v1/tasks", &key, Some(task)).await.text("/id");
    let path = format!("/v1/goals/{goal}?tasks=delete");
    with(&house, "DELETE", &path, &key, None, &[("if-match", "\"1\"")]).await.is_problem(412);
    assert_eq!(house.call("GET", &format!("/v1/tasks/{task}"), &key, None).await.status, 200);
}
