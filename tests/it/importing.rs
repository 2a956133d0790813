//! What is taken in is held to the same rules as what is written here.

use crate::faults::{Fault, faulty};
use crate::harness::{House, OTHER_OWNER, OWNER};
use crate::moving::{Lists, content, counts, export, import, number, pages, rich, write};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub(crate) const AT: &str = "2027-01-10T08:00:00Z";

pub(crate) fn id(kind: &str, number: usize) -> String {
    format!("{kind}_{number:0>25}0")
}

/// An item with these fields besides what each has.
pub(crate) fn item(kind: &str, number: usize, fields: Value) -> Value {
    let mut item = json!({ "id": id(kind, number), "created_at": AT, "updated_at": AT });
    item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    item
}

pub(crate) fn a_task(number: usize, fields: Value) -> Value {
    let mut task = item("task", number, fields);
    task.as_object_mut().unwrap().entry("title").or_insert("To do".into());
    task
}

pub(crate) fn a_goal(number: usize, fields: Value) -> Value {
    let mut goal = item("goal", number, fields);
    goal.as_object_mut().unwrap().entry("title").or_insert("To reach".into());
    goal
}

fn lists(all: Value) -> Lists {
    serde_json::from_value(all).unwrap()
}

#[tokio::test]
async fn nothing_waits_for_itself_in_whichever_order_it_comes() {
    let house = House::new();
    let ring = |at: usize| a_task(at, json!({ "depends_on": [id("task", at % 3 + 1)] }));
    let all = lists(json!({ "tasks": [ring(1), ring(2), ring(3)] }));
    assert_eq!(counts(&house, "", &all).await, [2, 0, 0, 0, 1]);
    let ring = |at: usize| a_goal(at, json!({ "parent_id": id("goal", at % 3 + 1) }));
    let all = lists(json!({ "goals": [ring(1), ring(2), ring(3)] }));
    assert_eq!(counts(&house, "", &all).await, [2, 0, 0, 0, 1]);
    // Parts have no parts.
    let all = lists(json!({ "tasks": [
        a_task(11, json!({ "parent_id": id("task", 12) })),
        a_task(12, json!({ "parent_id": id("task", 13) })),
        a_task(13, json!({})),
    ] }));
    assert_eq!(counts(&house, "", &all).await, [2, 0, 0, 0, 1]);
    // One that grew elsewhere, link by link, is longer than what is checked here at once.
    let chain = |at: usize| a_task(100 + at, json!({ "depends_on": [id("task", 101 + at)] }));
    let all = lists(json!({ "tasks": (0..150).rev().map(chain).collect::<Vec<_>>() }));
    assert_eq!(counts(&house, "", &all).await, [150, 0, 0, 0, 0]);
}

#[tokio::test]
async fn the_same_id_twice_is_one_item_and_the_later_one_counts_if_it_is_to_replace() {
    let house = House::new();
    let record = |text: &str| item("rec", 1, json!({ "collection": "books", "data": { "title": text } }));
    let all = lists(json!({
        "tasks": [a_task(1, json!({ "title": "a" })), a_task(1, json!({ "title": "b" })), a_task(1, json!({ "title": "b" }))],
        "collections": [item("x", 1, json!({ "id": "books", "name": "books" }))],
        "records": [record("a"), record("b"), record("a")],
    }));
    assert_eq!(counts(&house, "", &all).await, [3, 0, 1, 3, 0]);
    assert_eq!(counts(&house, "?replace=true", &all).await, [0, 3, 4, 0, 0]);
    let out = export(&house, OWNER).await;
    assert_eq!((&out["tasks"][0]["title"], &out["records"][0]["data"]["title"]), (&json!("b"), &json!("a")));
}

#[tokio::test]
async fn tallies_are_right_whatever_comes_first_and_whatever_was_there() {
    let house = House::new();
    let key = house.api("full_access").await;
    let of = |number, goal: usize, status: &str| {
        let completed = (status == "completed").then_some(AT);
        a_task(number, json!({ "goal_id": id("goal", goal), "status": status, "completed_at": completed }))
    };
    let lie = json!({ "tasks": 99, "done": 99, "minutes": 99, "minutes_done": 99 });
    let goals = [1, 2].map(|number| a_goal(number, json!({ "tally": lie, "progress": 77 })));
    let tasks = lists(json!({ "tasks": [of(1, 1, "completed"), of(2, 1, "pending"), of(3, 2, "pending")] }));
    assert_eq!(counts(&house, "", &tasks).await, [3, 0, 0, 0, 0]);
    assert_eq!(counts(&house, "", &lists(json!({ "goals": goals }))).await, [2, 0, 0, 0, 0]);
    let shown = async |number| {
        write(&house, "GET", &format!("/v1/goals/{}", id("goal", number)), &key, Value::Null).await
    };
    let is = async |number, tasks: u64, progress: u64| {
        let goal = shown(number).await;
        let told = goal["tally"]["tasks"].as_u64().unwrap_or_default();
        assert_eq!((told, &goal["progress"]), (tasks, &json!(progress)), "{goal}");
    };
    is(1, 2, 50).await;
    is(2, 1, 0).await;
    // Over what is there, the tasks move to the other goal.
    let moved = lists(json!({ "goals": goals, "tasks": [of(1, 2, "completed"), of(2, 2, "cancelled")] }));
    assert_eq!(counts(&house, "?replace=true", &moved).await, [0, 2, 2, 0, 0]);
    is(1, 0, 0).await;
    is(2, 2, 50).await;
}

#[tokio::test]
async fn what_recurs_is_followed_by_nothing_when_it_comes_in() {
    let house = House::new();
    let done =
        json!({ "status": "completed", "due": "2027-01-11", "recurrence": "FREQ=DAILY", "completed_at": AT });
    let all = lists(json!({ "tasks": [a_task(1, done)] }));
    assert_eq!(counts(&house, "", &all).await, [1, 0, 0, 0, 0]);
    let out = export(&house, OWNER).await;
    assert_eq!((out["tasks"].len(), &out["tasks"][0]["completed_at"]), (1, &json!(AT)));
}

#[tokio::test]
async fn who_imports_and_exports_is_told_and_a_dry_run_writes_nothing() {
    let house = House::new();
    let all = lists(json!({ "tasks": [a_task(1, json!({}))] }));
    assert_eq!(counts(&house, "?dry_run=true", &all).await, [1, 0, 0, 0, 0]);
    assert_eq!(export(&house, OWNER).await, Lists::new());
    for how in ["?dry_run=true", "", ""] {
        counts(&house, how, &all).await;
    }
    house.pump.drain().await.unwrap();
    let log = house.call("GET", "/audit/logs?action=data.*", OWNER, None).await;
    let told = log.body["data"].as_array().unwrap();
    let told: Vec<_> = told.iter().map(|one| (&one["action"], &one["reason"])).collect();
    assert_eq!(
        told,
        [(&json!("data.imported"), &json!("1 made, 0 changed")), (&json!("data.exported"), &Value::Null)]
    );
}

#[tokio::test]
async fn one_owners_ids_are_nothing_to_another() {
    let house = House::new();
    rich(&house).await;
    let out = export(&house, OWNER).await;
    for page in pages(&house, OWNER).await {
        let answer = import(&house, OTHER_OWNER, "", page).await;
        assert_eq!(answer.body["counts"]["made"].as_u64().unwrap(), number(&out));
    }
    assert_eq!(content(export(&house, OTHER_OWNER).await), content(out.clone()));
    assert_eq!(export(&house, OWNER).await, out);
}

#[tokio::test]
async fn what_broke_off_is_sent_again_and_is_as_if_nothing_had_happened() {
    let from = House::new();
    rich(&from).await;
    let (out, page) = (content(export(&from, OWNER).await), pages(&from, OWNER).await.remove(0));
    for fault in [Fault::Busy, Fault::Broken] {
        let mut failures = 0;
        for call in (1..).step_by(7) {
            let left = Arc::new(AtomicI64::new(0));
            let house = faulty(&left, fault);
            left.store(call, Ordering::SeqCst);
            let answer = import(&house, OWNER, "", page.clone()).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            if !is_over {
                failures += 1;
                answer.is_problem(if fault == Fault::Busy { 503 } else { 500 });
                let again = import(&house, OWNER, "", page.clone()).await;
                assert_eq!(again.body["refused"], json!([]), "{}", again.body);
            }
            assert_eq!(content(export(&house, OWNER).await), out, "call {call}");
            if is_over {
                break;
            }
        }
        assert!(failures > 5, "{failures}");
    }
}

/// Tasks and goals that refer to one another at random, forwards, backwards and to nothing.
fn documents() -> impl Strategy<Value = Lists> {
    let goal =
        (0..6usize, proptest::option::of(0..8usize), any::<bool>()).prop_map(|(number, parent, manual)| {
            let parent = parent.map(|parent| id("goal", parent));
            a_goal(
                number,
                json!({ "parent_id": parent, "progress_mode": if manual { "manual" } else { "auto" } }),
            )
        });
    let refers = (proptest::option::of(0..8usize), proptest::option::of(0..14usize));
    let task =
        (0..12usize, refers, proptest::collection::vec(0..14usize, 0..3), 0..4usize, "[ -~äß€🏊]{1,20}");
    let task = task.prop_map(|(number, (of, parent), waits, status, title)| {
        let status = ["pending", "blocked", "completed", "cancelled"][status];
        a_task(
            number,
            json!({
                "title": title,
                "goal_id": of.map(|of| id("goal", of)),
                "parent_id": parent.map(|parent| id("task", parent)),
                "depends_on": waits.into_iter().map(|of| id("task", of)).collect::<Vec<_>>(),
                "status": status,
                "completed_at": (status == "completed").then_some(AT),
            }),
        )
    });
    let (goals, tasks) = (proptest::collection::vec(goal, 0..8), proptest::collection::vec(task, 0..16));
    (goals, tasks).prop_map(|(goals, tasks)| lists(json!({ "goals": goals, "tasks": tasks })))
}

#[test]
fn whatever_was_taken_in_moves_on_as_it_is() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let moves = |document: Lists| {
        runtime.block_on(async {
            let (first, second) = (House::new(), House::new());
            counts(&first, "", &document).await;
            let out = export(&first, OWNER).await;
            let all = number(&out);
            assert_eq!(counts(&second, "", &out).await, [all, 0, 0, 0, 0]);
            assert_eq!(content(export(&second, OWNER).await), content(out.clone()));
            assert_eq!(counts(&second, "?replace=true", &out).await, [0, 0, all, 0, 0]);
        });
        Ok(())
    };
    runner.run(&documents(), moves).unwrap();
}
