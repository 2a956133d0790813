//! Fans each change out: one queued delivery for each webhook of its owner that wants to know.

use crate::legible;
use async_trait::async_trait;
use domain::change::Change;
use domain::clock::Clock;
use domain::connection::Connection;
use domain::delivery::Delivery;
use domain::id::OwnerId;
use domain::outcome::{Consumer, Outcome};
use domain::queue::{Message, Queue};
use domain::shelf::Shelf;
use domain::table::{RowChange, Table};
use domain::{Error, Result, schema};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub struct FanOut {
    table: Arc<dyn Table>,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    /// Who listens, of each owner in this batch: asked once, because every change of it is older than the answer.
    listeners: Mutex<BTreeMap<OwnerId, Arc<[Connection]>>>,
}

impl FanOut {
    pub fn new(table: Arc<dyn Table>, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>) -> Self {
        Self { table, queue, clock, listeners: Mutex::default() }
    }

    async fn listeners(&self, owner: OwnerId) -> Result<Arc<[Connection]>> {
        let known = self.known().get(&owner).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let (all, now) = (Shelf::<Connection>::new(&*self.table, owner).all().await?, self.clock.now());
        let listeners: Arc<[_]> = all.into_iter().filter(|it| it.listens(now).is_some()).collect();
        self.known().insert(owner, Arc::clone(&listeners));
        Ok(listeners)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<OwnerId, Arc<[Connection]>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Consumer<RowChange> for FanOut {
    async fn begin(&self, _: &[RowChange]) -> Result<()> {
        self.known().clear();
        Ok(())
    }

    async fn consume(&self, row: RowChange) -> Result<Outcome> {
        // The log itself is told to nobody: what its sealing writes asks for no connections.
        if row.key.sort.starts_with(schema::AUDIT) {
            return Ok(Outcome::Done);
        }
        let listeners = self.listeners(row.key.owner).await?;
        if listeners.is_empty() {
            return Ok(Outcome::Done);
        }
        let Some(change) = legible(Change::of(&row))?.flatten() else { return Ok(Outcome::Done) };
        let now = self.clock.now();
        for connection in listeners.iter() {
            if legible(change.told(connection, now))?.flatten().is_some() {
                self.queue.send(vec![message(&change, connection)?]).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn message(change: &Change, connection: &Connection) -> Result<Message> {
    let delivery = Delivery::V1 { owner: change.owner, connection: connection.id, change: change.clone() };
    let body = serde_json::to_string(&delivery).map_err(Error::internal)?;
    Ok(Message { body, group: connection.id.to_string(), delay: Duration::ZERO })
}
