//! Who delivers at this moment, and to which groups: each group has its share, so that one whose receiver hangs holds up
//! no other, and there are always hands for those to whom something arrives.

use domain::queue::Received;
use embedded::Turn;
use std::collections::{BTreeMap, HashMap, HashSet};
use tokio::task::{Id, JoinError, JoinSet};

/// How many deliveries are in hand at the same time, and how many of them of one group.
const MOST: usize = 256;
const EACH: usize = 8;

/// And how many of all those groups that are known for it that nothing arrives.
const MOST_SICK: usize = MOST / 2;

#[derive(Default)]
pub struct Hands {
    at_work: JoinSet<Arrived>,
    /// For which group, and how many messages.
    groups: HashMap<Id, (String, usize)>,
    served: String,
    /// The groups to whom the last one did not arrive.
    sick: HashSet<String>,
}

/// Whether a message was handled for good, or one of several.
pub(crate) type Arrived = bool;

impl Hands {
    /// Who may be served next; `None` while no hand is free.
    pub fn turn(&mut self) -> Option<Turn> {
        while let Some(done) = self.at_work.try_join_next_with_id() {
            self.forget(done);
        }
        let most = MOST.checked_sub(self.in_hand(|_| true)).filter(|free| *free > 0)?;
        let mut in_hand = BTreeMap::<_, usize>::new();
        for (group, count) in self.groups.values() {
            *in_hand.entry(group.clone()).or_default() += count;
        }
        let most_slow = MOST_SICK.saturating_sub(self.sick_in_hand());
        let slow = self.sick.clone();
        Some(Turn { most, each: EACH, in_hand, after: self.served.clone(), slow, most_slow })
    }

    /// Messages of a group to which nothing arrives are one piece of work: they are likely to be parked together.
    pub fn take<Work>(&mut self, messages: Vec<Received>, work: impl Fn(Vec<Received>) -> Work)
    where
        Work: Future<Output = Arrived> + Send + 'static,
    {
        if let Some(last) = messages.last() {
            self.served.clone_from(&last.group);
        }
        let together =
            |one: &Received, next: &Received| one.group == next.group && self.sick.contains(&one.group);
        for messages in messages.chunk_by(together).map(<[_]>::to_vec) {
            let Some(group) = messages.first().map(|first| first.group.clone()) else { continue };
            let count = messages.len();
            self.groups.insert(self.at_work.spawn(work(messages)).id(), (group, count));
        }
    }

    pub(crate) fn are_full(&self) -> bool {
        self.in_hand(|_| true) >= MOST
    }

    /// Until somebody can be served who could not be before, or is to be tried again; never while all are at rest.
    pub async fn freed(&mut self) {
        while let Some(done) = self.at_work.join_next_with_id().await {
            if self.forget(done) {
                return;
            }
        }
        std::future::pending().await
    }

    pub async fn empty(&mut self) {
        while let Some(done) = self.at_work.join_next_with_id().await {
            self.forget(done);
        }
    }

    fn in_hand(&self, of: impl Fn(&String) -> bool) -> usize {
        self.groups.values().filter(|(group, _)| of(group)).map(|(_, count)| count).sum()
    }

    fn sick_in_hand(&self) -> usize {
        self.in_hand(|group| self.sick.contains(group))
    }

    /// Whether that is of any use to others. A delivery that panicked is in the log; its message comes again.
    fn forget(&mut self, done: Result<(Id, Arrived), JoinError>) -> bool {
        let (id, arrived) = done.unwrap_or_else(|error| (error.id(), false));
        let were_full = self.are_full() || self.sick_in_hand() >= MOST_SICK;
        let Some((group, count)) = self.groups.remove(&id) else { return true };
        let in_hand = count + self.in_hand(|other| *other == group);
        if arrived {
            self.sick.remove(&group);
        } else {
            self.sick.insert(group);
        }
        were_full || in_hand >= EACH || !arrived
    }
}
