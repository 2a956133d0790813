//! The outermost layer of every function: gives a call its id, turns every refusal and every panic into a problem,
//! and sets the headers that no answer may lack.

use crate::app::App;
use crate::approval::Kept;
use crate::call::Call;
use crate::challenge::challenge;
use crate::noting::Asked;
use crate::problem::Problem;
use crate::site::door_of_apps;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::Error;
use domain::id::RequestId;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

/// When a call came in, its id, and whose it turned out to be.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) at: Timestamp,
    pub(crate) request: RequestId,
    pub(crate) call: Arc<OnceLock<Call>>,
    /// The call itself, as long as it may turn out that its owner has to be asked first.
    pub(crate) kept: Option<Arc<Kept>>,
}

impl Arrival {
    pub(crate) fn of(parts: &Parts) -> domain::Result<&Self> {
        let arrival = parts.extensions.get::<Self>();
        arrival.ok_or_else(|| Error::internal("a call that did not come through the edge"))
    }
}

/// A task of its own, so that a client that hangs up ends neither its call nor what is noted of it.
pub(crate) async fn edge(State(app): State<App>, request: Request, next: Next) -> Response {
    let (at, in_hand) = (app.clock.now(), app.begin());
    let id = RequestId::new(at, app.entropy.bytes());
    let answered = tokio::spawn(async move {
        let response = answer(&app, at, id, request, next).await;
        drop(in_hand);
        response
    });
    answered.await.unwrap_or_else(|lost| {
        let problem = Problem::internal(lost);
        problem.log(id);
        problem.render(id)
    })
}

async fn answer(app: &App, at: Timestamp, id: RequestId, mut request: Request, next: Next) -> Response {
    let asked = Asked::of(&request, app.clock.elapsed());
    let call = Arc::new(OnceLock::new());
    let door = door_of_apps(request.uri().path()).map(|door| (app.site.origin(request.headers()), door));
    let kept = Kept::of(&request).map(Arc::new);
    let arrival = Arrival { at, request: id, call: Arc::clone(&call), kept: kept.clone() };
    request.extensions_mut().insert(arrival);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|panic| Problem::internal(said(&*panic)).into_response());
    let mut refused = None;
    let mut problem = response.extensions_mut().remove::<Arc<Problem>>();
    if let (Some(call), Some(kept), Some(said)) = (call.get(), &kept, &problem)
        && let Some(asking) = said.asks()
    {
        match kept.wait(call, asking).await {
            Ok(accepted) => (response, problem) = (accepted, None),
            Err(refused) => problem = Some(Arc::new(refused)),
        }
    }
    if let Some(mut problem) = problem {
        // A refused input says nothing of the key yet: it is asked for, and the call counted, all the same.
        if let Some(Err(refused)) = unasked(&call).await {
            problem = Arc::new(refused);
        }
        problem.log(id);
        let headers = std::mem::take(response.headers_mut());
        response = problem.render(id);
        response.headers_mut().extend(headers.into_iter().filter(|(name, _)| name.is_some()));
        if let Some(challenge) = door.and_then(|(origin, door)| challenge(&origin, door, &problem)) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        refused = Some(problem);
    }
    if let Some(call) = call.get() {
        call.end(&asked, refused.as_deref(), &mut response).await;
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(const { HeaderValue::from_static("no-store") });
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

async fn unasked(call: &OnceLock<Call>) -> Option<Result<(), Problem>> {
    let call = call.get().filter(|call| call.admitted().is_none())?;
    Some(call.admission().await.map(|_| ()))
}

pub(crate) async fn no_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-route", "Not found", "There is nothing at this path.")
}

pub(crate) async fn no_method() -> Problem {
    let detail = "This path does not answer that method; the `Allow` header names those it does.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no-method", "Method not allowed", detail)
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
