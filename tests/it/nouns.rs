//! What the nouns mean for each other.

use crate::harness::{Answer, House};
use serde_json::{Value, json};

async fn made(house: &House, key: &str, path: &str, body: Value) -> String {
    let answer = house.call("POST", path, key, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("/id")
}

async fn patched(house: &House, key: &str, path: &str, body: Value) -> Value {
    let answer = house.call("PATCH", path, key, Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn got(house: &House, key: &str, path: &str) -> Value {
    house.call("GET", path, key, None).await.body
}

async fn tool(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = house.call("POST", "/mcp", key, Some(call)).await.body;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    answer["result"]["structuredContent"].clone()
}

fn points_at(answer: &Answer, pointer: &str) {
    assert_eq!(answer.is_problem(400).body["errors"][0]["pointer"], pointer, "{}", answer.body);
}

#[tokio::test]
async fn a_goals_progress_follows_from_its_tasks() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = made(&house, &key, "/v1/goals", json!({ "title": "Learn to swim" })).await;
    let path = format!("/v1/goals/{goal}");
    let short = json!({ "title": "Buy goggles", "goal_id": goal, "estimated_minutes": 30 });
    let short = made(&house, &key, "/v1/tasks", short).await;
    let long = json!({ "title": "Take lessons", "goal_id": goal, "estimated_minutes": 90 });
    let long = made(&house, &key, "/v1/tasks", long).await;
    let (short, long) = (format!("/v1/tasks/{short}"), format!("/v1/tasks/{long}"));

    let tally = |tasks, done, minutes, minutes_done| json!({ "tasks": tasks, "done": done, "minutes": minutes, "minutes_done": minutes_done });
    let now = got(&house, &key, &path).await;
    assert_eq!((&now["progress"], &now["tally"]), (&json!(0), &tally(2, 0, 120, 0)));
    let done = patched(&house, &key, &short, json!({ "status": "completed" })).await;
    assert_eq!((&done["status"], done["completed_at"].is_string()), (&json!("completed"), true));
    assert_eq!(got(&house, &key, &path).await["progress"], 25);
    patched(&house, &key, &short, json!({ "status": "cancelled" })).await;
    let now = got(&house, &key, &path).await;
    assert_eq!((&now["progress"], &now["tally"]), (&json!(0), &tally(1, 0, 90, 0)));
    let back = patched(&house, &key, &short, json!({ "status": "pending", "estimated_minutes": null })).await;
    assert_eq!(back.get("completed_at"), None);
    patched(&house, &key, &long, json!({ "status": "completed" })).await;
    assert_eq!(got(&house, &key, &path).await["progress"], 75);

    // Moved away and deleted tasks count no longer.
    patched(&house, &key, &short, json!({ "goal_id": null })).await;
    assert_eq!(got(&house, &key, &path).await["tally"], tally(1, 1, 90, 90));
    assert_eq!(house.call("DELETE", &long, &key, None).await.status, 204);
    assert_eq!(got(&house, &key, &path).await.get("tally"), None, "as of one that never had any");

    let written = house.call("PATCH", &path, &key, Some(json!({ "progress": 50 }))).await;
    points_at(&written, "/progress");
    let manual = json!({ "progress": 50, "progress_mode": "manual" });
    assert_eq!(patched(&house, &key, &path, manual).await["progress"], 50);
    let goal = made(&house, &key, "/v1/tasks", json!({ "title": "Swim", "goal_id": goal })).await;
    patched(&house, &key, &format!("/v1/tasks/{goal}"), json!({ "status": "completed" })).await;
    assert_eq!(got(&house, &key, &path).await["progress"], 50);
    assert_eq!(patched(&house, &key, &path, json!({ "progress_mode": "auto" })).await["progress"], 100);
}

#[tokio::test]
async fn many_at_once_keep_the_tally_right() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = made(&house, &key, "/v1/goals", json!({ "title": "Move house" })).await;
    let task = |nth: usize| json!({ "title": format!("Box {nth}"), "goal_id": goal });
    let calls = (0..6).map(|nth| house.call("POST", "/v1/tasks", &key, Some(task(nth))));
    let answers = futures_util::future::join_all(calls).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(answers.iter().all(|answer| [201, 503].contains(&answer.status.as_u16())));
    assert!(made > 0);
    assert_eq!(got(&house, &key, &format!("/v1/goals/{goal}")).await["tally"]["tasks"], made);
}

#[tokio::test]
async fn what_recurs_comes_again_once() {
    let house = House::new();
    let key = house.api("full_access").await;
    let refused = json!({ "title": "Water the plants", "recurrence": "FREQ=WEEKLY" });
    points_at(&house.call("POST", "/v1/tasks", &key, Some(refused)).await, "/recurrence");
    let weekly =
        json!({ "title": "Water the plants", "recurrence": "FREQ=WEEKLY;COUNT=2", "due": "2027-01-18" });
    let first = made(&house, &key, "/v1/tasks", weekly).await;
    let path = format!("/v1/tasks/{first}");
    let next = patched(&house, &key, &path, json!({ "status": "completed" })).await["followed_by"].clone();
    let next = format!("/v1/tasks/{}", next.as_str().unwrap());
    let second = got(&house, &key, &next).await;
    assert_eq!((&second["due"], &second["status"]), (&json!("2027-01-25"), &json!("pending")));
    assert_eq!(second["recurrence"], "FREQ=WEEKLY;COUNT=1");
    patched(&house, &key, &path, json!({ "status": "pending" })).await;
    patched(&house, &key, &path, json!({ "status": "completed" })).await;
    patched(&house, &key, &next, json!({ "status": "completed" })).await;
    let all = got(&house, &key, "/v1/tasks").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2, "{all}");
}

#[tokio::test]
async fn nothing_waits_for_itself_or_is_a_part_of_itself() {
    let house = House::new();
    let key = house.api("full_access").await;
    let mut tasks = Vec::new();
    for title in ["a", "b", "c"] {
        let after: Vec<&String> = tasks.last().into_iter().collect();
        tasks.push(made(&house, &key, "/v1/tasks", json!({ "title": title, "depends_on": after })).await);
    }
    let (first, last) = (format!("/v1/tasks/{}", tasks[0]), &tasks[2]);
    for waits in [json!([last]), json!([tasks[0]]), json!(["task_06hhgq2g000000000000000000"])] {
        let answer = house.call("PATCH", &first, &key, Some(json!({ "depends_on": waits }))).await;
        points_at(&answer, "/depends_on");
    }
    let part = made(&house, &key, "/v1/tasks", json!({ "title": "part", "parent_id": tasks[0] })).await;
    let deeper =
        house.call("POST", "/v1/tasks", &key, Some(json!({ "title": "x", "parent_id": part }))).await;
    points_at(&deeper, "/parent_id");
    let parent = house.call("PATCH", &first, &key, Some(json!({ "parent_id": last }))).await;
    points_at(&parent, "/parent_id");

    let mut goals: Vec<String> = Vec::new();
    for _ in 0..11 {
        let goal = json!({ "title": "deeper", "parent_id": goals.last() });
        let answer = house.call("POST", "/v1/goals", &key, Some(goal)).await;
        match goals.len() {
            0..10 => goals.push(answer.text("/id")),
            _ => points_at(&answer, "/parent_id"),
        }
    }
    let top = format!("/v1/goals/{}", goals[0]);
    for below in [&goals[0], &goals[1], &goals[9]] {
        points_at(&house.call("PATCH", &top, &key, Some(json!({ "parent_id": below }))).await, "/parent_id");
    }
}

#[tokio::test]
async fn a_goal_that_goes_leaves_its_tasks_and_parts() {
    let house = House::new();
    let key = house.api("full_access").await;
    let top = made(&house, &key, "/v1/goals", json!({ "title": "top" })).await;
    let middle = made(&house, &key, "/v1/goals", json!({ "title": "middle", "parent_id": top })).await;
    let low = made(&house, &key, "/v1/goals", json!({ "title": "low", "parent_id": middle })).await;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(made(&house, &key, "/v1/tasks", json!({ "title": "t", "goal_id": middle })).await);
    }
    assert_eq!(house.call("DELETE", &format!("/v1/goals/{middle}"), &key, None).await.status, 204);
    assert_eq!(got(&house, &key, &format!("/v1/goals/{low}")).await["parent_id"], json!(top));
    for task in tasks {
        assert_eq!(got(&house, &key, &format!("/v1/tasks/{task}")).await.get("goal_id"), None);
    }
}

#[tokio::test]
async fn no_two_life_areas_have_one_name() {
    let house = House::new();
    let key = house.api("full_access").await;
    let health = made(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
    let again = house.call("POST", "/v1/life-areas", &key, Some(json!({ "name": " health" }))).await;
    assert_eq!(again.is_problem(409).body["errors"][0]["pointer"], "/name");
    let work = made(&house, &key, "/v1/life-areas", json!({ "name": "Work" })).await;
    let (health, work) = (format!("/v1/life-areas/{health}"), format!("/v1/life-areas/{work}"));
    house.call("PATCH", &work, &key, Some(json!({ "name": "HEALTH" }))).await.is_problem(409);
    patched(&house, &key, &health, json!({ "name": "Body", "weight": 40, "color": "#1E90FF" })).await;
    patched(&house, &key, &work, json!({ "name": "Health" })).await;
    assert_eq!(house.call("DELETE", &work, &key, None).await.status, 204);
    made(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
}

#[tokio::test]
async fn what_is_referred_to_has_to_be_there_for_whoever_refers() {
    let house = House::new();
    let key = house.api("full_access").await;
    let area = made(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
    let goal = made(&house, &key, "/v1/goals", json!({ "title": "SECRET", "life_area_id": area })).await;
    let task = made(&house, &key, "/v1/tasks", json!({ "title": "Run", "goal_id": goal })).await;
    assert_eq!(got(&house, &key, &format!("/v1/tasks/{task}")).await["life_area_id"], json!(area));

    let grant = json!([{ "resource": "tasks", "actions": ["read", "write"] }]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "tasks only", "grant": grant })).await;
    for (field, id) in [("goal_id", &goal), ("life_area_id", &area)] {
        let task = json!({ "title": "Guess", field: id });
        points_at(&house.call("POST", "/v1/tasks", &narrow, Some(task)).await, &format!("/{field}"));
    }
    // What it leaves as it is, it need not see.
    patched(&house, &narrow, &format!("/v1/tasks/{task}"), json!({ "title": "Run far" })).await;
}

#[tokio::test]
async fn guesses_of_agents_are_understood_and_masks_know_them() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = json!({ "name": "Call", "notes": "at noon", "due_date": "2027-01-20", "priority": 1, "tags": ["a"], "status": "todo" });
    let id = tool(&house, &key, "create_task", task).await["id"].as_str().unwrap().to_owned();
    let task = got(&house, &key, &format!("/v1/tasks/{id}")).await;
    let said =
        ["title", "description", "due", "priority", "labels", "status"].map(|field| task[field].clone());
    let meant = ["Call", "at noon", "2027-01-20", "urgent", "", "pending"].map(|text| json!(text));
    assert_eq!(said[..4], meant[..4]);
    assert_eq!((&said[4], &said[5]), (&json!(["a"]), &meant[5]));
    let goal = json!({ "title": "Reach", "status": "in_progress", "target_date": "2027-06-01" });
    assert_eq!(tool(&house, &key, "create_goal", goal).await["status"], "active");

    let fields = json!({ "deny": ["description"] });
    let grant = json!([{ "resource": "tasks", "actions": ["read", "write"], "fields": fields }]);
    let (_, masked) = house.connect(json!({ "kind": "api", "name": "masked", "grant": grant })).await;
    for name in ["description", "notes"] {
        let patch =
            house.call("PATCH", &format!("/v1/tasks/{id}"), &masked, Some(json!({ name: "x" }))).await;
        assert!(patch.is_problem(400).body.to_string().contains("unknown field"), "{}", patch.body);
    }
}

#[tokio::test]
async fn a_life_area_that_is_deleted_is_let_go_of() {
    let house = House::new();
    let key = house.api("full_access").await;
    let area = made(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
    let goal = made(&house, &key, "/v1/goals", json!({ "title": "Run", "life_area_id": area })).await;
    let mut tasks = Vec::new();
    for body in [
        json!({ "title": "Buy shoes", "goal_id": goal }),
        json!({ "title": "Stretch", "life_area_id": area, "status": "completed" }),
    ] {
        tasks.push(made(&house, &key, "/v1/tasks", body).await);
    }
    let memory = json!({ "content": "I like to run early", "life_area_id": area });
    let memory = made(&house, &key, "/v1/memories", memory).await;
    patched(&house, &key, "/v1/preferences", json!({ "default_life_area_id": area, "tone": "coach" })).await;
    assert_eq!(got(&house, &key, &format!("/v1/tasks/{}", tasks[0])).await["life_area_id"], json!(area));
    assert_eq!(house.call("DELETE", &format!("/v1/life-areas/{area}"), &key, None).await.status, 204);
    let all = tasks.iter().map(|id| format!("/v1/tasks/{id}"));
    for path in all.chain([
        format!("/v1/goals/{goal}"),
        format!("/v1/memories/{memory}"),
        "/v1/preferences".to_owned(),
    ]) {
        let left = got(&house, &key, &path).await;
        assert!(left["version"].as_u64() > Some(0) && !left.to_string().contains(&area), "{left}");
    }
    let kept = got(&house, &key, "/v1/preferences").await;
    assert_eq!(kept["tone"], "coach");
}
