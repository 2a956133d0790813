//! Who the owner is: a token of the OpenID Connect issuer that this Larder trusts, made for this Larder.

mod browsers;
mod crypto;
mod issuer;

use async_trait::async_trait;
pub use browsers::Browsers;

use browsers::SignIn;
use domain::clock::Clock;
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::outbound::Outbound;
use domain::{Error, Result};
use issuer::{Issuer, Key};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use std::sync::Arc;
use web::{Credential, Elsewhere, Identity, SignedIn};

/// Far more than any issuer writes, and little to hash.
const MOST_TOKEN_BYTES: usize = 8 * 1024;

/// By how much the issuer's clock may differ from ours.
const LEEWAY_SECONDS: f64 = 5.0;

pub struct Oidc {
    tokens: Arc<Tokens>,
    sign_in: Option<SignIn>,
}

/// Those that the issuer gives.
struct Tokens {
    audience: String,
    issuer: Issuer,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    iat: f64,
    /// A token that was only renewed is as old as the sign-in behind it.
    auth_time: Option<f64>,
    /// Of one that was made for a browser: which sign-in it answers.
    nonce: Option<String>,
}

impl Oidc {
    pub fn new(issuer: String, audience: String, outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        crypto::install();
        let issuer = Issuer::new(issuer, outbound, Arc::clone(&clock));
        Self { tokens: Arc::new(Tokens { audience, issuer, clock }), sign_in: None }
    }

    /// Owners may come with a browser, too.
    pub fn with(self, browsers: Browsers) -> Self {
        let sign_in = Some(SignIn::new(Arc::clone(&self.tokens), browsers));
        Self { sign_in, ..self }
    }

    pub async fn owner_of(&self, token: &str) -> Result<SignedIn> {
        let (owner, since, _) = self.tokens.read(token).await?;
        // Whatever was renewed since then is of the same sign-in.
        let name = since.as_second().to_string();
        Ok(SignedIn { owner, since, name })
    }
}

impl Tokens {
    /// Whose it is, since when, and its nonce.
    async fn read(&self, token: &str) -> Result<(OwnerId, Timestamp, Option<String>)> {
        let kid = kid(token).ok_or_else(refusal)?;
        let key = self.issuer.find(&kid).await?.ok_or_else(refusal)?;
        let claims = self.claims(token, &key).ok_or_else(refusal)?;
        let since = claims.since().ok_or_else(refusal)?;
        Ok((OwnerId::of(&claims.iss, &claims.sub), since, claims.nonce))
    }

    fn claims(&self, token: &str, key: &Key) -> Option<Claims> {
        let claims = decode::<Claims>(token, &key.key, &self.rules(key.algorithm)).ok()?.claims;
        let now = self.clock.now().as_duration().as_secs_f64();
        let has_begun = claims.nbf.unwrap_or_default().max(claims.iat) <= now + LEEWAY_SECONDS;
        let is_over = now > claims.exp + LEEWAY_SECONDS;
        let is_ours = claims.iss == self.issuer.name() && !claims.sub.is_empty();
        (has_begun && !is_over && is_ours).then_some(claims)
    }

    /// Times are checked by our own clock. What the library is not told to require, it does not even look for.
    fn rules(&self, algorithm: Algorithm) -> Validation {
        let mut rules = Validation::new(algorithm);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        rules.set_audience(&[&self.audience]);
        rules.set_issuer(&[self.issuer.name()]);
        rules.validate_exp = false;
        rules
    }
}

impl Claims {
    /// In whole seconds, rounded down: what is in doubt came before.
    fn since(&self) -> Option<Timestamp> {
        let since = self.auth_time.map_or(self.iat, |auth_time| auth_time.min(self.iat));
        Timestamp::from_duration(SignedDuration::try_from_secs_f64(since.floor()).ok()?).ok()
    }
}

/// Which key the token names; nothing else of its header is believed.
fn kid(token: &str) -> Option<String> {
    if token.len() > MOST_TOKEN_BYTES {
        return None;
    }
    let header = decode_header(token).ok()?;
    // What must be understood and is not.
    if header.crit.is_some() { None } else { header.kid }
}

fn refusal() -> Error {
    Error::Unauthenticated(Refusal::NotSignedIn)
}

#[async_trait]
impl Identity for Oidc {
    async fn owner(&self, credential: Credential<'_>) -> Result<SignedIn> {
        match (credential, &self.sign_in) {
            (Credential::Token(token), _) => self.owner_of(token).await,
            (Credential::Session(session), Some(sign_in)) => sign_in.owner_of(session).await,
            (Credential::Session(_), None) => Err(refusal()),
        }
    }

    fn cookie(&self) -> Option<&str> {
        self.sign_in.as_ref().map(|_| browsers::SESSION)
    }

    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        self.sign_in.as_ref().map(|sign_in| sign_in as &dyn Elsewhere)
    }
}
