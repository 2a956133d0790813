//! Counters of a row, each step on them done by the one writer, so that no other comes between.

use super::rows::{Found, find, seconds};
use domain::table::{Counters, Expiry, RowKey};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::{Connection, params};

pub(super) fn add(
    db: &Connection,
    key: &RowKey,
    more: Vec<(String, i64)>,
    drop: &[String],
    expires: Option<Expiry>,
    now: Timestamp,
) -> Result<Counters> {
    let found = find(db, key, now).map_err(Error::internal)?;
    if found.is_none() && expires.is_none() {
        return Ok(Counters::new());
    }
    let mut counters = counters(found.as_ref());
    for (name, more) in more {
        *counters.entry(name).or_default() += more;
    }
    counters.retain(|name, _| !drop.contains(name));
    make(db, key, found.as_ref(), &counters, expires)?;
    Ok(counters)
}

/// Of a row that is there.
pub(super) fn write(db: &Connection, key: &RowKey, counters: &Counters) -> Result<()> {
    let text = serde_json::to_string(counters).map_err(Error::internal)?;
    count(db, key, &text, Some(None), None).map_err(Error::internal)
}

pub(super) fn set<'a>(
    db: &Connection,
    key: &RowKey,
    found: Option<&Found>,
    set: &Counters,
    drop: impl IntoIterator<Item = &'a String>,
) -> Result<()> {
    let mut counters = counters(found);
    counters.extend(set.clone());
    for name in drop {
        counters.remove(name);
    }
    make(db, key, found, &counters, None)
}

fn counters(found: Option<&Found>) -> Counters {
    found.map(|found| found.row.counters.clone()).unwrap_or_default()
}

fn make(
    db: &Connection,
    key: &RowKey,
    found: Option<&Found>,
    counters: &Counters,
    expires: Option<Expiry>,
) -> Result<()> {
    let text = serde_json::to_string(counters).map_err(Error::internal)?;
    let was = found.map(|found| found.row.expires);
    count(db, key, &text, was, expires).map_err(Error::internal)
}

/// `was` is when the row expires so far, if there is one.
fn count(
    db: &Connection,
    key: &RowKey,
    counters: &str,
    was: Option<Option<Expiry>>,
    expires: Option<Expiry>,
) -> rusqlite::Result<()> {
    let owner = key.owner.to_string();
    // What is set is indexed anew, even if it is what it was.
    let stays = was.is_some_and(|was| expires.is_none() || expires == was);
    if stays {
        let sql = "UPDATE entry SET counters = ?3 WHERE owner = ?1 AND sort = ?2";
        return db.prepare_cached(sql)?.execute([owner.as_str(), &key.sort, counters]).map(|_| ());
    }
    let sql = if was.is_some() {
        "UPDATE entry SET counters = ?3, expires = ?4 WHERE owner = ?1 AND sort = ?2"
    } else {
        "INSERT OR REPLACE INTO entry (owner, sort, version, op, body, counters, expires)
         VALUES (?1, ?2, 1, '', '', ?3, ?4)"
    };
    db.prepare_cached(sql)?.execute(params![owner, key.sort, counters, seconds(expires)]).map(|_| ())
}
