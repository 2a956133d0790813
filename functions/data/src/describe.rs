//! The routes in words, types and examples, for the description of the API.

mod nouns;

use crate::analytics::Day;
use domain::analytics::{Daily, Progress};
use domain::task::Task;
use http::Method;
use serde_json::{Value, json};
use web::openapi::Operation;
use web::{Place, ProgressParams, Stats};

pub fn operations() -> Vec<Operation> {
    let task = json!({ "title": "Buy milk", "labels": ["errands"], "due": "2027-01-15" });
    let mut all = nouns::operations::<Task>(task, json!({ "status": "completed" }));
    all.extend(of_all());
    all
}

/// What tells of all nouns together.
fn of_all() -> Vec<Operation> {
    let new = |path, id: &'static str, summary| Operation::new(Method::GET, path, id, summary);
    vec![
        new("/v1/stats", "get_stats", "How many items there are of each kind, of those that may be read")
            .answers::<Stats>(
            200,
            json!({ "tasks": { "total": 3, "by": { "pending": 2, "completed": 1 }, "at_least": false } }),
        ),
        new(
            "/v1/progress",
            "get_progress",
            "What was completed, by day and life area, and in the period before",
        )
        .query::<ProgressParams>()
        .answers::<Progress>(200, progress()),
        new(
            "/v1/daily/{date}",
            "get_daily",
            "What is due, overdue, in progress and done: Markdown, or JSON if `Accept` says so",
        )
        .at::<Day>()
        .query::<Place>()
        .answers::<Daily>(200, daily())
        .sends("text/markdown"),
        new(
            "/v1/calendar.ics",
            "get_calendar",
            "Open tasks with a due date as events, for calendars to subscribe to",
        )
        .sends("text/calendar")
        .told_once(),
    ]
}

fn progress() -> Value {
    let span = |since, until| {
        json!({
            "since": since, "until": until, "completed": 1, "minutes": 45,
            "estimates": { "tasks": 1, "estimated_minutes": 30, "actual_minutes": 45, "ratio": 1.5 },
        })
    };
    json!({
        "period": "7d",
        "time_zone": "Europe/Vienna",
        "this": span("2027-01-09", "2027-01-15"),
        "before": span("2027-01-02", "2027-01-08"),
        "days": [{ "date": "2027-01-09", "completed": 1, "minutes": 45 }],
        "life_areas": [{ "life_area_id": null, "completed": 1, "minutes": 45 }],
        "streak": { "current": 0, "longest": 1 },
        "at_least": false,
    })
}

fn daily() -> Value {
    let none = json!({ "items": [], "more": 0 });
    let line = json!({ "id": "task_06hhgq2g000000000000000000", "title": "Buy milk", "due": "2027-01-15" });
    json!({
        "date": "2027-01-15",
        "time_zone": "Europe/Vienna",
        "due": { "items": [line], "more": 0 },
        "overdue": none,
        "in_progress": none,
        "done_yesterday": none,
        "goals": none,
        "at_least": false,
    })
}
