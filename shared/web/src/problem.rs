//! Every answer that is not a success: `application/problem+json` (RFC 9457) with a stable `type`.

use axum::response::{IntoResponse, Response};
use domain::approval::Asking;
use domain::error::{Denial, Refusal};
use domain::id::RequestId;
use domain::token::scope;
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

const RETRY_AFTER: &str = "retry_after";

#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<Fault>,
    cause: Option<Box<str>>,
    /// More that a program can read.
    members: Option<Box<Map<String, Value>>>,
    /// The owner can say yes to it.
    asks: Option<Box<Asking>>,
}

/// One wrong place in the input.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Fault {
    /// A JSON pointer into the body, or `?name` for a query parameter, or `{name}` for a part of the path.
    pointer: String,
    detail: String,
}

/// RFC 9457
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Wire<'a> {
    /// What kind of problem it is; stable.
    #[schemars(regex(pattern = r"^urn:larder:problem:[a-z-]+$"))]
    r#type: String,
    title: &'a str,
    status: u16,
    /// What went wrong, and what to change.
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
    request_id: RequestId,
    #[serde(flatten)]
    members: Option<&'a Map<String, Value>>,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            cause: None,
            members: None,
            asks: None,
        }
    }

    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let fault = Fault { pointer: cut(pointer.into()), detail: cut(detail.into()) };
        let mut detail = fault.detail.clone();
        if !fault.pointer.is_empty() {
            detail = format!("{}: {detail}", fault.pointer);
        }
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid-input", "The input is not valid", detail);
        Self { errors: vec![fault], ..problem }
    }

    /// Without the list of what else would have been known.
    #[must_use]
    pub fn without_alternatives(mut self) -> Self {
        let is_of_sort =
            self.errors.iter().any(|fault| fault.pointer.trim_start_matches(['?', '/']) == "sort");
        let cut = |text: &mut String| {
            let names_fields = is_of_sort || text.contains("unknown field");
            if let Some(at) = text.find(", expected ").filter(|_| names_fields) {
                text.truncate(at);
            }
        };
        cut(&mut self.detail);
        self.errors.iter_mut().for_each(|fault| cut(&mut fault.detail));
        self
    }

    pub fn internal(cause: impl ToString) -> Self {
        let detail = "Something broke on our side; the request id finds it in the log.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).because(cause)
    }

    /// For the log only.
    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string().into());
        self
    }

    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.get_or_insert_default().insert(member.to_owned(), value.into());
        self
    }

    /// What its owner is to be asked.
    pub fn asks(&self) -> Option<&Asking> {
        self.asks.as_deref()
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn member(&self, name: &str) -> Option<&str> {
        self.members.as_ref()?.get(name)?.as_str()
    }

    /// What to tell a caller that cannot see the status, such as a model that called a tool.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What the caller must not see goes to the log, where the request id finds it.
    pub fn log(&self, request_id: RequestId) {
        if let Some(cause) = &self.cause {
            tracing::error!(%request_id, cause, "a call failed");
        }
    }

    pub(crate) fn wire(&self, request_id: RequestId) -> Wire<'_> {
        Wire {
            r#type: format!("urn:larder:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
            request_id,
            members: self.members.as_deref(),
        }
    }

    /// The answer that a client sees.
    pub(crate) fn render(&self, request_id: RequestId) -> Response {
        let body = serde_json::to_vec(&self.wire(request_id)).unwrap_or_default();
        let json = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(header::CONTENT_TYPE, json)], body).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(seconds) =
            self.members.as_ref().and_then(|members| members.get(RETRY_AFTER)).and_then(Value::as_i64)
        {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Left to the edge, which knows the request id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<domain::Error> for Problem {
    fn from(error: domain::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&domain::Error> for Problem {
    fn from(error: &domain::Error) -> Self {
        use domain::Error as E;
        let say = error.to_string();
        match error {
            E::Unauthenticated(refusal) => {
                let (code, fix) = match refusal {
                    Refusal::NoKey => ("no-key", "Send a key as `Authorization: Bearer …`."),
                    Refusal::UnknownKey => ("unknown-key", "Copy it again, or make a new connection."),
                    Refusal::Mistyped => ("mistyped-key", "Copy it again, or make a new connection."),
                    Refusal::Replaced => ("replaced-key", "Ask the owner for the new key."),
                    Refusal::Revoked(_) => ("revoked", "Ask the owner for a new connection."),
                    Refusal::Deleted => ("deleted", "Ask the owner for a new connection."),
                    Refusal::Expired(_) => ("expired", "Ask the owner to extend it."),
                    Refusal::Paused => ("paused", "Ask the owner to resume it."),
                    Refusal::InAddress => ("key-in-address", "Send it as `Authorization: Bearer …`."),
                    Refusal::TokenOver => ("token-over", "Get another one with the refresh token."),
                    Refusal::OtherAudience => ("other-audience", "Get one for the address that is called."),
                    Refusal::TakenBack => ("taken-back", "Ask the owner to let it in again."),
                    Refusal::NotSignedIn | Refusal::SignedOut(_) => ("not-signed-in", "Sign in again."),
                };
                Self::new(StatusCode::UNAUTHORIZED, code, "Not authenticated", sentence(&say, fix))
            }
            E::Denied { why: Denial::Scope(needed), .. } => {
                let detail = sentence(&say, "The owner can let the app do more.");
                Self::new(StatusCode::FORBIDDEN, "insufficient-scope", "Not allowed", detail)
                    .with("scope", scope(*needed))
            }
            E::Denied { .. } => {
                let detail = sentence(&say, "Its owner can change the grant.");
                Self::new(StatusCode::FORBIDDEN, "denied", "Not allowed", detail)
            }
            E::Asks(asking) => {
                let detail = sentence(&say, "It waits in the dashboard.");
                let asks = Self::new(StatusCode::FORBIDDEN, "needs-approval", "Needs approval", detail);
                Self { asks: Some(asking.clone()), ..asks }
            }
            E::Limited(reached) => {
                let fix = format!("Wait {} seconds, or ask the owner for more.", reached.retry_after);
                let (status, title) = (StatusCode::TOO_MANY_REQUESTS, "Limit reached");
                Self::new(status, "limit-reached", title, sentence(&say, &fix))
                    .with("window", reached.window.name())
                    .with("limit", reached.limit)
                    .with(RETRY_AFTER, reached.retry_after)
            }
            E::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", sentence(&say, "")),
            E::Taken { pointer, .. } => {
                let fault = Fault { pointer: (*pointer).to_owned(), detail: say.clone() };
                let taken = Self::new(StatusCode::CONFLICT, "taken", "Taken", sentence(&say, ""));
                Self { errors: vec![fault], ..taken }
            }
            E::Conflict => {
                let detail = sentence(&say, "Read it again and repeat the change.");
                Self::new(StatusCode::CONFLICT, "conflict", "Conflict", detail)
            }
            E::InTheWay(_) => {
                Self::new(StatusCode::CONFLICT, "in-the-way", "Something is in the way", sentence(&say, ""))
            }
            E::TokenReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "token-reused",
                "Token reused",
                sentence(&say, ""),
            ),
            E::Invalid { pointer, detail } => Self::invalid(pointer, detail),
            E::TooLarge { .. } => too_large(sentence(&say, "Send less.")),
            E::Busy => {
                let detail = sentence(&say, "Try again in a second.");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail)
            }
            E::Unreadable { .. } | E::Internal(_) => Self::internal(say),
        }
    }
}

pub(crate) fn too_large(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", detail)
}

/// What a caller sent comes back only so far as it helps.
fn cut(text: String) -> String {
    const MOST: usize = 300;
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST).chain(['…']).collect() }
}

fn sentence(say: &str, fix: &str) -> String {
    let mut letters = say.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}. {fix}", letters.as_str()).trim_end().to_owned()
}
