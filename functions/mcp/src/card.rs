//! What finds this server: a card, and a catalog that leads to it. Both are for anybody, so they say nothing of what
//! anybody may do here; that is said over the protocol, to whom it is about.

use crate::server::VERSIONS;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use url::{Host, Url};
use web::{App, MCP};

const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json";

const CARD: &str = "application/mcp-server-card+json";
const CATALOG: &str = "application/ai-catalog+json";

/// It changes with the version only.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=3600");

pub(crate) async fn card(State(app): State<App>, headers: HeaderMap) -> Response {
    let origin = app.site.origin(&headers);
    let host: Vec<_> = host(&origin).rsplit('.').map(str::to_owned).collect();
    told(
        CARD,
        &json!({
            "$schema": SCHEMA,
            "name": format!("{}/larder", host.join(".")),
            "version": env!("CARGO_PKG_VERSION"),
            "title": "Larder",
            "description": "One person's goals, tasks, memories and notes, as far as they let you.",
            "remotes": [{
                "type": "streamable-http",
                "url": app.site.resource(&headers),
                "supportedProtocolVersions": VERSIONS,
            }],
        }),
    )
}

pub(crate) async fn catalog(State(app): State<App>, headers: HeaderMap) -> Response {
    let origin = app.site.origin(&headers);
    told(
        CATALOG,
        &json!({
            "specVersion": "1.0",
            "entries": [{
                "identifier": format!("urn:air:{}:larder", host(&origin)),
                "displayName": "Larder",
                "type": CARD,
                "url": format!("{origin}{MCP}/server-card"),
            }],
        }),
    )
}

/// The domain that it is known under; who has none knows himself only.
fn host(origin: &str) -> String {
    let url = Url::parse(origin).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name.to_owned(),
        _ => "localhost".to_owned(),
    }
}

fn told(kind: &'static str, what: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, FRESH)];
    (headers, what.to_string()).into_response()
}
