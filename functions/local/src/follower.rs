//! What DynamoDB's stream does for `changes`: hands it what changed, in order. What is told goes out at once; what is
//! parked, and the bookmark behind both, are written together with those of what comes next, which costs a fraction.

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
use tokio::time::Instant;

/// How many changes at a time.
const PAGE: usize = 100;

/// What was told waits for so long at most until its bookmark moves: after a crash it is told again, with the same ids.
const TOGETHER: Duration = Duration::from_millis(100);

pub(crate) struct Follower<'a> {
    store: &'a Store,
    changes: &'a Changes,
    /// Told, and not settled yet.
    ahead: Option<Ahead>,
}

struct Ahead {
    position: String,
    since: Instant,
}

impl<'a> Follower<'a> {
    pub(crate) const fn new(store: &'a Store, changes: &'a Changes) -> Self {
        Self { store, changes, ahead: None }
    }

    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut changed = self.store.changed();
        while !*stop.borrow() {
            changed.mark_unchanged();
            let wait = match self.follow_some().await {
                Ok(0) => self.left(),
                Ok(_) => continue,
                Err(error) => paused(&error),
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = changed.changed() => {}
                _ = stop.changed() => {}
            }
        }
        if let Err(error) = self.settle().await {
            paused(&error);
        }
    }

    /// How many were told. As far as that came before an error it is certain, so that it is not told once more.
    pub(crate) async fn follow_some(&mut self) -> Result<usize> {
        let told = self.go_on().await;
        if told.is_err() {
            self.settle().await?;
        }
        told
    }

    /// What was told is told again if this fails.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        let Some(ahead) = self.ahead.take() else { return Ok(()) };
        let parked = AssertUnwindSafe(self.changes.park()).catch_unwind().await;
        parked.unwrap_or_else(|_| Err(Error::internal("parking panicked")))?;
        self.store.set_bookmark(ahead.position).await
    }

    fn left(&self) -> Duration {
        self.ahead.as_ref().map_or(LONGEST_WAIT, |ahead| TOGETHER.saturating_sub(ahead.since.elapsed()))
    }

    async fn go_on(&mut self) -> Result<usize> {
        if self.left().is_zero() {
            self.settle().await?;
        }
        let bookmark = match &self.ahead {
            Some(ahead) => Some(ahead.position.clone()),
            None => self.store.bookmark()?,
        };
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
                    self.told(position);
                }
            }
        }
        Ok(batch.len())
    }

    /// As far as it comes.
    async fn tell_some(&mut self, batch: &[RowChange]) -> Result<()> {
        self.changes.begin(batch).await?;
        let (mut told, mut failed) = (None, None);
        for change in batch {
            match self.changes.consume(change.clone()).await {
                Ok(_) => told = Some(&change.position),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        self.changes.tell().await?;
        if let Some(position) = told {
            self.told(position);
        }
        failed.map_or(Ok(()), Err)
    }

    fn told(&mut self, position: &str) {
        let since = self.ahead.as_ref().map_or_else(Instant::now, |ahead| ahead.since);
        self.ahead = Some(Ahead { position: position.to_owned(), since });
    }
}
