//! An answer that can be given again, and one that was given.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::access::ALWAYS;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer to a call that may be sent again.
pub struct Answered {
    pub answer: Answer,
    /// It was given before.
    pub again: bool,
}

/// An answer that can be given again to the byte.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    pub fn json(status: StatusCode, body: &impl Serialize) -> domain::Result<Self> {
        let body = serde_json::to_string(body).map_err(Error::internal)?;
        let json = (header::CONTENT_TYPE.to_string(), "application/json".to_owned());
        Ok(Self { status: status.as_u16(), headers: vec![json], body })
    }

    pub const fn empty(status: StatusCode) -> Self {
        Self { status: status.as_u16(), headers: Vec::new(), body: String::new() }
    }

    /// With no more of an item than nobody hides.
    pub(super) fn bare(self) -> domain::Result<Self> {
        let Some(mut fields) = self.fields()? else { return Ok(self) };
        fields.retain(|name, _| ALWAYS.contains(&name.as_str()));
        Ok(Self { body: serde_json::to_string(&fields).map_err(Error::internal)?, ..self })
    }

    /// What it tells of an item, if anything.
    pub(crate) fn fields(&self) -> domain::Result<Option<Map<String, Value>>> {
        let body = Some(self.body.as_str()).filter(|body| !body.is_empty());
        body.map(serde_json::from_str).transpose().map_err(Error::internal)
    }

    /// The status and the JSON that it tells.
    pub fn into_json(self) -> domain::Result<(u16, Box<RawValue>)> {
        Ok((self.status, RawValue::from_string(self.body).map_err(Error::internal)?))
    }

    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name.to_string(), value.into()));
        self
    }
}

impl Answered {
    pub const fn first(answer: Answer) -> Self {
        Self { answer, again: false }
    }

    /// What the answer said, the first time, of where it is that the call made something.
    pub fn location(&self) -> Option<&str> {
        let mut headers = self.answer.headers.iter();
        headers.find(|(name, _)| name == header::LOCATION.as_str()).map(|(_, value)| value.as_str())
    }
}

/// Says that the call was answered before.
pub(crate) const fn replayed() -> (HeaderName, HeaderValue) {
    (REPLAYED, HeaderValue::from_static("true"))
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        if self.again {
            response.headers_mut().extend([replayed()]);
        }
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Body::from(self.body).into_response();
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
