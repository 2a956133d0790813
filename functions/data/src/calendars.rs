//! What is due, as a calendar.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
use web::{Analytics, Calendars, Call, Problem, Subscriber, Subscription, unless_known};

pub(crate) async fn subscribe(call: Call) -> Result<Json<Subscription>, Problem> {
    Calendars(&call).subscribe().await.map(Json)
}

/// By the address that was given.
pub(crate) async fn subscribed(
    Subscriber(call): Subscriber,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(told(&headers, Calendars(&call).feed().await?))
}

/// By a key.
pub(crate) async fn own(call: Call, headers: HeaderMap) -> Result<Response, Problem> {
    Ok(told(&headers, Analytics(&call).calendar().await?))
}

/// Apps ask every few minutes: what they have already is not sent again.
fn told(headers: &HeaderMap, feed: String) -> Response {
    let kept = [(header::CACHE_CONTROL, "private, no-cache")];
    (kept, unless_known(headers, "text/calendar; charset=utf-8", feed)).into_response()
}
