//! The file: its tables, its connections, and who waits for news of it.

use crate::news::{Hears, News};
use crate::queue::later;
use crate::recent::Recent;
use crate::table::Batch;
use crate::taking::AtHand;
use crate::writer::Durability::{self, Ordered, Patient, Synced};
use crate::writer::Writer;
use domain::clock::Clock;
use domain::queue::LONGEST_DELAY;
use domain::table::RowKey;
use domain::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// All columns are typed and every row lies in key order, so that one kind of one owner is one range.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS entry (
        owner TEXT NOT NULL, sort TEXT NOT NULL, version INTEGER NOT NULL, op TEXT NOT NULL,
        body TEXT NOT NULL, counters TEXT NOT NULL, expires INTEGER,
        PRIMARY KEY (owner, sort)) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS entry_expires ON entry (expires) WHERE expires IS NOT NULL;
    CREATE TABLE IF NOT EXISTS change (
        position INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, owner TEXT NOT NULL, sort TEXT NOT NULL,
        before_version INTEGER, before_body TEXT, after_version INTEGER, after_body TEXT) STRICT;
    CREATE TABLE IF NOT EXISTS token (op TEXT PRIMARY KEY, digest BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, grp TEXT NOT NULL, body TEXT NOT NULL,
        due INTEGER NOT NULL, receives INTEGER NOT NULL, dead INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS message_due ON message (dead, due);
    CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT;
";

/// What has been added since; the file's `user_version` says how many of these it has.
const STEPS: [&str; 3] = [
    "
    ALTER TABLE entry ADD COLUMN place1 TEXT;
    ALTER TABLE entry ADD COLUMN place2 TEXT;
    ALTER TABLE entry ADD COLUMN place3 TEXT;
    ALTER TABLE entry ADD COLUMN place4 TEXT;
    CREATE INDEX entry_place1 ON entry (owner, place1) WHERE place1 IS NOT NULL;
    CREATE INDEX entry_place2 ON entry (owner, place2) WHERE place2 IS NOT NULL;
    CREATE INDEX entry_place3 ON entry (owner, place3) WHERE place3 IS NOT NULL;
    CREATE INDEX entry_place4 ON entry (owner, place4) WHERE place4 IS NOT NULL;
    ",
    "CREATE INDEX token_at ON token (at);",
    "CREATE INDEX message_turn ON message (dead, grp, due, id);",
];

/// Makes an empty file. `key` is the fingerprint of the key file that belongs to it.
pub(crate) fn create(file: &Path, application_id: i32, key: &str) -> rusqlite::Result<()> {
    let db = Connection::open(file)?;
    db.pragma_update(None, "application_id", application_id)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    lay_out(&db)?;
    db.execute("INSERT INTO mark (name, position) VALUES ('key', ?1)", [key])?;
    db.close().map_err(|(_, error)| error)
}

pub(crate) fn lay_out(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(TABLES)?;
    step_up(db)
}

/// How many steps a file has that this larder writes.
pub(crate) const VERSION: usize = STEPS.len();

/// In a transaction of its caller, so that a step is there whole or not at all.
fn step_up(db: &Connection) -> rusqlite::Result<()> {
    let taken: usize = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(taken) {
        db.execute_batch(step)?;
    }
    if taken < VERSION { db.pragma_update(None, "user_version", VERSION) } else { Ok(()) }
}

/// The same plan for the same statement, whatever its values: otherwise each range makes SQLite parse it anew.
fn tune(db: &Connection, cache_kib: i32) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "cache_size", -cache_kib)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    /// Of rows and messages.
    durability: Durability,
    /// Whatever it sends is sent again, unless a bookmark is written behind it.
    is_told_again: bool,
}

struct Shared {
    file: PathBuf,
    clock: Arc<dyn Clock>,
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    hears: Hears,
    recent: Arc<Recent>,
    at_hand: AtHand,
}

impl Store {
    pub(crate) fn open(file: &Path, clock: Arc<dyn Clock>) -> rusqlite::Result<Self> {
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.busy_timeout(Duration::from_millis(500))?;
        tune(&db, 8_000)?;
        // Takes the write lock once: who cannot write now is told so now.
        db.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES}"))?;
        step_up(&db)?;
        // For a larder that begins anew: what was given up because something was broken, and what was put off by a clock
        // that stood ahead.
        db.execute("UPDATE message SET dead = 0, receives = 0 WHERE dead = 1", [])?;
        let now = clock.now();
        let longest = later(now, LONGEST_DELAY);
        db.execute(
            "UPDATE message SET due = ?1 WHERE dead = 0 AND due > ?2",
            [now.as_millisecond(), longest],
        )?;
        db.execute_batch("COMMIT")?;
        let at_hand = AtHand::of(&db)?;
        let (news, hears) = News::of(&db)?;
        let recent = Arc::new(Recent::default());
        let beside = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let writer = Writer::start(db, beside, news, Arc::clone(&recent))
            .map_err(|_| rusqlite::Error::InvalidQuery)?;
        let shared = Shared {
            file: file.to_owned(),
            clock,
            readers: Mutex::default(),
            writer,
            hears,
            recent,
            at_hand,
        };
        Ok(Self { shared: Arc::new(shared), durability: Synced, is_told_again: false })
    }

    /// The same, for who works off what lies in it. Nothing waits for the disk: should the power take what was done, it
    /// takes what says so, too, and it is there to be done again.
    #[must_use]
    pub fn for_consumers(&self) -> Self {
        Self { durability: Ordered, ..self.clone() }
    }

    /// The same, for who is not waited for: its writes are put together, for a moment.
    #[must_use]
    pub fn for_patient_consumers(&self) -> Self {
        Self { durability: Patient, ..self.clone() }
    }

    /// The same, for who tells what changed: what it sends is written with the bookmark behind it.
    #[must_use]
    pub fn for_tellers(&self) -> Self {
        Self { is_told_again: true, ..self.clone() }
    }

    /// Ticks when there are new changes.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.shared.hears.changed.clone()
    }

    /// Ticks when there are new messages.
    pub fn queued(&self) -> watch::Receiver<()> {
        self.shared.hears.queued.subscribe()
    }

    /// Deletes rows that have expired, some at a time; they were not seen any more before, and nobody finds them among
    /// the recent ones, where it is asked as well.
    pub async fn sweep(&self) -> Result<usize> {
        let now = self.clock().now().as_second();
        self.write(Patient, move |db| {
            let sql = "DELETE FROM entry WHERE (owner, sort) IN
                       (SELECT owner, sort FROM entry WHERE expires <= ?1 LIMIT 500)";
            db.execute(sql, [now]).map_err(Error::internal)
        })
        .await
    }

    /// Leaves everything in the one file, which can then be copied as it is. Nothing can be written any more.
    pub async fn close(&self) -> Result<()> {
        self.readers().clear();
        self.shared.writer.close().await
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.shared.recent
    }

    pub(crate) fn at_hand(&self) -> &AtHand {
        &self.shared.at_hand
    }

    pub(crate) fn hears(&self) -> &Hears {
        &self.shared.hears
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// Of rows and messages.
    pub(crate) const fn durability(&self) -> Durability {
        self.durability
    }

    pub(crate) const fn is_told_again(&self) -> bool {
        self.is_told_again
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_rows(durability, Vec::new(), work).await
    }

    /// Whatever else lies in the file, these rows may be other ones afterwards.
    pub(crate) async fn write_rows<T: Send + 'static>(
        &self,
        durability: Durability,
        rows: Vec<RowKey>,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writer.write(durability, rows, |batch| work(batch.rows()?)).await
    }

    /// What is counted so is there for whoever looks, and written when its batch is.
    pub(crate) async fn count<T: Send + 'static>(
        &self,
        row: RowKey,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writer.write(Ordered, vec![row], work).await
    }

    /// Reads take microseconds, so they happen where they are asked for; a connection serves one at a time.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let free = self.readers().pop();
        let db = match free {
            Some(db) => db,
            None => self.reader().map_err(Error::internal)?,
        };
        let result = work(&db).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => Error::Busy,
            _ => Error::internal(error),
        });
        self.readers().push(db);
        result
    }

    fn reader(&self) -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(
            &self.shared.file,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        db.busy_timeout(Duration::from_secs(5))?;
        tune(&db, 2_000)?;
        Ok(db)
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
