//! Who delivers at this moment, and to which groups: each group has its share, so that one whose receiver hangs holds up
//! no other.

use embedded::Turn;
use std::collections::{BTreeMap, HashMap};
use tokio::task::{Id, JoinError, JoinSet};

/// How many deliveries are in hand at the same time, and how many of them of one group.
const MOST: usize = 256;
const EACH: usize = 8;

#[derive(Default)]
pub(crate) struct Hands {
    at_work: JoinSet<()>,
    groups: HashMap<Id, String>,
    served: String,
}

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

    pub(crate) fn take(&mut self, group: String, work: impl Future<Output = ()> + Send + 'static) {
        let id = self.at_work.spawn(work).id();
        self.served.clone_from(&group);
        self.groups.insert(id, group);
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

    pub(crate) async fn empty(&mut self) {
        while let Some(done) = self.at_work.join_next_with_id().await {
            self.forget(done);
        }
    }

    /// A delivery that panicked is in the log; its message comes again.
    fn forget(&mut self, done: Result<(Id, ()), JoinError>) {
        let id = done.map_or_else(|error| error.id(), |(id, ())| id);
        self.groups.remove(&id);
    }
}
