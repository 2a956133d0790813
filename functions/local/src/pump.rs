//! What AWS does between the functions: hands changes to `changes` and messages to `deliver`.

use changes::FanOut;
use deliver::Deliver;
use domain::Result;
use domain::clock::Clock;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::{Queue as _, Received};
use domain::table::ChangeLog as _;
use embedded::Store;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const AT_ONCE: usize = 16;

/// Longer than a delivery can take, so that nobody else picks it up meanwhile.
const HIDDEN: Duration = Duration::from_secs(60);

/// After a failure of the store, and the longest wait between two looks.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub struct Pump {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub fan_out: FanOut,
    pub deliver: Deliver,
}

impl Pump {
    /// Everything that is due now, and nothing more.
    pub async fn drain(&self) -> Result<()> {
        while self.fan_out_some().await? + self.deliver_some().await? > 0 {}
        Ok(())
    }

    /// Until the owner of `stop` says so, or is gone; what is in hand then is finished.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let changes = self.work(stop.clone(), |pump| Box::pin(pump.fan_out_some()), |_| LONGEST_WAIT);
        let messages = self.work(stop.clone(), |pump| Box::pin(pump.deliver_some()), Self::until_due);
        let expired = self.sweep(stop);
        tokio::join!(changes, messages, expired);
    }

    async fn work(
        &self,
        mut stop: watch::Receiver<bool>,
        some: impl for<'a> Fn(&'a Self) -> std::pin::Pin<Box<dyn Future<Output = Result<usize>> + Send + 'a>>,
        wait: impl Fn(&Self) -> Duration,
    ) {
        let mut stirred = self.store.stirred();
        while !*stop.borrow() {
            stirred.mark_unchanged();
            let pause = match some(self).await {
                Ok(0) => wait(self),
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, "will try again");
                    PAUSE
                }
            };
            tokio::select! {
                _ = tokio::time::sleep(pause) => {}
                news = stirred.changed() => if news.is_err() { return },
                news = stop.changed() => if news.is_err() { return },
            }
        }
    }

    async fn sweep(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.store.sweep().await {
                tracing::error!(%error, "expired rows were not deleted");
            }
            tokio::select! {
                _ = tokio::time::sleep(LONGEST_WAIT) => {}
                news = stop.changed() => if news.is_err() { return },
            }
        }
    }

    async fn fan_out_some(&self) -> Result<usize> {
        let changes = self.store.changes(self.store.bookmark()?.as_deref(), 100).await?;
        let count = changes.len();
        for change in changes {
            let position = change.position.clone();
            self.fan_out.consume(change).await?;
            self.store.set_bookmark(position).await?;
        }
        Ok(count)
    }

    async fn deliver_some(&self) -> Result<usize> {
        if self.until_due() > Duration::ZERO {
            return Ok(0);
        }
        let due = self.store.receive(AT_ONCE, HIDDEN).await?;
        let count = due.len();
        join_all(due.into_iter().map(|message| self.deliver_one(message))).await;
        Ok(count)
    }

    async fn deliver_one(&self, message: Received) {
        let receipt = message.receipt.clone();
        let settled = match self.deliver.consume(message).await {
            Ok(Outcome::Done) => self.store.done(&receipt).await,
            Ok(Outcome::RetryAfter(wait)) => self.store.retry_after(&receipt, wait).await,
            // It comes again when it is no longer hidden, and lies with the dead letters in the end.
            Err(error) => Err(error),
        };
        if let Err(error) = settled {
            tracing::error!(%error, receipt, "a message was not handled");
        }
    }

    fn until_due(&self) -> Duration {
        let Ok(Some(due)) = self.store.next_due() else { return LONGEST_WAIT };
        let wait = due.duration_since(self.clock.now());
        Duration::try_from(wait).unwrap_or_default().min(LONGEST_WAIT)
    }
}
