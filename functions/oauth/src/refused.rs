//! What is refused to an app, in the words of OAuth (RFC 6749, section 5.2), which apps understand. What breaks on our
//! side is a problem, as everywhere.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::Error;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use web::Problem;

#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: &'static str,
    pub(crate) description: String,
}

pub(crate) enum Failure {
    Refused(Refused),
    Problem(Problem),
}

impl Refused {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }

    pub(crate) fn request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(crate) fn grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(crate) fn client() -> Self {
        Self::new(
            "invalid_client",
            "this is not a client of this Larder, or it did not prove to be the one it names",
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let is_client = self.error == "invalid_client";
        let status = if is_client { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        let body = Json(json!({ "error": self.error, "error_description": self.description }));
        let mut response = (status, body).into_response();
        if is_client {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refused) => refused.into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Problem(error.into())
    }
}
