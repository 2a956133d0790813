//! Numbers of a row: what is counted there, and what has to hold for one more to be counted.

use super::{Expiry, RowKey, Table};
use crate::Result;
use std::collections::{BTreeMap, BTreeSet};

pub type Counters = BTreeMap<String, i64>;

/// What is added to the counters of one row, and which of them are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    pub key: RowKey,
    pub add: Counters,
    pub drop: BTreeSet<String>,
    /// When the row ends that is made if need be; none: it has to be there.
    pub expires: Option<Expiry>,
}

/// A claim to be counted: one more of some counters of a row, if its other numbers allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Each counter with the number that it may reach; where that is not there, it may count on.
    pub counters: Vec<(String, &'static str)>,
    /// Numbers that have to be there, and greater than these.
    pub guards: Vec<(String, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub is_taken: bool,
    /// All of the row's, afterwards; none where there is no row.
    pub counters: Counters,
}

impl Addition {
    pub fn is_nothing(&self) -> bool {
        self.add.is_empty() && self.drop.is_empty()
    }

    pub async fn write(&self, table: &dyn Table) -> Result<Counters> {
        let add: Vec<_> = self.add.iter().map(|(name, more)| (name.as_str(), *more)).collect();
        let drop: Vec<_> = self.drop.iter().map(String::as_str).collect();
        table.add(self.key.clone(), &add, &drop, self.expires).await
    }
}

impl Claim {
    /// Whether the guards hold, be there room or not.
    pub fn is_open(&self, row: &Counters) -> bool {
        self.guards.iter().all(|(name, below)| row.get(name).is_some_and(|number| number > below))
    }

    pub fn is_granted(&self, row: &Counters) -> bool {
        let used = |name: &String| row.get(name).copied().unwrap_or_default();
        let has_room = |(name, most): &(String, &str)| row.get(*most).is_none_or(|most| used(name) < *most);
        self.is_open(row) && self.counters.iter().all(has_room)
    }
}
