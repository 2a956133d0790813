//! Backups of what a connection may read.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::NonZeroU32;
use web::{App, At, BackedUp, BackupParams, Backups, Body, Call, Params, Problem};

pub(crate) async fn run(call: Call, Body(params): Body<BackupParams>) -> Result<Json<BackedUp>, Problem> {
    Backups(&call).run(params).await.map(Json)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Which, from 1 on; the `Link` of the one before leads to it.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    part: Option<NonZeroU32>,
}

/// Who has the link has it of a connection that may read this, or could.
pub(crate) async fn fetch(
    State(app): State<App>,
    At(link): At<String>,
    Params(Part { part }): Params<Part>,
) -> Result<Response, Problem> {
    let number = part.map_or(1, NonZeroU32::get);
    let (body, parts) = Backups::fetch(&app, &link, number).await?;
    let file = format!("attachment; filename=\"larder-backup-{number}.json\"");
    let head = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, &file)];
    let mut answer = (head, body).into_response();
    if number < parts {
        let next = format!("</v1/backups/{link}?part={}>; rel=\"next\"", number + 1);
        answer.headers_mut().insert(header::LINK, HeaderValue::try_from(next).map_err(Problem::internal)?);
    }
    Ok(answer)
}
