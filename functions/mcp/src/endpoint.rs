//! `POST /mcp`: one call in, one JSON answer out.

use crate::answer;
use crate::calling::Came;
use crate::faults;
use crate::name::name;
use crate::plain::Plain;
use crate::server::Server;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use std::sync::{Arc, LazyLock};
use web::{Call, Problem, RawJson};

pub(crate) async fn post(
    call: Call,
    headers: HeaderMap,
    body: Result<RawJson, Problem>,
) -> Result<Response, Problem> {
    refuse_foreign_origin(&headers)?;
    let RawJson(body) = match body {
        Ok(body) => body,
        Err(problem) if problem.status == StatusCode::BAD_REQUEST => {
            call.admission().await?;
            return Ok(faults::no_json(&call, &problem));
        }
        Err(problem) => return Err(problem),
    };
    let version = headers.get(faults::VERSION).cloned();
    if faults::has_odd_id(&body) {
        call.admission().await?;
        return Ok(faults::no_request(&call, StatusCode::BAD_REQUEST, version.as_ref(), &body));
    }
    if let Some(name) = name(&body) {
        call.set_name(name);
    }
    let server = Server::of(call.clone());
    let told = match Plain::read(&headers, &body) {
        Some(plain) => told(&server, plain).await?,
        None => None,
    };
    let is_told = told.is_some();
    let answer = match told {
        Some(told) => ([(header::CONTENT_TYPE, "application/json")], told).into_response(),
        None => by_library(server, headers, body.clone()).await,
    };
    // Whatever was answered inside: a key that does not hold gets a 401, which clients act on.
    call.admission().await?;
    // To ask for more is a matter of HTTP, too.
    if let Some(beyond) = call.refusal().filter(|problem| problem.code() == "insufficient-scope") {
        return Err(beyond.clone());
    }
    if is_told { Ok(answer) } else { explained(&call, version.as_ref(), &body, answer).await }
}

/// The message with what the tool tells; whatever else comes of the call is kept for the library to say.
async fn told(server: &Server, plain: Plain) -> Result<Option<Vec<u8>>, Problem> {
    let Plain { id, asked, client, is_new } = plain;
    match Box::pin(server.called(asked, Some(client))).await {
        Ok(Came::Told(told)) => answer::message(&id, &told, is_new).map(Some).map_err(Problem::internal),
        came => {
            server.keep(came);
            Ok(None)
        }
    }
}

async fn by_library(server: Server, headers: HeaderMap, body: Bytes) -> Response {
    #[cfg(feature = "fixtures")]
    let server = crate::fixtures::Fixtures(server);
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::clone(&SESSIONS), CONFIG.clone());
    service.handle(request(headers, body)).await.map(Body::new)
}

/// Hosts are checked by the host that this runs in, not for MCP alone; bodies are bounded before they come here.
static CONFIG: LazyLock<StreamableHttpServerConfig> = LazyLock::new(|| {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts()
});

static SESSIONS: LazyLock<Arc<NeverSessionManager>> = LazyLock::new(Arc::default);

/// Every client gets JSON, so none is turned away for what it says it accepts.
fn request(mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = http::Method::POST;
    *request.headers_mut() = headers;
    request
}

/// A page of another site in the owner's browser is not a client.
fn refuse_foreign_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return Ok(()) };
    let own = origin.split_once("://").map(|(_, host)| host) == text(header::HOST);
    let detail = "Requests from pages of another origin are not accepted.";
    if own {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::FORBIDDEN, "foreign-origin", "Not allowed", detail))
    }
}

/// What the protocol answers where HTTP says 200 to what was refused.
#[derive(Deserialize)]
struct Refused {
    #[serde(rename = "error")]
    _error: IgnoredAny,
    #[serde(rename = "result", default)]
    _result: Option<Never>,
}

/// Where there is a result nothing was refused: it may be long, and is not looked through.
struct Never;

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("a result"))
    }
}

/// The protocol library refuses some requests in plain text; here every refusal explains itself the same way, and
/// one that the protocol has its own words for counts as one.
async fn explained(
    call: &Call,
    version: Option<&HeaderValue>,
    sent: &[u8],
    answer: Response,
) -> Result<Response, Problem> {
    let json = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let (parts, body) = answer.into_parts();
    let said = body.collect().await.map_err(Problem::internal)?.to_bytes();
    if parts.status.is_success() || json {
        if serde_json::from_slice::<Refused>(&said).is_ok() {
            let detail = "It was refused by the protocol.";
            let title = "Not a request of this protocol";
            call.set_refusal(Problem::new(StatusCode::BAD_REQUEST, "not-mcp", title, detail));
        }
        return Ok(Response::from_parts(parts, said.into()));
    }
    // It calls what it cannot understand a media type, although it was JSON.
    let status = match parts.status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => StatusCode::BAD_REQUEST,
        other => other,
    };
    Ok(faults::no_request(call, status, version, sent))
}
