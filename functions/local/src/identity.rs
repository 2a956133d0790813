//! The owner of a laptop's Larder: whoever can read its terminal or its key file.

use async_trait::async_trait;
use domain::clock::{Clock, Entropy};
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::signing::{Label, SigningKeys};
use domain::{Error, Result};
use embedded::KeyFile;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq as _;
use web::{Credential, Identity};

const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

pub struct LocalOwner {
    keys: SigningKeys,
    clock: Arc<dyn Clock>,
    /// The code in the sign-in link; gone once it was used.
    code: Mutex<Option<String>>,
}

impl LocalOwner {
    pub fn new(keys: &KeyFile, clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Self {
        let keys = SigningKeys::from_root(&keys.derive("larder local owner"));
        let code = hex(&entropy.bytes::<16>());
        Self { keys, clock, code: Mutex::new(Some(code)) }
    }

    pub fn id(&self) -> OwnerId {
        OwnerId::of("larder:local", "owner")
    }

    /// For scripts.
    pub fn token(&self) -> String {
        self.sign("token", self.clock.now() + TOKEN_LIFE)
    }

    pub fn code(&self) -> Option<String> {
        self.lock().clone()
    }

    /// Trades the code, once, for a session.
    pub(crate) fn sign_in(&self, code: &str) -> Option<String> {
        let mut kept = self.lock();
        let right = kept.as_ref().is_some_and(|kept| kept.as_bytes().ct_eq(code.as_bytes()).into());
        right.then(|| {
            *kept = None;
            self.sign("session", self.clock.now() + SESSION_LIFE)
        })
    }

    fn sign(&self, kind: &str, until: Timestamp) -> String {
        let until = until.as_second();
        let tag: [u8; 32] = self.keys.tag(Label::OwnerToken, format!("{kind} {until}").as_bytes());
        format!("lrdo_{kind}_{until}_{}", hex(&tag))
    }

    fn is_signed(&self, kind: &str, text: &str) -> bool {
        let mut parts = text.split('_');
        let (_, _, Some(Ok(until))) = (parts.next(), parts.next(), parts.next().map(str::parse::<i64>))
        else {
            return false;
        };
        let Ok(until) = Timestamp::from_second(until) else { return false };
        let right: bool = self.sign(kind, until).as_bytes().ct_eq(text.as_bytes()).into();
        right && until > self.clock.now()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.code.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Identity for LocalOwner {
    async fn owner(&self, credential: Credential<'_>) -> Result<OwnerId> {
        let signed = match credential {
            Credential::Token(token) => self.is_signed("token", token),
            Credential::Session(session) => self.is_signed("session", session),
        };
        signed.then(|| self.id()).ok_or(Error::Unauthenticated(Refusal::NotSignedIn))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
