//! Which keys let in, and until when.

use super::{Connection, Status};
use crate::error::{Denial, Refusal};
use crate::key::KeyHash;
use crate::operation::Operation;
use crate::{Error, Result};
use jiff::Timestamp;

impl Connection {
    /// Whether this key may call at all, now. What it may do, its grant says.
    pub fn admit(&self, key: &KeyHash, now: Timestamp) -> Result<()> {
        // The tag is right, so it was issued here: a key that matches none was replaced by a newer one.
        if self.key_ends(key).is_none_or(|end| end.is_some_and(|end| end <= now)) {
            return Err(Error::Unauthenticated(Refusal::Replaced));
        }
        self.lives(now)
    }

    /// Until when this key lets in, if nothing ends it before, the connection's own end apart; the inner `None` is for
    /// as long as the connection lives, the outer one if it is none of its keys.
    fn key_ends(&self, key: &KeyHash) -> Option<Option<Timestamp>> {
        let own = self.key_hash.is(key).then_some(None);
        let old = || self.old_keys.iter().find(|old| old.hash.is(key)).map(|old| Some(old.until));
        let app = || self.consents.iter().find(|app| app.hash.is(key)).map(|app| Some(app.until));
        own.or_else(old).or_else(app)
    }

    /// When this key, which lets in now, is to end; `None` if no end is set.
    pub fn ends_for(&self, key: &KeyHash) -> Option<Timestamp> {
        self.key_ends(key).flatten().into_iter().chain(self.expires_at).min()
    }

    /// Whether nobody will call through it any more, unless its owner sets another end.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let over = |error| matches!(error, Error::Unauthenticated(Refusal::Revoked(_) | Refusal::Expired(_)));
        self.lives(now).is_err_and(over)
    }

    /// Whether it may do this at another time, but not now.
    pub fn is_shut(&self, operation: &Operation, now: Timestamp) -> bool {
        matches!(self.allows(operation, now), Err(Error::Denied { why: Denial::NotNow, .. }))
    }

    /// Whether anybody may call through it now.
    pub fn lives(&self, now: Timestamp) -> Result<()> {
        let refuse = |refusal| Err(Error::Unauthenticated(refusal));
        match (self.status, self.expires_at) {
            (Status::Revoked, _) => refuse(Refusal::Revoked(self.revoked_at.unwrap_or(self.updated_at))),
            (_, Some(at)) if at <= now => refuse(Refusal::Expired(at)),
            (Status::Inactive, _) => refuse(Refusal::Paused),
            (Status::Active, _) => Ok(()),
        }
    }
}
