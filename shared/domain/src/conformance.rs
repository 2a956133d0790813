//! One suite for each port. Every adapter runs all of it: `table_suite!(host)` makes a test of each case, where
//! `host` is an async function that answers a fresh, empty adapter and whatever has to live as long as it: `(adapter, kept)`.

pub mod count;
pub mod keyring;
pub mod many;
pub mod places;
pub mod queue;
pub mod table;

use crate::clock::Clock;
use crate::id::{OpId, OwnerId};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A clock that moves when it is told to.
pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_800_000_000_000))
    }
}

impl ManualClock {
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// A different one at each call, the same ones in each run.
pub fn op() -> OpId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let [a, b, c, d, e, f, g, h] = NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes();
    OpId::new(Timestamp::UNIX_EPOCH, [0, 0, a, b, c, d, e, f, g, h])
}

pub fn owner(number: u8) -> OwnerId {
    OwnerId::from_bytes([number; 10])
}
