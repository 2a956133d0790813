//! What follows of other items is right after an undo, too.

use crate::harness::{House, OWNER};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn write(house: &House, method: &str, path: &str, key: &str, body: Option<Value>) -> Value {
    let answer = house.call(method, path, key, body).await;
    assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
    answer.body
}

async fn read(house: &House, path: &str, key: &str) -> Value {
    write(house, "GET", path, key, None).await
}

async fn make(house: &House, path: &str, key: &str, body: Value) -> String {
    let made = write(house, "POST", path, key, Some(body)).await;
    format!("{path}/{}", made["id"].as_str().unwrap())
}

/// What a connection wrote from here on is to be undone.
fn begin(house: &House) -> String {
    house.clock.advance(SignedDuration::from_secs(1));
    house.clock.now().to_string()
}

async fn undo(house: &House, connection: &str, since: &str) -> Value {
    house.pump.drain().await.unwrap();
    let path = format!("/connections/{connection}/undo");
    write(house, "POST", &path, OWNER, Some(json!({ "since": since }))).await
}

#[tokio::test]
async fn a_goal_keeps_the_tally_of_what_others_did_meanwhile() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (id, wild) = house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await;
    let goal = make(&house, "/v1/goals", &mine, json!({ "title": "Swim" })).await;
    let since = begin(&house);
    write(&house, "PATCH", &goal, &wild, Some(json!({ "title": "Sink" }))).await;
    let task = json!({ "title": "Take lessons", "goal_id": goal.rsplit('/').next() });
    make(&house, "/v1/tasks", &mine, task).await;
    let done = undo(&house, &id, &since).await;
    let now = read(&house, &goal, &mine).await;
    assert_eq!((&now["title"], &now["tally"]["tasks"]), (&json!("Swim"), &json!(1)), "{done}");
}

#[tokio::test]
async fn a_deleted_goal_comes_back_with_its_tasks_and_their_tally() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (id, wild) = house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await;
    let goal = make(&house, "/v1/goals", &mine, json!({ "title": "Swim" })).await;
    let of_goal = |title| json!({ "title": title, "goal_id": goal.rsplit('/').next() });
    let open = make(&house, "/v1/tasks", &mine, of_goal("Buy goggles")).await;
    let done = make(&house, "/v1/tasks", &mine, of_goal("Take lessons")).await;
    write(&house, "PATCH", &done, &mine, Some(json!({ "status": "completed" }))).await;
    let before = (read(&house, &goal, &mine).await, read(&house, &done, &mine).await);
    let since = begin(&house);
    write(&house, "DELETE", &goal, &wild, None).await;
    write(&house, "DELETE", &done, &wild, None).await;
    house.clock.advance(SignedDuration::from_hours(1));
    undo(&house, &id, &since).await;
    let (now, task) = (read(&house, &goal, &mine).await, read(&house, &done, &mine).await);
    assert_eq!((&now["progress"], &now["tally"]), (&before.0["progress"], &before.0["tally"]));
    assert_eq!((&task["completed_at"], &task["goal_id"]), (&before.1["completed_at"], &before.1["goal_id"]));
    assert_eq!(read(&house, &open, &mine).await["goal_id"], before.0["id"]);
}

#[tokio::test]
async fn a_task_comes_back_without_the_life_area_that_its_goal_has() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (id, wild) = house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await;
    let area = make(&house, "/v1/life-areas", &mine, json!({ "name": "Body" })).await;
    let goal = json!({ "title": "Swim", "life_area_id": area.rsplit('/').next() });
    let goal = make(&house, "/v1/goals", &mine, goal).await;
    let task = json!({ "title": "Buy goggles", "goal_id": goal.rsplit('/').next() });
    let task = make(&house, "/v1/tasks", &mine, task).await;
    let taken_out = write(&house, "PATCH", &task, &mine, Some(json!({ "life_area_id": null }))).await;
    assert_eq!((taken_out.get("life_area_id"), taken_out["goal_id"].is_string()), (None, true));
    let since = begin(&house);
    write(&house, "DELETE", &task, &wild, None).await;
    let back = write(&house, "POST", &format!("{task}/restore"), &wild, None).await;
    assert_eq!(back.get("life_area_id"), None, "restored");
    write(&house, "DELETE", &task, &wild, None).await;
    undo(&house, &id, &since).await;
    assert_eq!(read(&house, &task, &mine).await.get("life_area_id"), None, "undone");
}

#[tokio::test]
async fn what_referred_to_something_that_is_gone_comes_back_without_it_and_says_so() {
    let house = House::new();
    let mine = house.api("full_access").await;
    let (id, wild) = house.connect(json!({ "kind": "api", "name": "wild", "preset": "full_access" })).await;
    let goal = make(&house, "/v1/goals", &mine, json!({ "title": "Swim" })).await;
    let fields = json!({ "title": "Buy goggles", "goal_id": goal.rsplit('/').next(), "priority": "high" });
    let moved = make(&house, "/v1/tasks", &mine, fields.clone()).await;
    let gone = make(&house, "/v1/tasks", &mine, fields).await;
    let since = begin(&house);
    let change = json!({ "goal_id": null, "priority": "low" });
    write(&house, "PATCH", &moved, &wild, Some(change)).await;
    write(&house, "DELETE", &gone, &wild, None).await;
    begin(&house);
    write(&house, "DELETE", &goal, &mine, None).await;
    let done = undo(&house, &id, &since).await;
    let told = |did: &str| {
        let data = done["data"].as_array().unwrap();
        data.iter().find(|item| item["did"] == did).unwrap_or_else(|| panic!("{did}: {done}"))["without"]
            .clone()
    };
    assert_eq!((told("reverted"), told("restored")), (json!(["goal_id"]), json!(["goal_id"])));
    for task in [&moved, &gone] {
        let now = read(&house, task, &mine).await;
        assert_eq!((&now["priority"], now.get("goal_id")), (&json!("high"), None));
    }
    for _ in 0..2 {
        begin(&house);
        let again = undo(&house, &id, &since).await;
        assert_eq!(
            (&again["counts"]["nothing"], &again["counts"]["conflicts"]),
            (&json!(3), &json!(0)),
            "{again}"
        );
    }
}
