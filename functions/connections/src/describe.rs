//! The routes in words, types and examples, for the description of the API.

mod moving;
mod own;
mod webhooks;

use crate::activity::ActivityParams;
use crate::create::Created;
use crate::key::{Rotate, Rotated};
use crate::mcpb;
use crate::preview::{Instead, Preview};
use crate::undo::{Undo, UndoReport};
use crate::usage::{Report, UsageParams};
use domain::activity::Activity;
use domain::connection::{ConnectionPatch, NewConnection, View};
use domain::id::{ConnectionId, JobId};
use domain::job;
use http::Method;
use serde_json::{Map, Value, json};
use web::openapi::Operation;
use web::{Page, PageParams};

pub fn operations() -> Vec<Operation> {
    let new = Operation::new;
    let page = json!({ "data": [used()], "next_cursor": null });
    let created = json!({ "connection": connection(), "key": key() });
    let all = vec![
        new(Method::GET, "/connections", "list_connections", "Connections, newest first, in pages")
            .query::<PageParams>()
            .answers::<Page<View<'_>>>(200, page),
        new(
            Method::POST,
            "/connections",
            "create_connection",
            "Make a connection; its key is shown this once",
        )
        .repeatable()
        .takes::<NewConnection>(input())
        .answers::<Created<'_>>(201, created.clone()),
        new(
            Method::POST,
            "/connections/preview",
            "preview_connection",
            "What a new connection would see and do",
        )
        .takes::<NewConnection>(input())
        .answers::<Preview>(200, preview()),
        new(Method::GET, "/connections/{id}", "get_connection", "One connection")
            .at::<ConnectionId>()
            .tagged()
            .answers::<View<'_>>(200, used()),
        of_one(Method::PUT, "/connections/{id}", "replace_connection", "Decide all settings anew")
            .versioned()
            .takes::<NewConnection>(input()),
        of_one(Method::PATCH, "/connections/{id}", "change_connection", "Change some settings")
            .versioned()
            .takes::<ConnectionPatch>(json!({ "description": "On my desk", "limits": { "burst": null } })),
        new(Method::DELETE, "/connections/{id}", "delete_connection", "End a connection and forget it")
            .at::<ConnectionId>()
            .versioned()
            .answers_nothing(),
        of_one(
            Method::POST,
            "/connections/{id}/pause",
            "pause_connection",
            "Refuse its calls until it is resumed",
        )
        .versioned(),
        of_one(Method::POST, "/connections/{id}/resume", "resume_connection", "Answer its calls again")
            .versioned(),
        of_one(Method::POST, "/connections/{id}/revoke", "revoke_connection", "End a connection, for good")
            .versioned(),
        new(Method::POST, "/connections/{id}/rotate", "rotate_key", "A new key, shown this once")
            .at::<ConnectionId>()
            .versioned()
            .repeatable()
            .takes::<Rotate>(json!({ "overlap_hours": 1 }))
            .answers::<Rotated<'_>>(200, created),
        new(
            Method::POST,
            "/connections/{id}/undo",
            "undo",
            "Take back what it wrote, item by item; what somebody else wrote since then stays",
        )
        .at::<ConnectionId>()
        .takes::<Undo>(json!({ "since": "2027-01-15T08:00:00Z", "dry_run": true }))
        .answers::<UndoReport>(200, undone())
        .answers::<job::View<'_>>(202, job()),
        new(
            Method::GET,
            "/jobs/{id}",
            "get_job",
            "Do the next part of what is not waited for, and tell how far it is",
        )
        .at::<JobId>()
        .answers::<job::View<'_>>(200, job()),
        new(Method::DELETE, "/jobs/{id}", "cancel_job", "Do no more of it; what was done stays done")
            .at::<JobId>()
            .answers::<job::View<'_>>(200, job()),
        new(Method::GET, "/connections/{id}/preview", "preview_change", "What it sees and does, or would")
            .at::<ConnectionId>()
            .query::<Instead>()
            .answers::<Preview>(200, preview()),
        new(
            Method::GET,
            "/connections/{id}/openapi.json",
            "get_connection_openapi",
            "The description of the API as far as its grant goes",
        )
        .at::<ConnectionId>()
        .told_once()
        .answers::<Map<String, Value>>(200, json!({})),
        new(
            Method::GET,
            "/openapi/own.json",
            "get_own_openapi",
            "This description as far as the connection's grant goes",
        )
        .told_once()
        .answers::<Map<String, Value>>(200, json!({})),
        new(
            Method::GET,
            "/connections/{id}/larder.mcpb",
            "get_connection_extension",
            "The connection as an extension of desktop apps, which ask for its key",
        )
        .at::<ConnectionId>()
        .sends(mcpb::MEDIA)
        .refuses(409),
        new(Method::GET, "/connections/{id}/usage", "get_usage", "How much it called, by hour or by day")
            .at::<ConnectionId>()
            .query::<UsageParams>()
            .answers::<Report>(200, usage()),
        new(Method::GET, "/connections/{id}/activity", "list_activity", "Its calls, newest first, in pages")
            .at::<ConnectionId>()
            .query::<ActivityParams>()
            .answers::<Page<Activity>>(200, json!({ "data": [activity()], "next_cursor": null })),
        new(Method::POST, "/owner/sign-out-everywhere", "sign_out_everywhere", "End every token and session")
            .answers_nothing(),
    ];
    let beside = moving::operations().into_iter().chain(own::operations()).chain(webhooks::operations());
    all.into_iter().chain(beside).collect()
}

fn of_one(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(method, path, id, summary)
        .at::<ConnectionId>()
        .tagged()
        .answers::<View<'_>>(200, connection())
}

fn input() -> Value {
    json!({
        "kind": "mcp",
        "name": "Claude Code",
        "grant": [{ "resource": "tasks", "actions": ["read", "write"] }],
        "limits": { "per_hour": 500 },
    })
}

/// Of the form that keys have, but nobody's.
fn key() -> String {
    let nothing = "0".repeat(42);
    format!("lrd_{nothing}_{nothing}")
}

/// As it is read: with its last use, which writing one does not look up.
fn used() -> Value {
    let mut connection = connection();
    if let Some(fields) = connection.as_object_mut() {
        fields.extend(["last_used_at", "last_used_from"].map(|name| (name.to_owned(), Value::Null)));
    }
    connection
}

fn connection() -> Value {
    json!({
        "id": "conn_06hhgq2g000000000000000000",
        "kind": "mcp",
        "name": "Claude Code",
        "slug": "claude-code",
        "description": null,
        "tags": [],
        "status": "active",
        "grant": [{ "resource": "tasks", "actions": ["read", "write"] }],
        "limits": { "burst": 300, "per_hour": 500, "per_day": 10_000 },
        "config": { "integrations": [], "ask_in": "client" },
        "expires_at": "2027-04-15T08:00:00Z",
        "activity_days": 30,
        "key": { "ends_with": "0000", "created_at": "2027-01-15T08:00:00Z", "replaced_until": null },
        "apps": [],
        "created_by": "own_0000000000000000",
        "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
        "revoked_at": null,
        "version": 1,
    })
}

fn usage() -> Value {
    let total = json!({
        "calls": 12,
        "errors": 1,
        "limited": 0,
        "refused_keys": 0,
        "bytes": 4096,
        "p50_ms": 1.279,
        "p95_ms": 2.559,
        "p99_ms": 5.119,
        "endpoints": { "tools/call list_tasks": { "calls": 12, "errors": 1 } },
    });
    json!({
        "by": "day",
        "since": "2027-01-14T08:00:00Z",
        "until": "2027-01-15T08:00:00Z",
        "data": [{ "start": "2027-01-15T00:00:00Z", "calls": 12, "errors": 1, "limited": 0, "refused_keys": 0, "bytes": 4096, "p50_ms": 1.279, "p95_ms": 2.559, "p99_ms": 5.119, "endpoints": { "tools/call list_tasks": { "calls": 12, "errors": 1 } } }],
        "total": total,
    })
}

fn job() -> Value {
    json!({
        "id": "job_06hhgq2g000000000000000000",
        "connection": "conn_06hhgq2g000000000000000000",
        "status": "working",
        "undo": "undo_06hhgq2g000000000000000000",
        "counts": { "restored": 0, "reverted": 180, "removed": 20, "nothing": 0, "conflicts": 0 },
        "conflicts": [],
        "until": "2027-01-16T08:00:00Z",
    })
}

fn undone() -> Value {
    json!({
        "undo": null,
        "dry_run": true,
        "data": [
            { "resource": "tasks", "id": "task_06hhgq2g000000000000000000", "did": "reverted" },
            {
                "resource": "tasks",
                "id": "task_06hhgq2g000000000000000004",
                "did": "conflict",
                "conflict": { "reason": "written_since", "by": null, "at": "2027-01-15T09:00:00Z" },
            },
        ],
        "counts": { "restored": 0, "reverted": 1, "removed": 0, "nothing": 0, "conflicts": 1 },
        "next_cursor": null,
    })
}

fn activity() -> Value {
    json!({
        "id": "act_06hhgq2g000000000000000000",
        "connection": "conn_06hhgq2g000000000000000000",
        "at": "2027-01-15T08:00:00Z",
        "request": "req_06hhgq2g000000000000000000",
        "endpoint": "tools/call list_tasks",
        "status": 200,
        "micros": 1250,
        "bytes": 341,
        "from": "203.0.113.0/24",
    })
}

fn preview() -> Value {
    json!({
        "tools": ["list_tasks", "get_task", "create_task", "update_task"],
        "endpoints": [{ "method": "GET", "path": "/v1/tasks" }],
        "events": ["task.created", "task.updated", "task.completed", "task.deleted", "task.restored"],
        "resources": [{
            "resource": "tasks",
            "actions": ["read", "write"],
            "asks_first": [],
            "items": 1,
            "at_least": false,
            "hidden_fields": [],
            "at_times": false,
            "sample": null,
        }],
    })
}
