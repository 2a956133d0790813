//! What was sent: JSON bodies, query parameters and ids in the path, each refused with the place that is wrong.

use crate::problem::{Problem, too_large};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Segment;
use std::fmt::{Display, Write as _};
use std::str::FromStr;

/// A JSON body.
pub struct Body<T>(pub T);

/// A body that is JSON, not yet read.
pub struct RawJson(pub Bytes);

/// Query parameters.
pub struct Params<T>(pub T);

/// The id in the path.
pub struct At<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse(&json_bytes(request, state).await?).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for RawJson {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = json_bytes(request, state).await?;
        serde_json::from_slice::<IgnoredAny>(&bytes)
            .map_err(|error| Problem::invalid("", error.to_string()))?;
        Ok(Self(bytes))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| misfit(&error, parameter))
    }
}

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::invalid("{id}", "not an id"))?;
        text.parse().map(Self).map_err(|error: T::Err| Problem::invalid("{id}", error.to_string()))
    }
}

/// Fits a part of a body, found at `place`, into its type.
pub fn fit<T: DeserializeOwned>(part: serde_json::Value, place: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(part)
        .map_err(|error| misfit(&error, |steps| format!("{place}{}", pointer(steps))))
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| misfit(&error, pointer))?;
    json.end().map_err(|error| Problem::invalid("", error.to_string()))?;
    Ok(value)
}

pub(crate) async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let detail = "Send JSON, with `Content-Type: application/json`.";
        let title = "Unsupported media type";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", title, detail));
    }
    Bytes::from_request(request, state).await.map_err(unreadable)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

fn unreadable(rejection: BytesRejection) -> Problem {
    let said = rejection.body_text();
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large("The body is larger than a call may be. Send less.")
    } else {
        Problem::invalid("", said)
    }
}

/// Names the place: serde's path leads to the value that does not fit; a field that is missing, unknown or
/// given twice is named in the message only.
fn misfit<E: Display>(error: &serde_path_to_error::Error<E>, place: impl Fn(&[&str]) -> String) -> Problem {
    let message = error.inner().to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    let steps: Vec<String> = error.path().iter().filter_map(step).collect();
    let mut steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    if let Some(name) = named.and_then(|rest| rest.split('`').next())
        && steps.last() != Some(&name)
    {
        steps.push(name);
    }
    Problem::invalid(place(&steps), message)
}

fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn pointer(steps: &[&str]) -> String {
    steps.iter().fold(String::new(), |mut pointer, step| {
        let _ = write!(pointer, "/{}", step.replace('~', "~0").replace('/', "~1"));
        pointer
    })
}

fn parameter(steps: &[&str]) -> String {
    steps.first().map(|name| format!("?{name}")).unwrap_or_default()
}
