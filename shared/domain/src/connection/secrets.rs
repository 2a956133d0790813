//! What a webhook's deliveries are signed with: a secret, and those that it replaced, for a while.

use super::{Connection, Face, Signature};
use crate::delivery::SigningSecret;
use crate::keyring::DataKey;
use crate::seal::{self, Sealed};
use crate::{Error, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Secrets {
    secret: Sealed,
    /// What checks `v1a`; a secret of before there was that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    /// That of the connection, unless it was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    old_secrets: Vec<OldSecret>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OldSecret {
    sealed: Sealed,
    until: Timestamp,
}

/// A secret as it is stored.
#[derive(Debug, Clone)]
pub struct NewSecret {
    pub sealed: Sealed,
    pub public_key: Option<String>,
}

/// Whoever rotates more often ends the oldest.
const MOST_OLD_SECRETS: usize = 3;

/// What there is to see of how a webhook signs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct SigningView<'a> {
    /// What receivers check `v1a` with; null until the secret is rotated once, if it is older than that.
    pub public_key: Option<&'a str>,
    /// When the secret was made.
    pub created_at: Timestamp,
    /// Until when replaced secrets sign besides.
    pub replaced_until: Option<Timestamp>,
}

impl Secrets {
    pub fn new(new: NewSecret) -> Self {
        let NewSecret { sealed, public_key } = new;
        Self { secret: sealed, public_key, secret_created_at: None, old_secrets: Vec::new() }
    }

    /// A new secret; those before sign besides until then at most.
    pub fn rotate(&mut self, new: NewSecret, until: Timestamp, now: Timestamp) {
        let old = std::mem::replace(&mut self.secret, new.sealed);
        if self.old_secrets.len() == MOST_OLD_SECRETS {
            self.old_secrets.remove(0);
        }
        self.old_secrets.push(OldSecret { sealed: old, until });
        for old in &mut self.old_secrets {
            old.until = old.until.min(until);
        }
        self.old_secrets.retain(|old| now < old.until);
        (self.public_key, self.secret_created_at) = (new.public_key, Some(now));
    }

    /// The `webhook-signature` of a message: of the secret, and of each that it replaced and that still lives.
    pub fn sign(&self, key: &DataKey, place: &str, how: Signature, message: &ToSign<'_>) -> Result<String> {
        let ToSign { id, at, body } = message;
        let old = self.old_secrets.iter().rev().filter(|old| *at < old.until).map(|old| &old.sealed);
        let each = [&self.secret].into_iter().chain(old).map(|sealed| {
            let secret = SigningSecret::from_bytes(seal::open(key, place, sealed)?);
            secret.sign(how, id, *at, body)
        });
        let all: Vec<_> = each.filter_map(Result::transpose).collect::<Result<_>>()?;
        if all.is_empty() { Err(Error::internal("no secret signs like that")) } else { Ok(all.join(" ")) }
    }

    pub const fn signs(&self, how: Signature) -> bool {
        matches!(how, Signature::V1) || self.public_key.is_some()
    }

    pub(super) fn view(&self, connection: &Connection) -> SigningView<'_> {
        SigningView {
            public_key: self.public_key.as_deref(),
            created_at: self.secret_created_at.unwrap_or(connection.created_at),
            replaced_until: self.old_secrets.iter().map(|old| old.until).max(),
        }
    }
}

/// What is signed, at each try anew.
pub struct ToSign<'a> {
    pub id: &'a str,
    pub at: Timestamp,
    pub body: &'a str,
}

impl Connection {
    /// Whether neither its key nor what it signs with was replaced.
    pub(crate) fn has_the_secrets_of(&self, other: &Self) -> bool {
        let secret = |one: &Self| one.face.secrets().map(|secrets| secrets.secret.clone());
        self.key_hash == other.key_hash && secret(self) == secret(other)
    }
}

impl Face {
    pub fn secrets(&self) -> Option<&Secrets> {
        match self {
            Self::Webhook { secrets, .. } => Some(secrets),
            _ => None,
        }
    }

    pub fn secrets_mut(&mut self) -> Option<&mut Secrets> {
        match self {
            Self::Webhook { secrets, .. } => Some(secrets),
            _ => None,
        }
    }

    /// Whether it has what it is to sign with.
    pub fn can_sign(&self) -> bool {
        match self {
            Self::Webhook { config, secrets } => secrets.signs(config.signature),
            _ => true,
        }
    }
}
