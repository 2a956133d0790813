//! Whether a connection may call at all. Asking for what already is changes nothing.

use crate::manage::edit;
use axum::extract::State;
use axum::response::Response;
use domain::connection::{Connection, Status};
use domain::id::ConnectionId;
use web::{App, At, ByOwner, IfMatch, Owner, Problem, tagged};

pub(crate) async fn pause(
    State(app): State<App>,
    owner: Owner,
    by: ByOwner,
    At(id): At<ConnectionId>,
    expected: IfMatch,
) -> Result<Response, Problem> {
    set(&app, owner, by, id, expected, |connection| connection.status = Status::Inactive).await
}

pub(crate) async fn resume(
    State(app): State<App>,
    owner: Owner,
    by: ByOwner,
    At(id): At<ConnectionId>,
    expected: IfMatch,
) -> Result<Response, Problem> {
    set(&app, owner, by, id, expected, |connection| connection.status = Status::Active).await
}

/// For good, from the next call on.
pub(crate) async fn revoke(
    State(app): State<App>,
    owner: Owner,
    by: ByOwner,
    At(id): At<ConnectionId>,
    expected: IfMatch,
) -> Result<Response, Problem> {
    let at = by.0.at;
    set(&app, owner, by, id, expected, |connection| {
        connection.status = Status::Revoked;
        connection.revoked_at.get_or_insert(at);
    })
    .await
}

async fn set(
    app: &App,
    owner: Owner,
    ByOwner(by): ByOwner,
    id: ConnectionId,
    IfMatch(expected): IfMatch,
    change: impl FnOnce(&mut Connection),
) -> Result<Response, Problem> {
    let change = |connection: &mut Connection| {
        change(connection);
        Ok(())
    };
    let connection = edit(app, *owner, id, expected, by, change, |_| Ok(None)).await?;
    Ok(tagged(&connection.view()?, connection.version))
}
