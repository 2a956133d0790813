//! What only webhooks have.

use super::connection;
use crate::handler::{self, HandlerParams};
use crate::schemas::Schemas;
use crate::secret::{RotateSecret, RotatedSecret};
use domain::id::ConnectionId;
use http::Method;
use serde_json::{Map, Value, json};
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
