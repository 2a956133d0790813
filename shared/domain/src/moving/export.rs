//! A page of the document.

use super::{FORM, MOST_ITEMS, NOUNS, Reader};
use crate::id::OwnerId;
use crate::table::Table;
use crate::{Error, Result};
use jiff::Timestamp;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
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

/// As it is told.
#[derive(Debug)]
pub struct Document<'a> {
    pub at: Timestamp,
    pub page: &'a Page,
}

/// From here on, each list oldest first: what is made meanwhile is part of it. As much is looked at as fits, however
/// much of it the reader may read.
pub async fn page(
    table: &dyn Table,
    owner: OwnerId,
    reader: &Reader<'_>,
    from: Option<Place>,
) -> Result<Page> {
    let (mut page, mut looked, mut bytes) = (Page::default(), 0, 0);
    page.next = from.or_else(|| Place::beginning_of(0));
    while let Some(Place { list, after }) = page.next.take_if(|_| looked < MOST_ITEMS && bytes < MOST_BYTES) {
        let nth = NOUNS.iter().position(|noun| noun.name == list);
        let (nth, noun) = nth.and_then(|nth| Some((nth, NOUNS.get(nth)?))).ok_or_else(unknown)?;
        let Some(reads) = reader.reads(noun) else {
            page.next = Place::beginning_of(nth + 1);
            continue;
        };
        let all = (noun.all)(owner);
        let found = table.query(&all.clone().page(after, MOST_ITEMS - looked)).await?;
        let (mut taken, mut rows, mut after) = (Vec::new(), found.rows.iter(), found.next);
        while let Some(row) = rows.next() {
            taken.extend(reads.of(row)?);
            looked += 1;
            bytes += row.body.len();
            if bytes >= MOST_BYTES && rows.len() > 0 {
                after = Some(all.position(row));
                break;
            }
        }
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
    pub fn count(&self) -> usize {
        self.lists.iter().map(|(_, items)| items.len()).sum()
    }

    fn add(&mut self, name: &'static str, items: Vec<Box<RawValue>>) {
        match self.lists.last_mut().filter(|(last, _)| *last == name) {
            Some((_, list)) => list.extend(items),
            None if items.is_empty() => {}
            None => self.lists.push((name, items)),
        }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("larder", &FORM)?;
        map.serialize_entry("exported_at", &self.at)?;
        for (name, items) in &self.page.lists {
            map.serialize_entry(name, items)?;
        }
        map.end()
    }
}

fn unknown() -> Error {
    Error::internal("an export goes on in a list that there is not")
}
