//! What the owner sees and changes of connections.

use crate::edit::Edit;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::activity::Seen;
use domain::connection::{Connection, ConnectionPatch, NewConnection};
use domain::id::ConnectionId;
use domain::shelf::{Entity as _, Shelf};
use domain::table::Write;
use domain::{Error, schema};
use futures_util::future::try_join;
use http::StatusCode;
use web::{App, At, Body, Owner, Page, PageParams, Params, Problem, cursor, tagged};

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let limit = page.limit()?;
    let after = page.place(&app, *owner, Connection::NAME).await?;
    let listing = Shelf::<Connection>::new(&*app.table, *owner).list(after, limit).await?;
    let next_cursor = cursor(listing.next.as_deref(), &app, *owner, Connection::NAME).await?;
    let seen = Shelf::<Seen>::new(&*app.table, *owner).some(listing.items.iter().map(|item| item.id)).await?;
    let items = listing.items.iter().zip(&seen);
    let data = items
        .map(|(item, seen)| Ok(item.view()?.last_used(seen.as_ref())))
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Json(Page { data, next_cursor }).into_response())
}

pub(crate) async fn read(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
) -> Result<Response, Problem> {
    let (connections, seen) =
        (Shelf::<Connection>::new(&*app.table, *owner), Shelf::<Seen>::new(&*app.table, *owner));
    let (connection, seen) = try_join(connections.get(id), seen.some([id])).await?;
    let seen = seen.iter().flatten().next();
    Ok(tagged(&connection.view()?.last_used(seen), connection.version))
}

/// All settings anew; what is not given is as it would be in a new connection, but for the slug, which stays.
pub(crate) async fn replace(edit: Edit, Body(new): Body<NewConnection>) -> Result<Response, Problem> {
    let settings = new.checked(edit.by.at)?;
    edit.decide_anew(|_| Ok(settings)).await
}

pub(crate) async fn patch(edit: Edit, Body(patch): Body<ConnectionPatch>) -> Result<Response, Problem> {
    edit.decide_anew(|connection| patch.checked(connection, edit.by.at)).await
}

/// Ends it at once and for good, and takes it out of the lists; what it wrote stays.
pub(crate) async fn delete(edit: Edit) -> Result<StatusCode, Problem> {
    let Edit { app, owner, by, .. } = &edit;
    let connection = edit.found().await?;
    let slug = connection.slug_row(*owner);
    // These two stay at their first version.
    let beside = [slug.key, schema::rate(*owner, connection.id)];
    let beside = beside.map(|key| Write::Delete { key, version: slug.expect.next() });
    let (shelf, stirs) = (Shelf::<Connection>::new(&*app.table, *owner), connection.stirs(*owner));
    let writes = shelf.trashing(connection, *by)?.into_iter().chain(beside).chain(stirs);
    app.table.transact(writes.collect(), by.op).await?;
    Ok(StatusCode::NO_CONTENT)
}
