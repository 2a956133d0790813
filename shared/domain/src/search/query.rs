//! What is searched for.

use super::embedder::Embedder;
use super::language::Language;
use super::vector::Asked;
use super::words::{folded, term, words};

/// The query, and then up to five paraphrases of it.
const MOST_QUERIES: usize = 6;
/// Words beyond these say little more.
const MOST_WORDS: usize = 64;

/// What is asked, in the caller's own words and in others that mean the same: a search by words alone knows no
/// synonyms and no translations, but who asks does.
#[derive(Debug, Clone)]
pub struct Queries(pub(super) Vec<Query>);

#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) text: String,
    pub(super) words: Vec<Word>,
    pub(super) vector: Asked,
}

/// A word, and what it is found by in each language: a question is too short to tell which one it is in.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) folded: String,
    terms: [Option<u32>; Language::ALL.len()],
}

impl Queries {
    pub fn of(query: &str, paraphrases: &[&str], embedder: &impl Embedder) -> Self {
        let all = [query].into_iter().chain(paraphrases.iter().copied());
        Self(all.take(MOST_QUERIES).map(|text| Query::of(text, embedder)).collect())
    }
}

impl Query {
    fn of(text: &str, embedder: &impl Embedder) -> Self {
        let mut all: Vec<Word> = Vec::new();
        for folded in words(text).map(folded) {
            if all.len() < MOST_WORDS && all.iter().all(|word| word.folded != folded) {
                all.push(Word { terms: Language::ALL.map(|language| term(&folded, language)), folded });
            }
        }
        Self { text: text.to_owned(), words: all, vector: Asked::of(embedder.id(), &embedder.embed(text)) }
    }
}

impl Word {
    pub(super) fn term(&self, language: Language) -> Option<u32> {
        self.terms.get(language as usize).copied().flatten()
    }
}
