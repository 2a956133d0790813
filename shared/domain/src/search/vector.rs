//! A vector in an entry: whose it is (4 bytes), its length (4), its dimensions (2), the bits that each takes (1), and
//! then these bits.

use super::entry::take;
use super::words::hash;

const MOST_DIMS: usize = 1024;

#[derive(Debug, Clone, Copy)]
pub(super) struct Vector<'a> {
    embedder: u32,
    norm: f32,
    bits: u8,
    packed: &'a [u8],
}

/// A question's vector: only what is not 0 counts, and short questions have little of it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    embedder: u32,
    norm: f32,
    values: Vec<(u16, i8)>,
    dims: usize,
}

/// Each value in as few bits as the largest needs.
pub(super) fn write(embedder: &str, vector: &[i8], bytes: &mut Vec<u8>) {
    let vector = vector.get(..MOST_DIMS).unwrap_or(vector);
    let fits = |most: i8| vector.iter().all(|value| (-most - 1..=most).contains(value));
    let bits = if fits(1) {
        2
    } else if fits(7) {
        4
    } else {
        8
    };
    bytes.extend(hash(embedder.as_bytes()).to_le_bytes());
    bytes.extend(norm(vector).to_le_bytes());
    bytes.extend((vector.len() as u16).to_le_bytes());
    bytes.push(bits);
    bytes.extend(vector.chunks(usize::from(8 / bits)).map(|together| {
        let low = |value: &i8| *value as u8 & (0xff >> (8 - bits));
        together.iter().zip(0..).fold(0, |byte, (value, place)| byte | low(value) << (place * bits))
    }));
}

impl<'a> Vector<'a> {
    /// All of what is left of an entry.
    pub(super) fn of(mut rest: &'a [u8]) -> Option<Self> {
        let embedder = u32::from_le_bytes(take(&mut rest)?);
        let norm = f32::from_le_bytes(take(&mut rest)?);
        let dims = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let [bits @ (2 | 4 | 8)] = take(&mut rest)? else { return None };
        let fits = dims <= MOST_DIMS && rest.len() == (dims * usize::from(bits)).div_ceil(8);
        (fits && norm.is_finite() && norm >= 0.0).then_some(Self { embedder, norm, bits, packed: rest })
    }

    fn dot<const BITS: u16>(&self, values: &[(u16, i8)]) -> i32 {
        let at = |dim: u16| {
            let byte = self.packed.get(usize::from(dim * BITS / 8)).copied().unwrap_or_default();
            i32::from((byte << (8 - BITS - dim * BITS % 8)) as i8 >> (8 - BITS))
        };
        values.iter().map(|(dim, value)| at(*dim) * i32::from(*value)).sum()
    }
}

impl Asked {
    pub(super) fn of(embedder: &str, vector: &[i8]) -> Self {
        let vector = vector.get(..MOST_DIMS).unwrap_or(vector);
        let values = (0..).zip(vector.iter().copied()).filter(|(_, value)| *value != 0).collect();
        Self { embedder: hash(embedder.as_bytes()), norm: norm(vector), values, dims: vector.len() }
    }

    /// The cosine of the angle to another; none between vectors that do not compare.
    pub(super) fn likeness(&self, other: &Vector<'_>) -> Option<f32> {
        let norms = self.norm * other.norm;
        if self.embedder != other.embedder || norms <= 0.0 {
            return None;
        }
        let dot = match other.bits {
            2 => other.dot::<2>(&self.values),
            4 => other.dot::<4>(&self.values),
            _ => other.dot::<8>(&self.values),
        };
        Some((dot as f32 / norms).min(1.0))
    }

    /// A likeness that the best of so many vectors has by chance in fewer than one of twenty questions.
    pub(super) fn chance(&self, among: usize) -> f32 {
        (2.0 * (20.0 * among.max(1) as f32).ln() / self.dims.max(1) as f32).sqrt()
    }
}

fn norm(vector: &[i8]) -> f32 {
    vector.iter().map(|value| f32::from(*value).powi(2)).sum::<f32>().sqrt()
}
