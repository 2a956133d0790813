//! Whether a connection may call at all. Asking for what already is changes nothing.

use crate::edit::Edit;
use axum::response::Response;
use domain::connection::{Connection, Status};
use web::Problem;

pub(crate) async fn pause(edit: Edit) -> Result<Response, Problem> {
    set(&edit, |connection| connection.status = Status::Inactive).await
}

pub(crate) async fn resume(edit: Edit) -> Result<Response, Problem> {
    set(&edit, |connection| (connection.status, connection.disabled) = (Status::Active, None)).await
}

/// For good, from the next call on.
pub(crate) async fn revoke(edit: Edit) -> Result<Response, Problem> {
    set(&edit, |connection| {
        connection.status = Status::Revoked;
        connection.revoked_at.get_or_insert(edit.by.at);
    })
    .await
}

async fn set(edit: &Edit, change: impl FnOnce(&mut Connection)) -> Result<Response, Problem> {
    edit.answer(|connection| {
        change(connection);
        Ok(())
    })
    .await
}
