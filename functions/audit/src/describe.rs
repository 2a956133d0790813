//! The routes in words, types and examples, for the description of the API.

use crate::logs::Shown;
use crate::settings::Patch;
use crate::{export, logs};
use domain::audit::{End, Settings};
use http::Method;
use serde_json::{Value, json};
use web::Page;
use web::openapi::Operation;

const HASH: &str = "58ca39debf94bb000522bf398275d5c3cc23bf006cbcb0bc72fca73fa7256557";

pub fn operations() -> Vec<Operation> {
    let new = Operation::new;
    let settings = json!({ "audit_days": 400 });
    vec![
        new(Method::GET, "/audit/logs", "list_audit_log", "What happened, newest first, in pages")
            .query::<logs::Wanted>()
            .answers::<Page<Shown>>(200, json!({ "data": [entry()], "next_cursor": null })),
        new(Method::GET, "/audit/export", "export_audit_log", "The sealed log as a file, oldest first")
            .query::<export::Wanted>()
            .sends("application/jsonl")
            .sends("text/csv"),
        new(
            Method::GET,
            "/audit/head",
            "get_audit_head",
            "Where the sealed log begins and ends, to verify an export by",
        )
        .answers::<End>(200, json!({ "first": 1, "seq": 1, "hash": HASH })),
        new(Method::GET, "/audit/settings", "get_audit_settings", "For how long the audit log is kept")
            .answers::<Settings>(200, settings.clone()),
        new(
            Method::PATCH,
            "/audit/settings",
            "change_audit_settings",
            "Keep what is sealed from now on for longer or less",
        )
        .takes::<Patch>(settings.clone())
        .answers::<Settings>(200, settings)
        .refuses(409),
    ]
}

fn entry() -> Value {
    json!({
        "id": "aud_06hhgq2g000000000000000000",
        "at": "2027-01-15T08:00:00Z",
        "actor": "connection",
        "action": "task.updated",
        "result": "done",
        "connection": "conn_06hhgq2g000000000000000000",
        "target": "task_06hhgq2g000000000000000000",
        "fields": ["title"],
        "request": "req_06hhgq2g000000000000000000",
        "sealed": true,
        "seq": 1,
        "hash": HASH,
    })
}
