//! What undoing somebody's writes makes of one item: history in, plan out.
//!
//! An item goes back to what it was before the first of these writes, or not at all: what anybody else wrote since then
//! is not overwritten. What an undo wrote, and the writes that it took back, count as if they had never been.

mod done;
mod item;
mod page;
#[cfg(test)]
mod tests;

pub use done::{Conflict, Counts, Did, Reason, Undone};
pub use page::{Place, Undoing};

use crate::change::{Change, STAMPS};
use crate::id::{ConnectionId, UndoId};
use crate::shelf::Source;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whose writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// Those that a connection made from then on, before then.
    Of { connection: ConnectionId, since: Timestamp, until: Option<Timestamp> },
    /// Those that an undo made.
    Undo(UndoId),
}

/// The writer of a change, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    pub source: Source,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// It is as it was.
    Nothing,
    /// It was not there before.
    Remove,
    /// It was like this.
    Revert(Value),
    /// It was like this, and is gone.
    Restore(Value),
    /// Somebody else wrote since then, who would be overwritten.
    Conflict(Write),
}

/// What somebody wrote of a state; none: it was not there.
type Content = Option<Map<String, Value>>;

type Follows = fn(&Map<String, Value>) -> &'static [&'static str];

/// One item's changes, taken in newest first.
#[derive(Debug)]
pub struct Unravelling {
    which: Which,
    /// Fields that follow from others: whoever writes those has not written these.
    follows: Follows,
    /// The newest change at all: its version, and what it left.
    newest: Option<(u64, Content)>,
    /// The version of the newest change that is to be undone, even if it was undone already.
    pub newest_picked: Option<u64>,
    picked: Option<Picked>,
    /// Who wrote since the change that was taken in last and is to be undone.
    other: Option<Write>,
    conflict: Option<Write>,
    undone: Option<Stretch>,
}

#[derive(Debug)]
struct Picked {
    before: Option<Value>,
    after: Option<Value>,
    /// The version of `before`.
    back_to: u64,
}

/// A stretch of changes that an undo took back; it begins where the undo says, or where the item was as it left it.
#[derive(Debug)]
struct Stretch {
    by: Write,
    left: Content,
    holds_picked: bool,
}

/// Calls that come at the same time may be written in another order.
const OUT_OF_ORDER: SignedDuration = SignedDuration::from_secs(60);

impl Which {
    pub fn picks(&self, write: &Write) -> bool {
        match *self {
            Self::Of { connection, since, until } => {
                write.source.connection == Some(connection)
                    && since <= write.at
                    && until.is_none_or(|until| write.at < until)
            }
            Self::Undo(undo) => write.source.undo == Some(undo),
        }
    }

    /// Nothing that it picks is older.
    pub fn begins(&self) -> Timestamp {
        let since = match self {
            Self::Of { since, .. } => *since,
            Self::Undo(undo) => undo.at(),
        };
        since.checked_sub(OUT_OF_ORDER).unwrap_or(Timestamp::MIN)
    }
}

impl Unravelling {
    pub fn new(which: Which, follows: Follows) -> Self {
        Self {
            which,
            follows,
            newest: None,
            newest_picked: None,
            picked: None,
            other: None,
            conflict: None,
            undone: None,
        }
    }

    /// Whether those before it count, too.
    pub fn take(&mut self, version: u64, change: Change) -> bool {
        let write = Write { source: change.source, at: change.at };
        let is_picked = self.which.picks(&write);
        if is_picked {
            self.newest_picked.get_or_insert(version);
        }
        let (before, after) = (self.content(&change.before), self.content(&change.after));
        self.newest.get_or_insert_with(|| (version, after.clone()));
        if let Some(undone) = &mut self.undone {
            undone.holds_picked |= is_picked;
            self.undone.take_if(|undone| undone.begins_with(version, &before));
        } else if before != after {
            self.weigh(is_picked, write, version, change, after);
        }
        self.undone.is_some() || self.which.begins() <= write.at
    }

    fn weigh(&mut self, is_picked: bool, by: Write, version: u64, change: Change, left: Content) {
        if is_picked {
            self.conflict = self.conflict.or(self.other);
            let after = self.picked.take().map_or(change.after, |picked| picked.after);
            self.picked = Some(Picked { before: change.before, after, back_to: version.saturating_sub(1) });
        } else if by.source.undo.is_some() {
            self.undone = Some(Stretch { by, left, holds_picked: false });
        } else {
            self.other = self.other.or(Some(by));
        }
    }

    /// Whether an item that is like this, at this version, is as the newest known change left it. What follows from others
    /// may have been written since.
    pub fn knows(&self, version: u64, state: &Option<Value>) -> bool {
        let Some((newest, left)) = &self.newest else { return false };
        *newest == version || *left == self.content(state)
    }

    /// The version of the newest change; 0 if there is none.
    pub fn newest(&self) -> u64 {
        self.newest.as_ref().map_or(0, |(version, _)| *version)
    }

    /// The version to which a plan goes back.
    pub fn back_to(&self) -> Option<u64> {
        self.picked.as_ref().map(|picked| picked.back_to)
    }

    pub fn plan(self) -> Plan {
        // What it took back is no longer known.
        let unknown = self.undone.as_ref().filter(|undone| undone.holds_picked).map(|undone| undone.by);
        if let Some(by) = self.conflict.or(unknown) {
            return Plan::Conflict(by);
        }
        let Some(Picked { before, after, .. }) = &self.picked else { return Plan::Nothing };
        if self.content(before) == self.content(after) {
            return Plan::Nothing;
        }
        match (before, after) {
            (None, _) => Plan::Remove,
            (Some(before), Some(_)) => Plan::Revert(before.clone()),
            (Some(before), None) => Plan::Restore(before.clone()),
        }
    }

    /// What somebody wrote of this state.
    fn content(&self, state: &Option<Value>) -> Content {
        let mut fields = state.as_ref()?.as_object().cloned().unwrap_or_default();
        let follow = (self.follows)(&fields);
        fields.retain(|name, _| !STAMPS.contains(&name.as_str()) && !follow.contains(&name.as_str()));
        Some(fields)
    }
}

impl Stretch {
    fn begins_with(&self, version: u64, before: &Content) -> bool {
        self.by.source.back_to.map_or_else(|| self.left == *before, |back_to| version <= back_to + 1)
    }
}
