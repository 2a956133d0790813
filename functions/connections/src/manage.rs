//! What the owner sees of connections, and the end of one.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::connection::{Connection, Status};
use domain::id::ConnectionId;
use domain::shelf::Shelf;
use web::{App, At, Owner, Page, PageParams, Params, Problem};

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let limit = page.limit()?;
    let after = page.after::<Connection>(&app, *owner).await?;
    let listing = Shelf::<Connection>::new(&*app.table, *owner).list(after, limit).await?;
    let page = Page::of(listing, &app, *owner).await?;
    let data = page.data.iter().map(Connection::view).collect::<Result<Vec<_>, Error>>()?;
    Ok(Json(Page { data, next_cursor: page.next_cursor }).into_response())
}

pub(crate) async fn read(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
) -> Result<Response, Problem> {
    let connection = Shelf::<Connection>::new(&*app.table, *owner).get(id).await?;
    Ok(Json(connection.view()?).into_response())
}

/// For good, from the next call on. Revoking again changes nothing.
pub(crate) async fn revoke(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
) -> Result<Response, Problem> {
    let shelf = Shelf::<Connection>::new(&*app.table, *owner);
    let mut connection = shelf.get(id).await?;
    if connection.status != Status::Revoked {
        connection.status = Status::Revoked;
        connection.updated_at = app.clock.now();
        connection.revoked_at = Some(connection.updated_at);
        connection = shelf.replace(connection, app.op()).await?;
    }
    Ok(Json(connection.view()?).into_response())
}
