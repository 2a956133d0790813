//! The real clock and the real randomness.

use domain::clock::{Clock, Entropy};
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

pub struct System;

impl Clock for System {
    /// In whole milliseconds: what is stored reads back as it was.
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

impl Entropy for System {
    #[expect(
        clippy::expect_used,
        reason = "without randomness no key is safe: better no answer than a weak one"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        SystemRandom::new().fill(bytes).expect("the operating system gives randomness");
    }
}
