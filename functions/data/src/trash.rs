//! What was deleted, of all nouns.

use axum::response::Response;
use web::{Call, Params, Problem, Told, Trash, TrashParams};

pub(crate) async fn list(
    call: Call,
    told: Told,
    Params(params): Params<TrashParams>,
) -> Result<Response, Problem> {
    let trash = Trash(&call).list(params).await?;
    told.and_next("cursor", trash.next_cursor.as_deref())?.of(&call, "trash", &trash).await
}
