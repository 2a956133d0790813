//! Dynamic registration (RFC 7591). It keeps nothing (see `client`).

use crate::client::{Client, Method, secret};
use crate::refused::{Failure, Refused};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use web::App;

const MOST_BYTES: usize = 8 * 1024;

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<Method>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
}

pub(crate) async fn register(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let said = read(body)?;
    let client = Client::checked(
        said.client_name.as_deref(),
        &said.redirect_uris,
        said.token_endpoint_auth_method.unwrap_or(Method::Nothing),
    )?;
    let keys = app.keys.signing_or_make(app.op()).await?;
    let id = client.id(keys)?;
    let mut answer = json!({
        "client_id": id,
        "client_id_issued_at": app.clock.now().as_second(),
        "client_name": client.name,
        "redirect_uris": said.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": client.method,
    });
    if let Some(answer) = answer.as_object_mut().filter(|_| client.method != Method::Nothing) {
        answer.insert("client_secret".to_owned(), secret(&id, keys).into());
        answer.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn read(body: Result<Bytes, BytesRejection>) -> Result<Metadata, Refused> {
    let wrong = |what: String| Refused::new("invalid_client_metadata", what);
    let body = body.ok().filter(|body| body.len() <= MOST_BYTES);
    let body = body.ok_or_else(|| wrong("that is too long, or did not come whole".to_owned()))?;
    let said: Metadata = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    let lacks = |all: &Option<Vec<String>>, one: &str| {
        all.as_ref().is_some_and(|all| !all.is_empty() && !all.iter().any(|name| name == one))
    };
    if lacks(&said.grant_types, "authorization_code") || lacks(&said.response_types, "code") {
        return Err(wrong("an app gets in by `authorization_code` and `code` only".to_owned()));
    }
    Ok(said)
}
