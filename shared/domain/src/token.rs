//! What apps get for an owner's consent. An access token names its family, which is one more key of its connection: so
//! the gate lets it in or not in the same step as any key, and it is stored nowhere. A code or a refresh token is traded
//! once. The formats never change.

use crate::access::{Action, Actions};
use crate::base32;
use crate::id::{ConnectionId, OwnerId};
use crate::key::{GenuineKey, KeyHash, join, split};
use crate::signing::{Label, SigningKeys};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// How long an access token lives.
pub const ACCESS_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// How long a code can be traded.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);

const ACCESS: &str = "lrda_";

/// `lrda_<owner and connection>_<family, end, actions, audience and tag>`, whose tag is right.
#[derive(Clone, Copy)]
pub struct AccessToken {
    /// The family, as a key of the connection.
    pub key: GenuineKey,
    pub until: Timestamp,
    pub actions: Actions,
    audience: [u8; 8],
}

/// What is traded at the token endpoint: `<prefix><owner and connection>_<what, secret and tag>`.
#[derive(Clone, Copy)]
pub struct Handle {
    pub owner: OwnerId,
    pub connection: ConnectionId,
    /// The family that a refresh token belongs to, or the name of a code.
    pub what: [u8; 16],
    secret: [u8; 16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Refresh,
    Code,
}

impl AccessToken {
    /// For this resource only, to the second.
    pub fn issue(key: GenuineKey, until: Timestamp, actions: Actions, resource: &str) -> Self {
        Self { key, until, actions, audience: audience(resource) }
    }

    /// Whether a text claims to be one.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(ACCESS)
    }

    pub fn text(&self, keys: &SigningKeys) -> SecretString {
        let said = self.said();
        let tag: [u8; 16] = keys.tag(Label::AccessToken, &self.signed(&said));
        let rest = join::<45>(&said, &tag);
        format!("{ACCESS}{}_{}", base32::encode(&self.key.ids()), base32::encode(&rest)).into()
    }

    pub fn parse(text: &str, keys: &SigningKeys) -> Option<Self> {
        let (ids, rest) = text.strip_prefix(ACCESS)?.split_once('_')?;
        let (owner, connection) = split::<26, 10, 16>(base32::decode(ids)?)?;
        let (said, tag) = split::<45, 29, 16>(base32::decode(rest)?)?;
        let (family, rest) = split::<29, 16, 13>(said)?;
        let (end, rest) = split::<13, 4, 9>(rest)?;
        let ([actions], audience) = split::<9, 1, 8>(rest)?;
        let (owner, connection) = (OwnerId::from_bytes(owner), ConnectionId::from_bytes(connection));
        let token = Self {
            key: GenuineKey::issue(owner, connection, family),
            until: Timestamp::from_second(u32::from_be_bytes(end).into()).ok()?,
            actions: Actions::from_bits(actions),
            audience,
        };
        let expected: [u8; 16] = keys.tag(Label::AccessToken, &token.signed(&said));
        bool::from(expected.ct_eq(&tag)).then_some(token)
    }

    pub fn is_for(&self, resource: &str) -> bool {
        self.audience == audience(resource)
    }

    fn said(&self) -> [u8; 29] {
        let end = u32::try_from(self.until.as_second()).unwrap_or(u32::MAX).to_be_bytes();
        let rest = join::<9>(&[self.actions.bits()], &self.audience);
        join(self.key.secret(), &join::<13>(&end, &rest))
    }

    fn signed(&self, said: &[u8; 29]) -> [u8; 55] {
        join(&self.key.ids(), said)
    }
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "lrdr_",
            Self::Code => "lrdq_",
        }
    }

    const fn label(self) -> Label {
        match self {
            Self::Refresh => Label::RefreshToken,
            Self::Code => Label::AuthorizationCode,
        }
    }
}

impl Handle {
    pub fn issue(owner: OwnerId, connection: ConnectionId, what: [u8; 16], secret: [u8; 16]) -> Self {
        Self { owner, connection, what, secret }
    }

    pub fn text(&self, kind: Kind, keys: &SigningKeys) -> SecretString {
        let tag: [u8; 10] = keys.tag(kind.label(), &self.signed());
        let rest = join::<42>(&join::<32>(&self.what, &self.secret), &tag);
        format!("{}{}_{}", kind.prefix(), base32::encode(&self.named().ids()), base32::encode(&rest)).into()
    }

    pub fn parse(kind: Kind, text: &str, keys: &SigningKeys) -> Option<Self> {
        let (ids, rest) = text.strip_prefix(kind.prefix())?.split_once('_')?;
        let (owner, connection) = split::<26, 10, 16>(base32::decode(ids)?)?;
        let (said, tag) = split::<42, 32, 10>(base32::decode(rest)?)?;
        let (what, secret) = split::<32, 16, 16>(said)?;
        let (owner, connection) = (OwnerId::from_bytes(owner), ConnectionId::from_bytes(connection));
        let handle = Self::issue(owner, connection, what, secret);
        let expected: [u8; 10] = keys.tag(kind.label(), &handle.signed());
        bool::from(expected.ct_eq(&tag)).then_some(handle)
    }

    /// What is stored of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.signed())
    }

    /// What it names, as a key of the connection: the family of a refresh token.
    pub fn named(&self) -> GenuineKey {
        GenuineKey::issue(self.owner, self.connection, self.what)
    }

    fn signed(&self) -> [u8; 58] {
        join(&self.named().ids(), &join::<32>(&self.what, &self.secret))
    }
}

/// The names of scopes, with one space between them: `larder:read larder:write`.
pub fn scope(actions: Actions) -> String {
    actions.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// What these scopes allow; those that are not known count for nothing.
pub fn actions(scope: &str) -> Actions {
    let known = |word: &str| Action::ALL.into_iter().find(|action| name(*action) == word);
    scope.split(' ').filter_map(known).collect()
}

pub fn name(action: Action) -> String {
    format!("larder:{action}")
}

fn audience(resource: &str) -> [u8; 8] {
    digest(&SHA256, resource.as_bytes()).as_ref().first_chunk().copied().unwrap_or_default()
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({:?}, {})", self.key, self.until)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}, {}, ***)", self.owner, self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    const PLACE: &str = "https://larder.example/mcp";

    fn keys() -> SigningKeys {
        SigningKeys::from_root(&[9; 32])
    }

    fn token() -> AccessToken {
        let (owner, connection) = (OwnerId::from_bytes([1; 10]), ConnectionId::from_bytes([2; 16]));
        let until = Timestamp::from_second(1_800_000_900).unwrap();
        let actions = [Action::Read, Action::Delete].into();
        AccessToken::issue(GenuineKey::issue(owner, connection, [3; 16]), until, actions, PLACE)
    }

    fn handle() -> Handle {
        Handle::issue(OwnerId::from_bytes([1; 10]), ConnectionId::from_bytes([2; 16]), [3; 16], [4; 16])
    }

    #[test]
    fn an_access_token_reads_back() {
        let (token, keys) = (token(), keys());
        let text = token.text(&keys);
        assert_eq!(text.expose_secret().len(), 120);
        let read = AccessToken::parse(text.expose_secret(), &keys).unwrap();
        assert_eq!((read.until, read.actions), (token.until, token.actions));
        assert!(read.key.hash() == token.key.hash() && read.is_for(PLACE));
        assert!(!read.is_for("https://larder.example/mcp/") && !read.is_for("http://larder.example/mcp"));
    }

    #[test]
    fn any_other_character_anywhere_is_refused() {
        let keys = keys();
        let texts =
            [token().text(&keys), handle().text(Kind::Refresh, &keys), handle().text(Kind::Code, &keys)];
        let is_one = |text: &str| {
            AccessToken::parse(text, &keys).is_some()
                || Handle::parse(Kind::Refresh, text, &keys).is_some()
                || Handle::parse(Kind::Code, text, &keys).is_some()
                || GenuineKey::parse(text, &keys).is_some()
        };
        for text in texts.map(|text| text.expose_secret().to_owned()) {
            assert!(is_one(&text));
            for at in 0..text.len() {
                for other in ["0", "1", "z", "_", "A", "q", "r", "a"] {
                    let mut forged = text.clone();
                    forged.replace_range(at..=at, other);
                    assert_eq!(is_one(&forged), forged == text, "{forged}");
                }
            }
        }
    }

    #[test]
    fn one_is_never_another_nor_known_elsewhere() {
        let keys = keys();
        let refresh = handle().text(Kind::Refresh, &keys).expose_secret().to_owned();
        assert!(Handle::parse(Kind::Code, &refresh.replace("lrdr_", "lrdq_"), &keys).is_none());
        let elsewhere = SigningKeys::from_root(&[8; 32]);
        assert!(Handle::parse(Kind::Refresh, &refresh, &elsewhere).is_none());
        assert!(AccessToken::parse(token().text(&keys).expose_secret(), &elsewhere).is_none());
    }

    #[test]
    fn scopes_are_words() {
        assert_eq!(scope([Action::Write, Action::Read].into()), "larder:read larder:write");
        assert_eq!(actions("larder:delete offline_access larder:readx"), Actions::of(Action::Delete));
        assert!(actions("").is_empty());
    }
}
