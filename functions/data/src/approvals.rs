//! What became of a call that waits for its owner's word.

use axum::response::Response;
use domain::id::ApprovalId;
use web::{At, Call, Problem, Told, approval};

pub(crate) async fn own(call: Call, told: Told, At(id): At<ApprovalId>) -> Result<Response, Problem> {
    told.of(&call, "approval", &approval::own(&call, id).await?).await
}
