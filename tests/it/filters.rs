//! Lists of what is asked for: exactly that, in the order that is asked for.

use crate::harness::{Answer, House};
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) async fn made(house: &House, key: &str, path: &str, body: Value) -> String {
    // Each is younger than the one before.
    house.clock.advance(SignedDuration::from_millis(2));
    let answer = house.call("POST", path, key, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("/id")
}

/// One field of everything in the list, in its order, in pages of this size.
pub(crate) async fn walked(house: &House, key: &str, path: &str, limit: usize, field: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    let mark = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = house.call("GET", &format!("{path}{mark}limit={limit}{cursor}"), key, None).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let data = page.body["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        all.extend(data.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

pub(crate) async fn titles(house: &House, key: &str, path: &str) -> String {
    let by_two = walked(house, key, path, 2, "title").await;
    assert_eq!(by_two, walked(house, key, path, 100, "title").await, "{path}");
    by_two.join(" ")
}

pub(crate) fn refused(answer: &Answer, pointer: &str) -> String {
    assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{}", answer.body);
    answer.text("/detail")
}

/// The clock of the tests begins on 2027-01-15.
pub(crate) async fn furnished() -> (House, String, [String; 3]) {
    let house = House::new();
    let key = house.api("full_access").await;
    let area = made(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
    let goal = made(&house, &key, "/v1/goals", json!({ "title": "Run", "life_area_id": area })).await;
    let task = |body| made(&house, &key, "/v1/tasks", body);
    let parent = task(json!({ "title": "a", "goal_id": goal, "due": "2027-01-20", "labels": ["x"] })).await;
    task(json!({ "title": "b", "parent_id": parent, "status": "in_progress", "due": "2027-01-14" })).await;
    task(json!({ "title": "c", "status": "completed", "due": "2027-01-10", "priority": "high" })).await;
    task(json!({ "title": "d", "goal_id": goal, "status": "blocked", "labels": ["x", "y"] })).await;
    task(json!({ "title": "e", "due": "2027-01-15T23:30:00[Pacific/Honolulu]", "priority": "urgent" })).await;
    task(json!({ "title": "f", "goal_id": goal, "status": "cancelled", "due": "2027-01-15" })).await;
    task(json!({ "title": "g", "due": "2027-01-15T03:00:00Z", "description": "SECRET" })).await;
    (house, key, [area, goal, parent])
}

#[tokio::test]
async fn tasks_are_listed_as_they_are_asked_for() {
    let (house, key, [area, goal, parent]) = furnished().await;
    for (query, expected) in [
        ("", "g f e d c b a"),
        ("sort=created", "a b c d e f g"),
        ("sort=due", "b g e a d"),
        ("status=pending", "g e a"),
        ("status=open", "g e d b a"),
        ("status=done,canceled", "f c"),
        ("status=completed,pending&sort=created", "a c e g"),
        ("status=completed,pending,cancelled&sort=due", "c g f e a"),
        ("status=todo&sort=due", "g e a"),
        ("due_date=2027-01-15", "g"),
        ("due_date=2027-01-15&time_zone=Pacific/Honolulu", "e"),
        ("due_date=2027-01-14&time_zone=Pacific/Honolulu", "b g"),
        ("due_date=2027-01-16", "e"),
        ("due_date=2027-01-15&status=cancelled", "f"),
        ("due_before=2027-01-16", "b g"),
        ("due_after=2027-01-14", "g e a"),
        ("due_after=2027-01-14&due_before=2027-01-17", "g e"),
        ("due_after=2027-01-17&due_before=2027-01-14", ""),
        ("due_before=9999-12-31&due_after=0001-01-01", "b g e a"),
        ("overdue=true", "b g"),
        ("overdue=false", "e a d"),
        ("overdue=true&status=completed", "c"),
        ("label=x", "d a"),
        ("label=y&goal_id={goal}", "d"),
        ("goal_id={goal}", "f d a"),
        ("goal_id={goal}&sort=created&status=open", "a d"),
        ("goal_id={goal}&due_after=2027-01-01", "a"),
        ("goal_id={goal}&sort=due", "a d"),
        ("life_area_id={area}", "f d a"),
        ("parent_id={parent}", "b"),
        ("parent_id={parent}&status=pending", ""),
        ("priority=1", "e"),
        ("query=E", "e"),
        ("query=z", ""),
    ] {
        let filled = query.replace("{goal}", &goal).replace("{area}", &area).replace("{parent}", &parent);
        assert_eq!(titles(&house, &key, &format!("/v1/tasks?{filled}")).await, expected, "{query}");
    }
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(titles(&house, &key, "/v1/tasks?overdue=true").await, "b g");
    let west = "/v1/tasks?overdue=true&time_zone=Pacific/Honolulu";
    assert_eq!(titles(&house, &key, west).await, "b g");
}

#[tokio::test]
async fn goals_and_life_areas_are_listed_as_they_are_asked_for() {
    let house = House::new();
    let key = house.api("full_access").await;
    let area = made(&house, &key, "/v1/life-areas", json!({ "name": "Health" })).await;
    made(&house, &key, "/v1/life-areas", json!({ "name": "School", "is_archived": true })).await;
    let goal = |body| made(&house, &key, "/v1/goals", body);
    let top = goal(json!({ "title": "a", "life_area_id": area, "target_date": "2027-06-01" })).await;
    goal(json!({ "title": "b", "parent_id": top, "status": "paused", "tags": ["x"] })).await;
    goal(json!({ "title": "c", "status": "completed", "target_date": "2027-02-01" })).await;
    goal(json!({ "title": "d", "life_area_id": area, "target_date": "2027-03-01" })).await;
    for (query, expected) in [
        ("", "d c b a"),
        ("sort=created", "a b c d"),
        ("sort=due", "d a b"),
        ("status=active", "d a"),
        ("status=open&sort=created", "a b d"),
        ("status=active,completed&sort=due", "c d a"),
        ("due_before=2027-06-01", "d"),
        ("due_after=2027-03-01", "a"),
        ("due_after=2027-02-28&due_before=2027-06-02", "d a"),
        ("life_area_id={area}", "d a"),
        ("life_area_id={area}&due_before=2027-05-01", "d"),
        ("parent_id={top}", "b"),
        ("tag=x", "b"),
        ("query=A", "a"),
    ] {
        let filled = query.replace("{area}", &area).replace("{top}", &top);
        assert_eq!(titles(&house, &key, &format!("/v1/goals?{filled}")).await, expected, "{query}");
    }
    for (query, expected) in
        [("", "School Health"), ("is_archived=false", "Health"), ("sort=created", "Health School")]
    {
        let names = walked(&house, &key, &format!("/v1/life-areas?{query}"), 1, "name").await;
        assert_eq!(names.join(" "), expected, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_with_what_can() {
    let (house, key, _) = furnished().await;
    let ask = async |query: &str| house.call("GET", &format!("/v1/tasks?{query}"), &key, None).await;
    for (query, pointer, said) in [
        ("sort=updated", "?sort", "`-created`, `created`, `due`"),
        ("nonsense=1", "?nonsense", "`goal_id`"),
        ("status=nonsense", "?status", "`pending`"),
        ("status=", "?status", "``"),
        ("priority=0", "?priority", "low, medium"),
        ("due_before=tomorrow", "?due_before", "2026-03-01"),
        ("due_date=2027-01-15T00:00:00Z", "?due_date", "a day"),
        ("overdue=maybe", "?overdue", "true"),
        ("goal_id=task_06hhgq2g000000000000000000", "?goal_id", "goal_"),
        ("query=", "?query", "1 to 100"),
        ("time_zone=Mars", "?time_zone", "Europe/Vienna"),
        ("label=a&label=b", "?label", "duplicate"),
        ("limit=0", "?limit", "1 to 100"),
    ] {
        let detail = refused(&ask(query).await, pointer);
        assert!(detail.contains(said), "{query}: {detail}");
    }
    let long = |length: usize| format!("query={}", "ä".repeat(length));
    assert_eq!(ask(&long(100)).await.status, 200);
    refused(&ask(&long(101)).await, "?query");
    let other = house.call("GET", "/v1/life-areas?sort=due", &key, None).await;
    assert!(refused(&other, "?sort").contains("`-created` or `created`"));
}

#[tokio::test]
async fn tools_take_the_same() {
    let (house, key, [_, goal, _]) = furnished().await;
    let tool = async |name: &str, arguments: Value| {
        let params = json!({ "name": name, "arguments": arguments });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let result = house.call("POST", "/mcp", &key, Some(call)).await.body["result"].clone();
        let items = result["structuredContent"]["data"].as_array().cloned();
        let items = items.unwrap_or_else(|| panic!("{result}"));
        items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (arguments, expected) in [
        (json!({ "status": ["pending", "blocked"], "sort": "created" }), "a d e g"),
        (json!({ "status": "pending,blocked" }), "g e d a"),
        (json!({ "goal_id": goal, "status": "open", "label": null }), "d a"),
        (json!({ "overdue": true, "limit": 1 }), "b"),
        (json!({ "due_date": "2027-01-15", "time_zone": "Pacific/Honolulu" }), "e"),
    ] {
        assert_eq!(tool("list_tasks", arguments.clone()).await, expected, "{arguments}");
    }
    assert_eq!(tool("list_goals", json!({ "query": "RU" })).await, "Run");
}
