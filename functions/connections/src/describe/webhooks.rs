//! What only webhooks have.

use super::connection;
use crate::deliveries::{DeliveryParams, HealthView, Nothing, Shown, Since, Testing, Wanted};
use crate::handler::{self, HandlerParams};
use crate::schemas::Schemas;
use crate::secret::{RotateSecret, RotatedSecret};
use domain::id::{ConnectionId, EventId};
use http::Method;
use serde_json::{Map, Value, json};
use web::Page;
use web::openapi::Operation;

pub(super) fn operations() -> Vec<Operation> {
    let new = Operation::new;
    vec![
        new(
            Method::GET,
            "/connections/{id}/handler",
            "get_connection_handler",
            "A program in one file that receives a webhook's events and checks them",
        )
        .at::<ConnectionId>()
        .query::<HandlerParams>()
        .sends(handler::MEDIA)
        .refuses(409),
        new(
            Method::POST,
            "/connections/{id}/rotate-secret",
            "rotate_signing_secret",
            "A new secret to sign a webhook's deliveries with, shown this once",
        )
        .at::<ConnectionId>()
        .versioned()
        .repeatable()
        .takes::<RotateSecret>(json!({ "overlap_hours": 24 }))
        .answers::<RotatedSecret<'_>>(200, rotated()),
        new(
            Method::GET,
            "/connections/{id}/health",
            "get_webhook_health",
            "Whether a webhook is sent to, and how much waits for it",
        )
        .at::<ConnectionId>()
        .answers::<HealthView>(200, health())
        .refuses(409),
        new(
            Method::GET,
            "/connections/{id}/deliveries",
            "list_deliveries",
            "What became of the events of the last 30 days, newest first, in pages",
        )
        .at::<ConnectionId>()
        .query::<DeliveryParams>()
        .answers::<Page<Shown>>(200, json!({ "data": [delivery()], "next_cursor": null }))
        .refuses(409),
        new(Method::GET, "/connections/{id}/deliveries/{event}", "get_delivery", "What became of one event")
            .at::<ConnectionId>()
            .at::<EventId>()
            .answers::<Shown>(200, delivery())
            .refuses(409),
        new(
            Method::POST,
            "/connections/{id}/deliveries/{event}/replay",
            "replay_delivery",
            "Send one event again, now and besides its schedule",
        )
        .at::<ConnectionId>()
        .at::<EventId>()
        .repeatable()
        .takes::<Nothing>(json!({}))
        .answers::<Shown>(202, delivery()),
        new(
            Method::POST,
            "/connections/{id}/deliveries/replay",
            "replay_deliveries",
            "Send what was given up, now, each with all its tries before it",
        )
        .at::<ConnectionId>()
        .repeatable()
        .takes::<Since>(json!({ "since": "2027-01-15T08:00:00Z" }))
        .answers::<Since>(202, json!({ "since": "2027-01-15T08:00:00Z" })),
        new(
            Method::POST,
            "/connections/{id}/deliveries/test",
            "send_test_event",
            "Send an event that never happened, now and once, to see how it arrives",
        )
        .at::<ConnectionId>()
        .repeatable()
        .takes::<Wanted>(json!({ "event": "task.created" }))
        .answers::<Testing>(202, json!({ "id": "evt_06hhgq2g000000000000000000" })),
        new(Method::GET, "/schemas", "list_schemas", "Every event that there is, and where its schema lies")
            .answers::<Schemas>(
            200,
            json!({ "data": [{ "type": "task.created", "schema": "/schemas/v1/task.created" }] }),
        ),
        new(Method::GET, "/schemas/v1/{type}", "get_schema", "The JSON Schema of what is told of one event")
            .at::<String>()
            .answers::<Map<String, Value>>(200, json!({})),
    ]
}

/// Of the form that secrets have, but nobody's.
fn rotated() -> Value {
    let nothing = format!("{}=", "A".repeat(43));
    json!({ "connection": webhook(&nothing), "signing_secret": format!("whsec_{nothing}") })
}

fn webhook(public_key: &str) -> Value {
    let mut connection = connection();
    let own = json!({
        "kind": "webhook",
        "name": "My app",
        "slug": "my-app",
        "config": {
            "target_url": "https://example.com/hook",
            "events": ["task.*"],
            "payload": "thin",
            "retry_policy": { "tries": 10 },
            "signature": "v1",
        },
        "signing": {
            "public_key": format!("whpk_{public_key}"),
            "created_at": "2027-01-15T08:00:00Z",
            "replaced_until": "2027-01-16T08:00:00Z",
        },
    });
    let own = own.as_object().cloned().unwrap_or_default();
    connection.as_object_mut().into_iter().for_each(|fields| fields.extend(own.clone()));
    connection
}

fn delivery() -> Value {
    let attempt = json!({ "at": "2027-01-15T08:00:01Z", "micros": 15_250, "status": 503, "answer": "Down for a moment" });
    json!({
        "id": "evt_06hhgq2g000000000000000000",
        "event": "task.created",
        "at": "2027-01-15T08:00:00Z",
        "about": "task_06hhgq2g000000000000000000",
        "state": "waiting",
        "test": false,
        "tries": 1,
        "next_try_at": "2027-01-15T08:00:06Z",
        "attempts": [attempt],
    })
}

fn health() -> Value {
    json!({
        "state": "sending",
        "consecutive_failures": 1,
        "failing_since": "2027-01-15T08:00:01Z",
        "next_try_at": null,
        "parked": 0,
        "failed": 0,
        "at_least": false,
    })
}
