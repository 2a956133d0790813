//! What is for a webhook that parks lies in its row at once: a message would do no more. Whoever parks writes first and
//! looks afterwards, as whoever releases does: so whichever of them is later sees the other.

use crate::legible;
use crate::listeners::AT_ONCE;
use domain::clock::{Clock, Entropy};
use domain::connection::Connection;
use domain::delivery::{Delivery, Errand, Health, State};
use domain::id::{ConnectionId, EventId, OpId, OwnerId};
use domain::queue::Message;
use domain::shelf::{self, Entity as _};
use domain::table::{Row, Table};
use domain::{Error, Result, schema};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How many rows are written at the same time.
const WRITES: usize = 32;

/// What is to be parked, in the order in which it will lie; what is told again is the same again.
#[derive(Clone, Default)]
pub(crate) struct Pending(BTreeMap<(Hook, EventId), Delivery>);

type Hook = (OwnerId, ConnectionId);

pub(crate) struct Parking {
    pub(crate) table: Arc<dyn Table>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Pending {
    pub(crate) fn push(&mut self, owner: OwnerId, mut delivery: Delivery) {
        delivery.becomes(State::Parked, None);
        self.0.insert(((owner, delivery.connection), delivery.id), delivery);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is parked is pending no more.
    pub(crate) fn forget(&mut self, parked: &Self) {
        self.0.retain(|key, _| !parked.0.contains_key(key));
    }
}

impl Parking {
    /// Answers what has to be sent: what could not be parked here, and somebody has to look at what nobody would.
    pub(crate) async fn park(&self, Pending(deliveries): &Pending) -> Result<Vec<Message>> {
        let writes: Vec<_> =
            deliveries.iter().map(|(((owner, _), _), delivery)| self.write(*owner, delivery)).collect();
        let left: Vec<_> = stream::iter(writes).buffer_unordered(WRITES).try_collect().await?;
        let mut hooks: Vec<_> = deliveries.keys().map(|(hook, _)| *hook).collect();
        hooks.dedup();
        let unseen = self.unseen(&hooks).await?;
        left.into_iter().flatten().chain(unseen).map(|errand| errand.queued(Duration::ZERO)).collect()
    }

    /// Answers what has to be sent instead.
    async fn write(&self, owner: OwnerId, delivery: &Delivery) -> Result<Option<Errand>> {
        let is_handled = match self
            .table
            .put(delivery.put(owner)?, OpId::new(self.clock.now(), self.entropy.bytes()))
            .await
        {
            // Whoever was faster had the same event in hand; but it may be told again because its message is gone.
            Err(Error::Conflict) => self.is_handled(owner, delivery).await,
            put => put.map(|_| true),
        };
        match is_handled {
            Ok(true) => Ok(None),
            // All of the batch would be told again, to those as well to whom it arrives.
            Ok(false) | Err(Error::Busy) => {
                Ok(Some(Errand::told(owner, delivery.connection, delivery.id, delivery.from.clone())))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether its row waits for no message, or for another than the first.
    async fn is_handled(&self, owner: OwnerId, delivery: &Delivery) -> Result<bool> {
        let row = self.table.get(&schema::delivery(owner, delivery.connection, delivery.id)).await?;
        let known = legible(row.as_ref().map(Delivery::read).transpose())?.flatten();
        Ok(known.is_none_or(|known| !known.waits_for(None, None)))
    }

    async fn unseen(&self, hooks: &[Hook]) -> Result<Vec<Errand>> {
        let mut unseen = Vec::new();
        for page in hooks.chunks(AT_ONCE / 2) {
            let keys = page
                .iter()
                .flat_map(|(owner, id)| [Connection::key(*owner, *id), schema::health(*owner, *id)]);
            let rows = self.table.get_many(&Vec::from_iter(keys)).await?;
            for ((owner, id), rows) in page.iter().zip(rows.chunks(2)) {
                if legible(self.is_unseen(*id, rows))?.unwrap_or_default() {
                    unseen.push(Errand::parked(*owner, *id, self.clock.now()));
                }
            }
        }
        Ok(unseen)
    }

    /// One that is paused is looked at when it is resumed.
    fn is_unseen(&self, id: ConnectionId, rows: &[Option<Row>]) -> Result<bool> {
        let [connection, health] = rows else { return Err(Error::internal("rows are missing")) };
        let connection = connection.as_ref().map(shelf::read::<Connection>).transpose()?;
        let (health, now) = (Health::of(id, health.as_ref())?, self.clock.now());
        Ok(connection.is_some_and(|connection| connection.listens(now)) && !health.is_looked_after(now))
    }
}
