//! Port: the keyring, the one place that holds a master key. Everything else is encrypted under data keys that
//! only the keyring can open, each bound to an owner and a purpose.

use crate::Result;
use crate::id::OwnerId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

#[async_trait]
pub trait Keyring: Send + Sync {
    async fn make(&self, context: Context) -> Result<(DataKey, SealedKey)>;

    /// Fails unless the context is the one that the key was made with.
    async fn open(&self, sealed: &SealedKey, context: Context) -> Result<DataKey>;
}

/// What a data key is for; a key made for one context opens in no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Context {
    pub owner: OwnerId,
    pub purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Tags of connection keys and of page cursors.
    Signing,
    /// The secrets that webhooks are signed with.
    Webhook,
    /// The answers kept for calls that are sent again.
    Idempotency,
}

impl Purpose {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Webhook => "webhook",
            Self::Idempotency => "idempotency",
        }
    }
}

/// 32 secret bytes; printing one prints nothing of it.
pub struct DataKey(pub [u8; 32]);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(***)")
    }
}

/// A data key that only the keyring can open; safe to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKey(#[serde(with = "crate::seal::base64_text")] pub Vec<u8>);
