//! What follows from changes: entries of the audit log are sealed, and webhooks are told.

mod fan_out;
mod listeners;
mod parked;
mod seal;

pub use fan_out::FanOut;
pub use seal::Sealer;

use async_trait::async_trait;
use domain::outcome::{Consumer, Outcome};
use domain::table::RowChange;
use domain::{Error, Result};

pub struct Changes {
    pub sealer: Sealer,
    pub fan_out: FanOut,
}

#[async_trait]
impl Consumer<RowChange> for Changes {
    /// Seals first, because it can be repeated without anybody noticing; a webhook that is told twice notices.
    async fn begin(&self, batch: &[RowChange]) -> Result<()> {
        self.fan_out.begin();
        self.sealer.seal(batch).await
    }

    async fn consume(&self, row: RowChange) -> Result<Outcome> {
        self.fan_out.consume(row).await
    }

    /// Parks first, for the same reason.
    async fn end(&self) -> Result<()> {
        self.park().await?;
        self.tell().await
    }
}

/// The end of a batch for who parks what there is of several.
impl Changes {
    pub async fn tell(&self) -> Result<()> {
        self.fan_out.tell().await
    }

    pub async fn park(&self) -> Result<()> {
        self.fan_out.park().await
    }

    /// How much is to be parked.
    pub fn pending(&self) -> usize {
        self.fan_out.pending()
    }
}

/// No try will ever read what cannot be read, and it must not stand in the way of what comes after it.
fn legible<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error @ Error::Unreadable { .. }) => {
            tracing::error!(%error, "a change cannot be told");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
