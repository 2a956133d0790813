//! Who delivers at this moment, and to which groups: each group has its share, so that one whose receiver hangs holds up
//! no other, and those to whom nothing arrives wait until those to whom it does have theirs.

use domain::queue::Received;
use embedded::Turn;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};

/// How many deliveries are in hand at the same time, and how many of them of one group.
const MOST: usize = 256;
const EACH: usize = 8;

/// For so long at most a message for those to whom nothing arrives gives way to the others.
const GIVES_WAY: Duration = Duration::from_millis(20);

/// Before that it waits so long for more of its group: what is parked together is written together.
const GATHERS: Duration = Duration::from_millis(100);

#[derive(Default)]
pub struct Hands {
    at_work: JoinSet<Arrived>,
    groups: HashMap<Id, String>,
    served: String,
    /// The groups to whom the last one did not arrive.
    sick: HashMap<String, Together>,
    /// How many are in hand for the others.
    in_hand_for_well: watch::Sender<usize>,
}

/// Whether a message was handled for good.
pub(crate) type Arrived = bool;

/// Those of one group that are begun at the same time.
struct Together {
    until: Instant,
    count: usize,
    are_all: watch::Sender<bool>,
}

/// One in hand, for as long as this lives.
struct InHand(watch::Sender<usize>);

impl Hands {
    /// Who may be served next; `None` while no hand is free.
    pub(crate) fn turn(&mut self) -> Option<Turn> {
        while let Some(done) = self.at_work.try_join_next_with_id() {
            self.forget(done);
        }
        let most = MOST.checked_sub(self.at_work.len()).filter(|free| *free > 0)?;
        let mut in_hand = BTreeMap::<_, usize>::new();
        for group in self.groups.values() {
            *in_hand.entry(group.clone()).or_default() += 1;
        }
        Some(Turn { most, each: EACH, in_hand, after: self.served.clone() })
    }

    pub fn take<Work>(&mut self, mut messages: Vec<Received>, work: impl Fn(Received) -> Work)
    where
        Work: Future<Output = Arrived> + Send + 'static,
    {
        if let Some(last) = messages.last() {
            self.served.clone_from(&last.group);
        }
        messages.sort_by_key(|message| self.sick.contains_key(&message.group));
        for message in messages {
            let group = message.group.clone();
            let gathered = self.sick.get_mut(&group).map(Together::join);
            let in_hand = gathered.is_none().then(|| InHand::new(&self.in_hand_for_well));
            let mut others = self.in_hand_for_well.subscribe();
            let work = work(message);
            let work = async move {
                let _in_hand = in_hand;
                if let Some(gathered) = gathered {
                    gathered.await;
                    let _ = timeout(GIVES_WAY, others.wait_for(|in_hand| *in_hand == 0)).await;
                }
                work.await
            };
            self.groups.insert(self.at_work.spawn(work).id(), group);
        }
    }

    pub(crate) fn are_full(&self) -> bool {
        self.at_work.len() >= MOST
    }

    /// Never while all are at rest.
    pub(crate) async fn freed(&mut self) {
        match self.at_work.join_next_with_id().await {
            Some(done) => self.forget(done),
            None => std::future::pending().await,
        }
    }

    pub async fn empty(&mut self) {
        while let Some(done) = self.at_work.join_next_with_id().await {
            self.forget(done);
        }
    }

    /// A delivery that panicked is in the log; its message comes again.
    fn forget(&mut self, done: Result<(Id, Arrived), JoinError>) {
        let (id, arrived) = done.unwrap_or_else(|error| (error.id(), false));
        match self.groups.remove(&id) {
            Some(group) if arrived => _ = self.sick.remove(&group),
            Some(group) => _ = self.sick.entry(group).or_insert_with(|| Together::until(Instant::now())),
            None => {}
        }
    }
}

impl Together {
    fn until(until: Instant) -> Self {
        Self { until, count: 0, are_all: watch::Sender::new(false) }
    }

    /// Ends when so many have joined as may be in hand, or when the first of them has waited long enough.
    fn join(&mut self) -> impl Future<Output = ()> + use<> {
        let now = Instant::now();
        if self.until <= now || self.count == EACH {
            *self = Self::until(now + GATHERS);
        }
        self.count += 1;
        self.are_all.send_replace(self.count == EACH);
        let (until, mut are_all) = (self.until, self.are_all.subscribe());
        async move { _ = timeout_at(until, are_all.wait_for(|all| *all)).await }
    }
}

impl InHand {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
