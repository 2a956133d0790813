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

/// The version that the caller has seen, if it says: one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected(Option<Vec<u64>>);

pub struct IfMatch(pub Expected);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

impl IfMatch {
    /// No weak tag matches, nor one that is not of this API: they are as good as one of another version.
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let lines: Vec<_> = headers.get_all(header::IF_MATCH).iter().collect();
        if lines.is_empty() || lines.iter().any(|line| *line == "*") {
            return Ok(Self(Expected::default()));
        }
        let tags = lines.into_iter().map(|line| line.to_str().ok().and_then(tags));
        let tags: Option<Vec<_>> = tags.collect();
        let wrong = || Problem::invalid("If-Match", "an ETag, several by commas, or `*` is expected");
        let tags = tags.map(|tags| tags.concat()).filter(|tags| !tags.is_empty()).ok_or_else(wrong)?;
        let versions = tags.iter().filter(|tag| !tag.is_weak).filter_map(|tag| version(tag.opaque));
        Ok(Self(Expected(Some(versions.collect()))))
    }
}

/// Whichever form was read, a change is guarded by the version.
fn version(tag: &str) -> Option<u64> {
    let digits = ["-csv", "-xml"].iter().find_map(|form| tag.strip_suffix(form)).unwrap_or(tag);
    digits.parse().ok().filter(|version: &u64| version.to_string() == digits)
}

#[derive(Debug, Clone, Copy)]
struct Tag<'a> {
    is_weak: bool,
    opaque: &'a str,
}

/// The tags of a list by commas, which may stand in tags, too. `None` if it is none.
fn tags(list: &str) -> Option<Vec<Tag<'_>>> {
    let (mut tags, mut rest) = (Vec::new(), list.trim());
    while !rest.is_empty() {
        let (strong, is_weak) = rest.strip_prefix("W/").map_or((rest, false), |strong| (strong, true));
        if let Some((opaque, after)) = strong.strip_prefix('"').and_then(|tag| tag.split_once('"')) {
            tags.push(Tag { is_weak, opaque });
            rest = after.trim_start();
        }
        rest = if rest.is_empty() { rest } else { rest.strip_prefix(',')?.trim_start() };
    }
    Some(tags)
}

impl Expected {
    pub(crate) const fn is_any(&self) -> bool {
        self.0.is_none()
    }
}

impl From<Option<u64>> for Expected {
    fn from(version: Option<u64>) -> Self {
        Self(version.map(|version| vec![version]))
    }
}

/// What has to be there, or not to be, for something to be put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// `If-None-Match: *`
    IfNothing,
    /// `If-Match: *`
    IfAnything,
    /// `If-Match` with an `ETag`
    If(Expected),
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
            (None, Some(_)) => match IfMatch::of(headers)?.0 {
                any if any.is_any() => Ok(Self::IfAnything),
                expected => Ok(Self::If(expected)),
            },
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
            (Self::If(expected), Some(found)) => expect_version(&expected, found),
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

pub fn expect_version(Expected(expected): &Expected, found: u64) -> Result<(), Problem> {
    if expected.as_ref().is_none_or(|versions| versions.contains(&found)) {
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
