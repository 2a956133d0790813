//! What was deleted, and how it comes back.

use crate::harness::{Answer, House, OWNER};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn make(house: &House, key: &str, path: &str, body: Value) -> String {
    let made = house.call("POST", path, key, Some(body)).await;
    assert_eq!(made.status, 201, "{path}: {}", made.body);
    format!("{path}/{}", made.text("/id"))
}

async fn delete(house: &House, key: &str, path: &str) {
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(house.call("DELETE", path, key, None).await.status, 204, "{path}");
}

async fn restore(house: &House, key: &str, path: &str) -> Answer {
    house.call("POST", &format!("{path}/restore"), key, None).await
}

async fn restored(house: &House, key: &str, path: &str) -> Value {
    let answer = restore(house, key, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.headers["etag"], format!("\"{}\"", answer.body["version"]));
    answer.body
}

async fn trash(house: &House, key: &str, query: &str) -> Value {
    let answer = house.call("GET", &format!("/v1/trash{query}"), key, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

/// One of each noun, and what it is called.
async fn one_of_each(house: &House, key: &str) -> [(&'static str, String); 5] {
    let area = make(house, key, "/v1/life-areas", json!({ "name": "Health" })).await;
    let goal = json!({ "title": "Run", "life_area_id": id(&area) });
    let goal = make(house, key, "/v1/goals", goal).await;
    let task = json!({ "title": "Buy shoes", "goal_id": id(&goal) });
    let task = make(house, key, "/v1/tasks", task).await;
    let films = make(house, key, "/v1/collections", json!({ "name": "films" })).await;
    let film = make(house, key, "/v1/collections/films/records", json!({ "data": { "a": 1 } })).await;
    [("record", film), ("collection", films), ("task", task), ("goal", goal), ("life_area", area)]
}

#[tokio::test]
async fn the_trash_is_listed_the_latest_first_and_for_30_days() {
    let house = House::new();
    let key = house.api("full_access").await;
    let all = one_of_each(&house, &key).await;
    for (_, path) in &all {
        delete(&house, &key, path).await;
    }
    let listed = trash(&house, &key, "").await;
    let wanted: Vec<_> = all.iter().rev().map(|(_, path)| id(path)).collect();
    assert_eq!(ids(&listed), wanted);
    let task = &listed["data"][2];
    assert_eq!((&task["noun"], &task["by"]), (&json!("task"), &json!("own")));
    assert_eq!((&task["item"]["title"], &task["item"]["id"]), (&json!("Buy shoes"), &task["id"]));
    let days = |entry: &Value, name: &str| entry[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(
        days(task, "expires_at").duration_since(days(task, "deleted_at")),
        SignedDuration::from_hours(24 * 30)
    );

    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = trash(&house, &key, &query).await;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        house.call("GET", &format!("/v1/trash?noun=task&cursor={cursor}"), &key, None).await.is_problem(400);
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, wanted);
    for (noun, path) in &all {
        assert_eq!(ids(&trash(&house, &key, &format!("?noun={noun}")).await), [id(path)]);
    }
    let unknown = house.call("GET", "/v1/trash?noun=connection", &key, None).await;
    assert_eq!(unknown.is_problem(400).text("/errors/0/pointer"), "?noun");

    house.clock.advance(SignedDuration::from_hours(24 * 30) - SignedDuration::from_secs(2));
    assert_eq!(trash(&house, &key, "").await["data"].as_array().unwrap().len(), 2);
    house.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(trash(&house, &key, "").await["data"], json!([]));
    restore(&house, &key, &all[2].1).await.is_problem(404);
}

#[tokio::test]
async fn where_the_next_page_begins_does_not_tell_of_what_is_hidden() {
    let house = House::new();
    let grant =
        json!([{ "resource": "tasks", "actions": ["read", "write", "delete"], "only": { "own": true } }]);
    let (_, own) = house.connect(json!({ "kind": "api", "name": "own", "grant": grant })).await;
    let full = house.api("full_access").await;
    for is_hidden_there in [false, true] {
        let mine = make(&house, &own, "/v1/tasks", json!({ "title": "mine" })).await;
        if is_hidden_there {
            delete(&house, &full, &make(&house, &full, "/v1/tasks", json!({ "title": "hidden" })).await)
                .await;
        }
        delete(&house, &own, &mine).await;
        let page = trash(&house, &own, "?limit=1").await;
        assert_eq!(ids(&page), [id(&mine)]);
        assert!(page["next_cursor"].is_string(), "hidden: {is_hidden_there}");
        restored(&house, &own, &mine).await;
    }
}

#[tokio::test]
async fn each_noun_comes_back_as_it_was() {
    let house = House::new();
    let key = house.api("full_access").await;
    let all = one_of_each(&house, &key).await;
    let mut before = Vec::new();
    for (_, path) in &all {
        before.push(house.call("GET", path, &key, None).await.body);
        delete(&house, &key, path).await;
    }
    for ((_, path), before) in all.iter().zip(&before).rev() {
        let now = restored(&house, &key, path).await;
        for (field, was) in before.as_object().unwrap() {
            if !["version", "updated_at", "source", "tally"].contains(&field.as_str()) {
                assert_eq!(&now[field], was, "{path}: {field}");
            }
        }
        assert!(now["version"].as_u64() > before["version"].as_u64(), "{now}");
        assert_eq!(restored(&house, &key, path).await, now, "asked again");
        house.call("GET", path, &key, None).await;
    }
    assert_eq!(trash(&house, &key, "").await["data"], json!([]));
    let goal = house.call("GET", &all[3].1, &key, None).await.body;
    assert_eq!(goal["tally"]["tasks"], 1, "its task counts again: {goal}");

    house.pump.drain().await.unwrap();
    for (_, path) in &all {
        let history = house.call("GET", &format!("{path}/history"), &key, None).await.body;
        let verbs = history["data"].as_array().unwrap().iter().map(|one| one["verb"].as_str().unwrap());
        assert!(verbs.clone().any(|verb| verb == "restored"), "{path}: {:?}", verbs.collect::<Vec<_>>());
    }
    delete(&house, &key, &all[2].1).await;
    restored(&house, &key, &all[2].1).await;
    let params = json!({ "name": "restore_task", "arguments": { "id": id(&all[2].1) } });
    delete(&house, &key, &all[2].1).await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let told = house.call("POST", "/mcp", &key, Some(call)).await.body;
    assert_eq!(told["result"]["structuredContent"]["title"], "Buy shoes", "{told}");
}

#[tokio::test]
async fn it_comes_back_without_what_is_gone() {
    let house = House::new();
    let key = house.api("full_access").await;
    let [_, _, (_, task), (_, goal), (_, area)] = one_of_each(&house, &key).await;
    let other = make(&house, &key, "/v1/tasks", json!({ "title": "other" })).await;
    let stays = make(&house, &key, "/v1/tasks", json!({ "title": "stays" })).await;
    let refers = json!({ "parent_id": id(&other), "depends_on": [id(&other), id(&stays)] });
    assert_eq!(house.call("PATCH", &task, &key, Some(refers)).await.status, 200);
    let part = make(&house, &key, "/v1/goals", json!({ "title": "part", "parent_id": id(&goal) })).await;
    let done = json!({ "title": "done", "goal_id": id(&part), "status": "completed" });
    make(&house, &key, "/v1/tasks", done).await;
    for path in [&task, &part, &goal, &other, &area] {
        delete(&house, &key, path).await;
    }
    let task = restored(&house, &key, &task).await;
    for gone in ["goal_id", "life_area_id", "parent_id"] {
        assert_eq!(task.get(gone), None, "{gone}");
    }
    assert_eq!(task["depends_on"], json!([id(&stays)]));
    let part = restored(&house, &key, &part).await;
    assert_eq!((part.get("parent_id"), &part["progress"]), (None, &json!(0)), "its task let go of it");
    assert_eq!(restored(&house, &key, &goal).await.get("life_area_id"), None);
}

#[tokio::test]
async fn what_does_not_hold_any_more_is_said() {
    let house = House::new();
    let key = house.api("full_access").await;
    let [(_, film), (_, films), .., (_, area)] = one_of_each(&house, &key).await;
    for path in [&film, &films, &area] {
        delete(&house, &key, path).await;
    }
    make(&house, &key, "/v1/life-areas", json!({ "name": "health" })).await;
    assert_eq!(restore(&house, &key, &area).await.is_problem(409).text("/errors/0/pointer"), "/name");
    let refused = restore(&house, &key, &film).await;
    assert!(refused.is_problem(409).text("/detail").contains("there is no collection `films`"));
    let grant =
        json!([{ "resource": "collections", "actions": ["read", "write"], "fields": { "deny": ["links"] } }]);
    let (_, masked) = house.connect(json!({ "kind": "api", "name": "masked", "grant": grant })).await;
    let refused = restore(&house, &masked, &film).await;
    assert!(!refused.is_problem(409).text("/detail").contains("films"));
    restored(&house, &key, &films).await;
    restored(&house, &key, &film).await;
    // Made anew under the same name, it is not in the trash any more.
    delete(&house, &key, &film).await;
    delete(&house, &key, &films).await;
    make(&house, &key, "/v1/collections", json!({ "name": "films", "title": "New" })).await;
    assert_eq!(restored(&house, &key, &films).await["title"], "New");
    assert!(!ids(&trash(&house, &key, "").await).contains(&"films"));
    make(&house, &key, "/v1/collections", json!({ "name": "plays" })).await;
    restore(&house, &key, &format!("/v1/collections/plays/records/{}", id(&film))).await.is_problem(404);
    restored(&house, &key, &film).await;
}

#[tokio::test]
async fn what_a_grant_does_not_cover_is_not_in_the_trash() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = |labels: Value| json!({ "title": "x", "labels": labels, "description": "SECRET" });
    let work = make(&house, &key, "/v1/tasks", task(json!(["work"]))).await;
    let home = make(&house, &key, "/v1/tasks", task(json!(["home"]))).await;
    let goal = make(&house, &key, "/v1/goals", json!({ "title": "SECRET" })).await;
    for path in [&work, &home, &goal] {
        delete(&house, &key, path).await;
    }
    let connect = async |actions: Value| {
        let fields = json!({ "deny": ["description", "source"] });
        let rule = json!({ "resource": "tasks", "actions": actions, "only": { "tags": ["work"] }, "fields": fields });
        house.connect(json!({ "kind": "api", "name": "narrow", "grant": [rule] })).await.1
    };
    let (reader, writer) = (connect(json!(["read"])).await, connect(json!(["read", "write"])).await);
    for query in ["", "?noun=task", "?limit=1"] {
        let listed = trash(&house, &reader, query).await;
        assert_eq!(ids(&listed), [id(&work)], "{query}");
        assert!(!listed.to_string().contains("SECRET") && listed["data"][0].get("by").is_none(), "{listed}");
    }
    house.call("GET", "/v1/trash?noun=goal", &reader, None).await.is_problem(403);
    restore(&house, &reader, &work).await.is_problem(403);
    restore(&house, &writer, &home).await.is_problem(404);
    restore(&house, &writer, &goal).await.is_problem(403);
    let back = restored(&house, &writer, &work).await;
    assert_eq!(back.get("description"), None);
    assert_eq!(house.call("GET", &work, &key, None).await.body["description"], "SECRET", "nothing is lost");
}

#[tokio::test]
async fn an_undo_takes_back_what_was_restored() {
    let house = House::new();
    let key = house.api("full_access").await;
    let (wild, wilds) = house.connect(json!({ "kind": "api", "name": "w", "preset": "full_access" })).await;
    let task = make(&house, &key, "/v1/tasks", json!({ "title": "Milk" })).await;
    delete(&house, &key, &task).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let since = house.clock.now().to_string();
    restored(&house, &wilds, &task).await;
    house.pump.drain().await.unwrap();
    let undo = async |body: Value| {
        let done = house.call("POST", &format!("/connections/{wild}/undo"), OWNER, Some(body)).await;
        assert_eq!(done.status, 200, "{}", done.body);
        house.pump.drain().await.unwrap();
        done
    };
    let first = undo(json!({ "since": since })).await;
    assert_eq!(first.body["counts"]["removed"], 1, "{}", first.body);
    assert_eq!(ids(&trash(&house, &key, "").await), [id(&task)]);
    house.clock.advance(SignedDuration::from_secs(1));
    let again = undo(json!({ "undo_of": first.text("/undo") })).await;
    assert_eq!(again.body["counts"]["restored"], 1, "{}", again.body);
    assert_eq!(house.call("GET", &task, &key, None).await.body["title"], "Milk");
}
