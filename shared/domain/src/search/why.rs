//! Why a memory was found, told from the memory itself: its entry has no words.

use super::language::Language;
use super::query::{Queries, Query, Word};
use super::words::{folded, plain, term, words};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashSet;

/// More of a kind explain nothing more.
const MOST: usize = 10;
/// Shorter words are like many others.
const SHORTEST: usize = 4;

/// What a memory and a question have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Why {
    /// Words of the memory that were asked for, in this form or in another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Words that were asked for, and what the memory has that is spelled alike.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub similar_spelling: Vec<Similar>,
    /// The paraphrase that it answers best; absent if that is the query itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paraphrase: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Similar {
    pub asked: String,
    pub found: String,
}

impl Queries {
    /// `parts` are those that the entry was made of, `by` is from the memory's `Ranked`.
    pub fn why(&self, parts: &[&str], by: usize) -> Why {
        let memory = Memory::of(parts);
        let best = self.0.get(by);
        Why {
            words: memory.asked_for(&self.0),
            similar_spelling: best.map(|query| memory.similar(query)).unwrap_or_default(),
            paraphrase: best.filter(|_| by > 0).map(|query| query.text.clone()),
        }
    }
}

/// A memory's different words: as they stand there, and folded.
struct Memory<'a> {
    words: Vec<(&'a str, String)>,
    language: Language,
}

impl<'a> Memory<'a> {
    fn of(parts: &[&'a str]) -> Self {
        let all: Vec<_> =
            parts.iter().flat_map(|part| words(part)).map(|word| (word, folded(word))).collect();
        let language = Language::of(all.iter().map(|(_, word)| word.as_str()));
        let mut seen = HashSet::new();
        Self { words: all.into_iter().filter(|(_, word)| seen.insert(word.clone())).collect(), language }
    }

    fn asked_for(&self, queries: &[Query]) -> Vec<String> {
        let asked: HashSet<u32> = queries
            .iter()
            .flat_map(|query| &query.words)
            .filter_map(|word| word.term(self.language))
            .collect();
        let is_asked = |word: &str| term(word, self.language).is_some_and(|term| asked.contains(&term));
        let words = self.words.iter().filter(|(_, word)| is_asked(word));
        words.map(|(word, _)| (*word).to_owned()).take(MOST).collect()
    }

    fn similar(&self, query: &Query) -> Vec<Similar> {
        let own: HashSet<u32> = self.words.iter().filter_map(|(_, word)| term(word, self.language)).collect();
        let missing = |word: &&Word| word.term(self.language).is_some_and(|term| !own.contains(&term));
        let shapes: Vec<(&str, Vec<[char; 2]>)> =
            self.words.iter().filter_map(|(word, folded)| Some((*word, shape(folded)?))).collect();
        let nearest = |word: &Word| {
            let asked = shape(&word.folded)?;
            let alike = shapes.iter().map(|(found, shape)| (found, likeness(&asked, shape)));
            let (found, likeness) = alike.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
            let similar = || Similar { asked: word.folded.clone(), found: (*found).to_owned() };
            (likeness >= 0.5).then(similar)
        };
        query.words.iter().filter(missing).take(MOST).filter_map(nearest).collect()
    }
}

/// A word's neighbouring characters, its ends among them, sorted.
fn shape(word: &str) -> Option<Vec<[char; 2]>> {
    let marked: Vec<char> = [' '].into_iter().chain(plain(word).chars()).chain([' ']).collect();
    let mut pairs = marked.array_windows().copied().collect::<Vec<[char; 2]>>();
    pairs.sort_unstable();
    (marked.len() >= SHORTEST + 2).then_some(pairs)
}

/// How many of their pairs two words share: 0 to 1.
fn likeness(one: &[[char; 2]], other: &[[char; 2]]) -> f32 {
    let (mut left, mut right, mut shared) = (one.iter().peekable(), other.iter().peekable(), 0u16);
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let order = one.cmp(other);
        shared += u16::from(order.is_eq());
        if order.is_le() {
            left.next();
        }
        if order.is_ge() {
            right.next();
        }
    }
    2.0 * f32::from(shared) / (one.len() + other.len()).max(1) as f32
}
