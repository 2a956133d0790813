//! The one thread that folds the write-ahead log into the file, beside the one that writes, so that no write waits while
//! that is done.

use rusqlite::{Connection, Row};
use std::cell::Cell;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// From so many pages on the log is folded in; SQLite's own bound.
const FOLDED_FROM: i32 = 1_000;

/// At so many pages, 64 MB, the writer folds it in itself: the log must not grow faster than it is worked off.
const MOST: i32 = 16_000;

/// As long as more comes meanwhile, it is not begun anew; the rest is soon done.
const LAPS: usize = 4;

const FOLD: &str = "PRAGMA wal_checkpoint(PASSIVE)";

thread_local! {
    /// Of the connection that writes in this thread, after its last commit.
    static PAGES_IN_LOG: Cell<i32> = const { Cell::new(0) };
}

pub(crate) struct Checkpoints {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// `db` is only for this.
    pub(crate) fn start(db: Connection) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let thread = thread::Builder::new().name("checkpoints".to_owned()).spawn(move || run(&db, &woken))?;
        Ok(Self { wake, thread })
    }

    /// Instead of SQLite's own checkpoints, which are made in the middle of a commit.
    pub(crate) fn watch(writes: &Connection) {
        writes.wal_hook(Some(|_, pages| {
            PAGES_IN_LOG.set(pages);
            Ok(())
        }));
    }

    /// By the thread that writes, behind each commit.
    pub(crate) fn after_commit(&self, writes: &Connection) {
        match PAGES_IN_LOG.get() {
            MOST.. => _ = fold(writes),
            FOLDED_FROM.. => drop(self.wake.try_send(())),
            _ => {}
        }
    }

    /// Returns when nobody folds any more.
    pub(crate) fn stop(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}

fn run(db: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        for _ in 0..LAPS {
            if fold(db) {
                break;
            }
        }
    }
}

/// Whether that was all of it: what others still read, or write meanwhile, stays for the next time.
fn fold(db: &Connection) -> bool {
    let pages = |row: &Row<'_>, of| row.get::<_, i64>(of);
    let is_whole = |row: &Row<'_>| Ok(pages(row, "log")? == pages(row, "checkpointed")?);
    db.query_row(FOLD, [], is_whole).unwrap_or_else(|error| {
        tracing::warn!(%error, "the log of the data file was not folded in");
        true
    })
}

#[cfg(test)]
mod tests {
    use super::{Checkpoints, PAGES_IN_LOG, fold};
    use rusqlite::Connection;
    use tempfile::TempDir;

    fn file() -> (TempDir, Connection, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let open = || Connection::open(folder.path().join("file")).unwrap();
        let (writes, other) = (open(), open());
        writes.pragma_update(None, "journal_mode", "WAL").unwrap();
        Checkpoints::watch(&writes);
        writes.execute_batch("CREATE TABLE item (body BLOB)").unwrap();
        (folder, writes, other)
    }

    fn write(db: &Connection, count: usize) -> i32 {
        for _ in 0..count {
            db.execute("INSERT INTO item (body) VALUES (zeroblob(5000))", []).unwrap();
        }
        PAGES_IN_LOG.get()
    }

    #[test]
    fn what_is_folded_in_lets_the_log_begin_anew() {
        let (_folder, writes, other) = file();
        assert!(write(&writes, 2_000) > 2_000, "SQLite does not fold it in by itself any more");
        assert!(fold(&other));
        assert!(write(&writes, 1) < 10);
    }

    #[test]
    fn what_is_written_or_read_meanwhile_stays_in_it() {
        let (_folder, writes, other) = file();
        write(&writes, 10);
        let reads = other.unchecked_transaction().unwrap();
        reads.query_row("SELECT count(*) FROM item", [], |_| Ok(())).unwrap();
        write(&writes, 10);
        assert!(!fold(&writes), "somebody reads what was there before");
        drop(reads);
        assert!(fold(&writes));
    }

    #[test]
    fn who_writes_folds_in_what_has_become_too_long() {
        let (folder, writes, other) = file();
        let checkpoints = Checkpoints::start(other).unwrap();
        PAGES_IN_LOG.set(super::MOST);
        checkpoints.after_commit(&writes);
        assert!(write(&writes, 1) < 10);
        checkpoints.stop();
        drop(writes);
        let left: Vec<_> = folder.path().read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["file"], "whoever closes last leaves one file");
    }
}
