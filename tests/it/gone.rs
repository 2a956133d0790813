//! Whatever comes while something goes, nothing refers to what is gone.

use crate::races::{Race, at_each_place};
use serde_json::{Value, json};

const TASK: &str = "/v1/tasks/task_06hhgq2g000000000000000000";
const GOAL: &str = "/v1/goals/goal_06hhgq2g000000000000000000";
const MEMORY: &str = "/v1/memories/mem_06hhgq2g000000000000000000";

/// One of `all` goes while `body` of its id comes, which refers to it in this field.
async fn nothing_refers_to(all: &str, new: Value, comes: &str, field: &str, body: impl Fn(&str) -> Value) {
    let set = async |race: &Race| {
        let id = race.made(all, new.clone()).await;
        let (one, other) = (body(&id), ("DELETE", format!("{all}/{id}"), Value::Null));
        (id, ("PUT", comes.to_owned(), one), other)
    };
    let holds = async |race: &Race, id: &String| {
        let refers = race.get(comes.to_owned()).await.body[field].to_string().contains(id.as_str());
        !refers || race.get(format!("{all}/{id}")).await.status == 200
    };
    at_each_place(set, holds).await;
}

fn task() -> Value {
    json!({ "title": "Rig" })
}

#[tokio::test]
async fn no_task_waits_for_what_is_gone() {
    let body = |id: &str| json!({ "title": "Sail", "depends_on": [id] });
    nothing_refers_to("/v1/tasks", task(), TASK, "depends_on", body).await;
}

#[tokio::test]
async fn no_task_is_a_part_of_what_is_gone() {
    let body = |id: &str| json!({ "title": "Sail", "parent_id": id });
    nothing_refers_to("/v1/tasks", task(), TASK, "parent_id", body).await;
}

#[tokio::test]
async fn no_task_is_for_a_goal_that_is_gone_even_if_it_does_not_count() {
    let body = |id: &str| json!({ "title": "Sail", "goal_id": id, "status": "cancelled" });
    nothing_refers_to("/v1/goals", json!({ "title": "Sea" }), TASK, "goal_id", body).await;
}

#[tokio::test]
async fn no_goal_is_a_part_of_what_is_gone() {
    let body = |id: &str| json!({ "title": "Sail", "parent_id": id });
    nothing_refers_to("/v1/goals", json!({ "title": "Sea" }), GOAL, "parent_id", body).await;
}

#[tokio::test]
async fn no_memory_belongs_to_a_life_area_that_is_gone() {
    let body = |id: &str| json!({ "content": "The boat leaks", "life_area_id": id });
    nothing_refers_to("/v1/life-areas", json!({ "name": "Sea" }), MEMORY, "life_area_id", body).await;
}
