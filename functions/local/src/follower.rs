//! What DynamoDB's stream does for `changes`: hands it what changed, in order. What is told goes out at once; what is
//! parked, what did not arrive by then, and the bookmark are written behind that, which holds up nobody and costs a fraction.

use crate::pump::{LONGEST_WAIT, paused};
use changes::Changes;
use domain::outcome::Consumer as _;
use domain::table::{ChangeLog as _, RowChange};
use domain::{Error, Result};
use embedded::Store;
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How many changes at a time.
const PAGE: usize = 100;

/// What was told waits for so long until its bookmark moves: after a crash it is told again, with the same ids.
const TOGETHER: Duration = Duration::from_millis(100);

/// While so much is to be parked or written, no other page is told, so that there is an end to what lies in memory.
const MOST_PENDING: usize = 2_000;

pub(crate) struct Follower<'a> {
    store: &'a Store,
    changes: &'a Changes,
    /// Up to which change.
    told: watch::Sender<Option<String>>,
    settled: watch::Sender<Option<String>>,
}

impl<'a> Follower<'a> {
    pub(crate) fn new(store: &'a Store, changes: &'a Changes) -> Self {
        Self { store, changes, told: watch::Sender::new(None), settled: watch::Sender::new(None) }
    }

    pub(crate) async fn run(self, stop: watch::Receiver<bool>) {
        tokio::join!(self.follow(stop.clone()), self.settle_behind(stop));
        if let Err(error) = self.settle().await {
            paused(&error);
        }
    }

    async fn follow(&self, mut stop: watch::Receiver<bool>) {
        let (mut changed, mut settled) = (self.store.changed(), self.settled.subscribe());
        while !*stop.borrow() {
            settled.mark_unchanged();
            if self.changes.pending() + self.store.unwritten() >= MOST_PENDING && !self.is_settled() {
                tokio::select! {
                    _ = settled.changed() => {}
                    _ = stop.changed() => {}
                }
                continue;
            }
            changed.mark_unchanged();
            let wait = match self.follow_some().await {
                Ok(0) => LONGEST_WAIT,
                Ok(_) => continue,
                Err(error) => paused(&error),
            };
            tokio::select! {
                () = sleep(wait) => {}
                _ = changed.changed() => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn settle_behind(&self, mut stop: watch::Receiver<bool>) {
        let (mut told, mut wait) = (self.told.subscribe(), TOGETHER);
        while !*stop.borrow() {
            tokio::select! {
                () = sleep(wait), if !self.is_settled() => {}
                _ = told.changed(), if self.is_settled() => continue,
                _ = stop.changed() => return,
            }
            wait = self.settle().await.map_or_else(|error| paused(&error), |()| TOGETHER);
        }
    }

    fn is_settled(&self) -> bool {
        *self.told.borrow() == *self.settled.borrow()
    }

    /// What was told until now is not told again, not even after a crash.
    pub(crate) async fn settle(&self) -> Result<()> {
        let told = self.told.borrow().clone();
        let Some(position) = told.filter(|_| !self.is_settled()) else { return Ok(()) };
        let parked = AssertUnwindSafe(self.changes.park()).catch_unwind().await;
        parked.unwrap_or_else(|_| Err(Error::internal("parking panicked")))?;
        self.store.set_bookmark(position.clone()).await?;
        self.settled.send_replace(Some(position));
        Ok(())
    }

    /// How many were told.
    pub(crate) async fn follow_some(&self) -> Result<usize> {
        let told = self.told.borrow().clone();
        let bookmark = told.map_or_else(|| self.store.bookmark(), |told| Ok(Some(told)))?;
        let batch = self.store.changes(bookmark.as_deref(), PAGE).await?;
        if let Ok(told) = AssertUnwindSafe(self.tell_some(&batch)).catch_unwind().await {
            return told.map(|()| batch.len());
        }
        // One of them makes its consumer panic: each by itself, so that none but that one is passed over.
        for change in &batch {
            match AssertUnwindSafe(self.tell_some(std::slice::from_ref(change))).catch_unwind().await {
                Ok(told) => told?,
                Err(_) => {
                    let position = &change.position;
                    tracing::error!(position, "a change made its consumer panic, and is passed over");
                    self.told.send_replace(Some(position.clone()));
                }
            }
        }
        Ok(batch.len())
    }

    /// As far as it comes.
    async fn tell_some(&self, batch: &[RowChange]) -> Result<()> {
        self.changes.begin(batch).await?;
        let (mut told, mut failed) = (None, None);
        for change in batch {
            match self.changes.consume(change.clone()).await {
                Ok(_) => told = Some(change.position.clone()),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        self.changes.tell().await?;
        if told.is_some() {
            self.told.send_replace(told);
        }
        failed.map_or(Ok(()), Err)
    }
}
