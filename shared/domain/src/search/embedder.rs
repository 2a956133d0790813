//! What makes a vector of a text, so that what is alike lies close.

use super::language::Language;
use super::words::{folded, hash, is_unspaced, plain, words};

/// The seam for other embeddings: whatever turns each text into the same number of small numbers (the first 1,024
/// count), as a vector of which only the direction matters. An entry keeps each in 2, 4 or 8 bits, as the largest needs.
pub trait Embedder {
    /// Vectors are compared with those of the same id only.
    fn id(&self) -> &str;
    fn embed(&self, text: &str) -> Vec<i8>;
}

/// By spelling: each word's character 3-, 4- and 5-grams, hashed. It brings together what was inflected, compounded or
/// mistyped, and knows nothing of meaning.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spelling;

/// None: by words alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Embedder for Nothing {
    fn id(&self) -> &str {
        "none"
    }
    fn embed(&self, _: &str) -> Vec<i8> {
        Vec::new()
    }
}

const DIMS: u32 = 1024;

impl Embedder for Spelling {
    fn id(&self) -> &str {
        "spelling/1"
    }

    /// Many dimensions of one sign each tell more texts apart than few exact ones in as many bits.
    fn embed(&self, text: &str) -> Vec<i8> {
        let mut words: Vec<String> = words(text).map(folded).collect();
        let language = Language::of(words.iter().map(String::as_str));
        words.retain(|word| !language.leaves_out(word));
        words.sort_unstable();
        words.dedup();
        let mut sums = vec![0i32; DIMS as usize];
        for word in &words {
            grams(&plain(word), |gram| {
                let hash = hash(gram);
                if let Some(sum) = sums.get_mut((hash % DIMS) as usize) {
                    *sum += if hash >> 31 == 0 { 1 } else { -1 };
                }
            });
        }
        sums.into_iter().map(|sum| sum.signum() as i8).collect()
    }
}

/// A word's ends count as characters, so that a beginning is not a middle.
fn grams(word: &str, mut each: impl FnMut(&[u8])) {
    let marked = format!("<{word}>");
    let edges: Vec<usize> = marked.char_indices().map(|(at, _)| at).chain([marked.len()]).collect();
    let sizes = if word.starts_with(is_unspaced) { 1..=2 } else { 3..=5 };
    for gram in sizes.flat_map(|size| edges.iter().zip(edges.iter().skip(size))) {
        each(marked.as_bytes().get(*gram.0..*gram.1).unwrap_or_default());
    }
}
