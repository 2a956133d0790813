//! A row as an item of DynamoDB.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::{OpId, OwnerId};
use domain::table::{Counters, Expiry, Places, Put, Row, RowKey, Slot};
use domain::{Error, Result};
use std::collections::HashMap;

pub(crate) const OWNER: &str = "pk";
pub(crate) const SORT: &str = "sk";
pub(crate) const VERSION: &str = "v";
pub(crate) const OP: &str = "op";
pub(crate) const BODY: &str = "body";
pub(crate) const EXPIRES: &str = "exp";

/// Counters stand beside the other attributes, because only there DynamoDB can add to them.
const COUNTER: &str = "n_";

/// Of a row that is not there, too.
pub(super) const NOT_EXPIRED: &str = "(attribute_not_exists(exp) OR exp > :now)";
pub(super) const LIVES: &str = "attribute_exists(pk) AND (attribute_not_exists(exp) OR exp > :now)";

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn key(key: &RowKey) -> Item {
    HashMap::from([
        (OWNER.to_owned(), text(key.owner.to_string())),
        (SORT.to_owned(), text(key.sort.as_str())),
    ])
}

pub(super) fn item(put: &Put, op: OpId) -> Item {
    let mut item = key(&put.key);
    item.insert(VERSION.to_owned(), number(put.expect.next()));
    item.insert(OP.to_owned(), text(op.to_string()));
    item.insert(BODY.to_owned(), text(put.body.as_str()));
    item.extend(put.places.iter().map(|(slot, place)| (slot.name().to_owned(), text(place.as_str()))));
    item.extend(put.expires.map(|expires| (EXPIRES.to_owned(), number(expires.0))));
    item
}

/// A row of counters only is at its first version.
pub(super) fn counted(row: &RowKey, counters: &Counters) -> Item {
    let mut item = key(row);
    item.insert(VERSION.to_owned(), number(1));
    item.extend(counters.iter().map(|(name, count)| (counter(name), number(count))));
    item
}

pub(super) fn counter(name: &str) -> String {
    format!("{COUNTER}{name}")
}

pub(super) fn counters(item: &Item) -> Result<Counters> {
    let named = item.iter().filter_map(|(name, value)| Some((name.strip_prefix(COUNTER)?, value)));
    named
        .map(|(name, value)| {
            let total = value.as_n().ok().and_then(|total| total.parse().ok());
            Ok((name.to_owned(), total.ok_or_else(|| strange(name))?))
        })
        .collect()
}

fn places(item: &Item) -> Places {
    let found = |slot: Slot| Some((slot, item.get(slot.name())?.as_s().ok()?.clone()));
    Slot::ALL.into_iter().filter_map(found).collect()
}

pub(super) fn row(mut item: Item) -> Result<Row> {
    let marks = Marks::of(&item);
    let counters = counters(&item)?;
    let places = places(&item);
    let mut take = |name: &'static str| match item.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(strange(name)),
    };
    let owner: OwnerId = take(OWNER)?.parse().map_err(Error::internal)?;
    Ok(Row {
        key: RowKey::new(owner, take(SORT)?),
        version: marks.version.ok_or_else(|| strange(VERSION))?,
        // A row of counters has none.
        body: take(BODY).unwrap_or_default(),
        places,
        counters,
        expires: marks.expires,
    })
}

/// What a condition can ask of a stored row.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) version: Option<u64>,
    pub(super) expires: Option<Expiry>,
    op: Option<OpId>,
}

impl Marks {
    pub(super) fn of(item: &Item) -> Self {
        fn parsed<T: std::str::FromStr>(text: Option<&String>) -> Option<T> {
            text.and_then(|text| text.parse().ok())
        }
        let number = |name| item.get(name).and_then(|value| value.as_n().ok());
        Self {
            version: parsed(number(VERSION)),
            expires: parsed(number(EXPIRES)).map(Expiry),
            op: parsed(item.get(OP).and_then(|value| value.as_s().ok())),
        }
    }

    /// The row is as this very operation leaves it: what refused the write was its own earlier success.
    pub(super) fn are_of(&self, put: &Put, op: OpId) -> bool {
        self.op == Some(op) && self.version == Some(put.expect.next())
    }
}

fn strange(name: &str) -> Error {
    Error::internal(format!("a row whose `{name}` is missing or strange"))
}
