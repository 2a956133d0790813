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
    // Five bytes are eight letters; what the last of them lack counts as 0.
    for (five, eight) in bytes.chunks(5).zip(text.chunks_mut(8)) {
        let missing = 5 - five.len();
        let held = five.iter().fold(0, |held, byte| held << 8 | u64::from(*byte)) << (8 * missing);
        for (nth, slot) in eight.iter_mut().enumerate() {
            *slot = letter(held >> (35 - 5 * nth));
        }
    }
}

/// Strict: exactly the text that `encode` makes of `N` bytes.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != length(N) {
        return None;
    }
    let mut out = [0u8; N];
    let (mut wrong, mut rest) = (0, 0);
    for (five, eight) in out.chunks_mut(5).zip(text.as_bytes().chunks(8)) {
        let values = eight.iter().map(|letter| value(*letter));
        let held = values.fold(0, |held, value| {
            wrong |= value;
            held << 5 | u64::from(value)
        });
        let held = held << (5 * (8 - eight.len()));
        for (nth, slot) in five.iter_mut().enumerate() {
            *slot = (held >> (32 - 8 * nth) & 0xff) as u8;
        }
        let used = 8 * five.len();
        rest |= held & ((1 << (40 - used)) - 1);
    }
    (wrong < 32 && rest == 0).then_some(out)
}

fn letter(value: u64) -> u8 {
    ALPHABET.get((value & 31) as usize).copied().unwrap_or_default()
}

fn value(letter: u8) -> u8 {
    VALUES.get(usize::from(letter)).copied().unwrap_or(255)
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
