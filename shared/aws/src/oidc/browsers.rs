//! Owners' browsers: they sign in at the issuer, by a code with PKCE and a nonce, and come back for a session of ours.

use super::{Tokens, refusal};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clock::Entropy;
use domain::data_keys::DataKeys;
use domain::id::OpId;
use domain::session::{Kind, Pass};
use domain::{Error, Result, hex};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use url::{Url, form_urlencoded};
use web::{Arrived, Elsewhere, Leaving, SignedIn, cookie};

/// Only this host, over TLS, can have set a cookie of such a name.
pub(super) const SESSION: &str = "__Host-larder_session";
const AWAY: &str = "__Host-larder_sign_in";

/// How long a browser may be away, and how long it is signed in then.
const AWAY_LIFE: SignedDuration = SignedDuration::from_mins(10);
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// Browsers keep no longer ones.
const MOST_COOKIE_BYTES: usize = 4_000;

/// Where a sealed `Away` belongs; nothing that was sealed for elsewhere opens here.
const PLACE: &str = "sign-in";

/// What it takes to let browsers in.
pub struct Browsers {
    /// Where they come back to: the issuer knows this address, and no caller chooses it.
    pub public_url: Url,
    pub keys: Arc<DataKeys>,
    pub entropy: Arc<dyn Entropy>,
}

pub(super) struct SignIn {
    tokens: Arc<Tokens>,
    comes_back_to: String,
    keys: Arc<DataKeys>,
    entropy: Arc<dyn Entropy>,
}

/// What a browser keeps while it is away, sealed: so nothing has to be remembered here.
#[derive(Serialize, Deserialize)]
struct Away {
    nonce: String,
    verifier: String,
    back: String,
    until: Timestamp,
}

impl SignIn {
    pub(super) fn new(tokens: Arc<Tokens>, Browsers { public_url, keys, entropy }: Browsers) -> Self {
        let comes_back_to = format!("{}/signed-in", public_url.origin().ascii_serialization());
        Self { tokens, comes_back_to, keys, entropy }
    }

    pub(super) async fn owner_of(&self, session: &str) -> Result<SignedIn> {
        let keys = self.keys.signing().await?.ok_or_else(refusal)?;
        let pass = Pass::parse(Kind::Session, session, keys);
        let pass = pass.filter(|pass| !pass.is_over(SESSION_LIFE, self.now()));
        pass.map(SignedIn::from).ok_or_else(refusal)
    }

    async fn seal(&self, away: &Away) -> Result<String> {
        let op = OpId::new(self.now(), self.entropy.bytes());
        self.keys.carry(PLACE, away, op, self.entropy.bytes()).await
    }

    async fn open(&self, kept: &str) -> Result<Option<Away>> {
        let away: Option<Away> = self.keys.carried(PLACE, kept).await?;
        Ok(away.filter(|away| self.now() < away.until))
    }

    async fn trade(&self, code: &str, away: &Away) -> Result<Option<String>> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &self.tokens.audience)
            .append_pair("redirect_uri", &self.comes_back_to)
            .append_pair("code", code)
            .append_pair("code_verifier", &away.verifier)
            .finish();
        self.tokens.issuer.trade(form).await
    }

    fn now(&self) -> Timestamp {
        self.tokens.clock.now()
    }
}

#[async_trait]
impl Elsewhere for SignIn {
    async fn begin(&self, back: &str) -> Result<Leaving> {
        let missing = || Error::internal("the issuer has no authorization endpoint");
        let to = self.tokens.issuer.places().await?.authorization_endpoint.ok_or_else(missing)?;
        let mut to: Url = to.parse().map_err(Error::internal)?;
        let away = Away {
            nonce: hex(&self.entropy.bytes::<16>()),
            verifier: hex(&self.entropy.bytes::<32>()),
            back: back.to_owned(),
            until: self.now() + AWAY_LIFE,
        };
        let kept = self.seal(&away).await?;
        if kept.len() > MOST_COOKIE_BYTES {
            let detail = "it is too long for a browser to come back to".to_owned();
            return Err(Error::Invalid { pointer: "?back".to_owned(), detail });
        }
        to.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.tokens.audience),
            ("redirect_uri", &self.comes_back_to),
            ("scope", "openid"),
            ("state", &sha256(&kept)),
            ("nonce", &away.nonce),
            ("code_challenge", &sha256(&away.verifier)),
            ("code_challenge_method", "S256"),
            // Who signed out everywhere is to be asked again.
            ("prompt", "login"),
        ]);
        // Lax: it has to come along when the issuer sends the browser back.
        Ok(Leaving { to, cookie: set_cookie(AWAY, &kept, "Lax", AWAY_LIFE) })
    }

    async fn finish(&self, query: &str, headers: &HeaderMap) -> Result<Arrived> {
        let given = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
        };
        let is_its_own = |kept: &&str| given("state").is_some_and(|state| state == sha256(kept));
        let kept = cookie(headers, AWAY).filter(is_its_own).ok_or_else(refusal)?;
        let away = self.open(kept).await?.ok_or_else(refusal)?;
        if given("iss").is_some_and(|issuer| issuer != self.tokens.issuer.name()) {
            return Err(refusal());
        }
        let code = given("code").ok_or_else(refusal)?;
        // Before the issuer is asked: who signs out everywhere meanwhile ends this session, too.
        let began = self.now();
        let token = self.trade(&code, &away).await?.ok_or_else(refusal)?;
        let (owner, since, nonce) = self.tokens.read(&token).await?;
        if nonce.is_none_or(|nonce| nonce != away.nonce) {
            return Err(refusal());
        }
        let pass = Pass::issue(owner, began, self.entropy.bytes());
        let keys = self.keys.signing().await?.ok_or_else(refusal)?;
        let session = set_cookie(SESSION, &pass.text(Kind::Session, keys), "Strict", SESSION_LIFE);
        let cookies = [session, set_cookie(AWAY, "", "Lax", SignedDuration::ZERO)];
        Ok(Arrived { cookies, signed_in: SignedIn { owner, since, name: pass.nonce }, back: away.back })
    }
}

fn set_cookie(name: &str, value: &str, same_site: &str, life: SignedDuration) -> String {
    let life = life.as_secs();
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age={life}")
}

fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}
