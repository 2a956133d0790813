//! What only memories have.

use axum::response::Response;
use domain::memory::Question;
use web::{Call, Problem, Recall, Sent, Told};

pub(crate) async fn search(call: Call, told: Told, question: Sent<Question>) -> Result<Response, Problem> {
    told.of(&call, "found", &Recall(&call).search(question).await?).await
}
