//! Where clients read how to get in (RFC 9728 and RFC 8414). It names this Larder by the name that it was called by,
//! because clients compare it letter by letter.

use axum::Json;
use axum::extract::State;
use domain::access::Action;
use domain::token::scope;
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use web::{App, resource, usual_scope};

const AUTHENTICATION: [&str; 3] = ["none", "client_secret_post", "client_secret_basic"];

pub(crate) async fn of_resource(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Json<Value> {
    let origin = app.site.origin(&headers);
    let scopes = usual_scope();
    // As it was typed: clients compare it.
    let slash = if uri.path().ends_with('/') { "/" } else { "" };
    Json(json!({
        "resource": format!("{}{slash}", resource(&origin)),
        "authorization_servers": [origin],
        "scopes_supported": words(&scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": "Larder",
        "resource_documentation": format!("{origin}/"),
    }))
}

pub(crate) async fn of_server(State(app): State<App>, headers: HeaderMap) -> Json<Value> {
    let origin = app.site.origin(&headers);
    let at = |path: &str| format!("{origin}/{path}");
    // Clients that want to go on without their owner ask for `offline_access`; all of them may.
    let scopes = format!("{} offline_access", scope(Action::ALL.into()));
    Json(json!({
        "issuer": origin,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "registration_endpoint": at("register"),
        "revocation_endpoint": at("revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION,
        "scopes_supported": words(&scopes),
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
        "protected_resources": [resource(&origin)],
    }))
}

fn words(scopes: &str) -> Vec<&str> {
    scopes.split(' ').collect()
}
