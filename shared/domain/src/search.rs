//! Search over memories, by words and by spelling, without an outside model.
//!
//! Each memory has one `Entry`: numbers, no readable text, small enough that all entries of an owner are read and
//! compared at once. Two signals rank them, for the query and for each paraphrase that the caller gives: BM25 over
//! stemmed words, and the likeness of the texts' vectors. Reciprocal rank fusion makes one list of all, and recency and
//! importance weigh it gently. A paraphrase is worth more than any signal, because the signals know no meaning.

mod embedder;
mod entries;
mod entry;
#[cfg(any(test, feature = "evaluation"))]
#[allow(clippy::indexing_slicing, reason = "these are tests")]
pub mod evaluation;
mod language;
#[cfg(test)]
mod properties;
mod query;
mod rank;
#[cfg(test)]
mod tests;
mod vector;
mod why;
mod words;

pub use embedder::{Embedder, Nothing, Spelling};
pub use entries::Entries;
pub use entry::{About, Entry, Facts};
pub use query::Queries;
pub use rank::{Ranked, search};
pub use why::{Similar, Why};
