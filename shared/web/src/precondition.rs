//! `If-Match`: a caller that names the version it has seen does not overwrite a newer one. `If-None-Match`: what it has
//! already is not sent again.

use crate::problem::Problem;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::hex;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ring::digest::{SHA256, digest};
use serde::Serialize;

/// The version that the caller has seen, if it says.
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

impl IfMatch {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let wanted = headers.get(header::IF_MATCH).filter(|wanted| *wanted != "*");
        let Some(wanted) = wanted else { return Ok(Self(None)) };
        let tag = wanted.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
        // Whichever form was read, a change is guarded by the version.
        let version =
            |tag| ["-csv", "-xml"].iter().find_map(|form| str::strip_suffix(tag, form)).unwrap_or(tag);
        let digits = tag.map(version);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let version = digits.and_then(|digits| digits.parse().ok());
        version
            .map(|version| Self(Some(version)))
            .ok_or_else(|| Problem::invalid("If-Match", "one ETag that this API gave is expected"))
    }
}

/// What has to be there, or not to be, for something to be put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// `If-None-Match: *`
    IfNothing,
    /// `If-Match: *`
    IfAnything,
    /// `If-Match` with an `ETag`
    If(u64),
}

impl<S: Send + Sync> FromRequestParts<S> for Condition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let headers = &parts.headers;
        match (headers.get(header::IF_NONE_MATCH), headers.get(header::IF_MATCH)) {
            (None, None) => Ok(Self::Always),
            (Some(nothing), None) if nothing == "*" => Ok(Self::IfNothing),
            (Some(_), None) => {
                Err(Problem::invalid("If-None-Match", "`*` is expected: only if nothing is there"))
            }
            (None, Some(_)) => Ok(IfMatch::of(headers)?.0.map_or(Self::IfAnything, Self::If)),
            (Some(_), Some(_)) => Err(Problem::invalid("If-None-Match", "give either this or `If-Match`")),
        }
    }
}

impl Condition {
    /// `found` is the version of what is there.
    pub(crate) fn allows(self, found: Option<u64>) -> Result<(), Problem> {
        let failed = |code, title, detail: String| {
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, code, title, detail))
        };
        match (self, found) {
            (Self::If(expected), Some(found)) => expect_version(Some(expected), found),
            (Self::IfNothing, Some(found)) => {
                let detail = format!("There is one, at version {found}; send `If-Match` to replace it.");
                failed("there-already", "It is there already", detail)
            }
            (Self::If(_) | Self::IfAnything, None) => {
                let detail = "There is nothing to replace; leave out `If-Match` to make it.".to_owned();
                failed("nothing-there", "Nothing is there", detail)
            }
            _ => Ok(()),
        }
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

/// `If-None-Match`: the answers that a caller has already.
pub(crate) struct Known(Vec<HeaderValue>);

impl Known {
    pub(crate) fn of(sent: &HeaderMap) -> Self {
        Self(sent.get_all(header::IF_NONE_MATCH).iter().cloned().collect())
    }

    /// Whether a tag is weak makes no difference here.
    pub(crate) fn has(&self, tag: impl AsRef<[u8]>) -> bool {
        let lines = self.0.iter().filter_map(|line| line.to_str().ok());
        let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
        tags.any(|known| known == "*" || known.trim_start_matches("W/").as_bytes() == tag.as_ref())
    }
}

/// The `ETag` of a version, which `If-Match` wants back.
pub fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

pub fn tagged(body: &impl Serialize, version: u64) -> Response {
    ([(header::ETAG, tag(version))], Json(body)).into_response()
}

/// A text with an `ETag` of its own, unless the caller has the same one already.
pub fn unless_known(sent: &HeaderMap, media: &'static str, text: String) -> Response {
    let hash = hex(digest(&SHA256, text.as_bytes()).as_ref());
    let tag = format!("\"{}\"", hash.get(..32).unwrap_or(&hash));
    let is_known = Known::of(sent).has(&tag);
    let tag = [(header::ETAG, tag)];
    if is_known {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    (tag, [(header::CONTENT_TYPE, media)], text).into_response()
}
