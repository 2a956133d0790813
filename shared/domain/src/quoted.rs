//! JSON as a string of JSON. An answer stands in its message once more as text, which is most of what a call of a tool
//! writes: eight bytes are looked at together.

const EACH: u64 = u64::from_ne_bytes([1; 8]);
const LOW: u64 = EACH * 0x7f;

pub fn quote(out: &mut Vec<u8>, json: &str) -> serde_json::Result<()> {
    let bytes = json.as_bytes();
    // Between its values there may be line breaks, which mean nothing and have to be written in another way.
    if bytes.iter().any(|byte| *byte < b' ') {
        return serde_json::to_writer(out, json);
    }
    out.reserve(bytes.len() * 3 / 2 + 2);
    out.push(b'"');
    let (words, end) = bytes.as_chunks::<8>();
    let mut written = 0;
    let mut escape = |at: usize, out: &mut Vec<u8>| {
        out.extend_from_slice(bytes.get(written..at).unwrap_or_default());
        out.push(b'\\');
        written = at;
    };
    for (nth, word) in words.iter().enumerate() {
        let mut marks = marks(u64::from_le_bytes(*word));
        while marks != 0 {
            escape(8 * nth + marks.trailing_zeros() as usize / 8, out);
            marks &= marks - 1;
        }
    }
    let marked = end.iter().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\\'));
    marked.for_each(|(nth, _)| escape(8 * words.len() + nth, out));
    out.extend_from_slice(bytes.get(written..).unwrap_or_default());
    out.push(b'"');
    Ok(())
}

/// The highest bit of each byte that has to be escaped.
const fn marks(word: u64) -> u64 {
    zeros(word ^ (EACH * b'"' as u64)) | zeros(word ^ (EACH * b'\\' as u64))
}

/// The highest bit of each byte that is zero.
const fn zeros(word: u64) -> u64 {
    !(((word & LOW) + LOW) | word | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> String {
        let mut out = b"before".to_vec();
        quote(&mut out, text).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        /// Dense in what is escaped, in what differs from it by a bit, and in what is longer than a byte.
        #[test]
        fn it_says_what_the_library_says(text in r#"(["\\]|[#!\]\[\u{a2}\u{dc}\u{80}é😀]|\PC|[a-z]{1,9}|\n?){0,40}"#) {
            prop_assert_eq!(quoted(&text), format!("before{}", serde_json::to_string(&text).unwrap()));
        }
    }

    #[test]
    fn a_line_break_between_values_is_written_as_one() {
        assert_eq!(quoted("{\n\t\"a\": 1}"), r#"before"{\n\t\"a\": 1}""#);
    }
}
