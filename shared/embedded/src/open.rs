//! Opening the data folder. Whatever is wrong with it is said in one sentence, and nothing is changed.

use crate::keyring::KeyFile;
use crate::store::Store;
use domain::clock::{Clock, Entropy};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File, TryLockError};
use std::io;
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
    /// Held as long as the folder is in use.
    pub lock: File,
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
    #[error("the key file {0} is missing, and without it the data beside it cannot be read; put it back")]
    KeyMissing(PathBuf),
    #[error("the key file {0} cannot be used: {1}")]
    Key(PathBuf, String),
    #[error("the data file {0} cannot be opened: {1}")]
    Failed(PathBuf, rusqlite::Error),
}

pub fn open(folder: &Path, clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Result<Opened, OpenError> {
    let failed = |error| OpenError::Folder(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(failed)?;
    let lock = File::create(folder.join("larder.lock")).map_err(failed)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::InUse(folder.to_owned()),
        TryLockError::Error(error) => failed(error),
    })?;
    let file = folder.join("larder.db");
    let is_new = !fs::exists(&file).map_err(failed)?;
    let keys = KeyFile::open(&folder.join("larder.key"), is_new, entropy)?;
    if !is_new {
        check(&file).map_err(|error| explain(&file, error))?;
    }
    let store = Store::open(&file, APPLICATION_ID, clock).map_err(|error| explain(&file, error))?;
    Ok(Opened { store, keys, file, lock })
}

/// Looks without writing.
fn check(file: &Path) -> rusqlite::Result<()> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let id: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(rusqlite::Error::InvalidColumnName("the application id is another program's".to_owned()));
    }
    let small = fs::metadata(file).is_ok_and(|found| found.len() <= CHECKED_WHOLE);
    if small {
        let verdict: String = db.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if verdict != "ok" {
            return Err(rusqlite::Error::InvalidColumnName(verdict));
        }
    }
    Ok(())
}

fn explain(file: &Path, error: rusqlite::Error) -> OpenError {
    let file = file.to_owned();
    match error {
        rusqlite::Error::InvalidColumnName(said) => OpenError::Damaged(file, said),
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
