//! A goal that takes its tasks along when it goes.

use crate::harness::{House, OWNER};
use crate::idempotency::Breaks;
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

async fn make(house: &House, key: &str, path: &str, body: Value) -> String {
    let made = house.call("POST", path, key, Some(body)).await;
    assert_eq!(made.status, 201, "{path}: {}", made.body);
    format!("{path}/{}", made.text("/id"))
}

async fn get(house: &House, key: &str, path: &str) -> Value {
    house.call("GET", path, key, None).await.body
}

/// A goal with so many tasks, the first of which is tagged.
async fn goal(house: &House, key: &str, count: usize) -> (String, Vec<String>) {
    let goal = make(house, key, "/v1/goals", json!({ "title": "Move house" })).await;
    let mut tasks = Vec::new();
    for nth in 0..count {
        let labels = if nth == 0 { json!(["work"]) } else { json!([]) };
        let task = json!({ "title": nth.to_string(), "goal_id": &goal[10..], "labels": labels });
        tasks.push(make(house, key, "/v1/tasks", task).await);
    }
    (goal, tasks)
}

async fn thrown(house: &House, key: &str) -> usize {
    get(house, key, "/v1/trash?limit=100").await["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn its_tasks_go_with_it_and_come_back_under_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let (goal, tasks) = goal(&house, &key, 60).await;
    let bystander = make(&house, &key, "/v1/tasks", json!({ "title": "stays" })).await;
    for wrong in ["?tasks=keep", "?tusks=delete", "?tasks=delete&tasks=detach"] {
        house.call("DELETE", &format!("{goal}{wrong}"), &key, None).await.is_problem(400);
    }
    assert_eq!(house.call("DELETE", &format!("{goal}?tasks=delete"), &key, None).await.status, 204);
    house.call("DELETE", &format!("{goal}?tasks=delete"), &key, None).await.is_problem(404);
    assert_eq!(thrown(&house, &key).await, 61);
    assert_eq!(get(&house, &key, &bystander).await["title"], "stays");
    for path in [&goal, &tasks[7]] {
        assert_eq!(house.call("POST", &format!("{path}/restore"), &key, None).await.status, 200);
    }
    assert_eq!(get(&house, &key, &tasks[7]).await["goal_id"], goal[10..]);
    assert_eq!(get(&house, &key, &goal).await["tally"]["tasks"], 1);

    let arguments = json!({ "id": &goal[10..], "tasks": "delete" });
    let params = json!({ "name": "delete_goal", "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let told = house.call("POST", "/mcp", &key, Some(call)).await.body;
    assert_eq!(told["result"]["structuredContent"]["deleted"], goal[10..], "{told}");
    house.call("GET", &tasks[7], &key, None).await.is_problem(404);
}

#[tokio::test]
async fn who_may_not_delete_tasks_is_refused_before_anything_happens() {
    let house = House::new();
    let key = house.api("full_access").await;
    let (goal, tasks) = goal(&house, &key, 3).await;
    let connect = async |tasks: Value| {
        let grant = json!([{ "resource": "goals", "actions": ["read", "delete"] }, tasks]);
        house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await.1
    };
    let reader = connect(json!({ "resource": "tasks", "actions": ["read", "write"] })).await;
    house.call("DELETE", &format!("{goal}?tasks=delete"), &reader, None).await.is_problem(403);
    assert_eq!(
        (thrown(&house, &key).await, get(&house, &key, &goal).await["version"].as_u64()),
        (0, Some(4))
    );
    let only = json!({ "tags": ["work"] });
    let narrow = connect(json!({ "resource": "tasks", "actions": ["delete"], "only": only })).await;
    assert_eq!(house.call("DELETE", &format!("{goal}?tasks=delete"), &narrow, None).await.status, 204);
    house.call("GET", &tasks[0], &key, None).await.is_problem(404);
    for task in &tasks[1..] {
        assert_eq!(get(&house, &key, task).await.get("goal_id"), None, "it stays, without the goal");
    }
}

#[tokio::test]
async fn wherever_the_store_fails_a_repeat_finishes_it() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let key = house.api("full_access").await;
            let (goal, _) = goal(&house, &key, 3).await;
            left.store(call, Ordering::SeqCst);
            let path = format!("{goal}?tasks=delete");
            let broken = house.call("DELETE", &path, &key, None).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            let repeat = house.call("DELETE", &path, &key, None).await;
            assert!([204, 404].contains(&repeat.status.as_u16()), "call {call}: {}", repeat.body);
            assert_eq!(thrown(&house, &key).await, 4, "call {call}, after: {after}");
            if is_over {
                assert_eq!(broken.status, 204);
                assert!(call > 6, "the admission, its count, the goal, its tasks and each of them");
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_undo_brings_all_of_it_back() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (wild, key) = house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access" })).await;
    let (goal, tasks) = goal(&house, &mine, 5).await;
    let done = json!({ "status": "completed" });
    house.call("PATCH", &tasks[0], &mine, Some(done)).await;
    let before = get(&house, &mine, &goal).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    assert_eq!(house.call("DELETE", &format!("{goal}?tasks=delete"), &key, None).await.status, 204);
    house.pump.drain().await.unwrap();
    let path = format!("/connections/{wild}/undo");
    let undone = house.call("POST", &path, OWNER, Some(json!({ "since": since }))).await;
    let counts = &undone.body["counts"];
    assert_eq!((&counts["restored"], &counts["conflicts"]), (&json!(6), &json!(0)), "{}", undone.body);
    let now = get(&house, &mine, &goal).await;
    assert_eq!((&now["progress"], &now["tally"]), (&before["progress"], &before["tally"]));
    for task in &tasks {
        assert_eq!(get(&house, &mine, task).await["goal_id"], goal[10..]);
    }
    house.pump.drain().await.unwrap();
    let undo = json!({ "undo_of": undone.text("/undo") });
    let another = house.connect(json!({ "kind": "api", "name": "another" })).await.0;
    let wrong = house.call("POST", &format!("/connections/{another}/undo"), OWNER, Some(undo.clone())).await;
    assert_eq!(wrong.is_problem(400).text("/errors/0/pointer"), "/undo_of");
    house.clock.advance(SignedDuration::from_secs(1));
    // The goal goes last; that its tasks went has written it meanwhile.
    let again = house.call("POST", &path, OWNER, Some(undo)).await;
    assert_eq!(again.body["counts"]["removed"], 6, "{}", again.body);
    assert_eq!(thrown(&house, &mine).await, 6);
}

#[tokio::test]
async fn what_others_tasks_did_to_a_goals_progress_is_nobodys_write() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (wild, key) = house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access" })).await;
    let (goal, tasks) = goal(&house, &mine, 2).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    house.call("PATCH", &goal, &key, Some(json!({ "title": "wild" }))).await;
    house.call("POST", &format!("{}/complete", tasks[0]), &mine, None).await;
    house.pump.drain().await.unwrap();
    let path = format!("/connections/{wild}/undo");
    let undone = house.call("POST", &path, OWNER, Some(json!({ "since": since }))).await;
    assert_eq!(undone.body["counts"]["reverted"], 1, "{}", undone.body);
    let now = get(&house, &mine, &goal).await;
    assert_eq!((&now["title"], &now["progress"]), (&json!("Move house"), &json!(50)));
}
