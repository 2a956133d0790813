//! Only callers that name this machine are answered, and in bounded time: a web page that points its own name at this
//! address is not.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use web::Problem;

/// How long a whole call may take, its body included: as long as API Gateway gives it.
const CALL: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Hosts(Arc<[String]>);

impl Hosts {
    pub(crate) fn new(listen: SocketAddr, more: &str) -> Self {
        let own = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), host_of(listen)];
        let more = more.split(',').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty());
        Self(own.into_iter().chain(more).collect())
    }

    fn holds(&self, request: &Request) -> bool {
        let named =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = match named.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => named,
        };
        self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

pub(crate) async fn guard(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    if hosts.holds(&request) {
        let answer = tokio::time::timeout(CALL, next.run(request)).await;
        let detail = "The call took too long to send or to answer.";
        let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "Too slow", detail);
        return answer.unwrap_or_else(|_| late().into_response());
    }
    let detail = "This host name is not Larder's; start it with --hosts NAME if it should be.";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "foreign-host", "Not this host", detail).into_response()
}

fn host_of(listen: SocketAddr) -> String {
    match listen {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}
