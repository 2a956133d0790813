//! What is told of an undo.

use super::Write;
use crate::access::Resource;
use crate::id::ConnectionId;
use crate::{Error, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undone {
    pub resource: Resource,
    pub id: Option<String>,
    pub did: Did,
    /// The fields that are not as they were before, because what they referred to is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Did {
    /// It was deleted, and is back as it was.
    Restored,
    /// It is as it was before.
    Reverted,
    /// It was made, and is in the trash.
    Removed,
    /// It already is as it was before.
    Nothing,
    /// It was left as it is.
    Conflict,
}

/// How many items were dealt with in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    restored: usize,
    reverted: usize,
    removed: usize,
    nothing: usize,
    conflicts: usize,
}

impl Counts {
    pub fn of(all: &[Undone]) -> Self {
        let mut counts = Self::default();
        all.iter().for_each(|one| counts.add(one.did));
        counts
    }

    fn add(&mut self, did: Did) {
        *match did {
            Did::Restored => &mut self.restored,
            Did::Reverted => &mut self.reverted,
            Did::Removed => &mut self.removed,
            Did::Nothing => &mut self.nothing,
            Did::Conflict => &mut self.conflicts,
        } += 1;
    }

    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            restored: self.restored + more.restored,
            reverted: self.reverted + more.reverted,
            removed: self.removed + more.removed,
            nothing: self.nothing + more.nothing,
            conflicts: self.conflicts + more.conflicts,
        }
    }

    pub const fn written(&self) -> usize {
        self.restored + self.reverted + self.removed
    }
}

/// Why an item was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "UndoConflict")]
pub struct Conflict {
    pub reason: Reason,
    /// Which connection wrote; null if it was the owner.
    pub by: Option<ConnectionId>,
    /// When that was.
    pub at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Reason {
    /// Somebody else, or the same connection at another time, wrote since then.
    WrittenSince,
    /// It was written just now; in a moment it is known by whom.
    NotSettled,
    /// It changed too often.
    TooLong,
    /// What it was does not hold any more.
    NotPossible,
}

impl Undone {
    pub(super) fn is_not_possible(&self) -> bool {
        self.conflict.as_ref().is_some_and(|conflict| conflict.reason == Reason::NotPossible)
    }
}

impl Conflict {
    pub(super) fn of(reason: Reason, by: Option<Write>) -> Self {
        let (by, at) = (by.and_then(|by| by.source.connection), by.map(|by| by.at));
        Self { reason, by, at, detail: None }
    }

    /// What stops one item only; anything else stops them all.
    pub(super) fn from(error: Error) -> Result<Self> {
        match error {
            Error::Conflict => Ok(Self::of(Reason::NotSettled, None)),
            Error::Invalid { detail, .. } | Error::InTheWay(detail) => {
                Ok(Self { detail: Some(detail), ..Self::of(Reason::NotPossible, None) })
            }
            Error::Taken { detail, .. } => {
                Ok(Self { detail: Some(detail.to_owned()), ..Self::of(Reason::NotPossible, None) })
            }
            Error::Unreadable { .. } => Ok(Self::of(Reason::NotPossible, None)),
            error => Err(error),
        }
    }
}
