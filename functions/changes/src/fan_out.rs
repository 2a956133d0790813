//! Fans each change out: one queued delivery for each webhook of its owner that wants to know.

use crate::legible;
use async_trait::async_trait;
use domain::change::Change;
use domain::clock::Clock;
use domain::connection::Connection;
use domain::delivery::Delivery;
use domain::outcome::{Consumer, Outcome};
use domain::queue::{Message, Queue};
use domain::shelf::Shelf;
use domain::table::{RowChange, Table};
use domain::{Error, Result};
use std::sync::Arc;
use std::time::Duration;

pub struct FanOut {
    pub table: Arc<dyn Table>,
    pub queue: Arc<dyn Queue>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Consumer<RowChange> for FanOut {
    async fn consume(&self, row: RowChange) -> Result<Outcome> {
        let Some(change) = legible(Change::of(&row))?.flatten() else { return Ok(Outcome::Done) };
        let connections = Shelf::<Connection>::new(&*self.table, change.owner).all().await?;
        let now = self.clock.now();
        for connection in connections {
            if legible(change.told(&connection, now))?.flatten().is_some() {
                self.queue.send(message(&change, &connection)?).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn message(change: &Change, connection: &Connection) -> Result<Message> {
    let delivery = Delivery::V1 { owner: change.owner, connection: connection.id, change: change.clone() };
    let body = serde_json::to_string(&delivery).map_err(Error::internal)?;
    Ok(Message { body, group: change.owner.to_string(), delay: Duration::ZERO })
}
