//! Text that people wrote, in Markdown, where it has to stay text.

/// As part of a line, never at its beginning: on one line, and with everything escaped that could mean something
/// there, to CommonMark or to its usual extensions (links that are made of bare addresses, too).
pub(super) fn text(written: &str) -> String {
    let mut line = String::with_capacity(written.len() + 8);
    let shown = written.chars().filter(|c| !turns_around(*c));
    let words = shown.map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c });
    for c in words.skip_while(|c| *c == ' ') {
        let (is_again, is_after_w) = (line.ends_with(' '), line.ends_with(['w', 'W']));
        match c {
            ' ' if is_again => {}
            '.' if is_after_w => line.push_str("\\."),
            c if MEANS_SOMETHING.contains(c) => line.extend(['\\', c]),
            c => line.push(c),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

const MEANS_SOMETHING: &str = "\\`*_{}[]<>&~|:@$=^#+";

/// Marks that change the direction of what follows, beyond the end of the text.
const fn turns_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
