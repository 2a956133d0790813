//! Port: the queue. At least once, in no order; what cannot be handled again and again is set aside, not lost.

use crate::Result;
use async_trait::async_trait;
use std::time::Duration;

/// The longest that a message can wait in the queue; what is due later waits in the table.
pub const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

/// How often a message is handed out before it is set aside with the dead letters.
pub const MOST_RECEIVES: u32 = 12;

#[async_trait]
pub trait Queue: Send + Sync {
    /// All of them; after an error some of them may be there.
    async fn send(&self, messages: Vec<Message>) -> Result<()>;

    /// Up to `most` due messages, hidden from other receivers for a while.
    async fn receive(&self, most: usize, hide_for: Duration) -> Result<Vec<Received>>;

    async fn done(&self, receipt: &str) -> Result<()>;

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub body: String,
    /// Those of one group do not crowd out those of another.
    pub group: String,
    pub delay: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub receipt: String,
    pub body: String,
    pub group: String,
    /// 1 when it is handed out for the first time.
    pub receives: u32,
}
