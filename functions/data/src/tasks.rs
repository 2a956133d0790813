//! Tasks over REST.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::id::TaskId;
use domain::task::{NewTask, Task, TaskPatch};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use web::{At, Body, Call, Page, PageParams, Params, Problem, Tasks};

pub(crate) async fn list(call: Call, Params(page): Params<PageParams>) -> Result<Json<Page<Task>>, Problem> {
    Ok(Json(Tasks(&call).list(&page).await?))
}

pub(crate) async fn create(call: Call, Body(new): Body<NewTask>) -> Result<Response, Problem> {
    let task = Tasks(&call).create(new).await?;
    let location = [(header::LOCATION, format!("/v1/tasks/{}", task.id()))];
    Ok((StatusCode::CREATED, location, tagged(&task, task.version())).into_response())
}

pub(crate) async fn read(call: Call, At(id): At<TaskId>) -> Result<Response, Problem> {
    let task = Tasks(&call).get(id).await?;
    Ok(tagged(&task, task.version))
}

pub(crate) async fn update(
    call: Call,
    At(id): At<TaskId>,
    headers: HeaderMap,
    Body(patch): Body<TaskPatch>,
) -> Result<Response, Problem> {
    let task = Tasks(&call).update(id, patch, if_match(&headers)?).await?;
    Ok(tagged(&task, task.version()))
}

pub(crate) async fn delete(
    call: Call,
    At(id): At<TaskId>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    Tasks(&call).delete(id, if_match(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(task: &impl Serialize, version: u64) -> Response {
    ([(header::ETAG, format!("\"{version}\""))], Json(task)).into_response()
}

/// A caller that names the version it has seen does not overwrite a newer one.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(wanted) = headers.get(header::IF_MATCH).filter(|wanted| *wanted != "*") else { return Ok(None) };
    let digits = wanted.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .map(Some)
        .ok_or_else(|| Problem::invalid("If-Match", "one ETag that this API gave is expected"))
}
