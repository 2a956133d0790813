//! When a delivery is tried again, and what is shown of an answer.

use crate::connection::RetryPolicy;
use crate::outbound::{Answer, OutboundError};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use std::time::Duration;

/// However long a receiver asks to be left alone.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// So much of an answer is shown.
const MOST_SHOWN: usize = 1_024;

/// What may be a secret: as long as one, of the letters of one.
const SECRETIVE: usize = 24;

/// What follows of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    Again(Duration),
    /// That was the last.
    Exhausted,
    /// Whoever was there says that nobody is any more.
    Gone,
}

/// `tries` counts this one, too; `jitter` is random.
pub fn judge(
    answer: &Result<Answer, OutboundError>,
    tries: u32,
    policy: &RetryPolicy,
    now: Timestamp,
    jitter: u16,
) -> Verdict {
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => Verdict::Delivered,
        Ok(answer) if answer.status == 410 => Verdict::Gone,
        failed => match policy.wait(tries) {
            Some(wait) => Verdict::Again(jittered(wait, jitter).max(asked(failed, now).unwrap_or_default())),
            None => Verdict::Exhausted,
        },
    }
}

/// How long its receiver asks to be left alone: in seconds, or until a date.
pub fn asked(answer: &Result<Answer, OutboundError>, now: Timestamp) -> Option<Duration> {
    let text = answer.as_ref().ok()?.retry_after.as_deref()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(until.duration_since(now)).ok()?
        }
    };
    Some(wait.min(LONGEST_ASKED))
}

/// A fifth more or less, so that what failed together does not come back together.
fn jittered(wait: Duration, jitter: u16) -> Duration {
    let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX / 2);
    let part = u64::from(jitter) * 400 / u64::from(u16::MAX);
    Duration::from_micros(micros / 1_000 * (800 + part))
}

/// The beginning of a text that somebody else wrote: what looks like a secret is not in it.
pub(super) fn shown(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.get(..MOST_SHOWN).unwrap_or(body));
    let is_plain = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    let text: String = text.chars().filter(is_plain).collect();
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || "_+/=.-".contains(letter);
    // A word that is cut may be the beginning of a secret, and too short to look like one.
    let is_cut = body.len() >= MOST_SHOWN;
    let text = if is_cut { text.trim_end_matches(belongs) } else { &text };
    let (mut shown, mut rest, mut hides) = (String::new(), text, false);
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|letter| !belongs(letter)).unwrap_or(rest.len()));
        let (between, after) = after.split_at(after.find(belongs).unwrap_or(after.len()));
        shown.push_str(if hides || is_secret(word) { "[redacted]" } else { word });
        shown.push_str(between);
        hides = word.eq_ignore_ascii_case("bearer");
        rest = after;
    }
    Some(shown).filter(|shown| !shown.is_empty())
}

fn is_secret(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|letter| kind(&letter));
    ["lrd_", "whsec_", "whsk_"].iter().any(|prefix| word.contains(prefix))
        || (word.len() >= SECRETIVE && has(char::is_ascii_alphabetic) && has(char::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_an_answer_is_cut() {
        for before in MOST_SHOWN - 40..MOST_SHOWN {
            let said = format!("{} abcdefghijklmnop1234567890 and more", " ".repeat(before));
            let shown = shown(said.as_bytes()).unwrap();
            assert!(!shown.contains("abc"), "{} at {before}", shown.trim());
        }
        assert_eq!(shown(b"in short").as_deref(), Some("in short"));
    }
}
