//! Signing in, and the first page.

use crate::identity::{LocalOwner, SESSION_LIFE};
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::connection::Connection;
use domain::shelf::Shelf;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;
use web::{App, Owner, Params, Problem, SESSION_COOKIE};

/// What to type to talk to this very Larder.
pub(crate) struct Commands {
    pub(crate) owner_token: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    url: String,
    owner_token: &'a str,
    /// None when nobody is signed in.
    connections: Option<Vec<Connection>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    code: String,
}

pub(crate) async fn sign_in(
    Extension(owner): Extension<Arc<LocalOwner>>,
    method: Method,
    headers: HeaderMap,
    Params(link): Params<Link>,
) -> Result<Response, Problem> {
    // Who only looks ahead must not use the link up.
    if method == Method::HEAD || headers.contains_key("sec-purpose") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Some(session) = owner.sign_in(&link.code) else {
        let detail = "This link was used or is not from this start. Start Larder again for a new one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "link-used", "The link does not work", detail));
    };
    let life = SESSION_LIFE.as_secs();
    let cookie = format!("{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

pub(crate) async fn home(
    State(app): State<App>,
    Extension(commands): Extension<Arc<Commands>>,
    headers: HeaderMap,
    owner: Result<Owner, Problem>,
) -> Result<Response, Problem> {
    let connections = match owner {
        Ok(owner) => Some(Shelf::<Connection>::new(&*app.table, *owner).all().await?),
        Err(_) => None,
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let page = Home { url: format!("http://{host}"), owner_token: &commands.owner_token, connections };
    let page = page.render().map_err(Problem::internal)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let policy = (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(policy));
    Ok(([policy], Html(page)).into_response())
}
