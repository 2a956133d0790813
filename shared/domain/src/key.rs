//! A connection's key: `lrd_<owner and connection>_<secret and tag>`. It names whose it is, so that the record can
//! be fetched at once, and carries a tag that only Larder can make, so that a forged key costs no store call.
//! The format never changes.

use crate::base32;
use crate::error::Refusal;
use crate::hex;
use crate::id::{ConnectionId, OwnerId};
use crate::signing::{Label, SigningKeys};
use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::fmt;
use subtle::ConstantTimeEq;

const PREFIX: &str = "lrd_";

/// What secret scanners find it by, and what apps trade for it (see `token`); published.
pub const PATTERN: &str = "lrd[aqr]?_[0-9a-hjkmnp-tv-z]{42}_[0-9a-hjkmnp-tv-z]{42,72}";

/// A key whose tag is right: it was issued here. Whether it still holds, its connection's record says.
#[derive(Clone, Copy)]
pub struct GenuineKey {
    pub owner: OwnerId,
    pub connection: ConnectionId,
    secret: [u8; 16],
}

/// Whose a call is, and by which key: enough to be let in by for as long as that key holds, and nothing to come in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub owner: OwnerId,
    pub connection: ConnectionId,
    pub key: KeyHash,
}

/// What is stored of a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHash(#[serde(with = "crate::seal::base64_text")] Vec<u8>);

impl GenuineKey {
    pub fn issue(owner: OwnerId, connection: ConnectionId, secret: [u8; 16]) -> Self {
        Self { owner, connection, secret }
    }

    pub fn text(&self, keys: &SigningKeys) -> SecretString {
        let tag: [u8; 10] = keys.tag(Label::ConnectionKey, &self.signed());
        let rest = join::<26>(&self.secret, &tag);
        format!("{PREFIX}{}_{}", base32::encode(&self.ids()), base32::encode(&rest)).into()
    }

    pub fn parse(text: &str, keys: &SigningKeys) -> Option<Self> {
        let (ids, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let (owner, connection) = split::<26, 10, 16>(base32::decode(ids)?)?;
        let (secret, tag) = split::<26, 16, 10>(base32::decode(rest)?)?;
        let key = Self::issue(OwnerId::from_bytes(owner), ConnectionId::from_bytes(connection), secret);
        let expected: [u8; 10] = keys.tag(Label::ConnectionKey, &key.signed());
        bool::from(expected.ct_eq(&tag)).then_some(key)
    }

    /// Why this is no key: who mistyped one is told so; it says nothing of any key that there is.
    pub fn refusal(text: &str) -> Refusal {
        if text.starts_with(PREFIX) { Refusal::Mistyped } else { Refusal::UnknownKey }
    }

    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.signed())
    }

    pub fn holder(&self) -> Holder {
        Holder { owner: self.owner, connection: self.connection, key: self.hash() }
    }

    pub(crate) fn ids(&self) -> [u8; 26] {
        join(self.owner.as_bytes(), self.connection.as_bytes())
    }

    pub(crate) const fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    fn signed(&self) -> [u8; 42] {
        join(&self.ids(), &self.secret)
    }
}

impl KeyHash {
    pub(crate) fn of(signed: &[u8]) -> Self {
        Self(digest(&SHA256, signed).as_ref().to_vec())
    }

    /// In a time that does not tell how much of it was right.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// Half of it: enough that no two keys share it.
    pub fn short(&self) -> String {
        hex(self.0.get(..16).unwrap_or(&self.0))
    }
}

impl fmt::Debug for GenuineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GenuineKey({}, {}, ***)", self.owner, self.connection)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(***)")
    }
}

pub(crate) fn join<const N: usize>(first: &[u8], second: &[u8]) -> [u8; N] {
    let mut joined = [0; N];
    for (slot, byte) in joined.iter_mut().zip(first.iter().chain(second)) {
        *slot = *byte;
    }
    joined
}

pub(crate) fn split<const N: usize, const A: usize, const B: usize>(
    joined: [u8; N],
) -> Option<([u8; A], [u8; B])> {
    let (first, second) = joined.split_at_checked(A)?;
    Some((first.try_into().ok()?, second.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn key() -> (GenuineKey, SigningKeys) {
        let key = GenuineKey::issue(OwnerId::from_bytes([1; 10]), ConnectionId::from_bytes([2; 16]), [3; 16]);
        (key, SigningKeys::from_root(&[9; 32]))
    }

    #[test]
    fn reads_back_and_matches_its_hash() {
        let (key, keys) = key();
        let text = key.text(&keys);
        assert_eq!(text.expose_secret().len(), 89);
        let read = GenuineKey::parse(text.expose_secret(), &keys).unwrap();
        assert_eq!((read.owner, read.connection), (key.owner, key.connection));
        assert!(key.hash().is(&read.hash()));
    }

    #[test]
    fn any_other_character_anywhere_is_refused() {
        let (key, keys) = key();
        let text = key.text(&keys).expose_secret().to_owned();
        for at in 0..text.len() {
            for other in ["0", "1", "z", "_", "A"] {
                let mut forged = text.clone();
                forged.replace_range(at..=at, other);
                assert_eq!(GenuineKey::parse(&forged, &keys).is_some(), forged == text, "{forged}");
            }
        }
    }

    #[test]
    fn another_deployment_does_not_know_it() {
        let (key, keys) = key();
        let other = SigningKeys::from_root(&[8; 32]);
        assert!(GenuineKey::parse(key.text(&keys).expose_secret(), &other).is_none());
    }

    #[test]
    fn printing_shows_no_secret() {
        let (key, _) = key();
        assert!(!format!("{key:?} {:?}", key.hash()).contains('3'));
    }
}
