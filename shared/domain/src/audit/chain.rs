//! The chain: each sealed entry carries the hash of the one before it, so that none can be altered, left out or moved
//! without every later hash changing. One owner has one chain.

use crate::hex;
use crate::id::OwnerId;
use ring::digest::{Context, SHA256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;
use std::str::FromStr;

/// SHA-256, in lower-case hexadecimal where it is written down.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9a-f]{64}$"))]
pub struct Hash([u8; 32]);

/// An entry's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// 1 for an owner's first.
    pub seq: u64,
    /// The hash of the entry before it.
    pub prev: Hash,
    pub hash: Hash,
}

/// Where a chain ends; the next entry is sealed onto it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: u64,
    pub hash: Hash,
}

impl Head {
    /// Before an owner's first entry.
    pub fn genesis(owner: OwnerId) -> Self {
        Self { seq: 0, hash: Hash::of(&[b"larder audit", owner.as_bytes()]) }
    }

    /// Seals the entry, to the byte, and moves behind it.
    pub fn seal(&mut self, owner: OwnerId, entry: &RawValue) -> Seal {
        let (seq, prev) = (self.seq + 1, self.hash);
        let seal = Seal { seq, prev, hash: Seal::hash(seq, prev, owner, entry) };
        *self = Self { seq, hash: seal.hash };
        seal
    }
}

impl Seal {
    /// Everything before the entry has one length, so that no two entries are hashed alike.
    pub(super) fn hash(seq: u64, prev: Hash, owner: OwnerId, entry: &RawValue) -> Hash {
        Hash::of(&[&prev.0, &seq.to_be_bytes(), owner.as_bytes(), entry.get().as_bytes()])
    }
}

impl Hash {
    fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(part);
        }
        let mut hash = [0; 32];
        for (slot, byte) in hash.iter_mut().zip(context.finish().as_ref()) {
            *slot = *byte;
        }
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
        let bytes: Option<Vec<u8>> = bytes.collect();
        let hash = bytes.filter(|_| rest.is_empty()).and_then(|bytes| bytes.try_into().ok());
        hash.map(Self).ok_or_else(|| "a hash is 64 digits of 0-9a-f".to_owned())
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}
