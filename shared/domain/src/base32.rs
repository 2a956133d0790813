//! Crockford's base 32 in lower case: no look-alike letters, selects with a double click, and texts of one
//! length sort as their bytes do.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What each byte stands for; 255: nothing.
#[expect(clippy::indexing_slicing, reason = "a wrong index would not compile")]
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};

pub(crate) const fn length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = vec![0; length(bytes.len())];
    write(bytes, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Into a text of just the right length; ids are written often, so they need no memory of their own.
pub(crate) fn write(bytes: &[u8], text: &mut [u8]) {
    let mut slots = text.iter_mut();
    let (mut held, mut bits) = (0u32, 0u32);
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            put(&mut slots, held >> bits);
        }
    }
    if bits > 0 {
        put(&mut slots, held << (5 - bits));
    }
}

/// Strict: exactly the text that `encode` makes of `N` bytes.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != length(N) {
        return None;
    }
    let mut out = [0u8; N];
    let mut slots = out.iter_mut();
    let (mut held, mut bits) = (0u32, 0u32);
    for character in text.bytes() {
        held = held << 5 | value(character)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *slots.next()? = u8::try_from(held >> bits & 0xff).ok()?;
        }
    }
    (held & ((1 << bits) - 1) == 0).then_some(out)
}

fn put(slots: &mut std::slice::IterMut<'_, u8>, value: u32) {
    if let (Some(slot), Some(letter)) = (slots.next(), ALPHABET.get((value & 31) as usize)) {
        *slot = *letter;
    }
}

fn value(character: u8) -> Option<u32> {
    VALUES.get(usize::from(character)).filter(|value| **value < 32).map(|value| u32::from(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_keeps_order() {
        let low = encode(&[0, 0, 0, 1, 255]);
        let high = encode(&[0, 0, 0, 2, 0]);
        assert!(low < high);
        assert_eq!(decode::<5>(&low), Some([0, 0, 0, 1, 255]));
        assert_eq!(decode::<16>(&encode(&[7; 16])), Some([7; 16]));
    }

    #[test]
    fn accepts_one_spelling_only() {
        let text = encode(&[7; 16]);
        assert_eq!(decode::<16>(&text.to_uppercase()), None);
        assert_eq!(decode::<16>(&text[1..]), None);
        assert_eq!(decode::<16>(&format!("{}z", &text[..25])), None, "bits beyond the last byte must be 0");
    }
}
