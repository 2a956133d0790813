//! The owner of a laptop's Larder: whoever can read its terminal or its key file.

use async_trait::async_trait;
use domain::clock::{Clock, Entropy};
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::session::{self, Kind, Pass};
use domain::signing::SigningKeys;
use domain::table::{Expect, Expiry, Put};
use domain::{Error, Result, hex, schema};
use embedded::KeyFile;
use jiff::SignedDuration;
use std::sync::Arc;
use web::{App, Credential, Identity, SignedIn};

pub struct LocalOwner {
    keys: SigningKeys,
    cookie: String,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What the code of a link was traded for.
pub(crate) enum Traded {
    /// Its cookie, and whose it is.
    Session(String, SignedIn),
    /// It was issued here, and was used or is over.
    Spent,
    Foreign,
}

const fn life(kind: Kind) -> SignedDuration {
    match kind {
        Kind::Token => SignedDuration::from_hours(1),
        Kind::Session => SignedDuration::from_hours(24 * 30),
        Kind::Link => SignedDuration::from_mins(10),
    }
}

impl LocalOwner {
    pub fn new(keys: &KeyFile, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        // Browsers keep cookies by host, whatever the port: the key file's own name keeps two Larders apart.
        let [a, b, c, d, ..] = keys.derive("larder session cookie");
        let cookie = format!("larder_session_{}", hex(&[a, b, c, d]));
        Self { keys: SigningKeys::from_root(&keys.derive("larder local owner")), cookie, clock, entropy }
    }

    pub fn id(&self) -> OwnerId {
        OwnerId::of("larder:local", "owner")
    }

    pub fn token(&self) -> String {
        self.issue(Kind::Token)
    }

    /// The path of a link that signs in, once.
    pub fn link(&self) -> String {
        format!("/sign-in?code={}", self.issue(Kind::Link))
    }

    /// Trades the code of a link for the cookie of a session. That it was used lies in the store, so that neither
    /// another browser nor another start can use it again.
    pub(crate) async fn sign_in(&self, code: &str, app: &App) -> Result<Traded> {
        let Some(link) = Pass::parse(Kind::Link, code, &self.keys) else { return Ok(Traded::Foreign) };
        if link.is_over(life(Kind::Link), self.clock.now()) {
            return Ok(Traded::Spent);
        }
        session::admit(&*app.table, self.id(), link.since, &link.nonce).await?;
        let key = schema::used_link(self.id(), &link.nonce);
        // Remembered for longer than it lives, because a row may go a second early.
        let expires = Some(Expiry::at(link.since + life(Kind::Link) * 2));
        let used = Put { expires, ..Put::new(key, "{}", Expect::Absent) };
        match app.table.put(used, app.op()).await {
            Err(Error::Conflict) => Ok(Traded::Spent),
            Err(error) => Err(error),
            Ok(_) => {
                let session = self.issue(Kind::Session);
                let signed_in = self.signed_in(Kind::Session, &session)?;
                Ok(Traded::Session(self.set_cookie(&session, life(Kind::Session)), signed_in))
            }
        }
    }

    pub(crate) fn sign_out(&self) -> String {
        self.set_cookie("", SignedDuration::ZERO)
    }

    fn set_cookie(&self, value: &str, life: SignedDuration) -> String {
        format!("{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}", self.cookie, life.as_secs())
    }

    fn issue(&self, kind: Kind) -> String {
        Pass::issue(self.id(), self.clock.now(), self.entropy.bytes()).text(kind, &self.keys)
    }

    /// Who is signed in by what was issued here for this use, and is not over.
    fn signed_in(&self, kind: Kind, text: &str) -> Result<SignedIn> {
        let pass = Pass::parse(kind, text, &self.keys);
        let pass = pass.filter(|pass| !pass.is_over(life(kind), self.clock.now()));
        pass.map(SignedIn::from).ok_or(Error::Unauthenticated(Refusal::NotSignedIn))
    }
}

#[async_trait]
impl Identity for LocalOwner {
    async fn owner(&self, credential: Credential<'_>) -> Result<SignedIn> {
        match credential {
            Credential::Token(token) => self.signed_in(Kind::Token, token),
            Credential::Session(session) => self.signed_in(Kind::Session, session),
        }
    }

    fn cookie(&self) -> Option<&str> {
        Some(&self.cookie)
    }
}
