//! One webhook: what is known of it, and how that is written.

use crate::Deliver;
use domain::connection::{Connection, Reason};
use domain::delivery::{Attempt, Delivery, Errand, Health, Job, Next, State};
use domain::due;
use domain::id::{ConnectionId, OpId, OwnerId};
use domain::shelf::{self, Entity as _, Shelf};
use domain::table::{Put, Write};
use domain::{Error, Result, schema};
use jiff::Timestamp;
use std::time::Duration;

/// How often others may be faster.
pub(crate) const MOST_TRIES: usize = 5;

#[derive(Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    pub(crate) ports: &'a Deliver,
    pub(crate) owner: OwnerId,
    pub(crate) id: ConnectionId,
}

/// What comes of a try.
pub(crate) struct Noted {
    /// None: it stays what it is.
    pub(crate) becomes: Option<(State, Option<Next>)>,
    /// Whether it was one of its schedule.
    pub(crate) counts: bool,
}

impl Endpoint<'_> {
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn op(&self) -> OpId {
        OpId::new(self.now(), self.ports.entropy.bytes())
    }

    pub(crate) async fn standing(&self) -> Result<(Option<Connection>, Health)> {
        let keys = [Connection::key(self.owner, self.id), schema::health(self.owner, self.id)];
        let rows = self.ports.table.get_many(&keys).await?;
        let [connection, health] = rows.as_slice() else { return Err(Error::internal("rows are missing")) };
        Ok((
            connection.as_ref().map(shelf::read::<Connection>).transpose()?,
            Health::of(self.id, health.as_ref())?,
        ))
    }

    pub(crate) async fn write(&self, mut puts: Vec<Put>) -> Result<()> {
        match (puts.pop(), puts.is_empty()) {
            (Some(put), true) => self.ports.table.put(put, self.op()).await.map(|_| ()),
            (Some(put), false) => {
                let writes = puts.into_iter().chain([put]).map(Write::Put);
                self.ports.table.transact(writes.collect(), self.op()).await
            }
            (None, _) => Ok(()),
        }
    }

    /// Whoever fans out remembers which webhooks park.
    pub(crate) async fn write_health(&self, others: Vec<Put>, health: &Health) -> Result<()> {
        let puts = others.into_iter().chain([health.put(self.owner, self.now())?]);
        if !health.turns() {
            return self.write(puts.collect()).await;
        }
        let touch = Write::Touch { key: schema::hooks(self.owner) };
        self.ports.table.transact(puts.map(Write::Put).chain([touch]).collect(), self.op()).await
    }

    pub(crate) async fn queue(&self, job: Job, wait: Duration) -> Result<()> {
        let errand = Errand { owner: self.owner, connection: self.id, job };
        self.ports.queue.send(vec![errand.queued(wait)?]).await
    }

    /// Whoever wrote to the row meanwhile had the same event in hand: what was delivered stays so.
    pub(crate) async fn note(
        &self,
        mut delivery: Delivery,
        attempt: Option<Attempt>,
        noted: Noted,
    ) -> Result<()> {
        for _ in 0..MOST_TRIES {
            let was_delivered = delivery.state == State::Delivered;
            attempt.iter().for_each(|attempt| delivery.attempted(attempt.clone()));
            delivery.tries += u32::from(noted.counts);
            let mut puts = Vec::new();
            if let Some((state, next)) = noted.becomes.filter(|_| !was_delivered) {
                delivery.becomes(state, next);
                // What waits longer than the queue can comes back by a row.
                let row = next.filter(|next| next.by == Some(next.at));
                puts.extend(row.map(|next| due::retry(self.owner, &delivery, next.at)).transpose()?);
            }
            puts.push(delivery.put(self.owner)?);
            match self.write(puts).await {
                Err(Error::Conflict) => delivery = self.again(delivery).await?,
                done => return done,
            }
        }
        Err(Error::Busy)
    }

    /// As it is now.
    async fn again(&self, delivery: Delivery) -> Result<Delivery> {
        let key = schema::delivery(self.owner, self.id, delivery.id);
        self.ports.table.get(&key).await?.map_or(Ok(delivery), |row| Delivery::read(&row))
    }

    /// Its owner has to look before anything more is sent.
    pub(crate) async fn disable(&self, reason: Reason) -> Result<()> {
        let table = &*self.ports.table;
        for _ in 0..MOST_TRIES {
            let before = match Shelf::<Connection>::new(table, self.owner).get(self.id).await {
                Ok(connection) => connection,
                Err(Error::NotFound(_)) => return Ok(()),
                Err(error) => return Err(error),
            };
            let now = self.now();
            if !before.listens(now) {
                return Ok(());
            }
            let writes = before.disabling(reason, table, self.owner, (now, self.op()))?;
            match table.transact(writes, self.op()).await {
                Err(Error::Conflict) => {}
                done => return done,
            }
        }
        Err(Error::Busy)
    }
}
