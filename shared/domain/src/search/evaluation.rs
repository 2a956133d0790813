//! How well search finds what it should: 60 short memories and 40 questions in four groups, alone and among many
//! other memories. `tests/bench/run --only search` prints it.

use super::{About, Entries, Entry, Queries, Spelling, search};
use crate::id::MemoryId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// What a search goes by; the measure of one shows what the other is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signals {
    Words,
    Spelling,
    Both,
}

pub const GROUPS: [&str; 4] = ["same word", "inflection or typo", "paraphrase", "other language"];

/// Written before there was a search to write it for.
#[derive(Deserialize)]
struct Fixture {
    memories: Vec<Memory>,
    queries: Vec<Question>,
}

#[derive(Deserialize)]
struct Memory {
    id: String,
    days: i64,
    importance: f32,
    text: String,
}

#[derive(Deserialize)]
struct Question {
    group: String,
    query: String,
    finds: Vec<String>,
    /// What a caller's model would ask besides.
    #[serde(default)]
    queries: Vec<String>,
}

/// A corpus with its questions.
pub struct Evaluation {
    questions: Vec<Question>,
    entries: Vec<(String, String)>,
}

pub const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

impl Evaluation {
    /// With as many memories besides as are needed to make so many.
    pub fn among(count: usize) -> serde_json::Result<Self> {
        let fixture: Fixture = serde_json::from_str(include_str!("fixture.json"))?;
        let own = fixture
            .memories
            .iter()
            .map(|memory| (memory.id.clone(), entry(&memory.text, memory.days, memory.importance)));
        let words: Vec<&str> = fixture.memories.iter().flat_map(|memory| memory.text.split(' ')).collect();
        let more =
            (0..).map(|n| (format!("other-{n}"), entry(&other_memory(n, &words), n as i64 % 1000, 0.5)));
        let entries = own.chain(more).take(count).collect();
        Ok(Self { questions: fixture.queries, entries })
    }

    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.entries.iter().map(|(id, text)| (id.as_str(), text.as_str()))
    }

    pub fn decoded(&self) -> Entries<&str> {
        Entries::of(self.entries())
    }

    /// Whether a group has questions like these: only some have paraphrases.
    pub fn has(&self, group: &str, paraphrased: bool) -> bool {
        let fits = |question: &Question| !paraphrased || !question.queries.is_empty();
        self.questions.iter().any(|question| question.group == group && fits(question))
    }

    /// Of what the questions of a group should find, how much is among the first five.
    pub fn recall(&self, group: &str, signals: Signals, paraphrased: bool) -> f32 {
        let (mut found, mut wanted) = (0, 0);
        for question in self.questions.iter().filter(|question| question.group == group) {
            let paraphrases: Vec<&str> = question.queries.iter().map(String::as_str).collect();
            let paraphrases = if paraphrased { paraphrases.as_slice() } else { &[] };
            let queries = Queries::of(&question.query, paraphrases, &Spelling).only(signals);
            let first: Vec<&str> = search([&self.decoded()], &queries, |_| true, |_| true, NOW)
                .iter()
                .take(5)
                .map(|ranked| ranked.id)
                .collect();
            wanted += question.finds.len();
            found += question.finds.iter().filter(|id| first.contains(&id.as_str())).count();
        }
        found as f32 / wanted.max(1) as f32
    }
}

fn entry(text: &str, days: i64, importance: f32) -> String {
    let at = NOW - SignedDuration::from_hours(24 * days);
    let about = About {
        id: MemoryId::from_bytes([0; 16]),
        supersedes: None,
        kind: 0,
        importance,
        at,
        expires_at: None,
        life_area: None,
        tags: &[],
        created_by: None,
    };
    Entry::of(&[text], &about, &Spelling).encode()
}

/// A memory of made-up words, few of them frequent and most rare; some memories are longer than most.
pub fn other_memory(n: u64, shared: &[&str]) -> String {
    const SYLLABLES: [&str; 32] = [
        "ac", "ber", "ca", "con", "der", "di", "en", "fer", "ga", "ing", "ket", "la", "ler", "ma", "men",
        "mi", "nor", "o", "per", "pro", "ra", "re", "ri", "sal", "ser", "sto", "ta", "ten", "tion", "tri",
        "ver", "wal",
    ];
    const LITTLE: [&str; 8] = ["the", "and", "to", "of", "in", "is", "for", "with"];
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as usize
    };
    let length = if n.is_multiple_of(20) { 150 + next() % 250 } else { 25 + next() % 40 };
    let mut text = String::new();
    for _ in 0..length {
        if next() % 3 == 0 {
            text.push_str(LITTLE[next() % 8]);
        } else if !shared.is_empty() && next() % 6 == 0 {
            text.push_str(shared[next() % shared.len()]);
        } else {
            // Of 30,000 words, the square favours the first.
            let share = (next() % 1000) * (next() % 1000) / 1000;
            let mut word = share * 30 + next() % 30 + 32;
            while word > 0 {
                text.push_str(SYLLABLES[word % 32]);
                word /= 32;
            }
        }
        text.push(' ');
    }
    text
}

impl Queries {
    fn only(mut self, signals: Signals) -> Self {
        for query in &mut self.0 {
            match signals {
                Signals::Words => query.vector = super::vector::Asked::of("none", &[]),
                Signals::Spelling => query.words.clear(),
                Signals::Both => {}
            }
        }
        self
    }
}
