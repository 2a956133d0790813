//! What the owner's data tells, over REST.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::analytics::Progress;
use domain::filter::Day;
use http::{HeaderMap, header};
use web::{Analytics, At, Call, Params, Place, Problem, ProgressParams, Stats, unless_known};

pub(crate) async fn stats(call: Call) -> Result<Json<Stats>, Problem> {
    Ok(Json(Analytics(&call).stats().await?))
}

pub(crate) async fn progress(
    call: Call,
    Params(params): Params<ProgressParams>,
) -> Result<Json<Progress>, Problem> {
    Ok(Json(Analytics(&call).progress(params).await?))
}

/// For people and models to read, or, for who asks for JSON, in parts.
pub(crate) async fn daily(
    call: Call,
    At(day): At<Day>,
    Params(place): Params<Place>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let daily = Analytics(&call).daily(day.0, place).await?;
    let vary = (header::VARY, "Accept");
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|accepted| accepted.to_str().ok());
    if accepted.into_iter().any(|accepted| accepted.contains("application/json")) {
        return Ok(([vary], Json(daily)).into_response());
    }
    Ok(([vary, (header::CONTENT_TYPE, "text/markdown; charset=utf-8")], daily.markdown()).into_response())
}

/// Apps ask every few minutes: what they have already is not sent again.
pub(crate) async fn calendar(call: Call, headers: HeaderMap) -> Result<Response, Problem> {
    let feed = Analytics(&call).calendar().await?;
    Ok(unless_known(&headers, "text/calendar; charset=utf-8", feed))
}
