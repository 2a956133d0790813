//! Port: what time it is, and randomness. The only two things that no rule may fetch for itself.

use jiff::Timestamp;
use std::time::Duration;

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Since a moment that stays the same; finer than `now`, and never turned back. For durations.
    fn elapsed(&self) -> Duration;
}

/// Unpredictable bytes, fit for keys.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
