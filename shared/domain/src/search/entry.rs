//! One memory as search knows it: numbers only, in few bytes, so that all of them are read and compared at once.
//!
//! The bytes, little-endian: a header, 4 bytes a tag, 4 bytes a term (28 bits of hash, then how often it occurs, at
//! most 15), sorted, then the vector.

use super::embedder::Embedder;
use super::language::Language;
use super::vector::{self, Vector};
use super::words::{folded, hash, term, words};
use crate::access::{Filtered, Tag};
use crate::collection::CollectionName;
use crate::id::{ConnectionId, LifeAreaId, MemoryId};
use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::NO_PAD;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::sync::LazyLock;

/// Most of what a search does is decoding, and this one does many bytes at once.
static BASE64: LazyLock<Simd> = LazyLock::new(|| Simd::standard(NO_PAD));
const FORMAT: u8 = 1;
const HEADER: usize = 41;
/// A text of 8,000 characters has more; then those that occur most stay, and of these the first.
const MOST_TERMS: usize = 448;
const MOST_TAGS: usize = 20;
const NEVER: i64 = i64::MAX;

/// What is known of a memory besides its words: what a search can leave it out for, and how much it weighs.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub id: MemoryId,
    /// The memory that it is to be read instead of.
    pub supersedes: Option<MemoryId>,
    /// The number of its type.
    pub kind: u8,
    /// 0 to 1.
    pub importance: f32,
    /// When it happened, or else when it was made.
    pub at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub life_area: Option<LifeAreaId>,
    pub tags: &'a [Tag],
    pub created_by: Option<ConnectionId>,
}

/// A memory's row in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry(Vec<u8>);

impl Entry {
    /// `parts` are its title, its content and whatever else it is to be found by.
    pub fn of(parts: &[&str], about: &About<'_>, embedder: &impl Embedder) -> Self {
        let found: Vec<String> = parts.iter().flat_map(|part| words(part)).map(folded).collect();
        let language = Language::of(found.iter().map(String::as_str));
        let all: Vec<u32> = found.iter().filter_map(|word| term(word, language)).collect();
        let terms = counted(&all);
        let tags = about.tags.get(..MOST_TAGS).unwrap_or(about.tags);
        let vector = embedder.embed(&parts.join("\n"));

        let mut bytes = Vec::with_capacity(HEADER + 4 * (tags.len() + terms.len()) + vector.len());
        bytes.extend([FORMAT, language as u8, about.kind, (about.importance.clamp(0.0, 1.0) * 255.0) as u8]);
        let [id, supersedes] =
            [Some(about.id), about.supersedes].map(|id| id.map_or(0, |id| hash(id.as_bytes())));
        bytes.extend(id.to_le_bytes());
        bytes.extend(supersedes.to_le_bytes());
        bytes.extend(about.at.as_second().to_le_bytes());
        bytes.extend(about.expires_at.map_or(NEVER, Timestamp::as_second).to_le_bytes());
        bytes.extend(about.life_area.map_or(0, |id| hash(id.as_bytes())).to_le_bytes());
        bytes.extend(about.created_by.map_or(0, |id| hash(id.as_bytes())).to_le_bytes());
        bytes.extend((all.len().min(usize::from(u16::MAX)) as u16).to_le_bytes());
        bytes.extend((terms.len() as u16).to_le_bytes());
        bytes.push(tags.len() as u8);
        bytes.extend(tags.iter().flat_map(|tag| hash(tag.as_str().as_bytes()).to_le_bytes()));
        bytes.extend(terms.iter().flat_map(|term| term.to_le_bytes()));
        vector::write(embedder.id(), &vector, &mut bytes);
        Self(bytes)
    }

    pub fn encode(&self) -> String {
        BASE64.encode(&self.0)
    }

    /// None if this version's `encode` did not make it: such a row is made anew from its memory.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        View::of(&bytes).is_some().then_some(Self(bytes))
    }
}

/// Each term with how often it occurs, sorted by term; if there are too many, those that occur most, and the first.
fn counted(all: &[u32]) -> Vec<u32> {
    let mut places: Vec<(u32, usize)> = all.iter().copied().zip(0..).collect();
    places.sort_unstable();
    let mut counts: Vec<(usize, usize, u32)> = places
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter_map(|same| same.first().map(|(term, first)| (same.len(), *first, *term)))
        .collect();
    counts.sort_unstable_by_key(|(count, first, _)| (Reverse(*count), *first));
    counts.truncate(MOST_TERMS);
    let mut terms: Vec<u32> =
        counts.into_iter().map(|(count, _, term)| term << 4 | count.min(15) as u32).collect();
    terms.sort_unstable();
    terms
}

/// An entry's bytes, into memory that is there already.
pub(super) fn decode_into(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    BASE64.decode_vec(text, bytes).ok()
}

/// No fewer than it takes.
pub(super) const fn decoded_bytes(text: &str) -> usize {
    text.len() / 4 * 3 + 3
}

/// An entry, read where its bytes lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) id: u32,
    /// 0 if it supersedes none.
    pub(super) supersedes: u32,
    pub(super) facts: Facts<'a>,
    pub(super) language: Language,
    /// How many words it has, each as often as it has it.
    pub(super) length: u16,
    terms: &'a [[u8; 4]],
    /// A bit for some of each term: most terms that it does not have are told by it alone.
    marks: u128,
    pub(super) vector: Vector<'a>,
}

/// What a search can leave a memory out for. Names are kept as hashes: in rare cases another one meets them too, so
/// whoever has to be sure looks again at the memory itself.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub kind: u8,
    importance: u8,
    at: i64,
    expires_at: i64,
    life_area: u32,
    created_by: u32,
    tags: &'a [[u8; 4]],
}

impl<'a> View<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let [FORMAT, language, kind, importance] = take(&mut rest)? else { return None };
        let id = u32::from_le_bytes(take(&mut rest)?);
        let supersedes = u32::from_le_bytes(take(&mut rest)?);
        let at = i64::from_le_bytes(take(&mut rest)?);
        let expires_at = i64::from_le_bytes(take(&mut rest)?);
        let life_area = u32::from_le_bytes(take(&mut rest)?);
        let created_by = u32::from_le_bytes(take(&mut rest)?);
        let length = u16::from_le_bytes(take(&mut rest)?);
        let terms = u16::from_le_bytes(take(&mut rest)?);
        let [tags] = take(&mut rest)?;
        let tags = split(&mut rest, usize::from(tags))?;
        let terms = split(&mut rest, usize::from(terms))?;
        Some(Self {
            id,
            supersedes,
            facts: Facts { kind, importance, at, expires_at, life_area, created_by, tags },
            language: Language::from_number(language)?,
            length,
            terms,
            marks: terms.iter().fold(0, |marks, [_, mark, ..]| marks | 1 << (mark & 127)),
            vector: Vector::of(rest)?,
        })
    }

    /// How often it has a term.
    pub(super) fn count(&self, term: u32) -> u8 {
        if self.marks >> (term >> 4 & 127) & 1 == 0 {
            return 0;
        }
        let found = self.terms.binary_search_by_key(&term, |bytes| u32::from_le_bytes(*bytes) >> 4);
        found.ok().and_then(|at| self.terms.get(at)).map_or(0, |[low, ..]| low & 15)
    }
}

impl Filtered for Facts<'_> {
    fn in_area(&self, area: LifeAreaId) -> bool {
        self.life_area == hash(area.as_bytes())
    }

    fn tagged(&self, tag: &Tag) -> bool {
        self.tags.contains(&hash(tag.as_str().as_bytes()).to_le_bytes())
    }

    fn in_collection(&self, _: &CollectionName) -> bool {
        false
    }

    fn made_by(&self, connection: ConnectionId) -> bool {
        self.created_by == hash(connection.as_bytes())
    }
}

impl Facts<'_> {
    /// It happened then or later, to the second.
    pub fn is_since(&self, at: Timestamp) -> bool {
        self.at >= at.as_second()
    }

    pub fn is_before(&self, at: Timestamp) -> bool {
        self.at < at.as_second()
    }

    /// It has not expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at > now.as_second()
    }

    /// What its age and its importance make of a score: an old memory counts for 0.6, one of today for 1; an
    /// unimportant one for 0.8, an important one for 1.2.
    pub(super) fn weight(&self, now: Timestamp) -> f32 {
        const HALF_LIFE: f32 = 180.0 * 24.0 * 60.0 * 60.0;
        let age = now.as_second().saturating_sub(self.at).max(0) as f32;
        let recency = 0.6 + 0.4 * (-age / HALF_LIFE).exp2();
        recency * (0.8 + 0.4 * f32::from(self.importance) / 255.0)
    }
}

pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn split<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [[u8; 4]]> {
    let (taken, after) = rest.split_at_checked(count * 4)?;
    *rest = after;
    Some(taken.as_chunks().0)
}
