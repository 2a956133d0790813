//! An app gives back what it was given (RFC 7009): either token ends its family. What is not one is gone already.

use crate::client::caller;
use crate::family::{end, note};
use crate::form::Form;
use crate::refused::{Failure, Refused};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use domain::audit::Outcome;
use domain::connection::Connection;
use domain::error::Error;
use domain::shelf::Shelf;
use domain::token::{AccessToken, Handle, Kind};
use http::{HeaderMap, StatusCode};
use web::{App, ByOwner, Witness};

pub(crate) async fn revoke(
    State(app): State<App>,
    ByOwner(by): ByOwner,
    witness: Witness,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Failure> {
    let form = Form::of(&headers, body)?;
    let text = form.need("token")?;
    let Some(keys) = app.keys.signing().await? else { return Err(Refused::client().into()) };
    let client = caller(&headers, &form, keys)?;
    let refresh = Handle::parse(Kind::Refresh, text, keys).map(|handle| handle.named());
    let family = refresh.or_else(|| AccessToken::parse(text, keys).map(|token| token.key));
    let Some(family) = family else { return Ok(StatusCode::OK) };
    let connection = match Shelf::<Connection>::new(&*app.table, family.owner).get(family.connection).await {
        Err(Error::NotFound(_)) => return Ok(StatusCode::OK),
        found => found?,
    };
    let hash = family.hash();
    // Of this client, and of no other one.
    let mut own = connection.consents().iter().filter(|consent| consent.to.client == client);
    if own.any(|consent| consent.hash.is(&hash)) {
        end(&app, family.owner, family.connection, &hash, by).await?;
        note(&witness, &family, "app.revoked", Outcome::Done).await;
    }
    Ok(StatusCode::OK)
}
