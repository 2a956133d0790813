//! What only memories have.

use axum::Json;
use domain::memory::Question;
use web::{Call, Problem, Recall, Recalled, Sent};

pub(crate) async fn search(call: Call, question: Sent<Question>) -> Result<Json<Recalled>, Problem> {
    Ok(Json(Recall(&call).search(question).await?))
}
