//! What only goals have: plans make tasks for them, which may go with them.

use crate::nouns;
use axum::response::Response;
use domain::goal::Goal;
use domain::id::GoalId;
use domain::operation::{APPLY_GOAL_PLAN, DECOMPOSE_GOAL, GOALS};
use http::{StatusCode, header};
use web::{
    Access, Answer, Applied, Applying, At, Call, Decomposed, Decomposing, Deleting, IfMatch, Keep, Nouns,
    Params, Problem, Repeatable, Reply, Routes, Sent,
};

pub(crate) fn routes(routes: Routes) -> Routes {
    nouns::but_delete::<Goal>(routes)
        .delete(Access::Connection, GOALS.delete.path, delete)
        .post(Access::Connection, DECOMPOSE_GOAL.path, decompose)
        .post(Access::Connection, APPLY_GOAL_PLAN.path, apply)
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

async fn decompose(
    call: Call,
    reply: Reply,
    Repeatable(sent, once): Repeatable<Sent<Decomposing>>,
) -> Result<Response, Problem> {
    let work = async |keep: Keep<'_>| {
        let answer = |told: &Decomposed| Answer::json(StatusCode::OK, told);
        let told = Nouns::<Goal>::of(&call).decompose(sent, None, |told| keep.answer(&answer(told)?)).await?;
        Ok(answer(&told)?)
    };
    let answered = once.run_call(&call, &DECOMPOSE_GOAL, work).await?;
    reply.tell(&call, "decomposed", answered).await
}

async fn apply(
    call: Call,
    reply: Reply,
    Repeatable(sent, once): Repeatable<Sent<Applying>>,
) -> Result<Response, Problem> {
    let work = async |keep: Keep<'_>| {
        let answer = |made: &Applied| {
            let place = GOALS.get.path.replace("{id}", &made.id.to_string());
            Ok::<_, domain::Error>(Answer::json(StatusCode::CREATED, made)?.with(header::LOCATION, place))
        };
        let made = Nouns::<Goal>::of(&call).apply_plan(sent, |made| keep.answer(&answer(made)?)).await?;
        Ok(answer(&made)?)
    };
    let answered = once.run_call(&call, &APPLY_GOAL_PLAN, work).await?;
    reply.tell(&call, "applied", answered).await
}
