//! Who waits for changes or for messages is told when there are new ones.

use rusqlite::Connection;
use rusqlite::hooks::Action;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// Of one table, whose rows somebody waits for.
pub(crate) struct News {
    table: &'static str,
    came: Arc<AtomicBool>,
    told: watch::Sender<()>,
}

impl News {
    pub(crate) fn of(table: &'static str) -> (Self, watch::Receiver<()>) {
        let (told, hears) = watch::channel(());
        (Self { table, came: Arc::default(), told }, hears)
    }

    /// Sees what is inserted through this connection, which has one such watcher.
    pub(crate) fn watch(db: &Connection, all: &[Self; 2]) {
        let all = all.each_ref().map(|news| (news.table, Arc::clone(&news.came)));
        db.update_hook(Some(move |action, _: &str, table: &str, _| {
            let is_new = |(of, _): &&(&str, _)| action == Action::SQLITE_INSERT && *of == table;
            all.iter().filter(is_new).for_each(|(_, came)| came.store(true, Ordering::Relaxed));
        }));
    }

    /// By the thread that writes, behind each commit.
    pub(crate) fn after_commit(&self) {
        if self.came.swap(false, Ordering::Relaxed) {
            self.told.send_modify(|()| {});
        }
    }
}
