//! `ChangeLog` on SQLite: written in the transaction of the row that changes.

use crate::queue::write;
use crate::store::Store;
use crate::writer::Durability::{Patient, Synced};
use async_trait::async_trait;
use domain::audit::Record;
use domain::table::{ChangeLog, Image, RowChange, RowKey};
use domain::{Error, Result, schema};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

/// Who reads the log keeps a bookmark in the same file.
const BOOKMARK: &str = "changes";
const SYNCED: &str = "synced";

const MARK: &str = "INSERT OR REPLACE INTO mark (name, position) VALUES (?1, ?2)";

#[async_trait]
impl ChangeLog for Store {
    /// None is told that the power could still take: it would come again as another one.
    async fn changes(&self, after: Option<&str>, limit: usize) -> Result<Vec<RowChange>> {
        let after: i64 = after.map_or(Ok(0), str::parse).map_err(Error::internal)?;
        let changes: Vec<RowChange> = self.read(|db| {
            let sql = "SELECT position, owner, sort, before_version, before_body, after_version, after_body
                       FROM change WHERE position > ?1 ORDER BY position LIMIT ?2";
            db.prepare_cached(sql)?.query_map(params![after, limit as i64], read)?.collect()
        })?;
        if let Some(RowChange { position, .. }) = changes.last().filter(|_| self.hears().is_unsynced()) {
            let position = position.clone();
            self.write(Synced, move |db| mark(db, SYNCED, &position).map_err(Error::internal)).await?;
        }
        Ok(changes)
    }
}

impl Store {
    /// Up to where the changes were handled.
    pub fn bookmark(&self) -> Result<Option<String>> {
        let sql = "SELECT position FROM mark WHERE name = ?1";
        self.read(|db| db.query_row(sql, [BOOKMARK], |row| row.get(0)).optional())
    }

    /// Moves the bookmark, writes all messages that are not done, whether before it or behind it, and forgets what was
    /// handled more than a day ago, as DynamoDB's stream does.
    pub async fn set_bookmark(&self, position: String) -> Result<()> {
        let (day_ago, store) = (self.clock().now().as_second() - 24 * 60 * 60, self.clone());
        let work = move |db: &Connection| {
            let young = store.at_hand().lock().young.begin_to_write();
            let written = write(db, young).map_err(Error::internal)?;
            mark(db, BOOKMARK, &position).map_err(Error::internal)?;
            let sql = "DELETE FROM change WHERE position IN
                       (SELECT position FROM change ORDER BY position LIMIT 100) AND at < ?1 AND position <= ?2";
            let mut forget = db.prepare_cached(sql).map_err(Error::internal)?;
            let position: i64 = position.parse().map_err(Error::internal)?;
            forget.execute([day_ago, position]).map_err(Error::internal)?;
            Ok(written)
        };
        let moved = self.write(Patient, work).await;
        self.at_hand().lock().young.are_written(moved.as_deref().unwrap_or_default());
        moved.map(|_| ())
    }
}

fn mark(db: &Connection, name: &str, position: &str) -> rusqlite::Result<()> {
    db.prepare_cached(MARK)?.execute([name, position]).map(|_| ())
}

pub(crate) fn append(
    db: &Connection,
    key: &RowKey,
    before: Option<Image>,
    after: Option<Image>,
    now: Timestamp,
) -> Result<()> {
    let is_sealed = |after: &Image| Record::is_sealed(&key.sort, &after.body);
    if !schema::is_logged(&key.sort) || after.as_ref().is_some_and(is_sealed) {
        return Ok(());
    }
    let version = |image: &Option<Image>| image.as_ref().map(|image| image.version.cast_signed());
    let sql = "INSERT INTO change (at, owner, sort, before_version, before_body, after_version, after_body)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (was, is) = (version(&before), version(&after));
    let values = params![
        now.as_second(),
        key.owner.to_string(),
        key.sort,
        was,
        before.map(|image| image.body),
        is,
        after.map(|image| image.body)
    ];
    let mut insert = db.prepare_cached(sql).map_err(Error::internal)?;
    insert.execute(values).map(|_| ()).map_err(Error::internal)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<RowChange> {
    let image = |version: usize, body: usize| -> rusqlite::Result<Option<Image>> {
        let Some(version) = row.get::<_, Option<i64>>(version)? else { return Ok(None) };
        Ok(Some(Image { version: version.cast_unsigned(), body: row.get(body)? }))
    };
    let owner: String = row.get(1)?;
    let owner = owner.parse().map_err(|_| rusqlite::Error::InvalidColumnName(owner))?;
    Ok(RowChange {
        position: row.get::<_, i64>(0)?.to_string(),
        key: RowKey { owner, sort: row.get(2)? },
        before: image(3, 4)?,
        after: image(5, 6)?,
    })
}
