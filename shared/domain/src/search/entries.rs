//! Many entries, decoded: what a search compares.

use super::entry::{View, decode_into, decoded_bytes};
use std::ops::Range;

/// Entries that were read together. They can be kept for as long as nothing of them is written.
#[derive(Debug)]
pub struct Entries<Id> {
    bytes: Vec<u8>,
    each: Vec<(Id, Range<usize>)>,
}

impl<Id: Copy> Entries<Id> {
    /// Those that cannot be read are passed over.
    pub fn of<'a>(texts: impl Iterator<Item = (Id, &'a str)> + Clone) -> Self {
        // Room for all at once: to grow would copy megabytes.
        let mut bytes = Vec::with_capacity(texts.clone().map(|(_, text)| decoded_bytes(text)).sum());
        let mut read = |(id, text)| {
            let start = bytes.len();
            decode_into(text, &mut bytes)?;
            let range = start..bytes.len();
            View::of(bytes.get(range.clone())?).map(|_| (id, range))
        };
        let each = texts.filter_map(&mut read).collect();
        Self { bytes, each }
    }

    pub(super) fn views(&self) -> impl Iterator<Item = (Id, View<'_>)> {
        let view = |(id, range): &(Id, Range<usize>)| Some((*id, View::of(self.bytes.get(range.clone())?)?));
        self.each.iter().filter_map(view)
    }
}
