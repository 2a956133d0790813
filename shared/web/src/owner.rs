//! The owner: manages connections, and is never a connection.

use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use async_trait::async_trait;
use axum::extract::FromRequestParts;
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::{Error, Result};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use std::ops::Deref;

pub const SESSION_COOKIE: &str = "larder_session";

/// How a host knows its owners: an OIDC issuer on AWS, signed links and sessions on a laptop.
#[async_trait]
pub trait Identity: Send + Sync {
    async fn owner(&self, credential: Credential<'_>) -> Result<OwnerId>;
}

#[derive(Clone, Copy)]
pub enum Credential<'a> {
    Token(&'a str),
    Session(&'a str),
}

/// For functions without a route of the owner's.
pub struct NoOwner;

/// The signed-in owner.
#[derive(Debug, Clone, Copy)]
pub struct Owner(pub OwnerId);

#[async_trait]
impl Identity for NoOwner {
    async fn owner(&self, _: Credential<'_>) -> Result<OwnerId> {
        Err(Error::Unauthenticated(Refusal::NotSignedIn))
    }
}

impl FromRequestParts<App> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(token) = presented(&parts.headers) {
            if let Ok(call) = Call::of(app, parts, token).await {
                call.admission().await?;
                let detail = "A connection's key cannot manage connections; only their owner can.";
                return Err(Problem::new(StatusCode::FORBIDDEN, "owner-only", "Not allowed", detail));
            }
            return Ok(Self(app.identity.owner(Credential::Token(token)).await?));
        }
        let Some(session) = cookie(&parts.headers) else {
            return Err(Error::Unauthenticated(Refusal::NoKey).into());
        };
        if parts.method != Method::GET && !is_same_origin(&parts.headers) {
            let detail = "A signed-in browser may only send this from Larder's own pages.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "cross-site", "Not allowed", detail));
        }
        Ok(Self(app.identity.owner(Credential::Session(session)).await?))
    }
}

impl Deref for Owner {
    type Target = OwnerId;

    fn deref(&self) -> &OwnerId {
        &self.0
    }
}

/// The credential that a script sends.
pub(crate) fn presented(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value)
}

/// Browsers say where a request comes from; one that does not say is not trusted with a cookie.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => site == "same-origin",
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of == host),
        _ => false,
    }
}
