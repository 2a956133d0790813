//! The owner of a laptop's Larder: whoever can read its terminal or its key file.

use async_trait::async_trait;
use domain::clock::{Clock, Entropy};
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::signing::{Label, SigningKeys};
use domain::table::{Expect, Expiry, Put};
use domain::{Error, Result, hex, schema, session};
use embedded::KeyFile;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use web::{App, Credential, Identity, SignedIn};

pub struct LocalOwner {
    keys: SigningKeys,
    cookie: String,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What the owner is given, each for its own time and use.
#[derive(Clone, Copy)]
enum Kind {
    /// For scripts.
    Token,
    /// For browsers.
    Session,
    /// The code in a link that is traded, once, for a session.
    Link,
}

/// What the code of a link was traded for.
pub(crate) enum Traded {
    /// Its cookie, and whose it is.
    Session(String, SignedIn),
    /// It was issued here, and was used or is over.
    Spent,
    Foreign,
}

struct Genuine<'a> {
    since: Timestamp,
    nonce: &'a str,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Session => "session",
            Self::Link => "link",
        }
    }

    const fn life(self) -> SignedDuration {
        match self {
            Self::Token => SignedDuration::from_hours(1),
            Self::Session => SignedDuration::from_hours(24 * 30),
            Self::Link => SignedDuration::from_mins(10),
        }
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
        let Some(link) = self.issued(Kind::Link, code) else { return Ok(Traded::Foreign) };
        if self.is_over(Kind::Link, &link) {
            return Ok(Traded::Spent);
        }
        session::admit(&*app.table, self.id(), link.since, link.nonce).await?;
        let key = schema::used_link(self.id(), link.nonce);
        // Remembered for longer than it lives, because a row may go a second early.
        let expires = Some(Expiry::at(link.since + Kind::Link.life() * 2));
        let used = Put { expires, ..Put::new(key, "{}", Expect::Absent) };
        match app.table.put(used, app.op()).await {
            Err(Error::Conflict) => Ok(Traded::Spent),
            Err(error) => Err(error),
            Ok(_) => {
                let session = self.issue(Kind::Session);
                let signed_in = self.signed_in(Kind::Session, &session)?;
                Ok(Traded::Session(self.set_cookie(&session, Kind::Session.life()), signed_in))
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
        self.sign(kind, self.clock.now().as_millisecond(), &hex(&self.entropy.bytes::<16>()))
    }

    fn sign(&self, kind: Kind, since: i64, nonce: &str) -> String {
        let said = format!("{}_{since}_{nonce}", kind.name());
        let tag: [u8; 32] = self.keys.tag(Label::OwnerToken, said.as_bytes());
        format!("lrdo_{said}_{}", hex(&tag))
    }

    /// Who is signed in by what was issued here for this use, and is not over.
    fn signed_in(&self, kind: Kind, text: &str) -> Result<SignedIn> {
        let genuine = self.issued(kind, text).filter(|genuine| !self.is_over(kind, genuine));
        let Genuine { since, nonce } = genuine.ok_or(Error::Unauthenticated(Refusal::NotSignedIn))?;
        Ok(SignedIn { owner: self.id(), since, name: nonce.to_owned() })
    }

    fn is_over(&self, kind: Kind, genuine: &Genuine<'_>) -> bool {
        self.clock.now() >= genuine.since + kind.life()
    }

    fn issued<'a>(&self, kind: Kind, text: &'a str) -> Option<Genuine<'a>> {
        let mut parts = text.split('_').skip(2);
        let (since, nonce) = (parts.next()?.parse().ok()?, parts.next()?);
        let right: bool = self.sign(kind, since, nonce).as_bytes().ct_eq(text.as_bytes()).into();
        let since = Timestamp::from_millisecond(since).ok()?;
        right.then_some(Genuine { since, nonce })
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
