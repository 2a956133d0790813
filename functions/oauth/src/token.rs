//! Where an app trades a code for tokens, and a refresh token for the next ones.

mod code;
mod refresh;

use crate::client::caller;
use crate::consent::is_resource;
use crate::form::Form;
use crate::refused::{Failure, Refused};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use domain::consent::ClientName;
use domain::shelf::Writer;
use domain::signing::SigningKeys;
use http::HeaderMap;
use web::{App, ByOwner, Witness};

/// One request to trade something.
struct Trade<'a> {
    app: &'a App,
    keys: &'a SigningKeys,
    form: &'a Form,
    client: ClientName,
    by: Writer,
    witness: &'a Witness,
}

pub(crate) async fn token(
    State(app): State<App>,
    ByOwner(by): ByOwner,
    witness: Witness,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let form = Form::of(&headers, body)?;
    let kind = form.need("grant_type")?;
    let Some(keys) = app.keys.signing().await? else { return Err(Refused::client().into()) };
    let client = caller(&headers, &form, keys)?;
    let trade = Trade { app: &app, keys, form: &form, client, by, witness: &witness };
    match kind {
        "authorization_code" => trade.code().await,
        "refresh_token" => trade.refresh().await,
        _ => {
            let known = "`grant_type` is `authorization_code` or `refresh_token`";
            Err(Refused::new("unsupported_grant_type", known).into())
        }
    }
}

impl Trade<'_> {
    /// Who names a resource names the one that was consented to.
    fn same_resource(&self, resource: &str) -> Result<(), Refused> {
        match self.form.get("resource") {
            Some(other) if !is_resource(other, resource) => {
                Err(Refused::new("invalid_target", format!("`resource` is {resource}")))
            }
            _ => Ok(()),
        }
    }
}
