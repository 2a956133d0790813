//! `If-Match`: a caller that names the version it has seen does not overwrite a newer one.

use crate::problem::Problem;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, header};
use serde::Serialize;

/// The version that the caller has seen, if it says.
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let wanted = parts.headers.get(header::IF_MATCH).filter(|wanted| *wanted != "*");
        let Some(wanted) = wanted else { return Ok(Self(None)) };
        let digits = wanted.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let version = digits.and_then(|digits| digits.parse().ok());
        version
            .map(|version| Self(Some(version)))
            .ok_or_else(|| Problem::invalid("If-Match", "one ETag that this API gave is expected"))
    }
}

pub fn expect_version(expected: Option<u64>, found: u64) -> Result<(), Problem> {
    if expected.is_none_or(|expected| expected == found) {
        return Ok(());
    }
    let detail = format!("It is at version {found} now; read it again and repeat the change.");
    let status = StatusCode::PRECONDITION_FAILED;
    Err(Problem::new(status, "version-mismatch", "It changed in the meantime", detail))
}

/// An answer with the `ETag` that `If-Match` wants back.
pub fn tagged(body: &impl Serialize, version: u64) -> Response {
    ([(header::ETAG, format!("\"{version}\""))], Json(body)).into_response()
}
