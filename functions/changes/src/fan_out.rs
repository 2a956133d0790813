//! Fans each change out: one message for each webhook of its owner that wants to know, all those of a batch at once.

use crate::legible;
use crate::listeners::Listeners;
use async_trait::async_trait;
use domain::change::Change;
use domain::clock::Clock;
use domain::connection::Connection;
use domain::delivery::{Asked, Errand, Job, Origin};
use domain::id::EventId;
use domain::outcome::{Consumer, Outcome};
use domain::queue::{Message, Queue};
use domain::table::{RowChange, Table};
use domain::{Error, Result, schema};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub struct FanOut {
    listeners: Listeners,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    /// What this batch has to send.
    messages: Mutex<Vec<Message>>,
}

impl FanOut {
    pub fn new(table: Arc<dyn Table>, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>) -> Self {
        let listeners = Listeners::new(table);
        Self { listeners, queue, clock, messages: Mutex::default() }
    }

    fn messages(&self) -> MutexGuard<'_, Vec<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever changed a webhook may have resumed it, or said where it is now.
    fn release(&self, row: &RowChange) -> Result<()> {
        let Some(after) = row.after.as_ref().filter(|_| row.before.is_some()) else { return Ok(()) };
        let connection: Connection =
            serde_json::from_str(&after.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        if connection.listens(self.clock.now()) {
            let job = Job::Release { due: None, failed_since: None };
            let errand = Errand { owner: row.key.owner, connection: connection.id, job };
            self.messages().push(errand.queued(Duration::ZERO)?);
        }
        Ok(())
    }
}

#[async_trait]
impl Consumer<RowChange> for FanOut {
    async fn begin(&self, _: &[RowChange]) -> Result<()> {
        self.listeners.begin();
        self.messages().clear();
        Ok(())
    }

    async fn consume(&self, row: RowChange) -> Result<Outcome> {
        // The log itself is told to nobody: what its sealing writes asks for no connections.
        if row.key.sort.starts_with(schema::AUDIT) {
            return Ok(Outcome::Done);
        }
        if row.key.sort.starts_with(schema::ASKED) {
            if let Some(asked) = legible(Asked::of(&row))?.flatten() {
                self.messages().push(asked.errand(row.key.owner).queued(Duration::ZERO)?);
            }
            return Ok(Outcome::Done);
        }
        if row.key.sort.starts_with(schema::CONNECTIONS) {
            legible(self.release(&row))?;
        }
        let listeners = self.listeners.of(row.key.owner).await?;
        if listeners.is_empty() {
            return Ok(Outcome::Done);
        }
        let Some(change) = legible(Change::of(&row))?.flatten() else { return Ok(Outcome::Done) };
        let (Some(from), Some(after)) = (Origin::of(&row), &row.after) else { return Ok(Outcome::Done) };
        let (event, now) = (EventId::of(change.at, after.version, change.id), self.clock.now());
        let heard = change.events().filter_map(|event| listeners.get(&event)).flatten();
        let heard: BTreeMap<_, _> = heard.map(|connection| (connection.id, connection)).collect();
        for connection in heard.into_values() {
            if legible(change.told(connection, now))?.flatten().is_some() {
                let job = Job::Send { event, from: from.clone(), due: None, again: None };
                let errand = Errand { owner: change.owner, connection: connection.id, job };
                self.messages().push(errand.queued(Duration::ZERO)?);
            }
        }
        Ok(Outcome::Done)
    }

    async fn end(&self) -> Result<()> {
        let messages = std::mem::take(&mut *self.messages());
        if messages.is_empty() { Ok(()) } else { self.queue.send(messages).await }
    }
}
