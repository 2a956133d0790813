//! An owner's browser goes to whoever vouches for owners, and comes back signed in.

use crate::form::Form;
use crate::pages::{Page, onward, stopped};
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use domain::{Error, session};
use http::{HeaderMap, StatusCode, Uri, header};
use web::{App, Arrived, Elsewhere, Leaving, Problem, Witness};

const FAILED: &str =
    "You could not be signed in, or it took longer than ten minutes. Go back to the app and try again.";

/// Where a browser goes to sign in first; none if it cannot be brought back here from there.
pub(crate) fn place(app: &App, headers: &HeaderMap, back: &Uri) -> Option<String> {
    app.identity.elsewhere()?;
    let back = back.path_and_query()?.as_str();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
    // By the name that it comes back to: it is there that its cookie has to be.
    Some(format!("{}/sign-in/begin?{query}", app.site.origin(headers)))
}

pub(crate) async fn begin(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let form = Form::read(uri.query().unwrap_or_default().as_bytes()).ok();
    // Nowhere else: a link to here must not become one to anywhere.
    let back = form.as_ref().and_then(|form| form.get("back")).filter(|back| back.starts_with("/consent?"));
    let unknown = || Problem::invalid("?back", "the page of an app that asks to be let in is expected");
    let Leaving { to, cookie } = elsewhere(&app)?.begin(back.ok_or_else(unknown)?).await?;
    let headers = [(header::LOCATION, to.into()), (header::SET_COOKIE, cookie)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

pub(crate) async fn finish(
    State(app): State<App>,
    witness: Witness,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let arrived = elsewhere(&app)?.finish(uri.query().unwrap_or_default(), &headers).await;
    let Arrived { cookies, signed_in, back } = match arrived {
        Err(Error::Unauthenticated(_)) => return stopped(FAILED),
        arrived => arrived?,
    };
    // A sign-in from before the owner signed out everywhere lets nobody in again.
    match session::admit(&*app.table, signed_in.owner, signed_in.since, &signed_in.name).await {
        Err(Error::Unauthenticated(_)) => return stopped(FAILED),
        admitted => admitted?,
    };
    witness.signed_in(&signed_in).await;
    let page = Page::default().show(&onward("You are signed in.", &back))?;
    Ok((AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie))), page).into_response())
}

fn elsewhere(app: &App) -> Result<&dyn Elsewhere, Problem> {
    let detail = "Browsers are not signed in elsewhere here.";
    let none = || Problem::new(StatusCode::NOT_FOUND, "no-route", "Not found", detail);
    app.identity.elsewhere().ok_or_else(none)
}
