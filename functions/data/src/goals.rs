//! What only goals have: their tasks may go with them.

use crate::nouns;
use domain::goal::Goal;
use domain::id::GoalId;
use domain::operation::GOALS;
use http::StatusCode;
use web::{Access, At, Call, Deleting, IfMatch, Nouns, Params, Problem, Routes};

pub(crate) fn routes(routes: Routes) -> Routes {
    nouns::but_delete::<Goal>(routes).delete(Access::Connection, GOALS.delete.path, delete)
}

async fn delete(
    call: Call,
    At(id): At<GoalId>,
    IfMatch(expected): IfMatch,
    Params(Deleting { tasks }): Params<Deleting>,
) -> Result<StatusCode, Problem> {
    Nouns::<Goal>::of(&call).delete_with(id, expected, tasks).await?;
    Ok(StatusCode::NO_CONTENT)
}
