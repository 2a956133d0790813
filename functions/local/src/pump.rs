//! What AWS does between the functions: hands changes to `changes` and messages to `deliver`.

use changes::Changes;
use deliver::Deliver;
use domain::Result;
use domain::clock::Clock;
use domain::due::Tick;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::{Queue as _, Received};
use domain::table::ChangeLog as _;
use due::Sweep;
use embedded::Store;
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many deliveries are in hand at the same time, each on its own: slow receivers hold up others only when they
/// hold all of these.
const HANDS: usize = 64;

/// Longer than a delivery can take, so that nobody else picks it up meanwhile.
const HIDDEN: Duration = Duration::from_secs(60);

/// After a failure of the store, and the longest wait between two looks.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub struct Pump {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub changes: Changes,
    pub deliver: Deliver,
    pub due: Sweep,
}

impl Pump {
    /// Everything that is due now, and nothing more.
    pub async fn drain(self: &Arc<Self>) -> Result<()> {
        self.due.consume(Tick).await?;
        loop {
            let told = self.follow_some().await?;
            let mut hands = JoinSet::new();
            let taken = self.take_due(&mut hands).await?;
            empty(&mut hands).await;
            if told + taken == 0 {
                return Ok(());
            }
        }
    }

    /// Until `stop` says so; what is in hand then is finished.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        tokio::join!(self.tell(stop.clone()), self.hand_out(stop.clone()), self.sweep(stop));
    }

    async fn tell(&self, mut stop: watch::Receiver<bool>) {
        let mut stirred = self.store.stirred();
        while !*stop.borrow() {
            stirred.mark_unchanged();
            let wait = match self.follow_some().await {
                Ok(0) => LONGEST_WAIT,
                Ok(_) => continue,
                Err(error) => paused(&error),
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stirred.changed() => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn hand_out(self: &Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut stirred = self.store.stirred();
        let mut hands = JoinSet::new();
        while !*stop.borrow() {
            stirred.mark_unchanged();
            let wait = match self.take_due(&mut hands).await {
                Ok(0) => self.until_due(),
                Ok(_) => continue,
                Err(error) => paused(&error),
            };
            let full = hands.len() >= HANDS;
            tokio::select! {
                () = tokio::time::sleep(wait), if !full => {}
                _ = stirred.changed(), if !full => {}
                Some(_) = hands.join_next() => {}
                _ = stop.changed() => {}
            }
        }
        empty(&mut hands).await;
    }

    async fn sweep(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.due.consume(Tick).await {
                paused(&error);
            }
            if let Err(error) = self.store.sweep().await {
                paused(&error);
            }
            tokio::select! {
                () = tokio::time::sleep(LONGEST_WAIT) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One bookmark for all: what is told again after a crash has the same id.
    async fn follow_some(&self) -> Result<usize> {
        let changes = self.store.changes(self.store.bookmark()?.as_deref(), 100).await?;
        let count = changes.len();
        match AssertUnwindSafe(self.changes.begin(&changes)).catch_unwind().await {
            Ok(begun) => begun?,
            Err(_) => tracing::error!("a batch of changes made its consumer panic, and is passed over"),
        }
        let (mut told, mut failed) = (None, None);
        for change in changes {
            let position = change.position.clone();
            match AssertUnwindSafe(self.changes.consume(change)).catch_unwind().await {
                Ok(Ok(_)) => told = Some(position),
                Ok(Err(error)) => {
                    failed = Some(error);
                    break;
                }
                Err(_) => {
                    tracing::error!(position, "a change made its consumer panic, and is passed over");
                    told = Some(position);
                }
            }
        }
        if let Some(position) = told {
            self.store.set_bookmark(position).await?;
        }
        failed.map_or(Ok(count), Err)
    }

    /// Puts what is due into hands that are free.
    async fn take_due(self: &Arc<Self>, hands: &mut JoinSet<()>) -> Result<usize> {
        while hands.try_join_next().is_some() {}
        let free = HANDS.saturating_sub(hands.len());
        if free == 0 || self.until_due() > Duration::ZERO {
            return Ok(0);
        }
        let due = self.store.receive(free, HIDDEN).await?;
        let count = due.len();
        for message in due {
            let pump = Arc::clone(self);
            hands.spawn(async move { pump.deliver_one(message).await });
        }
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

/// A delivery that panicked is in the log; its message comes again.
async fn empty(hands: &mut JoinSet<()>) {
    while hands.join_next().await.is_some() {}
}

fn paused(error: &domain::Error) -> Duration {
    tracing::error!(%error, "will try again");
    PAUSE
}
