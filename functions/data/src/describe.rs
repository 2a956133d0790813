//! The routes in words, types and examples, for the description of the API.

mod goals;
mod memories;
mod nouns;
mod one;

use crate::backups::Part;
use domain::analytics::{Daily, Progress};
use domain::approval::View;
use domain::collection::Collection;
use domain::filter::Day;
use domain::goal::Goal;
use domain::id::ApprovalId;
use domain::life_area::LifeArea;
use domain::memory::Memory;
use domain::operation::{BACKUP_USER_DATA, SYNC_WITH_CALENDAR, TASKS};
use domain::preferences::Preferences;
use domain::profile::Profile;
use domain::record::Record;
use domain::task::Task;
use http::Method;
use serde_json::{Value, json};
use web::approval;
use web::openapi::Operation;
use web::{
    BackedUp, BackupParams, Changes, Deleted, Deleting, FeedParams, Page, Place, ProgressParams, Stats,
    Subscription, TrashParams,
};

pub fn operations() -> Vec<Operation> {
    let task = json!({ "title": "Buy milk", "labels": ["errands"], "due": "2027-01-15" });
    let goal = json!({ "title": "Speak Italian", "target_date": "2027-06-30", "tags": ["languages"] });
    let area = json!({ "name": "Learning", "weight": 20, "color": "#2f9e44" });
    let memory = json!({ "content": "Anna is allergic to nuts", "type": "fact", "tags": ["food"] });
    let search = memories::search(&memory);
    let shape =
        json!({ "type": "object", "required": ["title"], "properties": { "title": { "type": "string" } } });
    let collection = json!({ "name": "books", "title": "Books that I read", "json_schema": shape });
    let record =
        json!({ "collection": "books", "data": { "title": "Dune", "stars": 5 }, "tags": ["fiction"] });
    let nouns = [
        nouns::operations::<Task>(task, json!({ "status": "completed" })),
        nouns::operations::<Goal>(goal, json!({ "priority": "high" })),
        nouns::operations::<LifeArea>(area, json!({ "is_archived": true })),
        nouns::operations::<Memory>(memory, json!({ "importance": 0.9 })),
        nouns::operations::<Collection>(collection, json!({ "title": "Books" })),
        nouns::operations::<Record>(record, json!({ "data": { "title": "Dune", "stars": 4 } })),
    ];
    let ones = [one::operations::<Profile>(me()), one::operations::<Preferences>(mine())];
    let takes_tasks_along = |one: Operation| match &*one.id {
        "delete_goal" => one.query::<Deleting>(),
        _ => one,
    };
    let nouns = nouns.into_iter().flatten().map(takes_tasks_along);
    nouns.chain([search]).chain(goals::plans()).chain(ones.into_iter().flatten()).chain(of_all()).collect()
}

/// Of an owner.
fn me() -> Value {
    json!({ "display_name": "Ada", "time_zone": "Europe/Vienna", "locale": "de-AT", "week_start": "mon" })
}

fn mine() -> Value {
    json!({ "tone": "coach", "daily_capacity_minutes": 240, "planning_time": "08:30" })
}

/// What tells of all nouns together.
fn of_all() -> Vec<Operation> {
    let new = |path, id: &'static str, summary| Operation::new(Method::GET, path, id, summary);
    vec![
        new("/v1/trash", "list_trash", "What was deleted in the last 30 days, the latest first, in pages")
            .query::<TrashParams>()
            .answers::<Page<Deleted>>(200, trash())
            .in_all_forms()
            .linked(),
        new(
            "/v1/changes",
            "get_changes",
            "What changed since a moment, oldest first: how to keep a copy of what may be read",
        )
        .query::<FeedParams>()
        .answers::<Changes>(200, changes())
        .in_all_forms()
        .linked()
        .refuses(410),
        new("/v1/stats", "get_stats", "How many items there are of each kind, of those that may be read")
            .answers::<Stats>(
                200,
                json!({
                    "tasks": { "total": 3, "by": { "pending": 2, "completed": 1 }, "at_least": false },
                    "goals": { "total": 1, "by": { "active": 1 }, "at_least": false },
                    "life_areas": { "total": 1, "by": { "in_use": 1 }, "at_least": false },
                    "memories": { "total": 1, "by": { "fact": 1 }, "at_least": false },
                    "collections": { "total": 1, "by": { "normal": 1 }, "at_least": false },
                    "records": { "total": 2, "by": { "books": 2 }, "at_least": false },
                }),
            )
            .in_all_forms(),
        new(
            "/v1/progress",
            "get_progress",
            "What was completed, by day and life area, and in the period before",
        )
        .needs(&TASKS.list)
        .query::<ProgressParams>()
        .answers::<Progress>(200, progress())
        .in_all_forms(),
        new(
            "/v1/daily/{date}",
            "get_daily",
            "What is due, overdue, in progress and done: Markdown, unless `Accept` names another form",
        )
        .needs(&TASKS.list)
        .at::<Day>()
        .query::<Place>()
        .answers::<Daily>(200, daily())
        .sends("text/markdown")
        .in_all_forms(),
        new("/v1/approvals/{id}", "get_own_approval", "What became of a call that was answered 202")
            .at::<ApprovalId>()
            .answers::<View>(200, approval::example())
            .in_all_forms(),
        new(
            "/v1/calendar.ics",
            "get_calendar",
            "Open tasks and goals with a due date as events",
        )
        .sends("text/calendar")
        .told_once(),
        Operation::new(
            Method::POST,
            SYNC_WITH_CALENDAR.path,
            SYNC_WITH_CALENDAR.name,
            "An address of that calendar for apps to subscribe to, which can send no key",
        )
        .answers::<Subscription>(200, subscription()),
        new(
            "/v1/calendars/{link}",
            "get_subscribed_calendar",
            "The calendar of the connection that asked for this address, which needs no key",
        )
        .at::<String>()
        .sends("text/calendar")
        .told_once()
        .refuses(401)
        .refuses(403)
        .refuses(429)
        .refuses(500)
        .refuses(503),
        Operation::new(
            Method::POST,
            BACKUP_USER_DATA.path,
            BACKUP_USER_DATA.name,
            "Put all that may be read away for a day, to be fetched by a link; call again with its `id` while it works",
        )
        .takes::<BackupParams>(json!({ "include": ["tasks", "goals"] }))
        .answers::<BackedUp>(200, backed_up())
        .refuses(404)
        .refuses(409),
        new("/v1/backups/{link}", "get_backup", "A part of a backup, in the form of an export; who has the link needs no key")
            .at::<String>()
            .query::<Part>()
            .answers::<serde_json::Map<String, Value>>(200, json!({ "larder": 1, "exported_at": "2027-01-15T08:00:00Z" }))
            .linked()
            .refuses(500)
            .refuses(503),
    ]
}

fn subscription() -> Value {
    json!({
        "address": "https://larder.example/v1/calendars/0lOsC4pTXq1cX1d8j7bV4w.ics",
        "until": "2027-04-15T08:00:00Z",
        "message": "Give the address to a calendar app.",
    })
}

fn backed_up() -> Value {
    json!({
        "id": "bkp_06hhgq2g000000000000000000",
        "status": "working",
        "items": 4000,
        "message": "4000 items so far; call again with this `id`",
        "until": "2027-01-16T08:00:00Z",
    })
}

fn trash() -> Value {
    let id = "task_06hhgq2g000000000000000000";
    json!({
        "data": [{
            "noun": "task",
            "id": id,
            "deleted_at": "2027-01-15T08:00:00Z",
            "by": "own",
            "expires_at": "2027-02-14T08:00:00Z",
            "item": { "id": id, "title": "Buy milk", "version": 1 },
        }],
        "next_cursor": null,
    })
}

fn changes() -> Value {
    json!({
        "data": [{
            "resource": "tasks",
            "id": "task_06hhgq2g000000000000000000",
            "verb": "removed",
            "at": "2027-01-15T08:00:00Z",
        }],
        "next_cursor": "0lOsC4pTXq1cX1d8j7bV4w",
        "has_more": false,
    })
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
