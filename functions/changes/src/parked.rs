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
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be parked, in the order in which it will lie; what is told again is the same again.
#[derive(Default)]
pub(crate) struct Pending {
    deliveries: BTreeMap<(Hook, EventId), Delivery>,
    hooks: BTreeSet<Hook>,
}

type Hook = (OwnerId, ConnectionId);

pub(crate) struct Parking {
    pub(crate) table: Arc<dyn Table>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Pending {
    pub(crate) fn push(&mut self, owner: OwnerId, delivery: Delivery) {
        let hook = (owner, delivery.connection);
        self.deliveries.insert((hook, delivery.id), delivery);
        self.hooks.insert(hook);
    }
}

impl Parking {
    /// Answers what has to be sent: somebody has to look at what nobody would.
    pub(crate) async fn park(&self, Pending { deliveries, hooks }: Pending) -> Result<Vec<Message>> {
        let writes = deliveries.into_iter().map(|(((owner, _), _), delivery)| self.write(owner, delivery));
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.unseen(hooks).await
    }

    /// Whoever was faster had the same event in hand.
    async fn write(&self, owner: OwnerId, mut delivery: Delivery) -> Result<()> {
        delivery.becomes(State::Parked, None);
        match self.table.put(delivery.put(owner)?, OpId::new(self.clock.now(), self.entropy.bytes())).await {
            Ok(_) | Err(Error::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn unseen(&self, hooks: BTreeSet<Hook>) -> Result<Vec<Message>> {
        let (hooks, mut messages) = (Vec::from_iter(hooks), Vec::new());
        for page in hooks.chunks(AT_ONCE / 2) {
            let keys = page
                .iter()
                .flat_map(|(owner, id)| [Connection::key(*owner, *id), schema::health(*owner, *id)]);
            let rows = self.table.get_many(&Vec::from_iter(keys)).await?;
            for ((owner, id), rows) in page.iter().zip(rows.chunks(2)) {
                if legible(self.is_unseen(*id, rows))?.unwrap_or_default() {
                    messages.push(Errand::release_now(*owner, *id)?);
                }
            }
        }
        Ok(messages)
    }

    /// One that is paused is looked at when it is resumed.
    fn is_unseen(&self, id: ConnectionId, rows: &[Option<Row>]) -> Result<bool> {
        let [connection, health] = rows else { return Err(Error::internal("rows are missing")) };
        let connection = connection.as_ref().map(shelf::read::<Connection>).transpose()?;
        let (health, now) = (Health::of(id, health.as_ref())?, self.clock.now());
        Ok(connection.is_some_and(|connection| connection.listens(now)) && !health.is_looked_after(now))
    }
}
