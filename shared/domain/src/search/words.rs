//! From a text to its words, and from a word to the number that it is found by.

use super::language::Language;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Nobody looks for more of one word.
const LONGEST: usize = 64;

/// Letters and digits of any script, as they stand in the text. Where a script puts no space between words, each two
/// neighbouring characters are one.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)).flat_map(Runs).flat_map(|run| {
        let pairs = run.starts_with(is_unspaced) && run.chars().nth(1).is_some();
        let neighbours = run.char_indices().zip(run.char_indices().skip(1)).filter(move |_| pairs);
        let pair = neighbours.filter_map(|((start, _), (end, c))| run.get(start..end + c.len_utf8()));
        (!pairs).then_some(run).into_iter().chain(pair)
    })
}

/// How two spellings of a word become one: compatible forms, lower case.
pub(super) fn folded(word: &str) -> String {
    let folded = word.nfkc().flat_map(char::to_lowercase).take(LONGEST);
    folded.collect::<String>().nfc().collect::<String>().replace('ß', "ss")
}

/// Without accents, which people leave out when they search.
pub(super) fn plain(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return Cow::Borrowed(word);
    }
    word.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).nfc().collect::<String>().into()
}

/// What a folded word is found by in texts of a language; none if it says too little.
pub(super) fn term(word: &str, language: Language) -> Option<u32> {
    let term = (!language.leaves_out(word)).then(|| language.stem(word))?;
    Some(hash(plain(&term).as_bytes()) >> 4)
}

/// FNV-1a, and its bits stirred: the same on every machine and in every version, because rows hold it.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    (hash >> 32) as u32
}

/// Scripts that put no space between words (and Hangul, whose words carry their particles with them).
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0xac00..=0xd7af
        | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// A stretch without punctuation, parted where a script with spaces meets one without.
struct Runs<'a>(&'a str);

impl<'a> Iterator for Runs<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let first = is_unspaced(self.0.chars().next()?);
        let end = self.0.find(|c| is_unspaced(c) != first).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some(run)
    }
}
