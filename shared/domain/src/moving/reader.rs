//! For whom a page is. To the owner what lies in the table goes out as it lies there: nothing that an owner keeps is
//! left out because this version cannot read it. To a connection goes what its grant shows.

use super::Moved;
use crate::access::{Item, Scope, Shown};
use crate::connection::Connection;
use crate::table::Row;
use crate::{Error, Result};
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};

pub enum Reader<'a> {
    Owner,
    /// Of these lists, what it may list at this time.
    Connection {
        connection: &'a Connection,
        lists: &'a [String],
        at: Timestamp,
    },
}

/// What a reader may read of a list.
pub(super) enum Reads<'a> {
    All,
    Some(&'a Moved, Scope<'a>),
}

impl<'a> Reader<'a> {
    /// `None` if that is nothing.
    pub(super) fn reads(&self, noun: &'a Moved) -> Option<Reads<'a>>
    where
        Self: 'a,
    {
        match self {
            Self::Owner => Some(Reads::All),
            Self::Connection { connection, lists, at } => {
                let wanted = lists.iter().any(|list| list == noun.name);
                let scope = wanted.then(|| connection.allows(noun.list, *at).ok())??;
                Some(Reads::Some(noun, scope))
            }
        }
    }
}

impl Reads<'_> {
    pub(super) fn of(&self, row: &Row) -> Result<Option<Box<RawValue>>> {
        match self {
            Self::All => raw(row).map(Some),
            Self::Some(noun, scope) => (noun.sees)(row, scope),
        }
    }
}

/// `None` if it is not there for this reader.
pub(super) fn seen<T: Item>(row: &Row, scope: &Scope<'_>) -> Result<Option<Box<RawValue>>> {
    if scope.is_whole() {
        return raw(row).map(Some);
    }
    let item: T = match serde_json::from_str(&row.body) {
        Ok(item) => item,
        Err(error) => {
            // What a mask cannot be laid on is not shown, and does not hold up the rest.
            tracing::error!(error = %Error::unreadable(&row.key, &error), "a row is left out");
            return Ok(None);
        }
    };
    Shown::of(item, scope)?.map(|shown| to_raw_value(&shown).map_err(Error::internal)).transpose()
}

fn raw(row: &Row) -> Result<Box<RawValue>> {
    RawValue::from_string(row.body.clone()).map_err(|error| Error::unreadable(&row.key, &error))
}
