//! What comes in and does not fit is told with its place, and keeps nothing else out.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use crate::importing::{AT, a_goal, a_task, id, item};
use crate::moving::{export, import, pages};
use serde_json::json;

async fn raw(house: &House, body: String) -> Answer {
    let (mut parts, _) = request("POST", "/import", Some(OWNER), None).into_parts();
    parts.headers.insert("content-type", "application/json".parse().unwrap());
    house.send(http::Request::from_parts(parts, body.into())).await
}

/// Where what was refused stands, and what is said of it.
fn refused(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let all = answer.body["refused"].as_array().unwrap().iter();
    all.map(|one| (one["pointer"].as_str().unwrap(), one["detail"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn each_item_that_does_not_fit_is_told_with_its_place_and_the_others_go_in() {
    let house = House::new();
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let record = |data: &str| {
        let (id, quoted) = (id("rec", 1), AT);
        format!(
            r#"{{"id":"{id}","collection":"books","data":{data},"created_at":"{quoted}","updated_at":"{quoted}"}}"#
        )
    };
    let first = id("task", 1);
    for (list, wrong, place, said) in [
        ("tasks", "5".to_owned(), "", "expected an object"),
        ("tasks", "null".to_owned(), "", "expected an object"),
        ("tasks", "[]".to_owned(), "", "expected an object"),
        ("tasks", "{}".to_owned(), "/id", "missing field `id`"),
        ("tasks", item("task", 1, json!({})).to_string(), "/title", "missing field `title`"),
        ("tasks", a_task(1, json!({ "title": 5 })).to_string(), "/title", "expected a string"),
        ("tasks", a_task(1, json!({ "title": "x".repeat(201) })).to_string(), "/title", "200"),
        ("tasks", a_task(1, json!({ "id": id("goal", 1) })).to_string(), "/id", "looks like `task_"),
        ("tasks", a_task(1, json!({ "id": "../../x" })).to_string(), "/id", "looks like `task_"),
        ("tasks", a_task(1, json!({ "mood": "good" })).to_string(), "/mood", "knows no `mood`"),
        ("tasks", a_task(1, json!({ "name": "an alias" })).to_string(), "/name", "knows no `name`"),
        ("tasks", a_task(1, json!({ "created_at": "yesterday" })).to_string(), "/created_at", ""),
        ("tasks", a_task(1, json!({ "due": "12027-01-01" })).to_string(), "/due", ""),
        ("tasks", a_task(1, json!({ "depends_on": [first] })).to_string(), "/depends_on", "wait for itself"),
        ("tasks", a_task(1, json!({ "parent_id": first })).to_string(), "/parent_id", "part of itself"),
        ("tasks", a_task(1, json!({ "recurrence": "FREQ=DAILY" })).to_string(), "/recurrence", "needs `due`"),
        ("tasks", a_task(1, json!({})).to_string().replace("To do", "\\ud800"), "", "hex escape"),
        (
            "goals",
            a_goal(1, json!({ "parent_id": id("goal", 1) })).to_string(),
            "/parent_id",
            "part of itself",
        ),
        ("goals", a_goal(1, json!({ "progress": 101 })).to_string(), "/progress", ""),
        ("life_areas", item("area", 1, json!({ "name": "Work" })).to_string(), "/name", "has this name"),
        (
            "collections",
            item("x", 1, json!({ "name": "b", "id": "a" })).to_string(),
            "/name",
            "keeps its name",
        ),
        ("records", record("{}").replace("books", "films"), "/collection", "no collection `films`"),
        ("records", record("{\"title\":5}"), "/data/title", ""),
        ("records", record(&deep), "", "recursion limit"),
        ("records", record("{\"title\":1e999}"), "", "number out of range"),
        ("records", record(&format!("{{\"title\":\"{}\"}}", "x".repeat(66_000))), "/data", ""),
    ] {
        let schema = json!({ "type": "object", "properties": { "title": { "type": "string" } } });
        let books = json!({ "name": "books", "id": "books", "json_schema": schema });
        let there = json!({
            "larder": 1,
            "life_areas": [item("area", 2, json!({ "name": "work" }))],
            "collections": [item("x", 1, books)],
        });
        import(&house, OWNER, "", there).await;
        let good = a_task(7, json!({})).to_string();
        let body = match list {
            "tasks" => format!(r#"{{"larder":1,"tasks":[{wrong},{good}]}}"#),
            _ => format!(r#"{{"larder":1,"tasks":[{good}],"{list}":[{wrong}]}}"#),
        };
        let answer = raw(&house, body).await;
        let place = format!("/{list}/0{place}");
        let found = refused(&answer);
        assert!(
            found.len() == 1 && found[0].0.starts_with(&place) && found[0].1.contains(said),
            "{wrong}: {found:?}"
        );
        assert_eq!(export(&house, OWNER).await["tasks"].len(), 1, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_no_document_is_refused_as_a_whole() {
    let house = House::new();
    let tasks = |number: usize| {
        (0..number).map(|nth| a_task(nth, json!({})).to_string()).collect::<Vec<_>>().join(",")
    };
    for (body, status, pointer) in [
        ("[]".to_owned(), 400, ""),
        ("{".to_owned(), 400, ""),
        ("{}".to_owned(), 400, "/larder"),
        (r#"{"larder":2}"#.to_owned(), 400, "/larder"),
        (r#"{"larder":"1"}"#.to_owned(), 400, "/larder"),
        (r#"{"larder":1,"inventions":[]}"#.to_owned(), 400, "/inventions"),
        (r#"{"larder":1,"tasks":{}}"#.to_owned(), 400, "/tasks"),
        (r#"{"larder":1,"tasks":[],"tasks":[]}"#.to_owned(), 400, "/tasks"),
        (format!(r#"{{"larder":1,"tasks":[{}]}}"#, tasks(201)), 400, ""),
        (format!(r#"{{"larder":1}}{}"#, " ".repeat(300_000)), 413, ""),
    ] {
        let answer = raw(&house, body.clone()).await;
        answer.is_problem(status);
        if status == 400 {
            let said = answer.body["errors"][0]["pointer"].as_str().unwrap();
            assert_eq!(said, pointer, "{}: {}", body.chars().take(60).collect::<String>(), answer.body);
        }
    }
    assert_eq!(
        raw(&house, format!(r#"{{"tasks":[{}],"larder":1}}"#, tasks(200))).await.body["counts"]["made"],
        200
    );
    house.call("GET", "/export?cursor=x", OWNER, None).await.is_problem(400);
    house.call("POST", "/import?replace=perhaps", OWNER, Some(json!({ "larder": 1 }))).await.is_problem(400);
    let cursor = pages(&house, OWNER).await[0]["next_cursor"].as_str().map(str::to_owned);
    let path = format!("/export?cursor={}", cursor.unwrap());
    house.call("GET", &path, OTHER_OWNER, None).await.is_problem(400);
}
