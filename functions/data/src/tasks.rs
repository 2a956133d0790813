//! Tasks over REST.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::access::Shown;
use domain::id::TaskId;
use domain::task::{NewTask, Task, TaskPatch};
use http::{StatusCode, header};
use web::{At, Call, IfMatch, Page, PageParams, Params, Problem, Sent, Tasks, tagged};

pub(crate) async fn list(
    call: Call,
    Params(page): Params<PageParams>,
) -> Result<Json<Page<Shown<Task>>>, Problem> {
    Ok(Json(Tasks(&call).list(&page).await?))
}

pub(crate) async fn create(call: Call, new: Sent<NewTask>) -> Result<Response, Problem> {
    let task = Tasks(&call).create(new).await?;
    let location = [(header::LOCATION, format!("/v1/tasks/{}", task.id))];
    Ok((StatusCode::CREATED, location, tagged(&task, task.version)).into_response())
}

pub(crate) async fn read(call: Call, At(id): At<TaskId>) -> Result<Response, Problem> {
    let (task, version) = Tasks(&call).get(id).await?;
    Ok(tagged(&task, version))
}

pub(crate) async fn update(
    call: Call,
    At(id): At<TaskId>,
    IfMatch(expected): IfMatch,
    patch: Sent<TaskPatch>,
) -> Result<Response, Problem> {
    let task = Tasks(&call).update(id, patch, expected).await?;
    Ok(tagged(&task, task.version))
}

pub(crate) async fn delete(
    call: Call,
    At(id): At<TaskId>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    Tasks(&call).delete(id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
