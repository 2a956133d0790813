//! A page of the document. What lies in the table goes out as it lies there: nothing that an owner keeps is left out
//! because this version cannot read it.

use super::{MOST_ITEMS, NOUNS};
use crate::id::OwnerId;
use crate::table::{Row, Table};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A page holds as much as this and one item at most, so that it fits into a call that takes it in.
const MOST_BYTES: usize = 150_000;

/// Where an export goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// In the list of this name,
    list: String,
    /// behind this row.
    after: Option<String>,
}

#[derive(Debug, Default)]
pub struct Page {
    /// Each list under its name; none of them is empty.
    pub lists: Vec<(&'static str, Vec<Box<RawValue>>)>,
    pub next: Option<Place>,
}

/// From here on, each list oldest first: what is made meanwhile is part of it.
pub async fn page(table: &dyn Table, owner: OwnerId, from: Option<Place>) -> Result<Page> {
    let (mut page, mut items, mut bytes) = (Page::default(), 0, 0);
    page.next = from.or_else(|| Place::beginning_of(0));
    while let Some(Place { list, after }) = page.next.take_if(|_| items < MOST_ITEMS && bytes < MOST_BYTES) {
        let nth = NOUNS.iter().position(|noun| noun.name == list);
        let (nth, noun) = nth.and_then(|nth| Some((nth, NOUNS.get(nth)?))).ok_or_else(unknown)?;
        let all = (noun.all)(owner);
        let found = table.query(&all.clone().page(after, MOST_ITEMS - items)).await?;
        let (mut taken, mut rows, mut after) = (Vec::new(), found.rows.iter(), found.next);
        while let Some(row) = rows.next() {
            taken.push(item(row)?);
            bytes += row.body.len();
            if bytes >= MOST_BYTES && rows.len() > 0 {
                after = Some(all.position(row));
                break;
            }
        }
        items += taken.len();
        page.add(noun.name, taken);
        page.next = match after {
            Some(after) => Some(Place { list, after: Some(after) }),
            None => Place::beginning_of(nth + 1),
        };
    }
    Ok(page)
}

impl Place {
    fn beginning_of(nth: usize) -> Option<Self> {
        NOUNS.get(nth).map(|noun| Self { list: noun.name.to_owned(), after: None })
    }
}

impl Page {
    fn add(&mut self, name: &'static str, items: Vec<Box<RawValue>>) {
        match self.lists.last_mut().filter(|(last, _)| *last == name) {
            Some((_, list)) => list.extend(items),
            None if items.is_empty() => {}
            None => self.lists.push((name, items)),
        }
    }
}

fn item(row: &Row) -> Result<Box<RawValue>> {
    RawValue::from_string(row.body.clone()).map_err(|error| Error::unreadable(&row.key, &error))
}

fn unknown() -> Error {
    Error::internal("an export goes on in a list that there is not")
}
