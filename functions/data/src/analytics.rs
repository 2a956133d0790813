//! What the owner's data tells, over REST.

use axum::response::{IntoResponse, Response};
use domain::filter::Day;
use http::header;
use web::{Analytics, At, Call, Params, Place, Problem, ProgressParams, Told};

pub(crate) async fn stats(call: Call, told: Told) -> Result<Response, Problem> {
    told.of(&call, "stats", &Analytics(&call).stats().await?).await
}

pub(crate) async fn progress(
    call: Call,
    told: Told,
    Params(params): Params<ProgressParams>,
) -> Result<Response, Problem> {
    told.of(&call, "progress", &Analytics(&call).progress(params).await?).await
}

/// For people and models to read, or, for who wants it otherwise, in parts.
pub(crate) async fn daily(
    call: Call,
    told: Told,
    At(day): At<Day>,
    Params(place): Params<Place>,
) -> Result<Response, Problem> {
    let daily = Analytics(&call).daily(day.0, place).await?;
    if !told.likes_markdown() {
        return told.of(&call, "daily", &daily).await;
    }
    let head = [(header::VARY, "Accept"), (header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    Ok((head, daily.markdown()).into_response())
}
