//! Who delivers at this moment, and to which groups: each group has its share, so that one whose receiver hangs holds up
//! no other, and there are always hands for those to whom something arrives.

use domain::queue::Received;
use embedded::Turn;
use std::collections::{BTreeMap, HashMap};
use tokio::task::{Id, JoinError, JoinSet, yield_now};

/// How many deliveries are in hand at the same time, and how many of them of one group.
const MOST: usize = 256;
const EACH: usize = 8;

/// And how many of all those groups that are known for it that nothing arrives.
const MOST_SICK: usize = MOST / 2;

#[derive(Default)]
pub struct Hands {
    at_work: JoinSet<Went>,
    groups: HashMap<Id, String>,
    served: String,
    /// How the last one went, of those groups to whom it did not arrive.
    sick: HashMap<String, Went>,
}

/// How it went with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// It was handled for good.
    Arrived,
    Failed,
    /// With all that was taken of its group.
    Parked,
}

impl Hands {
    /// Who may be served next; `None` while no hand is free.
    pub fn turn(&mut self) -> Option<Turn> {
        while let Some(done) = self.at_work.try_join_next_with_id() {
            self.forget(done);
        }
        let most = MOST.checked_sub(self.at_work.len()).filter(|free| *free > 0)?;
        let mut in_hand = BTreeMap::<_, usize>::new();
        for group in self.groups.values() {
            *in_hand.entry(group.clone()).or_default() += 1;
        }
        // Where one was parked the next are, too: all at once, when nothing else of their group is in hand.
        in_hand.iter_mut().filter(|(group, _)| self.parks(group)).for_each(|(_, count)| *count = EACH);
        let most_slow = MOST_SICK.saturating_sub(self.sick_in_hand());
        let slow = self.sick.keys().cloned().collect();
        Some(Turn { most, each: EACH, in_hand, after: self.served.clone(), slow, most_slow })
    }

    pub fn take<Work>(&mut self, messages: Vec<Received>, work: impl Fn(Received) -> Work)
    where
        Work: Future<Output = Went> + Send + 'static,
    {
        if let Some(last) = messages.last() {
            self.served.clone_from(&last.group);
        }
        for message in messages {
            let (group, is_sick) = (message.group.clone(), self.is_sick(&message.group));
            // Whether it still parks is known when the first of them ends.
            if let Some(went) = self.sick.get_mut(&group) {
                *went = Went::Failed;
            }
            let work = work(message);
            let work = async move {
                if is_sick {
                    // Those to whom something arrives go first.
                    yield_now().await;
                }
                work.await
            };
            self.groups.insert(self.at_work.spawn(work).id(), group);
        }
    }

    /// Whether the last one did not arrive.
    pub(crate) fn is_sick(&self, group: &str) -> bool {
        self.sick.contains_key(group)
    }

    /// Whether the last one was parked.
    pub(crate) fn parks(&self, group: &str) -> bool {
        self.sick.get(group) == Some(&Went::Parked)
    }

    pub(crate) fn are_full(&self) -> bool {
        self.at_work.len() >= MOST
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

    fn sick_in_hand(&self) -> usize {
        self.groups.values().filter(|group| self.is_sick(group)).count()
    }

    /// Whether that is of any use to others. A delivery that panicked is in the log; its message comes again.
    fn forget(&mut self, done: Result<(Id, Went), JoinError>) -> bool {
        let (id, went) = done.unwrap_or_else(|error| (error.id(), Went::Failed));
        let were_full = self.groups.len() >= MOST || self.sick_in_hand() >= MOST_SICK;
        let Some(group) = self.groups.remove(&id) else { return true };
        let others = self.groups.values().filter(|other| **other == group).count();
        let parked = self.parks(&group);
        if went == Went::Arrived {
            self.sick.remove(&group);
        } else {
            self.sick.insert(group, went);
        }
        were_full
            || match went {
                Went::Arrived => parked || others + 1 >= EACH,
                Went::Failed => true,
                Went::Parked => others == 0,
            }
    }
}
