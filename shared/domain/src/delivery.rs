//! A webhook delivery: what waits in the queue, and when it is tried again.

mod payload;
mod signing;

pub use payload::{Data, Payload};
pub use signing::SigningSecret;

use crate::change::Change;
use crate::id::{ConnectionId, OwnerId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What waits in the queue. Versioned, because messages of an older Larder may still wait when a newer one starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum Delivery {
    #[serde(rename = "1")]
    V1 { owner: OwnerId, connection: ConnectionId, change: Change },
}

/// How long to wait after the nth try failed; `None` when it is to be set aside. The waits grow to the longest
/// that the queue itself can wait.
pub fn wait_after(tries: u32, most: u32) -> Option<Duration> {
    const WAITS: [u64; 11] = [5, 30, 120, 300, 600, 900, 900, 900, 900, 900, 900];
    let wait = WAITS.get(tries.saturating_sub(1) as usize).filter(|_| tries < most);
    wait.copied().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_fit_the_queue_and_end_before_it_gives_up() {
        let waits: Vec<_> = (1..).map_while(|tries| wait_after(tries, u32::MAX)).collect();
        assert!(waits.iter().all(|wait| *wait <= crate::queue::LONGEST_DELAY));
        assert_eq!(waits.len() + 1, crate::queue::MOST_RECEIVES as usize);
    }
}
