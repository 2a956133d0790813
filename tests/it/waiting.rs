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
    assert_eq!(undone(&house, &id, &since).await, (380, 0));
}

/// All pages of it; how often each of these happened.
async fn undone(house: &House, id: &str, since: &str) -> (u64, u64) {
    let (mut cursor, mut written, mut conflicts) = (Value::Null, 0, 0);
    loop {
        let undo = json!({ "since": since, "cursor": cursor });
        let done = house.call("POST", &format!("/connections/{id}/undo"), OWNER, Some(undo)).await.body;
        let count = |did: &str| done["counts"][did].as_u64().unwrap();
        written += count("removed") + count("reverted") + count("restored");
        conflicts += count("conflicts");
        cursor = done["next_cursor"].clone();
        if cursor.is_null() {
            return (written, conflicts);
        }
    }
}

#[tokio::test]
async fn what_comes_back_on_a_later_page_is_referred_to_again() {
    let house = House::new();
    let (id, key) = unlimited(&house).await;
    let area = json!({ "name": "Work" });
    let area = house.call("POST", "/v1/life-areas", &key, Some(area)).await.text("/id");
    let goal = json!({ "title": "Sail", "life_area_id": area });
    let goal = house.call("POST", "/v1/goals", &key, Some(goal)).await.text("/id");
    for _ in 0..18 {
        let tasks = json!({ "items": vec![json!({ "title": "Rig", "goal_id": goal }); 25] });
        assert_eq!(house.call("POST", "/v1/tasks/batch", &key, Some(tasks)).await.status, 200);
    }
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    for gone in [format!("/v1/goals/{goal}"), format!("/v1/life-areas/{area}")] {
        assert_eq!(house.call("DELETE", &gone, &key, None).await.status, 204);
        house.clock.advance(SignedDuration::from_secs(1));
    }
    house.pump.drain().await.unwrap();
    assert_eq!(undone(&house, &id, &since).await, (452, 0));
    let (mut cursor, mut whole) = (String::new(), 0);
    loop {
        let path = format!("/v1/tasks?goal_id={goal}&limit=100{cursor}");
        let page = house.call("GET", &path, &key, None).await.body;
        let is_whole = |task: &&Value| task["life_area_id"] == json!(area);
        whole += page["data"].as_array().unwrap().iter().filter(is_whole).count();
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(whole, 450);
    house.pump.drain().await.unwrap();
    assert_eq!(undone(&house, &id, &since).await, (0, 0), "to repeat it finds nothing more to do");
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
