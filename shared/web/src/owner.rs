//! The owner: manages connections, and is never a connection.

use crate::app::App;
use crate::call::Call;
use crate::edge::Arrival;
use crate::problem::Problem;
use crate::witness::Witness;
use async_trait::async_trait;
use axum::extract::FromRequestParts;
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::session::Pass;
use domain::shelf::{Source, Writer};
use domain::{Error, Result, session};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use jiff::Timestamp;
use std::ops::Deref;
use url::Url;

/// How a host knows its owners: an OIDC issuer on AWS, signed links and sessions on a laptop.
#[async_trait]
pub trait Identity: Send + Sync {
    async fn owner(&self, credential: Credential<'_>) -> Result<SignedIn>;

    /// What the cookie of a signed-in browser is called, where browsers sign in.
    fn cookie(&self) -> Option<&str> {
        None
    }

    /// Where browsers are sent to sign in, if somebody else vouches for owners.
    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        None
    }
}

/// Signing a browser in at somebody who vouches for owners.
#[async_trait]
pub trait Elsewhere: Send + Sync {
    /// `back` is the path that the browser is to see when it is signed in.
    async fn begin(&self, back: &str) -> Result<Leaving>;

    /// What the browser brings: the query that it was sent back with, and its cookies.
    async fn finish(&self, query: &str, headers: &HeaderMap) -> Result<Arrived>;
}

/// A browser that leaves, with what it has to bring back.
pub struct Leaving {
    pub to: Url,
    pub cookie: String,
}

/// A browser that came back: its cookies, whose it is, and what it wanted to see.
pub struct Arrived {
    pub cookies: [String; 2],
    pub signed_in: SignedIn,
    pub back: String,
}

/// Whose a credential is, and when it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub owner: OwnerId,
    pub since: Timestamp,
    /// What this sign-in is called among its owner's: whatever has the same name is noted once.
    pub name: String,
}

impl From<Pass> for SignedIn {
    fn from(Pass { owner, since, nonce }: Pass) -> Self {
        Self { owner, since, name: nonce }
    }
}

#[derive(Clone, Copy)]
pub enum Credential<'a> {
    Token(&'a str),
    Session(&'a str),
}

/// For functions without a route of the owner's.
pub struct NoOwner;

/// What is written in this call, is written by its owner.
#[derive(Debug, Clone, Copy)]
pub struct ByOwner(pub Writer);

/// The signed-in owner.
#[derive(Debug, Clone, Copy)]
pub struct Owner(pub OwnerId);

#[async_trait]
impl Identity for NoOwner {
    async fn owner(&self, _: Credential<'_>) -> Result<SignedIn> {
        Err(Error::Unauthenticated(Refusal::NotSignedIn))
    }
}

impl FromRequestParts<App> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(token) = presented(&parts.headers) {
            return match Call::of(app, parts, token, false).await {
                Ok(call) => {
                    call.admission().await?;
                    Err(owner_only())
                }
                Err(Error::Unauthenticated(_)) => Self::of(app, parts, Credential::Token(token)).await,
                // Nobody knows yet whose it is.
                Err(error) => Err(error.into()),
            };
        }
        let Some(session) = app.identity.cookie().and_then(|name| cookie(&parts.headers, name)) else {
            return Err(Error::Unauthenticated(Refusal::NoKey).into());
        };
        if parts.method != Method::GET && !is_same_origin(&parts.headers) {
            let detail = "A signed-in browser may only send this from Larder's own pages.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "cross-site", "Not allowed", detail));
        }
        Self::of(app, parts, Credential::Session(session)).await
    }
}

impl Owner {
    async fn of(app: &App, parts: &Parts, credential: Credential<'_>) -> Result<Self, Problem> {
        let signed_in = app.identity.owner(credential).await?;
        let SignedIn { owner, since, name } = &signed_in;
        if !session::admit(&*app.table, *owner, *since, name).await? {
            Witness::of(app, parts)?.signed_in(&signed_in).await;
        }
        Ok(Self(*owner))
    }
}

impl FromRequestParts<App> for ByOwner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Arrival { at, request, .. } = Arrival::of(parts)?;
        let source = Source::of(None, *request);
        Ok(Self(Writer { at: *at, source, op: app.op() }))
    }
}

impl Deref for Owner {
    type Target = OwnerId;

    fn deref(&self) -> &OwnerId {
        &self.0
    }
}

pub(crate) fn owner_only() -> Problem {
    let detail = "A connection's key cannot manage connections; only their owner can.";
    Problem::new(StatusCode::FORBIDDEN, "owner-only", "Not allowed", detail)
}

/// The credential that a script sends.
pub fn presented(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()))
}

/// The key that stands in an address, and the address without it.
pub(crate) fn in_address(uri: &Uri) -> Option<(String, Uri)> {
    let pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    let (_, key) = pairs.clone().find(|(name, _)| name == "api_key")?;
    let rest = pairs.filter(|(name, _)| name != "api_key");
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
    let mut parts = uri.clone().into_parts();
    let mark = if rest.is_empty() { "" } else { "?" };
    parts.path_and_query = Some(format!("{}{mark}{rest}", uri.path()).parse().ok()?);
    Some((key.into_owned(), Uri::from_parts(parts).ok()?))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Of a browser.
pub fn cookie<'a>(headers: &'a HeaderMap, called: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == called).map(|(_, value)| value)
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
