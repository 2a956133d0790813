//! What pages of other origins may call (CORS).

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// What a browser asks first: what such a page may send.
const MAY: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, mcp-protocol-version"),
    (header::ACCESS_CONTROL_MAX_AGE, "86400"),
];

pub(crate) async fn may() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, MAY)
}

/// Refusals, too: who cannot read why cannot do better. Browsers send no cookie to where all may read.
pub(crate) async fn open(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}
