//! How an owner's data moves, in words, types and examples.

use crate::moving;
use domain::moving::{Chunk, Report};
use http::Method;
use serde_json::{Value, json};
use web::openapi::Operation;

pub(super) fn operations() -> [Operation; 2] {
    [
        Operation::new(
            Method::GET,
            "/export",
            "export",
            "All of the data, oldest first, in pages of which each can be imported as it is",
        )
        .query::<moving::Wanted>()
        .answers::<moving::Exported>(200, exported()),
        Operation::new(
            Method::POST,
            "/import",
            "import",
            "Take items in as an export tells them, at most 200 at once; what is there already stays as it is",
        )
        .query::<moving::How>()
        .takes::<Chunk>(json!({ "larder": 1, "tasks": [task()] }))
        .answers::<Report>(200, imported()),
    ]
}

fn exported() -> Value {
    json!({ "larder": 1, "exported_at": "2027-01-15T08:00:00Z", "next_cursor": null })
}

fn task() -> Value {
    json!({
        "id": "task_06hhgq2g000000000000000000",
        "title": "Buy milk",
        "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
    })
}

fn imported() -> Value {
    let refused = json!({ "pointer": "/tasks/0/title", "id": null, "detail": "missing field `title`" });
    json!({
        "counts": { "made": 1, "changed": 0, "same": 0, "kept": 0, "refused": 1 },
        "refused": [refused],
    })
}
