//! The owner's clocks and calendar: where their profile says that they are.

use crate::harness::{House, OWNER};
use serde_json::{Value, json};

async fn lives_in(house: &House, profile: Value) {
    let answer = house.call("PATCH", "/owner/profile", OWNER, Some(profile)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// When what recurs is due after it was completed.
async fn next_due(house: &House, key: &str, task: Value) -> Value {
    let made = house.call("POST", "/v1/tasks", key, Some(task)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/v1/tasks/{}", made.text("/id"));
    let done = house.call("PATCH", &path, key, Some(json!({ "status": "completed" }))).await;
    house.call("GET", &format!("/v1/tasks/{}", done.text("/followed_by")), key, None).await.body["due"]
        .clone()
}

#[tokio::test]
async fn what_recurs_keeps_to_the_owners_clocks_and_weeks() {
    let house = House::new();
    let key = house.api("full_access").await;
    // Across the change to summer time: 8 in the morning in Vienna stays 8 in the morning.
    let daily = json!({ "title": "Run", "due": "2027-03-27T07:00:00Z", "recurrence": "FREQ=DAILY" });
    let fortnightly =
        json!({ "title": "Bins", "due": "2027-01-17", "recurrence": "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO" });
    assert_eq!(next_due(&house, &key, daily.clone()).await, "2027-03-28T07:00:00Z");
    assert_eq!(next_due(&house, &key, fortnightly.clone()).await, "2027-01-25");
    lives_in(&house, json!({ "time_zone": "Europe/Vienna", "week_start": "sun" })).await;
    assert_eq!(next_due(&house, &key, daily).await, "2027-03-28T06:00:00Z");
    assert_eq!(next_due(&house, &key, fortnightly).await, "2027-01-18");
}

#[tokio::test]
async fn a_day_is_the_owners_day_for_whoever_may_know_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let (_, tasks_only) = house
        .connect(
            json!({ "kind": "api", "name": "x", "grant": [{ "resource": "tasks", "actions": ["read"] }] }),
        )
        .await;
    let late = json!({ "title": "Late", "due": "2027-01-15T20:00:00Z" });
    house.call("POST", "/v1/tasks", &key, Some(late)).await;
    lives_in(&house, json!({ "time_zone": "Asia/Tokyo" })).await;
    let due = async |key: &str, query: &str| {
        let path = format!("/v1/daily/2027-01-16{query}");
        let mut request = crate::harness::request("GET", &path, Some(key), None);
        request.headers_mut().insert("accept", "application/json".parse().unwrap());
        let daily = house.send(request).await.body;
        let progress = format!("/v1/progress?period=7d{}", query.replace('?', "&"));
        let progress = house.call("GET", &progress, key, None).await.body;
        assert_eq!(progress["time_zone"], daily["time_zone"]);
        (daily["time_zone"].clone(), daily["due"]["items"].as_array().unwrap().len())
    };
    assert_eq!(due(&key, "").await, (json!("Asia/Tokyo"), 1));
    assert_eq!(due(&key, "?time_zone=UTC").await, (json!("UTC"), 0), "who says another place means it");
    assert_eq!(due(&tasks_only, "").await, (json!("UTC"), 0), "it is in a profile that it may not read");
    lives_in(&house, json!({ "visible_to_agents": { "time_zone": false } })).await;
    assert_eq!(due(&key, "").await, (json!("UTC"), 0), "it is hidden");
}

#[tokio::test]
async fn lists_are_asked_for_the_owners_days() {
    let house = House::new();
    let key = house.api("full_access").await;
    let late = json!({ "title": "Late", "due": "2027-01-15T20:00:00Z" });
    house.call("POST", "/v1/tasks", &key, Some(late)).await;
    lives_in(&house, json!({ "time_zone": "Asia/Tokyo" })).await;
    for (query, many) in [
        ("due_date=2027-01-16", 1),
        ("due_date=2027-01-15", 0),
        ("due_date=2027-01-15&time_zone=UTC", 1),
        ("due_after=2027-01-15", 1),
        ("due_before=2027-01-16&time_zone=America/Lima", 1),
    ] {
        let answer = house.call("GET", &format!("/v1/tasks?{query}"), &key, None).await;
        assert_eq!(answer.body["data"].as_array().unwrap().len(), many, "{query}");
    }
}
