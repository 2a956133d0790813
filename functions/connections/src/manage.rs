//! What the owner sees and changes of connections.

use crate::create::{reachable, slug_is_taken, slug_row};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::activity::Seen;
use domain::connection::{Connection, ConnectionPatch, NewConnection, Settings, Status};
use domain::id::{ConnectionId, OwnerId};
use domain::shelf::{Shelf, Writer};
use domain::table::{Expect, Write};
use domain::{Error, due, schema};
use futures_util::future::try_join;
use http::StatusCode;
use web::{
    App, At, Body, ByOwner, IfMatch, Owner, Page, PageParams, Params, Problem, expect_version, next_cursor,
    tagged,
};

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let limit = page.limit()?;
    let after = page.after::<Connection>(&app, *owner).await?;
    let listing = Shelf::<Connection>::new(&*app.table, *owner).list(after, limit).await?;
    let next_cursor = next_cursor::<Connection>(listing.next.as_deref(), &app, *owner).await?;
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
pub(crate) async fn replace(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    At(id): At<ConnectionId>,
    IfMatch(expected): IfMatch,
    Body(new): Body<NewConnection>,
) -> Result<Response, Problem> {
    let settings = new.checked(by.at)?;
    decide_anew(&app, *owner, id, expected, by, |_| Ok(settings)).await
}

pub(crate) async fn patch(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    At(id): At<ConnectionId>,
    IfMatch(expected): IfMatch,
    Body(patch): Body<ConnectionPatch>,
) -> Result<Response, Problem> {
    decide_anew(&app, *owner, id, expected, by, |connection| patch.checked(connection, by.at)).await
}

/// Ends it at once and for good, and takes it out of the lists; what it wrote stays.
pub(crate) async fn delete(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    At(id): At<ConnectionId>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let shelf = Shelf::<Connection>::new(&*app.table, *owner);
    let connection = shelf.get(id).await?;
    expect_version(expected, connection.version)?;
    let slug = slug_row(*owner, &connection);
    // Written once and never changed.
    let slug = Write::Delete { key: slug.key, version: slug.expect.next() };
    let writes = shelf.trashing(connection, by)?.into_iter().chain([slug]);
    app.table.transact(writes.collect(), by.op).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn decide_anew(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
    expected: Option<u64>,
    by: Writer,
    decide: impl FnOnce(&Connection) -> Result<Settings, Error>,
) -> Result<Response, Problem> {
    let change = |connection: &mut Connection| {
        let settings = decide(connection)?;
        reachable(app, &settings.config)?;
        let other = || Problem::invalid("/kind", "a connection stays of its kind; make another one");
        *connection = connection.with(settings).ok_or_else(other)?;
        Ok(())
    };
    let connection = edit(app, owner, id, expected, by, change, |_| Ok(None)).await?;
    Ok(tagged(&connection.view()?, connection.version))
}

/// One change of a connection, with everything that goes with it in one transaction. `also` may add one more write,
/// which knows the connection as it will be. What changes nothing is not written.
pub(crate) async fn edit(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
    expected: Option<u64>,
    by: Writer,
    change: impl FnOnce(&mut Connection) -> Result<(), Problem>,
    also: impl FnOnce(&Connection) -> Result<Option<Write>, Problem>,
) -> Result<Connection, Problem> {
    let shelf = Shelf::<Connection>::new(&*app.table, owner);
    let before = shelf.get(id).await?;
    expect_version(expected, before.version)?;
    let mut after = before.clone();
    change(&mut after)?;
    if after.says_the_same_as(&before)? {
        return Ok(before);
    }
    if before.status == Status::Revoked {
        let detail = "It was revoked, which is for good; make a new connection.";
        return Err(Problem::new(StatusCode::CONFLICT, "revoked", "It is revoked", detail));
    }
    (after.updated_at, after.source) = (by.at, Some(by.source));
    let (after, put) = shelf.put(after, Expect::Version(before.version))?;
    let mut writes = vec![Write::Put(put)];
    let renamed = after.slug != before.slug;
    if renamed {
        let version = Expect::Absent.next();
        writes.push(Write::Delete { key: schema::slug(owner, &before.slug), version });
        writes.push(Write::Put(slug_row(owner, &after)));
    }
    if after.expires_at != before.expires_at {
        writes.extend(due::row(owner, &after)?.map(Write::Put));
    }
    writes.extend(also(&after)?);
    match app.table.transact(writes, by.op).await {
        Err(Error::Conflict) if renamed => {
            Err(slug_is_taken(app, owner, &after).await?.unwrap_or_else(|| Error::Conflict.into()))
        }
        done => Ok(done.map(|()| after)?),
    }
}
