//! What AWS does between the functions: hands changes to `changes` and messages to `deliver`.

use crate::follower::Follower;
use crate::hands::{Hands, Went};
use crate::together::{Together, together};
use changes::Changes;
use deliver::Deliver;
use domain::Result;
use domain::clock::Clock;
use domain::due::Tick;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::{Queue as _, Received};
use due::Sweep;
use embedded::Store;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Longer than a delivery can take, so that nobody else picks it up meanwhile.
const HIDDEN: Duration = Duration::from_secs(60);

/// After a failure of the store, and the longest wait between two looks.
const PAUSE: Duration = Duration::from_secs(1);
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What was put off is taken up together with what is due within so long.
const TOGETHER: Duration = Duration::from_millis(20);

/// So long a hand rests that has parked, so that those to whom something arrives notice nothing of it.
const REST: Duration = Duration::from_millis(100);

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
        let (follower, mut hands) = (self.follower(), Hands::default());
        loop {
            let told = follower.follow_some().await?;
            let taken = self.take_due(&mut hands, Duration::ZERO).await;
            hands.empty().await;
            follower.settle().await?;
            if told + taken? == 0 {
                return Ok(());
            }
        }
    }

    /// Until `stop` says so; what is in hand then is finished.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        tokio::join!(self.follower().run(stop.clone()), self.hand_out(stop.clone()), self.sweep(stop));
    }

    fn follower(&self) -> Follower<'_> {
        Follower::new(&self.store, &self.changes)
    }

    async fn hand_out(self: &Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut queued = self.store.queued();
        let mut hands = Hands::default();
        while !*stop.borrow() {
            queued.mark_unchanged();
            // What falls due while this looks is not to be missed.
            let now = self.clock.now();
            let wait = match self.take_due(&mut hands, REST).await {
                Ok(_) => self.until_due(now),
                Err(error) => paused(&error),
            };
            let full = hands.are_full();
            tokio::select! {
                () = tokio::time::sleep(wait), if !full => {}
                _ = queued.changed(), if !full => {}
                () = hands.freed() => {}
                _ = stop.changed() => {}
            }
        }
        hands.empty().await;
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

    /// Puts what is due into hands that are free.
    async fn take_due(self: &Arc<Self>, hands: &mut Hands, rest: Duration) -> Result<usize> {
        let Some(turn) = hands.turn().filter(|_| self.is_due()) else { return Ok(0) };
        let due = self.store.take_in_turn(turn, HIDDEN).await?;
        let count = due.len();
        let together = together(&due, hands);
        hands.take(due, |message| {
            let (pump, together) = (Arc::clone(self), together.get(&message.group).cloned());
            async move { pump.deliver_one(message, together, rest).await }
        });
        Ok(count)
    }

    async fn deliver_one(&self, message: Received, together: Option<Arc<Together>>, rest: Duration) -> Went {
        let receipt = message.receipt.clone();
        let are_parked = match together {
            Some(together) => together.are_parked(&self.deliver).await,
            None => false,
        };
        let outcome = if are_parked { Ok(Outcome::PutAside) } else { self.deliver.consume(message).await };
        let went = match outcome {
            _ if are_parked => Went::Parked,
            Ok(Outcome::Done) => Went::Arrived,
            _ => Went::Failed,
        };
        let settled = match outcome {
            Ok(Outcome::Done | Outcome::PutAside) => self.store.done(&receipt).await,
            Ok(Outcome::RetryAfter(wait)) => self.store.retry_after(&receipt, wait).await,
            Err(error) => {
                // Again and again, and it lies with the dead letters in the end.
                tracing::error!(%error, receipt, "a message was not handled");
                self.store.retry_after(&receipt, HIDDEN).await
            }
        };
        if let Err(error) = settled {
            tracing::error!(%error, receipt, "it comes again when it is no longer hidden");
        }
        if went == Went::Parked {
            tokio::time::sleep(rest).await;
        }
        went
    }

    fn is_due(&self) -> bool {
        self.store.next_due(None).is_ok_and(|due| due.is_some_and(|due| due <= self.clock.now()))
    }

    /// What is due already waits for a hand, not for the time; what is due next, for more of that.
    fn until_due(&self, now: Timestamp) -> Duration {
        let wait = match self.store.next_due(Some(now)) {
            Ok(due) => due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default()),
            Err(error) => Some(paused(&error)),
        };
        wait.unwrap_or(LONGEST_WAIT).clamp(TOGETHER, LONGEST_WAIT)
    }
}

pub(crate) fn paused(error: &domain::Error) -> Duration {
    tracing::error!(%error, "will try again");
    PAUSE
}
