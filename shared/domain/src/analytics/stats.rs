//! How many there are of what.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many items of one kind a reader sees, and of which status or type they are, where it sees that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tally {
    pub total: u64,
    pub by: BTreeMap<String, u64>,
    /// There are more than were looked through.
    pub at_least: bool,
}

impl Tally {
    /// Of items, each with its status or type.
    pub fn of<S: Into<String>>(items: impl IntoIterator<Item = Option<S>>) -> Self {
        let mut tally = Self::default();
        for by in items {
            tally.total += 1;
            if let Some(by) = by {
                *tally.by.entry(by.into()).or_default() += 1;
            }
        }
        tally
    }
}
