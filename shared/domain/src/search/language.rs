//! The language of a text, told by its little words. They are what everybody uses and nobody searches for, so the
//! same lists say which words an index leaves out.

use rust_stemmers::{Algorithm, Stemmer};
use std::borrow::Cow;

/// What a text is in; `Unsure` leaves its words as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Language {
    Unsure,
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
    Swedish,
}

/// Sorted, and without accents only where people leave them out.
const LITTLE_WORDS: [(Language, &[&str]); 8] = [
    (
        Language::English,
        &[
            "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
            "because", "been", "before", "but", "by", "can", "could", "d", "did", "do", "does", "for",
            "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it",
            "its", "ll", "me", "more", "my", "no", "not", "of", "on", "only", "or", "our", "s", "she",
            "should", "so", "t", "than", "that", "the", "their", "them", "then", "there", "they", "this",
            "to", "unless", "until", "was", "we", "were", "what", "when", "where", "which", "who", "why",
            "will", "with", "would", "you", "your",
        ],
    ),
    (
        Language::German,
        &[
            "aber", "als", "am", "an", "auch", "auf", "aus", "bei", "bin", "bis", "das", "dass", "dem",
            "den", "der", "des", "die", "doch", "durch", "ein", "eine", "einem", "einen", "einer", "er",
            "es", "für", "hat", "ich", "ihr", "im", "in", "ist", "kann", "mein", "meine", "mich", "mir",
            "mit", "muss", "nach", "nicht", "noch", "nur", "oder", "ohne", "sein", "sich", "sie", "sind",
            "so", "um", "und", "uns", "vom", "von", "vor", "wann", "war", "was", "wenn", "wer", "wie", "wir",
            "wird", "wo", "zu", "zum", "zur", "über",
        ],
    ),
    (
        Language::French,
        &[
            "au", "aux", "avec", "ce", "ces", "chez", "comme", "d", "dans", "de", "des", "du", "elle", "en",
            "est", "et", "il", "ils", "j", "je", "l", "la", "le", "les", "leur", "ma", "mais", "me", "mes",
            "mon", "n", "ne", "nous", "on", "ou", "où", "par", "pas", "plus", "pour", "qu", "que", "qui",
            "s", "sa", "se", "ses", "si", "son", "sont", "sur", "un", "une", "vous", "à", "été",
        ],
    ),
    (
        Language::Spanish,
        &[
            "a", "al", "antes", "como", "con", "cuando", "de", "del", "el", "ella", "en", "es", "esta",
            "está", "fue", "ha", "hay", "la", "las", "le", "lo", "los", "me", "mi", "mis", "muy", "más",
            "no", "nos", "o", "para", "pero", "por", "que", "qué", "se", "ser", "si", "sin", "sobre", "son",
            "su", "sus", "también", "tiene", "un", "una", "y", "ya", "yo",
        ],
    ),
    (
        Language::Italian,
        &[
            "a", "ai", "al", "alla", "anche", "che", "chi", "ci", "come", "con", "da", "dal", "dei", "del",
            "della", "di", "e", "era", "gli", "ha", "ho", "i", "il", "in", "io", "la", "le", "lo", "ma",
            "mi", "mio", "nel", "nella", "non", "o", "per", "perché", "più", "quando", "questo", "se", "si",
            "sono", "su", "suo", "un", "una", "uno", "è",
        ],
    ),
    (
        Language::Portuguese,
        &[
            "a", "ao", "aos", "as", "com", "como", "da", "das", "de", "do", "dos", "e", "ela", "ele", "em",
            "esta", "está", "eu", "foi", "isso", "já", "mais", "mas", "me", "meu", "minha", "muito", "na",
            "nas", "no", "nos", "não", "o", "os", "ou", "para", "pela", "pelo", "por", "quando", "que", "se",
            "sem", "ser", "seu", "sua", "são", "também", "tem", "um", "uma", "à", "é",
        ],
    ),
    (
        Language::Dutch,
        &[
            "aan", "al", "als", "bij", "dan", "dat", "de", "deze", "die", "dit", "door", "een", "en", "er",
            "geen", "had", "heb", "heeft", "het", "hij", "hoe", "ik", "in", "is", "je", "kan", "maar", "me",
            "meer", "met", "mijn", "naar", "niet", "nog", "of", "om", "ons", "ook", "op", "over", "te",
            "tot", "uit", "van", "voor", "wat", "we", "wel", "wij", "ze", "zijn", "zo",
        ],
    ),
    (
        Language::Swedish,
        &[
            "att", "av", "de", "den", "det", "detta", "du", "efter", "eller", "en", "ett", "från", "för",
            "han", "har", "hon", "hur", "här", "i", "inte", "jag", "kan", "man", "med", "men", "mig", "min",
            "mitt", "måste", "när", "och", "om", "på", "som", "så", "till", "under", "upp", "ut", "vad",
            "var", "vi", "vid", "är", "över",
        ],
    ),
];

impl Language {
    pub(super) const ALL: [Self; 9] = [
        Self::Unsure,
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Italian,
        Self::Portuguese,
        Self::Dutch,
        Self::Swedish,
    ];

    /// The one whose little words there are most of, if there are two of them and no other has as many.
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = [0u32; LITTLE_WORDS.len()];
        for word in words {
            for (count, (language, _)) in counts.iter_mut().zip(&LITTLE_WORDS) {
                *count += u32::from(language.leaves_out(word));
            }
        }
        let most = counts.iter().copied().max().unwrap_or_default();
        let mut first = counts.iter().zip(&LITTLE_WORDS).filter(|(count, _)| **count == most);
        match (first.next(), first.next()) {
            (Some((_, (language, _))), None) if most >= 2 => *language,
            _ => Self::Unsure,
        }
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|language| *language as u8 == number)
    }

    /// A word that a text of this language is not found by.
    pub(super) fn leaves_out(self, word: &str) -> bool {
        LITTLE_WORDS
            .iter()
            .find(|(language, _)| *language == self)
            .is_some_and(|(_, words)| words.binary_search(&word).is_ok())
    }

    pub(super) fn stem(self, word: &str) -> Cow<'_, str> {
        // A constant for each, so that a build carries no stemmer besides these.
        let stemmer = match self {
            Self::Unsure => return Cow::Borrowed(word),
            Self::English => Stemmer::create(Algorithm::English),
            Self::German => Stemmer::create(Algorithm::German),
            Self::French => Stemmer::create(Algorithm::French),
            Self::Spanish => Stemmer::create(Algorithm::Spanish),
            Self::Italian => Stemmer::create(Algorithm::Italian),
            Self::Portuguese => Stemmer::create(Algorithm::Portuguese),
            Self::Dutch => Stemmer::create(Algorithm::Dutch),
            Self::Swedish => Stemmer::create(Algorithm::Swedish),
        };
        stemmer.stem(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_little_words_are_sorted_and_in_the_order_of_their_numbers() {
        for (at, (language, words)) in LITTLE_WORDS.iter().enumerate() {
            assert!(words.is_sorted(), "{language:?}");
            assert_eq!(Language::from_number(at as u8 + 1), Some(*language));
        }
    }

    #[test]
    fn a_language_is_told_by_its_little_words_or_not_at_all() {
        let told = |text: &str| Language::of(text.split(' '));
        assert_eq!(told("the cat sat on the mat"), Language::English);
        assert_eq!(told("das auto ist in der werkstatt"), Language::German);
        assert_eq!(told("les amis viennent chez nous"), Language::French);
        assert_eq!(told("running shoes"), Language::Unsure);
    }
}
