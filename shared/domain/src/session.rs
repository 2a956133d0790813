//! How long an owner's tokens and sessions hold: until their own end, or until the owner signs out everywhere.

use crate::error::Refusal;
use crate::id::{OpId, OwnerId};
use crate::table::{Expect, Put, Row, Table};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
