//! Reading rows in an order, page by page.

use super::place::{BETWEEN, Slot};
use super::{Row, RowKey};
use crate::id::OwnerId;
use crate::{Error, Result};
use std::ops::Range;

/// Rows of one owner whose sort key, or whose place in a slot, lies in the half-open range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub owner: OwnerId,
    /// The slot whose order is asked for; none: that of the sort keys.
    pub by: Option<Slot>,
    pub range: Range<String>,
    /// From the end of the range to its beginning.
    pub newest_first: bool,
    /// Start behind this position (in the direction of the query).
    pub after: Option<String>,
    pub limit: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Row>,
    /// The position at which the next page starts, if there may be one.
    pub next: Option<String>,
}

/// Where in its range a query begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    Edge,
    /// `key` is a place or, without a slot, a sort key; `sort` tells rows at the same place apart.
    Behind {
        key: &'a str,
        sort: &'a str,
    },
}

impl Query {
    /// Every row whose sort key begins so.
    pub fn prefix(owner: OwnerId, prefix: &str) -> Self {
        let end = format!("{prefix}\u{10ffff}");
        let range = prefix.to_owned()..end;
        Self { owner, by: None, range, newest_first: false, after: None, limit: 100 }
    }

    /// Every row whose place in this slot begins so.
    pub fn places(owner: OwnerId, by: Slot, prefix: &str) -> Self {
        Self { by: Some(by), ..Self::prefix(owner, prefix) }
    }

    pub fn page(self, after: Option<String>, limit: usize) -> Self {
        Self { after, limit, ..self }
    }

    pub fn newest_first(self) -> Self {
        Self { newest_first: true, ..self }
    }

    /// Where to go on behind this row of the query. It stays right when the row moves or goes.
    pub fn position(&self, row: &Row) -> String {
        let RowKey { sort, .. } = &row.key;
        let place = self.by.and_then(|by| row.places.get(&by));
        place.map_or_else(|| sort.clone(), |place| format!("{place}{BETWEEN}{sort}"))
    }

    /// `None` when nothing can lie there.
    pub fn start(&self) -> Result<Option<Start<'_>>> {
        let Self { range, newest_first, .. } = self;
        if range.is_empty() {
            return Ok(None);
        }
        let Some(after) = self.after.as_deref() else { return Ok(Some(Start::Edge)) };
        let (key, sort) = match self.by {
            None => (after, after),
            Some(_) => {
                after.split_once(BETWEEN).ok_or_else(|| Error::internal("a position of another order"))?
            }
        };
        Ok(match (key < range.start.as_str(), key < range.end.as_str()) {
            (true, _) => (!newest_first).then_some(Start::Edge),
            (false, true) => Some(Start::Behind { key, sort }),
            (false, false) => newest_first.then_some(Start::Edge),
        })
    }
}
