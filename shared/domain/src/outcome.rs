//! How a function that is called with records, not requests, answers its host.

use crate::Result;
use async_trait::async_trait;
use std::time::Duration;

/// Handles one record at a time. An error means: hand it out again.
#[async_trait]
pub trait Consumer<Record: Sync>: Send + Sync {
    async fn consume(&self, record: Record) -> Result<Outcome>;

    /// Where records come in order: what is done once for a whole batch, before the first of it is consumed. An
    /// error means: hand all of it out again.
    async fn begin(&self, _batch: &[Record]) -> Result<()> {
        Ok(())
    }

    /// After the last record of such a batch, before what was consumed of it counts: what is done once for all of it.
    /// An error means: hand all of it out again.
    async fn end(&self) -> Result<()> {
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done with, and where something was to arrive, it has.
    Done,
    /// It is done with, too, but nothing arrived: what it is about waits elsewhere, or was given up.
    PutAside,
    RetryAfter(Duration),
}
