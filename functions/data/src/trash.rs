//! What was deleted, of all nouns.

use axum::Json;
use web::{Call, Deleted, Page, Params, Problem, Trash, TrashParams};

pub(crate) async fn list(
    call: Call,
    Params(params): Params<TrashParams>,
) -> Result<Json<Page<Deleted>>, Problem> {
    Ok(Json(Trash(&call).list(params).await?))
}
