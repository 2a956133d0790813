//! A chunk of the document, taken in item by item. What is there already with the same content stays as it is, so that
//! whatever broke off is simply sent again.

mod chunk;
mod report;

pub use chunk::Chunk;
pub use report::{Counts, Refused, Report};

use crate::id::OpId;
use crate::noun::{Desk, Manner, Rules, Took};
use crate::shelf::Writer;
use crate::{Error, Result, fit};
use futures_util::future::join_all;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// How many items are written at the same time.
const AT_ONCE: usize = 25;

/// How often others may be faster.
const MOST_TRIES: u8 = 8;

pub struct Importing<'a> {
    /// Of the owner, whose source says that this is an import.
    pub desk: Desk<'a>,
    pub manner: Manner,
    /// Each try to write an item is an operation of its own.
    pub ops: &'a (dyn Fn() -> OpId + Sync),
}

impl Importing<'_> {
    pub async fn chunk(&self, chunk: &Chunk) -> Result<Report> {
        let mut report = Report::default();
        for (noun, items) in chunk.lists() {
            report.add((noun.take_in)(self, noun.name, items).await?);
        }
        Ok(report)
    }

    /// Those that have to do with one another one after the other, as they stand there, behind all others.
    pub(super) async fn all_of<T: Rules>(&self, list: &str, items: &[Box<RawValue>]) -> Result<Report> {
        let (mut report, mut seen) = (Report::default(), BTreeSet::new());
        let (mut tied, mut alone) = (Vec::new(), Vec::new());
        for (nth, raw) in items.iter().enumerate() {
            let place = format!("/{list}/{nth}");
            match self.read::<T>(raw, &place) {
                Ok(item) if seen.insert(item.id().to_string()) && !item.is_tied() => {
                    alone.push((place, item))
                }
                Ok(item) => tied.push((place, item)),
                Err(error) => report.count(&place, named(raw), Err(error))?,
            }
        }
        for some in alone.chunks(AT_ONCE) {
            let took = join_all(some.iter().map(|(_, item)| self.one(item))).await;
            for ((place, item), took) in some.iter().zip(took) {
                report.count(place, Some(item.id().to_string()), took)?;
            }
        }
        for (place, item) in tied {
            report.count(&place, Some(item.id().to_string()), self.one(&item).await)?;
        }
        Ok(report)
    }

    async fn one<T: Rules>(&self, item: &T) -> Result<Took> {
        for _ in 0..MOST_TRIES {
            let desk = Desk { writer: Writer { op: (self.ops)(), ..self.desk.writer }, ..self.desk };
            match desk.take_in(item.clone(), self.manner).await {
                Err(Error::Conflict) => {}
                took => return took,
            }
        }
        Err(Error::Busy)
    }

    /// Who wrote it where it comes from, and its version there, mean nothing here. A field that would be lost is refused.
    fn read<T: Rules>(&self, raw: &RawValue, place: &str) -> Result<T> {
        let broken = |error: serde_json::Error| Error::invalid(place, fit::plainly(&error.to_string()));
        let mut fields: Map<String, Value> = serde_json::from_str(raw.get()).map_err(broken)?;
        let source = serde_json::to_value(self.desk.writer.source).map_err(Error::internal)?;
        fields.extend([("version".to_owned(), 1.into()), ("source".to_owned(), source)]);
        fields.retain(|_, value| !value.is_null());
        let names: Vec<String> = fields.keys().cloned().collect();
        let item: T = fit::fit(Value::Object(fields), place)?;
        let known = serde_json::to_value(&item).map_err(Error::internal)?;
        match names.iter().find(|name| known.get(name.as_str()).is_none()) {
            None => Ok(item),
            Some(name) => {
                let detail =
                    format!("this version of Larder knows no `{name}`, and would lose it; use a newer one");
                Err(Error::invalid(format!("{place}{}", fit::pointer(&[name])), detail))
            }
        }
    }
}

/// What it calls itself, where it says so.
fn named(raw: &RawValue) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_str(raw.get()).ok()?;
    let id = fields.get("id")?.as_str()?;
    Some(id.chars().take(100).collect())
}
