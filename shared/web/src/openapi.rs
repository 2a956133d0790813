//! The description of the API, as OpenAPI 3.1: the schemas come from the very types that read input and write
//! answers, paths and callers from the list of routes. It is made where it is tested and served as a file, so that
//! no host spends anything on it.

#![expect(clippy::indexing_slicing, reason = "it runs where it is tested; hosts only serve what it made")]

mod events;
mod operation;
mod problems;
mod schemas;

pub use operation::Operation;

use crate::routes::{Access, Route};
use domain::access::{Action, Resource};
use domain::key;
use schemas::Schemas;
use serde_json::{Map, Value, json};

/// Of every route that is described.
pub fn document(routes: &[Route], operations: &[Operation]) -> Value {
    let (mut schemas, mut paths) = (Schemas::default(), Map::new());
    for route in routes {
        let same = |operation: &&Operation| operation.method == route.method && operation.path == route.path;
        if let Some(operation) = operations.iter().find(same) {
            let path = paths.entry(route.path).or_insert_with(|| json!({}));
            path[route.method.as_str().to_lowercase()] = operation.document(route, &mut schemas);
        }
    }
    let webhooks = events::webhooks(operations, &mut schemas);
    let responses = problems::responses(&mut schemas);
    schemas.settle(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Larder",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One place that all your agents and apps read and write, under your control.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "responses": responses,
            "parameters": parameters(),
            "securitySchemes": schemes(),
        },
    }))
}

fn security(access: Access, needs: Option<(Resource, Action)>) -> Value {
    let roles: Vec<_> = needs.iter().map(|(resource, action)| format!("{resource}:{action}")).collect();
    match access {
        Access::Public => json!([]),
        Access::Owner => json!([{ "ownerToken": [] }]),
        Access::Connection => {
            let each = ["connectionKey", "connectionKeyHeader", "connectionKeyQuery"];
            each.map(|scheme| json!({ scheme: roles })).into_iter().collect()
        }
    }
}

fn schemes() -> Value {
    let key = format!("A connection's key, as secret scanners find it: `{}`.", key::PATTERN);
    let in_query = format!("{key} Only where the owner allowed it: the connection's `key_in` is `query`.");
    json!({
        "ownerToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "An owner's token: of the OIDC issuer on AWS, of `larder owner-token` on a laptop.",
        },
        "connectionKey": { "type": "http", "scheme": "bearer", "description": key },
        "connectionKeyHeader": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": key },
        "connectionKeyQuery": { "type": "apiKey", "in": "query", "name": "api_key", "description": in_query },
    })
}

fn parameters() -> Value {
    let stamp = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": true, "description": description, "schema": { "type": "string" } });
    json!({
        "WebhookId": stamp("webhook-id", "The same at every try: what came before is dropped by it."),
        "WebhookTimestamp": stamp("webhook-timestamp", "When this try was signed, in seconds since 1970."),
        "WebhookSignature": stamp(
            "webhook-signature",
            "`v1,…` or `v1a,…` of Standard Webhooks; several, with spaces between, while a secret is replaced.",
        ),
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The `ETag` that was read: what has changed since then is not overwritten (412). Of several, by \
                            commas, one has to fit.",
            "schema": {
                "type": "string",
                "pattern": "^\"[0-9]{1,19}(-csv|-xml)?\"( *, *\"[0-9]{1,19}(-csv|-xml)?\")*$",
            },
            "example": "\"1\"",
        },
        "IfNothing": {
            "name": "If-None-Match",
            "in": "header",
            "description": "`*`: only if nothing is there yet.",
            "schema": { "const": "*" },
        },
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of the answer before: if nothing has changed since then, the answer is a 304.",
            "schema": { "type": "string" },
        },
        "Prefer": {
            "name": "Prefer",
            "in": "header",
            "description": "`return=minimal`: nothing is told but where it lies and its version, in headers.",
            "schema": { "type": "string" },
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Makes it safe to send the call again: for 24 hours, the same key with the same body \
                            does nothing more and gets the first answer, with `Idempotency-Replayed: true`.",
            "schema": { "type": "string", "pattern": "^[!#-~]{1,255}$" },
            "example": "b7e5a3f0-6f0a-4d0e-9a53-1c7d2f5e8a44",
        },
    })
}
