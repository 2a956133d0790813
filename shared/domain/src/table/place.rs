//! Where else a row is found: what a list needs that is filtered or sorted by something other than the sort key.

use crate::{Error, Result};
use std::collections::BTreeMap;

/// Further sort keys of one row, at most one in each slot. The store keeps them with the row: it is found there from
/// the very moment on at which it is written, and no longer once it is written without them, deleted or expired.
///
/// By convention a place ends with the id of what lies there. Rows at the same place follow each other in any order.
pub type Places = BTreeMap<Slot, String>;

/// One of the orders, besides that of the sort keys, in which an owner's rows can be read. What a kind of rows uses a
/// slot for is its own affair: the places of other kinds begin otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    First,
    Second,
    Third,
    Fourth,
}

/// DynamoDB's limit for a sort key.
pub const MOST_PLACE_BYTES: usize = 1024;

/// Stands in a position between place and sort key; DynamoDB and SQLite would take it in a key.
pub(super) const BETWEEN: char = '\0';

impl Slot {
    pub const ALL: [Self; 4] = [Self::First, Self::Second, Self::Third, Self::Fourth];

    /// What the stores call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "place1",
            Self::Second => "place2",
            Self::Third => "place3",
            Self::Fourth => "place4",
        }
    }
}

pub(super) fn check(places: &Places) -> Result<()> {
    for place in places.values() {
        if place.len() > MOST_PLACE_BYTES {
            return Err(Error::TooLarge { size: place.len(), most: MOST_PLACE_BYTES });
        }
        if place.is_empty() || place.contains(BETWEEN) {
            return Err(Error::internal(format!("{place:?} cannot be the place of a row")));
        }
    }
    Ok(())
}
