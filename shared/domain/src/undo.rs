//! What undoing somebody's writes makes of one item: history in, plan out.
//!
//! An item goes back to what it was before the first of these writes, or not at all: what anybody else wrote since then
//! is not overwritten. What an undo wrote, and the writes that it took back, count as if they had never been.

mod done;
mod item;
#[cfg(test)]
mod tests;

pub use done::{Conflict, Did, Reason, Undone};
pub use item::Undoing;

use crate::change::{Change, STAMPS};
use crate::id::{ConnectionId, UndoId};
use crate::shelf::Source;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// Whose writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

type Follows = fn(&Map<String, Value>) -> &'static [&'static str];

/// One item's changes, taken in newest first.
#[derive(Debug)]
pub struct Unravelling {
    which: Which,
    /// Fields that follow from others: whoever writes those has not written these.
    follows: Follows,
    /// The version of the newest change at all.
    pub newest: Option<u64>,
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
}

/// A stretch of changes that an undo took back; it begins where the item was as the undo left it.
#[derive(Debug)]
struct Stretch {
    by: Write,
    left: Option<Map<String, Value>>,
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
        self.newest.get_or_insert(version);
        let write = Write { source: change.source, at: change.at };
        let is_picked = self.which.picks(&write);
        if is_picked {
            self.newest_picked.get_or_insert(version);
        }
        let (before, after) = (self.content(&change.before), self.content(&change.after));
        if let Some(undone) = &mut self.undone {
            undone.holds_picked |= is_picked;
            self.undone.take_if(|undone| undone.left == before);
        } else if before != after {
            self.weigh(is_picked, write, change, after);
        }
        self.undone.is_some() || self.which.begins() <= write.at
    }

    fn weigh(&mut self, is_picked: bool, by: Write, change: Change, left: Option<Map<String, Value>>) {
        if is_picked {
            self.conflict = self.conflict.or(self.other);
            let after = self.picked.take().map_or(change.after, |picked| picked.after);
            self.picked = Some(Picked { before: change.before, after });
        } else if by.source.undo.is_some() {
            self.undone = Some(Stretch { by, left, holds_picked: false });
        } else {
            self.other = self.other.or(Some(by));
        }
    }

    pub fn plan(self) -> Plan {
        // What it took back is no longer known.
        let unknown = self.undone.as_ref().filter(|undone| undone.holds_picked).map(|undone| undone.by);
        if let Some(by) = self.conflict.or(unknown) {
            return Plan::Conflict(by);
        }
        let Some(Picked { before, after }) = &self.picked else { return Plan::Nothing };
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
    fn content(&self, state: &Option<Value>) -> Option<Map<String, Value>> {
        let mut fields = state.as_ref()?.as_object().cloned().unwrap_or_default();
        let follow = (self.follows)(&fields);
        fields.retain(|name, _| !STAMPS.contains(&name.as_str()) && !follow.contains(&name.as_str()));
        Some(fields)
    }
}
