//! Who waits for changes or messages is told when there are new ones, and knows when the next message is due, without
//! looking into the file.

use rusqlite::Connection;
use rusqlite::hooks::Action;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::sync::watch;

const NEXT_DUE: &str = "SELECT min(due) FROM message WHERE dead = 0";

/// No message waits.
const NEVER: i64 = i64::MAX;

/// Of what is written through one connection.
pub(crate) struct News {
    seen: Arc<Seen>,
    changed: watch::Sender<()>,
    queued: watch::Sender<()>,
    next_due: Arc<AtomicI64>,
    unsynced: Arc<AtomicBool>,
}

#[derive(Default)]
struct Seen {
    /// A row that is new, whichever.
    any: AtomicBool,
    change: AtomicBool,
    message: AtomicBool,
    /// A message that is new, put off or gone.
    turn: AtomicBool,
}

pub(crate) struct Hears {
    pub(crate) changed: watch::Receiver<()>,
    /// Told as well of messages that are not written.
    pub(crate) queued: watch::Sender<()>,
    next_due: Arc<AtomicI64>,
    /// Whether the power could take a change that can be read already.
    unsynced: Arc<AtomicBool>,
}

impl News {
    pub(crate) fn of(writes: &Connection) -> rusqlite::Result<(Self, Hears)> {
        let ((changed, hears_changed), queued) = (watch::channel(()), watch::Sender::new(()));
        let next_due = Arc::new(AtomicI64::new(next_due(writes)?));
        // Nobody knows what the last one to write had synced.
        let unsynced = Arc::new(AtomicBool::new(true));
        let hears = Hears {
            changed: hears_changed,
            queued: queued.clone(),
            next_due: Arc::clone(&next_due),
            unsynced: Arc::clone(&unsynced),
        };
        let seen = Arc::new(Seen::default());
        let sees = Arc::clone(&seen);
        writes.update_hook(Some(move |action, _: &str, table: &str, _| sees.see(action, table)));
        Ok((Self { seen, changed, queued, next_due, unsynced }, hears))
    }

    /// By the thread that writes, before anybody can read what it has written.
    pub(crate) fn before_commit(&self, sync: bool) {
        if !sync && self.seen.change.load(Ordering::Relaxed) {
            self.unsynced.store(true, Ordering::Release);
        }
    }

    /// Behind each commit and before anybody is told of it. Where nothing is new nothing may have been synced.
    pub(crate) fn after_commit(&self, writes: &Connection, was_synced: bool) {
        if self.seen.any.swap(false, Ordering::Relaxed) && was_synced {
            self.unsynced.store(false, Ordering::Release);
        }
        if self.seen.turn.swap(false, Ordering::Relaxed) {
            // Whoever cannot know looks too early rather than too late.
            self.next_due.store(next_due(writes).unwrap_or(0), Ordering::Release);
        }
        for (seen, told) in [(&self.seen.change, &self.changed), (&self.seen.message, &self.queued)] {
            if seen.swap(false, Ordering::Relaxed) {
                told.send_modify(|()| {});
            }
        }
    }
}

impl Seen {
    fn see(&self, action: Action, table: &str) {
        let is_new = action == Action::SQLITE_INSERT;
        self.any.fetch_or(is_new, Ordering::Relaxed);
        self.change.fetch_or(is_new && table == "change", Ordering::Relaxed);
        self.message.fetch_or(is_new && table == "message", Ordering::Relaxed);
        self.turn.fetch_or(table == "message", Ordering::Relaxed);
    }
}

impl Hears {
    /// In milliseconds.
    pub(crate) fn next_due(&self) -> Option<i64> {
        Some(self.next_due.load(Ordering::Acquire)).filter(|due| *due < NEVER)
    }

    pub(crate) fn is_unsynced(&self) -> bool {
        self.unsynced.load(Ordering::Acquire)
    }
}

fn next_due(db: &Connection) -> rusqlite::Result<i64> {
    let due = db.prepare_cached(NEXT_DUE)?.query_row([], |row| row.get::<_, Option<i64>>(0))?;
    Ok(due.unwrap_or(NEVER))
}
