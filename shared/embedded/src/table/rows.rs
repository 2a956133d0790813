//! Rows of the file, one and many.

use domain::id::OwnerId;
use domain::table::{Counters, Expiry, Page, Places, Query, Row, RowKey, Slot, Start};
use domain::{Error, Result};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, params};

const ROW: &str = "sort, version, body, counters, expires, place1, place2, place3, place4";

pub(super) struct Found {
    pub(super) row: Row,
    pub(super) op: String,
}

pub(super) fn find(db: &Connection, key: &RowKey, now: Timestamp) -> rusqlite::Result<Option<Found>> {
    Ok(lies(db, key)?.filter(|found| is_live(&found.row, now)))
}

/// Whether it has expired or not.
pub(super) fn lies(db: &Connection, key: &RowKey) -> rusqlite::Result<Option<Found>> {
    let sql = format!("SELECT {ROW}, op FROM entry WHERE owner = ?1 AND sort = ?2");
    let mut select = db.prepare_cached(&sql)?;
    let found = |row: &rusqlite::Row<'_>| Ok(Found { row: read(key.owner, row)?, op: row.get(9)? });
    select.query_row([&key.owner.to_string(), &key.sort], found).optional()
}

/// One bound on each side, so that every page is read from where it begins.
pub(super) fn page(
    db: &Connection,
    query: &Query,
    start: Start<'_>,
    now: Timestamp,
) -> rusqlite::Result<Page> {
    let key = query.by.map_or("sort", Slot::name);
    let (behind, sort) = match start {
        Start::Edge => ("", ""),
        Start::Behind { key, sort } => (key, sort),
    };
    let range = match (start, query.newest_first) {
        (Start::Edge, _) => format!("{key} >= ?2 AND {key} < ?3"),
        (Start::Behind { .. }, false) => format!("({key}, sort) > (?4, ?5) AND {key} < ?3"),
        (Start::Behind { .. }, true) => format!("{key} >= ?2 AND ({key}, sort) < (?4, ?5)"),
    };
    let order = if query.newest_first { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {ROW} FROM entry WHERE owner = ?1 AND {range}
         AND (expires IS NULL OR expires > ?6) ORDER BY {key} {order}, sort {order} LIMIT ?7"
    );
    let mut select = db.prepare_cached(&sql)?;
    let (owner, limit) = (query.owner.to_string(), query.limit.saturating_add(1));
    let values =
        params![owner, query.range.start, query.range.end, behind, sort, now.as_second(), limit as i64];
    let rows = select.query_map(values, |row| read(query.owner, row))?;
    let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    // One more row than asked for was fetched, only to know whether there is a next page.
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| more).map(|row| query.position(row));
    Ok(Page { rows, next })
}

fn read(owner: OwnerId, row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let counters = row.get_ref(3)?.as_str()?;
    let broken = |error| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, Box::new(error));
    let counters = if counters.is_empty() {
        Counters::default()
    } else {
        serde_json::from_str(counters).map_err(broken)?
    };
    let mut places = Places::new();
    for (column, slot) in (5..).zip(Slot::ALL) {
        places.extend(row.get_ref(column)?.as_str_or_null()?.map(|place| (slot, place.to_owned())));
    }
    let key = RowKey { owner, sort: row.get(0)? };
    let expires = row.get::<_, Option<i64>>(4)?.map(Expiry);
    let version = row.get::<_, i64>(1)?.cast_unsigned();
    Ok(Row { key, version, body: row.get(2)?, places, counters, expires })
}

pub(super) fn insert(
    db: &Connection,
    key: &RowKey,
    version: u64,
    op: &str,
    body: &str,
    places: &Places,
    expires: Option<Expiry>,
) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO entry
               (owner, sort, version, op, body, counters, expires, place1, place2, place3, place4)
               VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7, ?8, ?9, ?10)";
    let owner = key.owner.to_string();
    let [first, second, third, fourth] = Slot::ALL.map(|slot| places.get(&slot));
    let (version, expires) = (version.cast_signed(), seconds(expires));
    let values = params![owner, key.sort, version, op, body, expires, first, second, third, fourth];
    let mut insert = db.prepare_cached(sql).map_err(Error::internal)?;
    insert.execute(values).map(|_| ()).map_err(Error::internal)
}

pub(super) fn is_live(row: &Row, now: Timestamp) -> bool {
    row.expires.is_none_or(|expires| !expires.is_past(now))
}

pub(super) fn seconds(expires: Option<Expiry>) -> Option<i64> {
    expires.map(|Expiry(seconds)| seconds)
}
