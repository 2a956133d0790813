//! Fans each change out to the webhooks of its owner that want to know: a message for each, or a row where they park;
//! all those of a batch at once.

use crate::legible;
use crate::listeners::Listeners;
use crate::parked::{Parking, Pending};
use domain::change::Change;
use domain::clock::{Clock, Entropy};
use domain::connection::Connection;
use domain::delivery::{Asked, Delivery, Errand, Happened, Origin};
use domain::id::EventId;
use domain::outcome::Outcome;
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
    parking: Parking,
    /// What this batch has to send.
    messages: Mutex<Vec<Message>>,
    /// What this batch, and those before it, have to park, until it is.
    parked: Mutex<Pending>,
}

impl FanOut {
    pub fn new(
        table: Arc<dyn Table>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let listeners = Listeners::new(Arc::clone(&table));
        let parking = Parking { table, clock: Arc::clone(&clock), entropy };
        Self { listeners, queue, clock, parking, messages: Mutex::default(), parked: Mutex::default() }
    }

    async fn send(&self, messages: Vec<Message>) -> Result<()> {
        if messages.is_empty() { Ok(()) } else { self.queue.send(messages).await }
    }

    /// Whoever changed a webhook may have resumed it, or said where it is now.
    fn release(&self, row: &RowChange) -> Result<()> {
        let Some(after) = row.after.as_ref().filter(|_| row.before.is_some()) else { return Ok(()) };
        let connection: Connection =
            serde_json::from_str(&after.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        if connection.listens(self.clock.now()) {
            let errand = Errand::mended(row.key.owner, connection.id);
            lock(&self.messages).push(errand.queued(Duration::ZERO)?);
        }
        Ok(())
    }

    pub(crate) fn begin(&self) {
        self.listeners.begin();
        lock(&self.messages).clear();
    }

    pub(crate) async fn consume(&self, row: RowChange) -> Result<Outcome> {
        // The log itself is told to nobody: what its sealing writes asks for no connections.
        if row.key.sort.starts_with(schema::AUDIT) {
            return Ok(Outcome::Done);
        }
        if row.key.sort.starts_with(schema::ASKED) {
            if let Some(asked) = legible(Asked::of(&row))?.flatten() {
                lock(&self.messages).push(asked.errand(row.key.owner).queued(Duration::ZERO)?);
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
        let heard: BTreeMap<_, _> = heard.map(|listener| (listener.connection.id, listener)).collect();
        let (owner, happened) = (change.owner, Happened::Change(change));
        for (connection, listener) in heard {
            let Some(told) = legible(happened.told(&listener.connection, now))?.flatten() else { continue };
            let from = from.clone();
            if listener.parks {
                let mut delivery = Delivery::new(event, connection, from, Some(&happened));
                delivery.event = told.event;
                lock(&self.parked).push(owner, delivery);
            } else {
                let errand = Errand::told(owner, connection, event, from);
                lock(&self.messages).push(errand.queued(Duration::ZERO)?);
            }
        }
        Ok(Outcome::Done)
    }

    pub(crate) async fn tell(&self) -> Result<()> {
        let messages = std::mem::take(&mut *lock(&self.messages));
        self.send(messages).await
    }

    pub(crate) fn pending(&self) -> usize {
        lock(&self.parked).len()
    }

    pub(crate) async fn park(&self) -> Result<()> {
        let parked = lock(&self.parked).clone();
        self.send(self.parking.park(&parked).await?).await?;
        lock(&self.parked).forget(&parked);
        Ok(())
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
