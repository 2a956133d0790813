//! What one writes while another relies on its not being there, at every place in between.

use crate::harness::{Answer, House, OWNER};
use crate::hooked::{Hook, Hooked};
use crate::importing::{a_task, id};
use async_trait::async_trait;
use domain::Result;
use futures_util::future::{BoxFuture, join_all};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

type Other = Arc<Mutex<Option<BoxFuture<'static, ()>>>>;

/// Before the call at which `left` reaches zero, the other does its part.
struct Between {
    left: Arc<AtomicI64>,
    other: Other,
}

#[async_trait]
impl Hook for Between {
    async fn before(&self) -> Result<()> {
        let is_now = self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        let other = self.other.lock().unwrap().take_if(|_| is_now);
        if let Some(other) = other {
            other.await;
        }
        Ok(())
    }
}

/// A call: its method, its path and its body.
pub(crate) type Sent = (&'static str, String, Value);

/// Who imports is the owner.
async fn send(house: &House, key: &str, (method, path, body): Sent) -> Answer {
    let token = if path == "/import" { OWNER } else { key };
    house.call(method, &path, token, Some(body).filter(|body| !body.is_null())).await
}

pub(crate) struct Race {
    house: Arc<House>,
    key: String,
    left: Arc<AtomicI64>,
    other: Other,
}

impl Race {
    async fn new() -> Self {
        let (left, other) = (Arc::new(AtomicI64::new(0)), Other::default());
        let hook = || Between { left: Arc::clone(&left), other: Arc::clone(&other) };
        let house = House::on(|inner| Arc::new(Hooked { inner, hook: hook() }));
        let key = house.api("full_access").await;
        Self { house: Arc::new(house), key, left, other }
    }

    pub(crate) async fn call(&self, sent: Sent) -> Answer {
        send(&self.house, &self.key, sent).await
    }

    pub(crate) async fn made(&self, path: &str, body: Value) -> String {
        let made = self.call(("POST", path.to_owned(), body)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id")
    }

    pub(crate) async fn get(&self, path: String) -> Answer {
        self.call(("GET", path, Value::Null)).await
    }

    /// One call, with another before its nth call of the store; false if it has not so many.
    async fn run(&self, nth: i64, one: Sent, other: Sent) -> bool {
        let (house, key) = (Arc::clone(&self.house), self.key.clone());
        let other = async move {
            let answer = send(&house, &key, other).await;
            assert!(!answer.status.is_server_error(), "{}", answer.body);
        };
        *self.other.lock().unwrap() = Some(Box::pin(other));
        self.left.store(nth, Ordering::SeqCst);
        let answer = self.call(one).await;
        assert!(!answer.status.is_server_error(), "{}", answer.body);
        self.left.store(0, Ordering::SeqCst);
        self.other.lock().unwrap().take().is_none()
    }
}

/// Both calls, either within the other at each place, on what `set` prepares; `holds` looks at what is left of it.
pub(crate) async fn at_each_place<S>(
    set: impl AsyncFn(&Race) -> (S, Sent, Sent),
    holds: impl AsyncFn(&Race, &S) -> bool,
) {
    for is_swapped in [false, true] {
        let mut places = 0;
        for nth in 1.. {
            let race = Race::new().await;
            let (state, one, other) = set(&race).await;
            let (one, other) = if is_swapped { (other, one) } else { (one, other) };
            let took_place = race.run(nth, one, other).await;
            assert!(holds(&race, &state).await, "at call {nth}, swapped: {is_swapped}");
            if !took_place {
                break;
            }
            places += 1;
        }
        assert!(places > 3, "{places}");
    }
}

#[tokio::test]
async fn no_record_comes_into_a_collection_that_goes() {
    let set = async |race: &Race| {
        race.made("/v1/collections", json!({ "name": "films" })).await;
        let record = "/v1/collections/films/records/rec_06hhgq2g000000000000000000".to_owned();
        let made = ("PUT", record.clone(), json!({ "data": {} }));
        (record, made, ("DELETE", "/v1/collections/films".to_owned(), Value::Null))
    };
    let holds = async |race: &Race, record: &String| {
        let is_there = race.get(record.clone()).await.status == 200;
        is_there == (race.get("/v1/collections/films".to_owned()).await.status == 200)
    };
    at_each_place(set, holds).await;
}

/// Also where records came and went before.
#[tokio::test]
async fn no_record_comes_back_into_a_collection_that_goes() {
    let set = async |race: &Race| {
        race.made("/v1/collections", json!({ "name": "films" })).await;
        let records = "/v1/collections/films/records";
        let record = format!("{records}/{}", race.made(records, json!({ "data": {} })).await);
        race.call(("DELETE", record.clone(), Value::Null)).await;
        let back = ("POST", format!("{record}/restore"), Value::Null);
        (record, back, ("DELETE", "/v1/collections/films".to_owned(), Value::Null))
    };
    let holds = async |race: &Race, record: &String| {
        let is_there = race.get(record.clone()).await.status == 200;
        is_there == (race.get("/v1/collections/films".to_owned()).await.status == 200)
    };
    at_each_place(set, holds).await;
}

#[tokio::test]
async fn no_part_has_parts() {
    let set = async |race: &Race| {
        let (whole, task) = (race.house.task(&race.key, "A").await, race.house.task(&race.key, "B").await);
        let part = race.house.task(&race.key, "C").await;
        let below =
            |one: &str, other: &str| ("PATCH", format!("/v1/tasks/{one}"), json!({ "parent_id": other }));
        (vec![task.clone(), part.clone()], below(&task, &whole), below(&part, &task))
    };
    let holds = async |race: &Race, tasks: &Vec<String>| {
        let mut parts = 0;
        for task in tasks {
            let task = race.get(format!("/v1/tasks/{task}")).await;
            parts += usize::from(task.body.get("parent_id").is_some());
        }
        parts == 1
    };
    at_each_place(set, holds).await;
}

#[tokio::test]
async fn nothing_waits_for_itself_that_two_imports_bring() {
    let set = async |_: &Race| {
        let import = |one: usize, other: usize| {
            let waits = a_task(one, json!({ "depends_on": [id("task", other)] }));
            ("POST", "/import".to_owned(), json!({ "larder": 1, "tasks": [waits] }))
        };
        ((), import(1, 2), import(2, 1))
    };
    let holds = async |race: &Race, (): &()| {
        let tasks = race.get("/v1/tasks".to_owned()).await;
        tasks.body["data"].as_array().unwrap().len() == 1
    };
    at_each_place(set, holds).await;
}

/// So many goals, each a part of the one before, below another one if there is one.
async fn chain(race: &Race, count: usize) -> Vec<String> {
    let mut goals: Vec<String> = Vec::new();
    for _ in 0..count {
        goals.push(race.made("/v1/goals", json!({ "title": "x", "parent_id": goals.last() })).await);
    }
    goals
}

fn below(one: &str, other: &str) -> Sent {
    ("PATCH", format!("/v1/goals/{one}"), json!({ "parent_id": other }))
}

#[tokio::test]
async fn goals_come_ten_levels_deep_and_no_deeper_whatever_they_bring_along() {
    let race = Race::new().await;
    let (seven, three, four) = (chain(&race, 7).await, chain(&race, 3).await, chain(&race, 4).await);
    let refused = race.call(below(&four[0], &seven[6])).await;
    assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "/parent_id");
    assert_eq!(race.call(below(&three[0], &seven[6])).await.status, 200);
    race.call(below(&four[0], &three[2])).await.is_problem(400);
    race.call(below(&four[0], &four[3])).await.is_problem(400);
    assert_eq!(race.call(below(&four[0], &seven[5])).await.status, 200, "to the tenth level");
}

#[tokio::test]
async fn goals_that_move_at_the_same_time_come_no_deeper() {
    let set = async |race: &Race| {
        let (eight, two) = (chain(race, 8).await, chain(race, 2).await);
        let third = chain(race, 1).await.remove(0);
        let calls = (below(&two[0], &eight[7]), below(&third, &two[1]));
        (vec![two[0].clone(), third], calls.0, calls.1)
    };
    let holds = async |race: &Race, moved: &Vec<String>| {
        let mut parts = 0;
        for goal in moved {
            let goal = race.get(format!("/v1/goals/{goal}")).await;
            parts += usize::from(goal.body.get("parent_id").is_some());
        }
        parts == 1
    };
    at_each_place(set, holds).await;
}

#[tokio::test]
async fn no_memory_supersedes_itself_over_others() {
    let set = async |race: &Race| {
        let remember = async |content: &str| race.made("/v1/memories", json!({ "content": content })).await;
        let (one, other) = (remember("one").await, remember("other").await);
        let over =
            |one: &str, other: &str| ("PATCH", format!("/v1/memories/{one}"), json!({ "supersedes": other }));
        (vec![one.clone(), other.clone()], over(&one, &other), over(&other, &one))
    };
    let holds = async |race: &Race, memories: &Vec<String>| {
        let mut newer = 0;
        for memory in memories {
            let memory = race.get(format!("/v1/memories/{memory}")).await;
            newer += usize::from(memory.body.get("supersedes").is_some());
        }
        newer == 1
    };
    at_each_place(set, holds).await;

    let race = Race::new().await;
    let mut chain: Vec<String> = Vec::new();
    for nth in 0..4 {
        let body = json!({ "content": nth.to_string(), "supersedes": chain.last() });
        chain.push(race.made("/v1/memories", body).await);
    }
    let first = ("PATCH", format!("/v1/memories/{}", chain[0]), json!({ "supersedes": chain[3] }));
    assert_eq!(race.call(first).await.is_problem(400).text("/errors/0/pointer"), "/supersedes");
}

async fn say(house: &House, key: &str, content: &str) -> Answer {
    house.call("POST", "/v1/memories", key, Some(json!({ "content": content }))).await
}

#[tokio::test]
async fn what_is_said_ten_times_at_once_is_remembered_once() {
    let house = House::new();
    let key = house.api("full_access").await;
    let answers = join_all((0..10).map(|_| say(&house, &key, "Bo likes tea"))).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    let id = made[0].text("/id");
    assert!(answers.iter().all(|answer| answer.status.is_success() && answer.text("/id") == id));

    // It is said anew once it is gone or says something else, and by whoever cannot know that it was said.
    assert_eq!(house.call("DELETE", &format!("/v1/memories/{id}"), &key, None).await.status, 204);
    let anew = say(&house, &key, "Bo likes tea").await;
    assert_eq!((anew.status.as_u16(), anew.text("/id") == id), (201, false));
    let path = format!("/v1/memories/{}", anew.text("/id"));
    house.call("PATCH", &path, &key, Some(json!({ "content": "Bo likes coffee" }))).await;
    assert_eq!(say(&house, &key, "Bo likes coffee").await.status, 200);
    assert_eq!(say(&house, &key, "Bo likes tea").await.status, 201);
    let own = json!([{ "resource": "memories", "actions": ["read", "write"], "only": { "own": true } }]);
    let own = house.connect(json!({ "kind": "api", "name": "own", "grant": own })).await.1;
    let answers = join_all((0..10).map(|_| say(&house, &own, "Bo likes tea"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    house.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(say(&house, &key, "Bo likes tea").await.status, 200);
    assert_eq!(say(&house, &key, "Cy likes jam").await.status, 201);
}

#[tokio::test]
async fn who_says_something_while_it_is_said_is_told_what_is_there() {
    let said = |id: &str| ("PUT", format!("/v1/memories/{id}"), json!({ "content": "Bo likes tea" }));
    let set = async |_: &Race| {
        let say = || ("POST", "/v1/memories".to_owned(), json!({ "content": "Bo likes tea" }));
        ((), say(), say())
    };
    let holds = async |race: &Race, (): &()| {
        let all = race.get("/v1/memories".to_owned()).await;
        all.body["data"].as_array().unwrap().len() == 1
    };
    at_each_place(set, holds).await;
    let race = Race::new().await;
    for id in ["mem_06hhgq2g000000000000000000", "mem_06hhgq2g000000000000000004"] {
        assert_eq!(race.call(said(id)).await.status, 201, "whoever chooses an id means another one");
    }
}

#[tokio::test]
async fn twenty_five_at_once_come_into_one_goal() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = house.call("POST", "/v1/goals", &key, Some(json!({ "title": "Run" }))).await.text("/id");
    let task = json!({ "title": "x", "goal_id": goal });
    let made = join_all((0..25).map(|_| house.call("POST", "/v1/tasks", &key, Some(task.clone())))).await;
    assert!(made.iter().all(|answer| answer.status == 201));
    let goal = house.call("GET", &format!("/v1/goals/{goal}"), &key, None).await;
    assert_eq!(goal.body["tally"]["tasks"], 25);
}
