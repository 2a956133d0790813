//! A file, read as a stream: whatever it holds, one chunk of it is held at a time.

use domain::moving::{FORM, MOST_ITEMS};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

/// With this and one item more a chunk still fits into a call.
const MOST_BYTES: usize = 120_000;

/// More than any item that a Larder writes.
const MOST_ITEM_BYTES: usize = 250_000;

/// Items that stand one behind the other in one list.
#[derive(Debug)]
pub(super) struct Chunk {
    list: String,
    /// Where in the list the first of them stands.
    first: usize,
    items: Vec<Box<RawValue>>,
    bytes: usize,
}

impl Chunk {
    fn new(list: &str, first: usize) -> Self {
        Self { list: list.to_owned(), first, items: Vec::new(), bytes: 0 }
    }

    fn is_full(&self) -> bool {
        self.items.len() == MOST_ITEMS || self.bytes >= MOST_BYTES
    }

    pub(super) fn body(&self) -> String {
        let items: Vec<&str> = self.items.iter().map(|item| item.get()).collect();
        format!("{{\"larder\":{FORM},{}:[{}]}}", serde_json::Value::from(self.list.as_str()), items.join(","))
    }

    /// In the file, of a place in this chunk.
    pub(super) fn place(&self, pointer: &str) -> String {
        let mut steps = pointer.splitn(4, '/').skip(1);
        let (list, nth, rest) =
            (steps.next(), steps.next().and_then(|nth| nth.parse::<usize>().ok()), steps.next());
        match (list, nth) {
            (Some(list), Some(nth)) => {
                let rest = rest.map(|rest| format!("/{rest}")).unwrap_or_default();
                format!("/{list}/{}{rest}", self.first + nth)
            }
            _ => pointer.to_owned(),
        }
    }
}

/// Hands each chunk on, until there are no more or nobody takes them.
pub(super) fn read(from: impl Read, take: impl FnMut(Chunk) -> bool) -> serde_json::Result<()> {
    let since = Rc::new(Cell::new(0));
    let measured = Measured { inner: from, since: Rc::clone(&since) };
    let mut json = serde_json::Deserializer::from_reader(measured);
    (&mut json).deserialize_map(Document { take, since })?;
    json.end()
}

/// What is read, as long as nothing in it is longer than it may be.
struct Measured<R> {
    inner: R,
    /// Bytes since the last item began.
    since: Rc<Cell<usize>>,
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.since.set(self.since.get() + read);
        if self.since.get() > MOST_ITEM_BYTES {
            let said =
                format!("something in it is longer than {MOST_ITEM_BYTES} bytes, which no item may be");
            return Err(io::Error::new(io::ErrorKind::InvalidData, said));
        }
        Ok(read)
    }
}

struct Document<F> {
    take: F,
    since: Rc<Cell<usize>>,
}

impl<'de, F: FnMut(Chunk) -> bool> Visitor<'de> for Document<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what `larder export` wrote")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut is_ours = false;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "larder" => is_ours = is_known(map.next_value()?)?,
                "exported_at" | "next_cursor" => drop(map.next_value::<IgnoredAny>()?),
                _ if !is_ours => {
                    return Err(A::Error::custom(
                        "it does not begin with `\"larder\": 1`, as an export does",
                    ));
                }
                _ => map.next_value_seed(List { name: &name, of: &mut self })?,
            }
            self.since.set(0);
        }
        if is_ours { Ok(()) } else { Err(A::Error::missing_field("larder")) }
    }
}

fn is_known<E: serde::de::Error>(form: u64) -> Result<bool, E> {
    if form == FORM {
        return Ok(true);
    }
    Err(E::custom(format!(
        "it is of form {form}, and this version knows form {FORM}; use the one that wrote it, or a newer one"
    )))
}

struct List<'a, F> {
    name: &'a str,
    of: &'a mut Document<F>,
}

impl<'de, F: FnMut(Chunk) -> bool> DeserializeSeed<'de> for List<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Chunk) -> bool> Visitor<'de> for List<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of items as `{}`", self.name)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Document { take, since } = self.of;
        let mut take = |chunk| if take(chunk) { Ok(()) } else { Err(A::Error::custom("nobody reads on")) };
        let mut chunk = Chunk::new(self.name, 0);
        since.set(0);
        while let Some(item) = list.next_element::<Box<RawValue>>()? {
            since.set(0);
            chunk.bytes += item.get().len();
            chunk.items.push(item);
            if chunk.is_full() {
                let next = Chunk::new(self.name, chunk.first + chunk.items.len());
                take(std::mem::replace(&mut chunk, next))?;
            }
        }
        if chunk.items.is_empty() { Ok(()) } else { take(chunk) }
    }
}
