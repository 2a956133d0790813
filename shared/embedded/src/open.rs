//! Opening the data folder. Whatever is wrong with it is said in one sentence, and nothing is changed.

use crate::keyring::KeyFile;
use crate::lock::Lock;
use crate::store::{self, Store};
use domain::clock::{Clock, Entropy};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Marks a SQLite file as Larder's ("lrdr").
const APPLICATION_ID: i32 = 0x6c72_6472;

/// Files up to this size are checked page by page at every start; it takes milliseconds.
const CHECKED_WHOLE: u64 = 4 << 20;

pub struct Opened {
    pub store: Store,
    pub keys: KeyFile,
    pub file: PathBuf,
    pub lock: Lock,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {0} cannot be used: {1}")]
    Folder(PathBuf, io::Error),
    #[error(
        "the data in {0} is in use by another larder; stop it first, or choose another folder with --data"
    )]
    InUse(PathBuf),
    #[error("the data file {0} is locked by another program; close it and start again")]
    Locked(PathBuf),
    #[error(
        "the data file {0} is damaged or not Larder's; it was left as it is, restore it from a backup ({1})"
    )]
    Damaged(PathBuf, String),
    #[error("the data file {0} was written by a newer larder; start one that is at least as new")]
    Newer(PathBuf),
    #[error("the key file {0} is missing, and without it the data beside it cannot be read; put it back")]
    KeyMissing(PathBuf),
    #[error(
        "the key file {0} belongs to other data than the data file beside it; put back the one that was there"
    )]
    OtherKey(PathBuf),
    #[error("the key file {0} cannot be used: {1}")]
    Key(PathBuf, String),
    #[error("the data file {0} cannot be opened: {1}")]
    Failed(PathBuf, rusqlite::Error),
}

pub fn open(folder: &Path, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Opened, OpenError> {
    let failed = |error| OpenError::Folder(folder.to_owned(), error);
    // What lies here is one person's: no other user of the machine may look.
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let lock = Lock::take(folder)?;
    let file = folder.join("larder.db");
    let is_new = !fs::exists(&file).map_err(failed)?;
    let keys = KeyFile::open(&folder.join("larder.key"), is_new, entropy)?;
    let explained = |error| explain(&file, error);
    if is_new {
        // Made aside and moved here when it is whole: what is cut off in a first start is not taken for data.
        let aside = folder.join("larder.db.new");
        let _ = fs::remove_file(&aside);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside).map_err(failed)?;
        store::create(&aside, APPLICATION_ID, &keys.fingerprint()).map_err(explained)?;
        fs::rename(&aside, &file).map_err(failed)?;
    } else {
        let found = check(&file).map_err(explained)?;
        if found.version > store::VERSION {
            return Err(OpenError::Newer(file));
        }
        if found.key != keys.fingerprint() {
            return Err(OpenError::OtherKey(folder.join("larder.key")));
        }
    }
    let store = Store::open(&file, clock).map_err(explained)?;
    Ok(Opened { store, keys, file, lock })
}

struct Found {
    version: usize,
    /// The fingerprint of the key that belongs to the data.
    key: String,
}

/// Looks without writing.
fn check(file: &Path) -> rusqlite::Result<Found> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let id: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(rusqlite::Error::InvalidColumnName("the application id is another program's".to_owned()));
    }
    let small = fs::metadata(file).is_ok_and(|found| found.len() <= CHECKED_WHOLE);
    if small {
        let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            let first = verdict.lines().last().unwrap_or_default().to_owned();
            return Err(rusqlite::Error::InvalidColumnName(first));
        }
    }
    let version = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let key = db.query_row("SELECT position FROM mark WHERE name = 'key'", [], |row| row.get(0))?;
    Ok(Found { version, key })
}

fn explain(file: &Path, error: rusqlite::Error) -> OpenError {
    let file = file.to_owned();
    match error {
        rusqlite::Error::InvalidColumnName(said) => OpenError::Damaged(file, said),
        rusqlite::Error::QueryReturnedNoRows => OpenError::Damaged(file, "its key is not known".to_owned()),
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => OpenError::Locked(file),
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
                OpenError::Damaged(file, error.to_string())
            }
            _ => OpenError::Failed(file, error),
        },
        other => OpenError::Failed(file, other),
    }
}
