//! Signing in, the first page, and one for each webhook.

mod waiting;
mod webhook;

pub(crate) use waiting::{approve, deny};
pub(crate) use webhook::{pause, resume, rotate_secret, send_again, send_failed, test, webhook};

use crate::identity::{LocalOwner, Traded};
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use domain::audit::Outcome;
use domain::connection::Connection;
use domain::id::ApprovalId;
use domain::shelf::Shelf;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;
use waiting::Waiting;
use web::{App, Owner, Params, Problem, Witness, presented};

/// What to type to talk to this very Larder.
pub(crate) struct Commands {
    pub(crate) owner_token: String,
    pub(crate) sign_in: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    url: String,
    commands: &'a Commands,
    /// None when nobody is signed in.
    connections: Option<Vec<Connection>>,
    waiting: Vec<Waiting>,
    more_wait: bool,
    decided: Option<String>,
}

/// A browser sends the cookie only to a page that was asked for by a page of ours, not straight behind a link that was
/// clicked elsewhere: so this one is shown, and asks for the next.
#[derive(Template)]
#[template(path = "onward.html")]
struct Onward {
    said: &'static str,
    to: &'static str,
}

/// What was decided on the page before.
#[derive(Deserialize)]
pub(crate) struct Decided {
    decided: Option<ApprovalId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    code: String,
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    Extension(local): Extension<Arc<LocalOwner>>,
    witness: Witness,
    method: Method,
    headers: HeaderMap,
    Params(link): Params<Link>,
) -> Result<Response, Problem> {
    // Who only looks ahead must not use the link up.
    if method == Method::HEAD || headers.contains_key("sec-purpose") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let traded = local.sign_in(&link.code, &app).await?;
    let Traded::Session(cookie, signed_in) = traded else {
        // Whoever makes links up could fill the log with them.
        if matches!(traded, Traded::Spent) {
            witness.saw(local.id(), witness.entry("owner.refused", Outcome::Refused)).await;
        }
        let detail =
            "This link was used, is over, or is another Larder's. `larder sign-in` prints a new one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "link-used", "The link does not work", detail));
    };
    witness.signed_in(&signed_in).await;
    let page = page(&Onward { said: "You are signed in.", to: "/" })?;
    Ok(([(header::SET_COOKIE, cookie)], page).into_response())
}

/// On this browser only; what others were given goes on.
pub(crate) async fn sign_out(
    owner: Owner,
    witness: Witness,
    headers: HeaderMap,
    Extension(local): Extension<Arc<LocalOwner>>,
) -> Result<Response, Problem> {
    if presented(&headers).is_some() {
        let detail = "a token goes on until its end; `POST /owner/sign-out-everywhere` ends it before";
        return Err(Problem::invalid("Authorization", detail));
    }
    witness.saw(*owner, witness.entry("owner.signed_out", Outcome::Done)).await;
    let page = page(&Onward { said: "You are signed out.", to: "/" })?;
    Ok(([(header::SET_COOKIE, local.sign_out())], page).into_response())
}

pub(crate) async fn home(
    State(app): State<App>,
    Extension(commands): Extension<Arc<Commands>>,
    headers: HeaderMap,
    owner: Result<Owner, Problem>,
    before: Result<Params<Decided>, Problem>,
) -> Result<Response, Problem> {
    let (mut connections, mut waiting, mut more_wait, mut decided) = (None, Vec::new(), false, None);
    if let Ok(Owner(owner)) = owner {
        let all = Shelf::<Connection>::new(&*app.table, owner).all().await?;
        (waiting, more_wait) = waiting::first(&app, owner, &all).await?;
        if let Ok(Params(Decided { decided: Some(id) })) = before {
            decided = waiting::said(&app, owner, id).await?;
        }
        connections = Some(all);
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let (url, commands) = (format!("http://{host}"), &*commands);
    page(&Home { url, commands, connections, waiting, more_wait, decided })
}

#[derive(Template)]
#[template(path = "not_done.html")]
struct NotDone<'a> {
    said: &'a str,
}

/// To the page that says how it ended; what cannot be done now says why.
fn back(done: Result<String, Problem>) -> Result<Response, Problem> {
    match done {
        Ok(to) => {
            let to: HeaderValue = to.parse().map_err(Problem::internal)?;
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
        }
        Err(problem) if [StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE].contains(&problem.status) => {
            Ok((problem.status, page(&NotDone { said: problem.detail() })?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

fn page(page: &impl Template) -> Result<Response, Problem> {
    let page = page.render().map_err(Problem::internal)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let policy = (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(policy));
    Ok(([policy], Html(page)).into_response())
}
