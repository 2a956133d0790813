//! Items under ids that their makers chose, and items that are replaced.

use crate::conventions::with;
use crate::harness::{Answer, House, OTHER_OWNER, OWNER};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

const TASK: &str = "/v1/tasks/task_06hhgq2g000000000000000000";

async fn put(house: &House, key: &str, path: &str, body: Value) -> Answer {
    house.call("PUT", path, key, Some(body)).await
}

async fn guarded(house: &House, key: &str, path: &str, guard: (&'static str, &str)) -> Answer {
    with(house, "PUT", path, key, Some(json!({ "title": "Guarded" })), &[guard]).await
}

async fn get(house: &House, key: &str, path: &str) -> Value {
    house.call("GET", path, key, None).await.body
}

#[tokio::test]
async fn it_is_made_or_replaced() {
    let house = House::new();
    let key = house.api("full_access").await;
    let made =
        put(&house, &key, TASK, json!({ "title": "Milk", "labels": ["a"], "due": "2027-01-20" })).await;
    assert_eq!(
        (made.status.as_u16(), made.headers["location"].to_str().unwrap()),
        (201, TASK),
        "{}",
        made.body
    );
    assert_eq!((&made.headers["etag"], made.text("/id").as_str()), (&"\"1\"".parse().unwrap(), &TASK[10..]));
    house.clock.advance(SignedDuration::from_secs(1));
    let replaced = put(&house, &key, TASK, json!({ "title": "Bread", "priority": "high" })).await;
    assert_eq!((replaced.status.as_u16(), &replaced.headers["etag"]), (200, &"\"2\"".parse().unwrap()));
    let now = &replaced.body;
    assert_eq!((&now["title"], &now["labels"], now.get("due")), (&json!("Bread"), &json!([]), None));
    assert_eq!(
        (&now["created_at"], &now["created_by"]),
        (&made.body["created_at"], &made.body["created_by"])
    );
    let again = put(&house, &key, TASK, json!({ "title": "Bread", "priority": "high" })).await;
    assert_eq!(again.body, replaced.body, "the same again is no change");
    let minimal = [("prefer", "return=minimal")];
    let minimal = with(&house, "PUT", TASK, &key, Some(json!({ "title": "x" })), &minimal).await;
    assert_eq!((minimal.status.as_u16(), &minimal.body), (204, &Value::Null));

    for (path, body, pointer) in [
        (TASK, json!({}), "/title"),
        (TASK, json!({ "title": "x", "id": &TASK[10..] }), "/id"),
        ("/v1/tasks/goal_06hhgq2g000000000000000000", json!({ "title": "x" }), "{id}"),
        ("/v1/tasks/x", json!({ "title": "x" }), "{id}"),
        ("/v1/collections/films", json!({ "name": "plays" }), "/name"),
    ] {
        let refused = put(&house, &key, path, body).await;
        assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), pointer);
    }
    assert_eq!(put(&house, &key, "/v1/collections/films", json!({ "name": "films" })).await.status, 201);
    let films = json!({ "name": "films", "title": "Films" });
    assert_eq!(put(&house, &key, "/v1/collections/films", films).await.body["title"], "Films");
    let film = "/v1/collections/films/records/rec_06hhgq2g000000000000000000";
    for (status, data) in [(201, json!({ "a": 1 })), (200, json!({ "b": 1 }))] {
        let answer = put(&house, &key, film, json!({ "data": data })).await;
        assert_eq!((answer.status.as_u16(), &answer.body["data"]), (status, &data), "{}", answer.body);
    }
    put(&house, &key, "/v1/collections/plays", json!({ "name": "plays" })).await;
    let elsewhere = put(&house, &key, &film.replace("films", "plays"), json!({ "data": {} })).await;
    assert_eq!(elsewhere.is_problem(409).text("/type"), "urn:larder:problem:in-the-way");
}

#[tokio::test]
async fn conditions_hold() {
    let house = House::new();
    let key = house.api("full_access").await;
    for guard in [("if-match", "*"), ("if-match", "\"1\"")] {
        let refused = guarded(&house, &key, TASK, guard).await;
        assert_eq!(refused.is_problem(412).text("/type"), "urn:larder:problem:nothing-there");
    }
    assert_eq!(guarded(&house, &key, TASK, ("if-none-match", "*")).await.status, 201);
    let refused = guarded(&house, &key, TASK, ("if-none-match", "*")).await;
    assert_eq!(refused.is_problem(412).text("/type"), "urn:larder:problem:there-already");
    house.call("PATCH", TASK, &key, Some(json!({ "title": "x" }))).await;
    guarded(&house, &key, TASK, ("if-match", "\"1\"")).await.is_problem(412);
    assert_eq!(guarded(&house, &key, TASK, ("if-match", "\"2\"")).await.status, 200);
    assert_eq!(guarded(&house, &key, TASK, ("if-match", "*")).await.status, 200);
    for (tags, status) in [
        ("\"7\", \"3-csv\" ,\"x,y\"", 200),
        ("\"7\"", 412),
        ("\"x,3\"", 412),
        ("\"03\"", 412),
        ("W/\"3\"", 412),
        ("\"\"", 412),
        ("3", 400),
        ("\"3", 400),
        ("\"3\" \"3\"", 400),
        (",", 400),
    ] {
        let answer = guarded(&house, &key, TASK, ("if-match", tags)).await;
        assert_eq!(answer.status, status, "{tags}: {}", answer.body);
    }
    guarded(&house, &key, TASK, ("if-none-match", "\"1\"")).await.is_problem(400);
    let (one, two) = tokio::join!(
        guarded(&house, &key, "/v1/goals/goal_06hhgq2g000000000000000000", ("if-none-match", "*")),
        guarded(&house, &key, "/v1/goals/goal_06hhgq2g000000000000000000", ("if-none-match", "*")),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert!(statuses[0] == 201 && [409, 412].contains(&statuses[1]), "made once: {statuses:?}");
}

#[tokio::test]
async fn what_lies_in_the_trash_is_restored_and_not_replaced() {
    let house = House::new();
    let key = house.api("full_access").await;
    put(&house, &key, TASK, json!({ "title": "Milk" })).await;
    house.call("DELETE", TASK, &key, None).await;
    let refused = put(&house, &key, TASK, json!({ "title": "Bread" })).await;
    assert!(refused.is_problem(409).text("/detail").contains("restore it"), "{}", refused.body);
    house.pump.drain().await.unwrap();
    house.clock.advance(SignedDuration::from_hours(24 * 31));
    let (_, key) = house.connect(json!({ "kind": "api", "name": "later", "preset": "full_access" })).await;
    let anew = put(&house, &key, TASK, json!({ "title": "Bread" })).await;
    assert_eq!(anew.status, 201, "{}", anew.body);
    assert!(anew.body["version"].as_u64() > Some(2), "its changes are told apart: {}", anew.body);
}

#[tokio::test]
async fn a_goals_progress_stays_as_its_tasks_have_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = "/v1/goals/goal_06hhgq2g000000000000000000";
    put(&house, &key, goal, json!({ "title": "Run" })).await;
    let task = json!({ "title": "x", "goal_id": &goal[10..], "status": "completed" });
    put(&house, &key, TASK, task).await;
    let replaced = put(&house, &key, goal, json!({ "title": "Swim" })).await;
    assert_eq!((&replaced.body["title"], &replaced.body["progress"]), (&json!("Swim"), &json!(100)));
    let written = put(&house, &key, goal, json!({ "title": "Swim", "progress": 5 })).await;
    assert_eq!(written.is_problem(400).text("/errors/0/pointer"), "/progress");
}

#[tokio::test]
async fn what_a_caller_cannot_see_is_not_replaced() {
    let house = House::new();
    let key = house.api("full_access").await;
    put(&house, &key, TASK, json!({ "title": "Milk", "labels": ["work"], "description": "SECRET" })).await;
    let connect = async |rule: Value| {
        let grant = json!([rule]);
        house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await.1
    };
    let work = json!({ "tags": ["work"] });
    let fields = json!({ "deny": ["description", "source", "updated_at"] });
    let actions = json!(["read", "write"]);
    let narrow = json!({ "resource": "tasks", "actions": actions, "only": work, "fields": fields });
    let narrow = connect(narrow).await;
    let replaced = put(&house, &narrow, TASK, json!({ "title": "Bread", "labels": ["work"] })).await;
    assert_eq!(
        (replaced.status.as_u16(), &replaced.body["title"]),
        (200, &json!("Bread")),
        "{}",
        replaced.body
    );
    let whole = get(&house, &key, TASK).await;
    assert_eq!((&whole["description"], &whole["version"]), (&json!("SECRET"), &json!(2)));
    assert_ne!(whole["source"]["connection"], whole["created_by"], "who wrote it is told all the same");
    let hidden = json!({ "title": "x", "labels": ["work"], "description": "x" });
    put(&house, &narrow, TASK, hidden).await.is_problem(400);
    put(&house, &narrow, TASK, json!({ "title": "x" })).await.is_problem(403);
    put(&house, &key, TASK, json!({ "title": "SECRET" })).await;
    let unseen = put(&house, &narrow, TASK, json!({ "title": "x", "labels": ["work"] })).await;
    assert!(unseen.is_problem(409).text("/detail").contains("in use"), "{}", unseen.body);
    let reader = connect(json!({ "resource": "tasks", "actions": ["read"] })).await;
    put(&house, &reader, TASK, json!({ "title": "x" })).await.is_problem(403);
    assert_eq!(get(&house, &key, TASK).await["version"], 3);

    let tools = json!({ "tools_enabled": ["update_task"] });
    let input = json!({ "kind": "mcp", "name": "one", "preset": "full_access", "config": tools });
    let (_, changes) = house.connect(input).await;
    assert_eq!(put(&house, &changes, TASK, json!({ "title": "y" })).await.status, 200);
    let other = "/v1/tasks/task_06hhgq2g000000000000000004";
    put(&house, &changes, other, json!({ "title": "y" })).await.is_problem(403);
}

#[tokio::test]
async fn another_owners_id_is_another_thing_and_an_undo_takes_back_what_was_put() {
    let house = House::new();
    let key = house.api("full_access").await;
    let input = json!({ "kind": "api", "name": "other", "preset": "full_access" });
    let other = house.call("POST", "/connections", OTHER_OWNER, Some(input)).await.text("/key");
    put(&house, &key, TASK, json!({ "title": "mine", "labels": ["a"] })).await;
    assert_eq!(put(&house, &other, TASK, json!({ "title": "theirs" })).await.status, 201);
    assert_eq!(get(&house, &key, TASK).await["title"], "mine");

    let (wild, wilds) = house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access" })).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    let spam = "/v1/tasks/task_06hhgq2g000000000000000004";
    put(&house, &wilds, TASK, json!({ "title": "wild" })).await;
    put(&house, &wilds, spam, json!({ "title": "wild" })).await;
    house.pump.drain().await.unwrap();
    let path = format!("/connections/{wild}/undo");
    let undone = house.call("POST", &path, OWNER, Some(json!({ "since": since }))).await;
    let counts = &undone.body["counts"];
    assert_eq!((&counts["reverted"], &counts["removed"]), (&json!(1), &json!(1)), "{}", undone.body);
    assert_eq!(get(&house, &key, TASK).await["labels"], json!(["a"]));
    house.call("GET", spam, &key, None).await.is_problem(404);
}
