//! How a function that is called with records, not requests, answers its host.

use crate::Result;
use async_trait::async_trait;
use std::time::Duration;

/// Handles one record at a time. An error means: hand it out again.
#[async_trait]
pub trait Consumer<Record>: Send + Sync {
    async fn consume(&self, record: Record) -> Result<Outcome>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    RetryAfter(Duration),
}
