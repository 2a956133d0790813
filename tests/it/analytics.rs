//! What an owner's data tells, to each of whom only what it may read.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER};
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The clock of the tests begins on 2027-01-15.
async fn furnished() -> (House, String) {
    let house = House::new();
    let key = house.api("full_access").await;
    for task in [
        json!({ "title": "Dentist", "due": "2027-01-15", "labels": ["health"] }),
        json!({ "title": "*Taxes*", "due": "2027-01-14", "description": "SECRET", "labels": ["money"] }),
        json!({ "title": "Paint", "status": "in_progress" }),
        json!({ "title": "Party", "due": "2027-01-15", "status": "completed" }),
    ] {
        let made = house.call("POST", "/v1/tasks", &key, Some(task)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    (house, key)
}

async fn narrowed(house: &House, rule: Value) -> String {
    house.connect(json!({ "kind": "api", "name": "narrow", "grant": [rule] })).await.1
}

/// Status, text and ETag.
async fn text(
    house: &House,
    path: &str,
    key: Option<&str>,
    header: Option<(&str, &str)>,
) -> (u16, String, String) {
    let mut request = Request::builder().uri(path).header(header::HOST, "larder.test");
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let response = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, tag) = (response.status().as_u16(), response.headers().get(header::ETAG).cloned());
    let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap();
    (status, text, tag.map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default())
}

async fn get(house: &House, path: &str, key: &str) -> Answer {
    let answer = house.call("GET", path, key, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

#[tokio::test]
async fn stats_count_what_is_seen() {
    let (house, key) = furnished().await;
    let all = get(&house, "/v1/stats", &key).await.body;
    assert_eq!(
        all["tasks"],
        json!({ "total": 4, "by": { "pending": 2, "in_progress": 1, "completed": 1 }, "at_least": false })
    );
    let some =
        narrowed(&house, json!({ "resource": "tasks", "actions": ["read"], "only": { "tags": ["health"] } }))
            .await;
    assert_eq!(get(&house, "/v1/stats", &some).await.body["tasks"]["total"], 1);
    let blind = json!({ "resource": "tasks", "actions": ["read"], "fields": { "deny": ["status"] } });
    let blind = narrowed(&house, blind).await;
    assert_eq!(
        get(&house, "/v1/stats", &blind).await.body["tasks"],
        json!({ "total": 4, "by": {}, "at_least": false })
    );
    let input = json!({ "kind": "api", "name": "other", "preset": "full_access" });
    let other = house.call("POST", "/connections", OTHER_OWNER, Some(input)).await.text("/key");
    assert_eq!(get(&house, "/v1/stats", &other).await.body["tasks"]["total"], 0);
}

#[tokio::test]
async fn every_kind_is_counted_by_itself() {
    let (house, key) = furnished().await;
    let make = async |path: &str, body: Value| {
        let made = house.call("POST", path, &key, Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    };
    for (title, status) in [("a", "active"), ("b", "active"), ("c", "completed")] {
        make("/v1/goals", json!({ "title": title, "status": status })).await;
    }
    make("/v1/memories", json!({ "content": "Anna is allergic to nuts", "type": "fact" })).await;
    make("/v1/life-areas", json!({ "name": "Health" })).await;
    make("/v1/life-areas", json!({ "name": "School", "is_archived": true })).await;
    for name in ["books", "films"] {
        make("/v1/collections", json!({ "name": name })).await;
        make(&format!("/v1/collections/{name}/records"), json!({ "data": {} })).await;
    }
    make("/v1/collections/films/records", json!({ "data": {} })).await;
    let all = get(&house, "/v1/stats", &key).await.body;
    for (kind, total, by) in [
        ("tasks", 4, json!({ "pending": 2, "in_progress": 1, "completed": 1 })),
        ("goals", 3, json!({ "active": 2, "completed": 1 })),
        ("life_areas", 2, json!({ "in_use": 1, "archived": 1 })),
        ("memories", 1, json!({ "fact": 1 })),
        ("collections", 2, json!({ "normal": 2 })),
        ("records", 3, json!({ "books": 1, "films": 2 })),
    ] {
        assert_eq!(all[kind], json!({ "total": total, "by": by, "at_least": false }), "{kind}");
    }
    let only =
        json!({ "resource": "collections", "actions": ["read"], "only": { "collections": ["films"] } });
    let some = get(&house, "/v1/stats", &narrowed(&house, only).await).await.body;
    assert_eq!(some["records"], json!({ "total": 2, "by": { "films": 2 }, "at_least": false }));
    assert_eq!(
        (some["collections"]["total"].clone(), some.as_object().unwrap().len()),
        (json!(1), 2),
        "{some}"
    );
    let none = narrowed(&house, json!({ "resource": "profile", "actions": ["read"] })).await;
    assert_eq!(get(&house, "/v1/stats", &none).await.body, json!({}));
    let (_, nothing) = house.connect(json!({ "kind": "api", "name": "nothing", "grant": [] })).await;
    house.call("GET", "/v1/stats", &nothing, None).await.is_problem(403);
}

#[tokio::test]
async fn a_day_knows_what_is_due_in_progress_done_and_to_be_reached() {
    let (house, key) = furnished().await;
    for (title, target) in
        [("Soon", "2027-01-20"), ("Later", "2027-01-22"), ("Today", "2027-01-15"), ("Past", "2027-01-14")]
    {
        let goal = json!({ "title": title, "target_date": target });
        house.call("POST", "/v1/goals", &key, Some(goal)).await;
    }
    let later = json!({ "title": "Read", "status": "in_progress", "due": "2027-03-01" });
    house.call("POST", "/v1/tasks", &key, Some(later)).await;
    let day = async |key: &str, day: &str| {
        let (_, page, _) =
            text(&house, &format!("/v1/daily/{day}"), Some(key), Some(("accept", "application/json"))).await;
        let page: Value = serde_json::from_str(&page).unwrap();
        ["due", "overdue", "in_progress", "done_yesterday", "goals"].map(|section| {
            let items = page[section]["items"].as_array().unwrap();
            items.iter().map(|item| item["title"].as_str().unwrap_or("-")).collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(day(&key, "2027-01-15").await, ["Dentist", "*Taxes*", "Read Paint", "", "Today Soon"]);
    assert_eq!(day(&key, "2027-01-16").await, ["", "*Taxes* Dentist", "Read Paint", "Party", "Soon Later"]);
    assert_eq!(day(&key, "2027-03-01").await[0], "Read");
    assert_eq!(day(&key, "9999-12-31").await[1], "*Taxes* Dentist Read");
    let tasks = narrowed(&house, json!({ "resource": "tasks", "actions": ["read"] })).await;
    assert_eq!(day(&tasks, "2027-01-15").await[4], "");
    let blind = json!({ "resource": "tasks", "actions": ["read"], "fields": { "deny": ["due", "status"] } });
    let blind = narrowed(&house, blind).await;
    assert_eq!(day(&blind, "2027-01-16").await, ["", "", "", "Party", ""]);
}

#[tokio::test]
async fn a_day_is_told_in_markdown_or_json() {
    let (house, key) = furnished().await;
    let (status, page, _) = text(&house, "/v1/daily/2027-01-15", Some(&key), None).await;
    assert_eq!(status, 200);
    assert!(page.starts_with("# Friday, 15 January 2027\n\n## Due\n\n- `task_"), "{page}");
    for part in ["` Dentist\n", "## Overdue", "` \\*Taxes\\* (2027-01-14)\n", "## In progress", "` Paint\n"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Party"), "{page}");
    let json = [("accept", "application/json")];
    let (_, page, _) =
        text(&house, "/v1/daily/2027-01-15?time_zone=Europe/Vienna", Some(&key), Some(json[0])).await;
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(
        (&page["time_zone"], &page["due"]["items"][0]["title"]),
        (&json!("Europe/Vienna"), &json!("Dentist"))
    );
    let masked = json!({ "resource": "tasks", "actions": ["read"], "fields": { "deny": ["title"] }, "only": { "tags": ["money"] } });
    let masked = narrowed(&house, masked).await;
    let (_, page, _) = text(&house, "/v1/daily/2027-01-15", Some(&masked), None).await;
    assert!(page.contains("## Overdue") && !page.contains("Taxes") && !page.contains("Dentist"), "{page}");
    for wrong in
        ["/v1/daily/today", "/v1/daily/20270115", "/v1/daily/0000-01-01", "/v1/daily/2027-01-15T00:00:00Z"]
    {
        let refused = house.call("GET", wrong, &key, None).await;
        assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "{date}", "{wrong}");
    }
    house.call("GET", "/v1/daily/2027-01-15?time_zone=Mars", &key, None).await.is_problem(400);
}

#[tokio::test]
async fn progress_is_told_for_four_periods() {
    let (house, key) = furnished().await;
    for (period, days) in [("7d", 7), ("30d", 30), ("90d", 90), ("1y", 365)] {
        let progress = get(&house, &format!("/v1/progress?period={period}"), &key).await.body;
        assert_eq!(progress["days"].as_array().unwrap().len(), days);
        assert_eq!((&progress["period"], &progress["this"]["until"]), (&json!(period), &json!("2027-01-15")));
        assert_eq!(
            (&progress["this"]["completed"], &progress["before"]["completed"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(progress["days"].as_array().unwrap().last().unwrap()["completed"], 1);
        assert_eq!(progress["streak"], json!({ "current": 1, "longest": 1 }));
    }
    for wrong in ["/v1/progress", "/v1/progress?period=2d", "/v1/progress?period=7d&more=1"] {
        house.call("GET", wrong, &key, None).await.is_problem(400);
    }
}

/// A feed is a connection like any other: its key travels in the address, and its grant is what the calendar shows.
#[tokio::test]
async fn a_calendar_is_subscribed_to_by_an_address_that_can_be_revoked() {
    let (house, key) = furnished().await;
    let feed = json!({
        "kind": "api", "name": "Calendar", "config": { "key_in": "query" },
        "grant": [{ "resource": "tasks", "actions": ["read"], "fields": { "allow": ["title", "status", "due"] } }],
    });
    let (id, secret) = house.connect(feed).await;
    let path = format!("/v1/calendar.ics?api_key={secret}");
    let (status, calendar, tag) = text(&house, &path, None, None).await;
    assert_eq!(status, 200);
    assert_eq!(calendar.matches("BEGIN:VEVENT\r\n").count(), 2, "{calendar}");
    assert!(calendar.contains("SUMMARY:Dentist\r\n") && calendar.contains("DTSTART;VALUE=DATE:20270115\r\n"));
    assert!(!calendar.contains("SECRET") && !calendar.contains("CATEGORIES"), "{calendar}");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = text(&house, &path, None, Some(("if-none-match", &known))).await;
        assert_eq!(again, (304, String::new(), tag.clone()), "{known}");
    }
    house.task(&key, "Not due").await;
    assert_eq!(
        text(&house, &path, None, Some(("if-none-match", &tag))).await.0,
        304,
        "nothing that it shows has changed"
    );
    house.call("POST", "/v1/tasks", &key, Some(json!({ "title": "Due", "due": "2027-01-16" }))).await;
    assert_eq!(text(&house, &path, None, Some(("if-none-match", &tag))).await.0, 200);
    let write = format!("/v1/tasks?api_key={secret}");
    let body = Body::from(json!({ "title": "x" }).to_string());
    let write = Request::post(write)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::HOST, "larder.test");
    house.send(write.body(body).unwrap()).await.is_problem(403);
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    assert_eq!(text(&house, &path, None, None).await.0, 401);
}
