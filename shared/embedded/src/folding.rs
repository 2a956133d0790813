//! What was written lies in SQLite's log first, and is put into its place in the file from there: by a thread of its own,
//! so that nobody who writes waits for the disk meanwhile. Only when nothing is written beside it is that all of it, and
//! the log begins anew; so the thread that writes does what is left of a long one itself, in a quiet moment. It says when
//! the other does, too, and only when something was written since then: SQLite before 3.51.3 leaves something out when a
//! log of which all is folded is folded once more while it begins anew.

use rusqlite::hooks::Wal;
use rusqlite::{Connection, Row};
use std::cell::Cell;
use std::os::raw::c_int;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How many pages are worth it: a megabyte. And so few are left that who comes meanwhile does not wait for long: four.
const SOME: c_int = 256;
const FEW: c_int = 1_024;

/// So many do not wait for a quiet moment, and of so many the log is a long one: 16 MB.
const MANY: c_int = 4_096;

/// So many are put into their place whoever waits: 64 MB.
const MOST: c_int = 16_384;

/// Nobody writes if nobody has come for so long. What comes by the second leaves many such moments and no long ones.
pub(crate) const QUIET: Duration = Duration::from_millis(1);

thread_local! {
    /// The log of this thread's connection behind its last commit.
    static LOG: Cell<Log> = const { Cell::new(Log { pages: 0, begun: 0, is_new: false }) };
}

#[derive(Clone, Copy)]
struct Log {
    pages: c_int,
    /// How often it has begun anew.
    begun: u32,
    /// Something was written since it is known how much is in its place: whatever else is true, that is not.
    is_new: bool,
}

pub(crate) struct Folding {
    ask: Sender<()>,
    told: Receiver<Option<c_int>>,
    thread: JoinHandle<()>,
    /// The log that is being folded.
    at_work: Option<u32>,
    /// How much is in its place, of which log.
    folded: (c_int, u32),
}

impl Folding {
    /// `beside` is a connection to the same file that serves nothing else.
    pub(crate) fn begin(writes: &Connection, beside: Connection) -> std::io::Result<Self> {
        writes.wal_hook(Some(committed));
        let ((ask, asked), (tell, told)) = (channel(), channel());
        let run = move || asked.iter().all(|()| tell.send(fold(&beside)).is_ok());
        let thread = thread::Builder::new().name("folder".to_owned()).spawn(move || _ = run())?;
        Ok(Self { ask, told, thread, at_work: None, folded: (0, 0) })
    }

    /// By the thread that writes, behind each commit.
    pub(crate) fn go_on(&mut self, writes: &Connection, is_quiet: impl FnOnce() -> bool) {
        if let Ok(folded) = self.told.try_recv() {
            self.note(folded);
        }
        let log = LOG.get();
        if log.pages >= MOST {
            self.wait();
            self.fold_here(writes, log);
        } else if self.at_work.is_none() && log.is_new {
            let (folded, begun) = self.folded;
            let more = log.pages - if begun == log.begun { folded } else { 0 };
            let is_quiet = more >= SOME && is_quiet();
            if is_quiet && log.pages >= MANY && more < FEW {
                self.fold_here(writes, log);
            } else if is_quiet || more >= MANY {
                self.at_work = self.ask.send(()).is_ok().then_some(log.begun);
            }
        }
    }

    /// While nobody writes: the log begins anew with the next commit.
    fn fold_here(&mut self, writes: &Connection, log: Log) {
        self.at_work = Some(log.begun);
        self.note(fold(writes));
    }

    /// Until the file is used by nobody but the thread that writes.
    pub(crate) fn end(mut self) {
        self.wait();
        drop(self.ask);
        let _ = self.thread.join();
    }

    fn wait(&mut self) {
        if self.at_work.is_some()
            && let Ok(folded) = self.told.recv()
        {
            self.note(folded);
        }
    }

    fn note(&mut self, folded: Option<c_int>) {
        if let (Some(begun), Some(pages)) = (self.at_work.take(), folded) {
            self.folded = (pages, begun);
        }
        LOG.set(Log { is_new: false, ..LOG.get() });
    }
}

/// How many pages of the log are in their place now.
fn fold(db: &Connection) -> Option<c_int> {
    let folded = |row: &Row<'_>| Ok((row.get::<_, bool>(0)?, row.get::<_, c_int>(2)?));
    match db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], folded) {
        Ok((is_busy, pages)) => Some(pages).filter(|_| !is_busy),
        Err(error) => {
            tracing::warn!(%error, "what was written stays in the log for now");
            None
        }
    }
}

fn committed(_: &Wal, pages: c_int) -> rusqlite::Result<()> {
    let log = LOG.get();
    LOG.set(Log { pages, begun: log.begun + u32::from(pages < log.pages), is_new: true });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Folding, LOG, MANY, SOME};
    use rusqlite::Connection;

    /// As the thread that writes: so many pages and some more, one commit.
    fn write(db: &Connection, pages: i32) {
        db.execute("INSERT INTO page VALUES (zeroblob(?1 * 4096))", [pages]).unwrap();
    }

    fn folding() -> (Connection, Folding, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let open = || Connection::open(folder.path().join("larder.db")).unwrap();
        let writes = open();
        writes.pragma_update(None, "journal_mode", "WAL").unwrap();
        writes.execute_batch("CREATE TABLE page (body BLOB)").unwrap();
        let folding = Folding::begin(&writes, open()).unwrap();
        (writes, folding, folder)
    }

    #[test]
    fn what_is_folded_is_not_folded_again_and_the_log_begins_anew() {
        let (writes, mut folding, _folder) = folding();
        write(&writes, SOME);
        folding.go_on(&writes, || false);
        assert_eq!(folding.at_work, None, "somebody writes");
        folding.go_on(&writes, || true);
        assert_eq!(folding.at_work, Some(0));
        folding.wait();
        assert_eq!(folding.folded, (LOG.get().pages, 0));
        folding.folded = (0, 0);
        folding.go_on(&writes, || true);
        assert_eq!(folding.at_work, None, "nothing is to be folded, whatever it reckons");
        write(&writes, SOME - 10);
        assert_eq!(LOG.get().begun, 1);
        folding.go_on(&writes, || true);
        assert_eq!(folding.at_work, None, "it is not worth it");
        write(&writes, 10);
        folding.go_on(&writes, || true);
        assert_eq!(folding.at_work, Some(1), "what was folded of the log before does not count");
        folding.end();
        writes.close().unwrap();
    }

    #[test]
    fn the_thread_that_writes_does_what_is_left_of_a_long_log_in_a_quiet_moment() {
        let (writes, mut folding, folder) = folding();
        write(&writes, MANY);
        let reads = Connection::open(folder.path().join("larder.db")).unwrap();
        reads.execute_batch("BEGIN; SELECT count(*) FROM page").unwrap();
        folding.go_on(&writes, || true);
        assert_eq!(folding.at_work, Some(0), "that would take long");
        folding.wait();
        write(&writes, SOME);
        reads.execute_batch("COMMIT").unwrap();
        assert_eq!(LOG.get().begun, 0, "somebody has read what was there before");
        folding.go_on(&writes, || false);
        assert_eq!(folding.at_work, None);
        folding.go_on(&writes, || true);
        assert_eq!((folding.at_work, folding.folded), (None, (LOG.get().pages, 0)));
        write(&writes, 1);
        assert_eq!(LOG.get().begun, 1);
    }
}
