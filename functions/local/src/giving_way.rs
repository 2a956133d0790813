//! Those to whom nothing arrives give way to those to whom it does. What is for them waits for more of its group, since
//! what is parked together is written together; then until the others have just been served, because what comes next for
//! them is furthest away then; and begins a few at a time.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, ready};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

/// How many make a group whole, and how many begin at a time.
pub(crate) const TOGETHER: usize = 8;

/// For so long at most the first of a group waits for more of it, and then for the others.
const GATHERS: Duration = Duration::from_millis(100);
const GIVES_WAY: Duration = Duration::from_millis(20);

/// Whoever is not done after so long waits for a receiver, and keeps nobody from beginning.
const BRIEFLY: Duration = Duration::from_millis(5);

pub(crate) struct GivingWay {
    /// How much is in hand for those to whom something arrives; ticks when that was the last of it.
    well: watch::Sender<usize>,
    turns: Arc<Semaphore>,
}

/// Some of it, for as long as this lives.
pub(crate) struct ForWell(watch::Sender<usize>);

/// Those of one group that wait for each other, and begin one behind the other.
pub(crate) struct Group {
    until: Instant,
    count: usize,
    is_whole: watch::Sender<bool>,
    begins: Begins,
}

type Begins = Shared<BoxFuture<'static, ()>>;

impl GivingWay {
    pub(crate) fn for_well(&self) -> ForWell {
        self.well.send_if_modified(|count| {
            *count += 1;
            false
        });
        ForWell(self.well.clone())
    }

    /// The same work, when its turn has come.
    pub(crate) fn behind<Work: Future>(
        &self,
        group: &mut Group,
        work: Work,
    ) -> impl Future<Output = Work::Output> + use<Work> {
        let (begins, turns) = (group.join(&self.well), Arc::clone(&self.turns));
        async move {
            begins.await;
            let turn = turns.acquire().await;
            let mut work = pin!(work);
            match timeout(BRIEFLY, &mut work).await {
                Ok(done) => done,
                Err(_) => {
                    drop(turn);
                    work.await
                }
            }
        }
    }
}

impl Default for GivingWay {
    fn default() -> Self {
        Self { well: watch::Sender::default(), turns: Arc::new(Semaphore::new(TOGETHER)) }
    }
}

impl Drop for ForWell {
    fn drop(&mut self) {
        self.0.send_if_modified(|count| {
            *count -= 1;
            *count == 0
        });
    }
}

impl Group {
    fn until(until: Instant, mut well: watch::Receiver<usize>) -> Self {
        let (is_whole, mut whole) = watch::channel(false);
        let begins = async move {
            _ = timeout_at(until, whole.wait_for(|whole| *whole)).await;
            well.mark_unchanged();
            _ = timeout(GIVES_WAY, well.changed()).await;
        };
        Self { until, count: 0, is_whole, begins: begins.boxed().shared() }
    }

    fn join(&mut self, well: &watch::Sender<usize>) -> Begins {
        let now = Instant::now();
        if self.until <= now || self.count == TOGETHER {
            *self = Self::until(now + GATHERS, well.subscribe());
        }
        self.count += 1;
        if self.count == TOGETHER {
            self.is_whole.send_replace(true);
        }
        self.begins.clone()
    }
}

impl Default for Group {
    /// That of whoever came before them, and did not wait.
    fn default() -> Self {
        let begins = ready(()).boxed().shared();
        Self { until: Instant::now(), count: 0, is_whole: watch::Sender::default(), begins }
    }
}
