//! What owners are given to come again with, and how long it holds: until its own end, or until the owner signs out
//! everywhere.

use crate::error::Refusal;
use crate::id::{OpId, OwnerId};
use crate::signing::{Label, SigningKeys};
use crate::table::{Expect, Put, Row, Table};
use crate::{Error, Result, hex, schema};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// Says whose it is, since when, and by which name, under a tag that only this Larder can make; stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    pub owner: OwnerId,
    /// To the millisecond.
    pub since: Timestamp,
    pub nonce: String,
}

/// What a pass is for; for nothing else does it hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For scripts.
    Token,
    /// For browsers.
    Session,
    /// The code in a link that is traded, once, for a session.
    Link,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Session => "session",
            Self::Link => "link",
        }
    }
}

impl Pass {
    pub fn issue(owner: OwnerId, since: Timestamp, random: [u8; 16]) -> Self {
        Self { owner, since, nonce: hex(&random) }
    }

    /// `lrdo_session_<owner>_<since, ms>_<nonce>_<tag>`
    pub fn text(&self, kind: Kind, keys: &SigningKeys) -> String {
        let Self { owner, since, nonce } = self;
        let said = format!("{}_{owner}_{}_{nonce}", kind.name(), since.as_millisecond());
        let tag: [u8; 32] = keys.tag(Label::OwnerToken, said.as_bytes());
        format!("lrdo_{said}_{}", hex(&tag))
    }

    /// If it was made here, for this; it may be over.
    pub fn parse(kind: Kind, text: &str, keys: &SigningKeys) -> Option<Self> {
        let said = text.strip_prefix("lrdo_")?.strip_prefix(kind.name())?.strip_prefix('_')?;
        let mut parts = said.rsplitn(4, '_').skip(1);
        let nonce = parts.next()?.to_owned();
        let since = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        let pass = Self { owner: parts.next()?.parse().ok()?, since, nonce };
        let genuine: bool = pass.text(kind, keys).as_bytes().ct_eq(text.as_bytes()).into();
        genuine.then_some(pass)
    }

    pub fn is_over(&self, life: SignedDuration, now: Timestamp) -> bool {
        now >= self.since + life
    }
}

#[derive(Serialize, Deserialize)]
struct Session {
    signed_out_at: Timestamp,
}

/// Refuses what was issued before the owner signed out; else says whether this sign-in stands in the audit log.
pub async fn admit(table: &dyn Table, owner: OwnerId, since: Timestamp, name: &str) -> Result<bool> {
    let rows = table.get_many(&[schema::session(owner), schema::signed_in(owner, name)]).await?;
    let [session, noted] = rows.as_slice() else { return Err(Error::internal("rows are missing")) };
    match session.as_ref().map(signed_out_at).transpose()? {
        Some(at) if since <= at => Err(Error::Unauthenticated(Refusal::SignedOut(at))),
        _ => Ok(noted.is_some()),
    }
}

pub async fn sign_out_everywhere(table: &dyn Table, owner: OwnerId, at: Timestamp, op: OpId) -> Result<()> {
    let key = schema::session(owner);
    let body = serde_json::to_string(&Session { signed_out_at: at }).map_err(Error::internal)?;
    loop {
        let expect = match table.get(&key).await? {
            None => Expect::Absent,
            Some(row) if at <= signed_out_at(&row)? => return Ok(()),
            Some(row) => Expect::Version(row.version),
        };
        match table.put(Put::new(key.clone(), body.clone(), expect), op).await {
            // The same from another browser, at the same time: the later one is to stand.
            Err(Error::Conflict) => {}
            done => return done.map(|_| ()),
        }
    }
}

fn signed_out_at(row: &Row) -> Result<Timestamp> {
    let session: Session =
        serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
    Ok(session.signed_out_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_holds_unchanged_and_for_one_thing() {
        let keys = SigningKeys::from_root(&[1; 32]);
        let since = Timestamp::from_millisecond(1_800_000_000_123).unwrap();
        let pass = Pass::issue(OwnerId::of("issuer", "ada"), since, [7; 16]);
        let text = pass.text(Kind::Session, &keys);
        assert_eq!(Pass::parse(Kind::Session, &text, &keys).as_ref(), Some(&pass));
        for kind in [Kind::Token, Kind::Link] {
            assert_eq!(Pass::parse(kind, &text, &keys), None);
            assert_eq!(Pass::parse(kind, &text.replacen("session", kind.name(), 1), &keys), None);
        }
        assert_eq!(Pass::parse(Kind::Session, &text, &SigningKeys::from_root(&[2; 32])), None);
        for at in 0..text.len() {
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            let bent = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(Pass::parse(Kind::Session, &bent, &keys), None, "{bent}");
            assert_eq!(Pass::parse(Kind::Session, &text[..at], &keys), None);
        }
        let life = SignedDuration::from_hours(12);
        assert!(!pass.is_over(life, since + life - SignedDuration::from_millis(1)));
        assert!(pass.is_over(life, since + life));
    }
}
