//! What happened to the owner's data, item by item and in all.

use axum::Json;
use domain::id::TaskId;
use domain::operation::GET_TASK;
use domain::task::Task;
use web::{At, Call, Changes, Feed, FeedParams, History, Page, PageParams, Params, PastChange, Problem};

pub(crate) async fn of_task(
    call: Call,
    At(id): At<TaskId>,
    Params(page): Params<PageParams>,
) -> Result<Json<Page<PastChange>>, Problem> {
    Ok(Json(History(&call).of::<Task>(&GET_TASK, id, &page).await?))
}

pub(crate) async fn since(call: Call, Params(params): Params<FeedParams>) -> Result<Json<Changes>, Problem> {
    Ok(Json(Feed(&call).since(&params).await?))
}
