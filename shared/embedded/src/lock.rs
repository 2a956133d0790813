//! The lock of a data folder: one larder at a time, and where that one is.

use crate::open::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

const NAME: &str = "larder.lock";

/// Held as long as the folder is in use.
pub struct Lock(File);

impl Lock {
    pub(crate) fn take(folder: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Folder(folder.to_owned(), error);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(folder.join(NAME)).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse(folder.to_owned()),
            TryLockError::Error(error) => failed(error),
        })?;
        // What another one told does not hold any more.
        file.set_len(0).map_err(failed)?;
        Ok(Self(file))
    }

    /// Where this larder listens, for `whereabouts`.
    pub fn tell(&self, url: &str) -> io::Result<()> {
        (&self.0).write_all(url.as_bytes())
    }
}

/// What is copied after a clean end is the data and nothing else.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

/// Where the larder listens that uses this folder; none: nobody uses it.
pub fn whereabouts(folder: &Path) -> io::Result<Option<String>> {
    let file = match File::open(folder.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    match file.try_lock_shared() {
        // Empty: it is about to start.
        Err(TryLockError::WouldBlock) => Ok(Some(io::read_to_string(file)?).filter(|url| !url.is_empty())),
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(None),
    }
}
