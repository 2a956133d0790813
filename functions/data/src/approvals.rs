//! What became of a call that waits for its owner's word.

use axum::Json;
use domain::approval::View;
use domain::id::ApprovalId;
use web::{At, Call, Problem, approval};

pub(crate) async fn own(call: Call, At(id): At<ApprovalId>) -> Result<Json<View>, Problem> {
    approval::own(&call, id).await.map(Json)
}
