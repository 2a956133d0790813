//! What was written lies in SQLite's log first, and is put into its place in the file from there: while nobody waits, so
//! that nobody waits for it. By the connection that writes and by no other: one of another thread that began at the
//! moment at which the log begins anew could leave something out (SQLite before 3.51.3).

use rusqlite::Connection;
use rusqlite::hooks::{CheckpointMode, Wal};
use std::cell::Cell;
use std::os::raw::c_int;
use std::time::Duration;

/// How many pages are worth it: a megabyte, some milliseconds for whoever comes meanwhile.
const SOME: c_int = 256;

/// So many are put into their place whoever waits: 64 MB.
const MOST: c_int = 16_000;

/// Nobody waits if nobody has come for so long. What comes by the second leaves many such moments and no long ones.
pub(crate) const QUIET: Duration = Duration::from_millis(1);

thread_local! {
    /// How many pages the log of this thread's connection had behind its last commit.
    static PAGES: Cell<c_int> = const { Cell::new(0) };
    /// And at the last fold: while somebody reads what is old, it goes on from there.
    static FOLDED: Cell<c_int> = const { Cell::new(0) };
}

pub(crate) fn begin(writes: &Connection) {
    writes.wal_hook(Some(committed));
}

pub(crate) fn is_worth_it() -> bool {
    PAGES.get() - FOLDED.get() >= SOME
}

pub(crate) fn fold(writes: &Connection) {
    FOLDED.set(PAGES.get());
    if let Err(error) = writes.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "what was written stays in the log for now");
    }
}

fn committed(log: &Wal, pages: c_int) -> rusqlite::Result<()> {
    PAGES.set(pages);
    FOLDED.set(FOLDED.get().min(pages));
    if pages >= MOST {
        // What was written is safe where it is, and the next commit tries again.
        let _ = log.checkpoint_v2(CheckpointMode::PASSIVE);
    }
    Ok(())
}
