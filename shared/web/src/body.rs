//! What was sent: JSON bodies, query parameters and ids in the path, each refused with the place that is wrong.

mod each;

pub use each::{Each, Items};

use crate::edge::Arrival;
use crate::problem::{Problem, too_large};
use axum::body::HttpBody as _;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::response::IntoResponse as _;
use bytes::Bytes;
use domain::collection::CollectionName;
use domain::fit::{Objects, fit, misfit, pointer};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::str::FromStr;

/// A JSON body.
pub struct Body<T>(pub T);

/// A JSON body of which a caller may not be allowed to know every field: whether it fits is told only to who may.
pub struct Sent<T> {
    names: Vec<String>,
    value: Result<T, Problem>,
}

/// A body that is JSON, not yet read.
pub struct RawJson(pub Bytes);

/// Query parameters.
pub struct Params<T>(pub T);

/// The id in the path, or what stands for one: the last of what is in it.
pub struct At<T>(pub T);

/// What the path names first: what the last lies under.
pub struct Under<T>(pub T);

/// The collection that the path names, if it names one.
pub struct Within(pub Option<CollectionName>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse(&json_bytes(request, state).await?).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let said = said_by_path(&mut parts, state).await?;
        let bytes = json_bytes(Request::from_parts(parts, body), state).await?;
        Ok(Self::said(&bytes, &said))
    }
}

/// The fields that a path names: all that is in it but ids.
async fn said_by_path<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<String>, Problem> {
    let all = RawPathParams::from_request_parts(parts, state).await;
    let all = all.map_err(|_| Problem::invalid("{id}", "not an id"))?;
    let fields = all.iter().filter(|(name, _)| *name != "id");
    Ok(fields.map(|(name, text)| format!("{}:{}", Value::from(name), Value::from(text))).collect())
}

/// An object with these fields before its own.
fn with<'a>(bytes: &'a [u8], fields: &[String]) -> Cow<'a, [u8]> {
    let Some(own) = bytes.trim_ascii_start().strip_prefix(b"{").filter(|_| !fields.is_empty()) else {
        return Cow::Borrowed(bytes);
    };
    let end = if own.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    Cow::Owned([b"{", fields.join(",").as_bytes(), end.as_bytes(), own].concat())
}

impl<T: DeserializeOwned> Sent<T> {
    /// What was sent, and what the path says besides.
    fn said(bytes: &[u8], path: &[String]) -> Self {
        let Names(names) = serde_json::from_slice(bytes).unwrap_or_default();
        Self { names, value: parse(&with(bytes, path)) }
    }

    pub fn of(fields: Map<String, Value>) -> Self {
        let names = fields.keys().cloned().collect();
        Self { names, value: fit(Value::Object(fields), "").map_err(Problem::from) }
    }
}

impl<T> Sent<T> {
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Before it is known who may send it: nothing of it may be told.
    pub(crate) fn peek(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }

    /// For a caller to whom every field shows.
    pub fn read(self) -> Result<T, Problem> {
        self.value
    }

    /// For any other: the fields that there are besides are not named.
    pub fn read_narrowly(self) -> Result<T, Problem> {
        self.value.map_err(Problem::without_alternatives)
    }
}

/// The names of an object's fields, and nothing else of it.
#[derive(Default)]
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Each)
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
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| misfit(&error, parameter).into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Within {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let all = RawPathParams::from_request_parts(parts, state).await;
        let all = all.map_err(|_| Problem::invalid("{id}", "not an id"))?;
        let named = all.iter().find(|(name, _)| *name == "collection");
        let named = named.map(|(_, text)| text.parse()).transpose();
        named.map(Self).map_err(|detail: &str| Problem::invalid("{collection}", detail))
    }
}

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let all = RawPathParams::from_request_parts(parts, state).await;
        let all = all.map_err(|_| Problem::invalid("{id}", "not an id"))?;
        named(all.iter().last()).map(Self)
    }
}

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Under<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let all = RawPathParams::from_request_parts(parts, state).await;
        let all = all.map_err(|_| Problem::invalid("{id}", "not an id"))?;
        named(all.iter().next()).map(Self)
    }
}

fn named<T: FromStr<Err: Display>>(parameter: Option<(&str, &str)>) -> Result<T, Problem> {
    let (name, text) = parameter.ok_or_else(|| Problem::internal("a path without an id"))?;
    text.parse().map_err(|error: T::Err| Problem::invalid(format!("{{{name}}}"), error.to_string()))
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Types would also take their fields in order, from a list: without names nothing could be hidden.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(no_object());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(Objects(&mut json)).map_err(|error| misfit(&error, pointer))?;
    json.end().map_err(|error| Problem::invalid("", error.to_string()))?;
    Ok(value)
}

fn no_object() -> Problem {
    Problem::invalid("", "a JSON object is expected")
}

pub(crate) async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let untyped = !request.headers().contains_key(header::CONTENT_TYPE);
    if untyped && request.body().is_end_stream() {
        // No body at all says as much as an empty object.
        return Ok(Bytes::from_static(b"{}"));
    }
    if !is_json(request.headers()) {
        return Err(not_json());
    }
    let kept = request.extensions().get::<Arrival>().and_then(|arrival| arrival.kept.clone());
    let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
    kept.into_iter().for_each(|kept| kept.read(&body));
    Ok(body)
}

pub(crate) fn not_json() -> Problem {
    let detail = "Send JSON, with `Content-Type: application/json`.";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Unsupported media type", detail)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

fn unreadable(rejection: BytesRejection) -> Problem {
    let said = rejection.body_text();
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large("The body is larger than a call may be, which is 256 kB. Send less.")
    } else {
        Problem::invalid("", said)
    }
}

fn parameter(steps: &[&str]) -> String {
    steps.first().map(|name| format!("?{name}")).unwrap_or_default()
}
