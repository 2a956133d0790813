//! Looks every minute what is due until now, does it, and drops the row: in this order, so that whatever ends the
//! sweep in between, the next one does the rest.

use async_trait::async_trait;
use domain::clock::{Clock, Entropy};
use domain::connection::{Connection, Status};
use domain::due::{Due, Tick, What};
use domain::id::{ConnectionId, OpId, OwnerId};
use domain::notice::{About, Notice};
use domain::outcome::{Consumer, Outcome};
use domain::queue::Queue;
use domain::schema;
use domain::shelf::Shelf;
use domain::table::{Row, Table};
use domain::{Error, Result};
use futures_util::future::join_all;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Read at once, and then done at the same time.
const PAGE: usize = 25;

pub struct Sweep {
    pub table: Arc<dyn Table>,
    pub queue: Arc<dyn Queue>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

#[async_trait]
impl Consumer<Tick> for Sweep {
    /// One row that fails holds up no other; it is there at the next tick.
    async fn consume(&self, _: Tick) -> Result<Outcome> {
        let due = schema::due_until(self.clock.now());
        let (mut after, mut failed) = (None, None);
        loop {
            let page = self.table.query(&due.clone().page(after, PAGE)).await?;
            self.hand_on(&page.rows).await?;
            for done in join_all(page.rows.iter().map(|row| self.settle(row))).await {
                failed = done.err().or(failed);
            }
            after = page.next;
            if after.is_none() {
                return failed.map_or(Ok(Outcome::Done), Err);
            }
        }
    }
}

impl Sweep {
    /// What waited for its time goes into the queue, all of a page at once, and only then leaves its row.
    async fn hand_on(&self, rows: &[Row]) -> Result<()> {
        let errands = rows.iter().filter_map(|row| Due::read(row).ok()?.errand());
        let messages = errands.map(|errand| errand.queued(Duration::ZERO)).collect::<Result<Vec<_>>>()?;
        if messages.is_empty() { Ok(()) } else { self.queue.send(messages).await }
    }

    async fn settle(&self, row: &Row) -> Result<()> {
        match self.remind(row).await {
            // Left where it is, for the version of Larder that can read it.
            Err(error @ Error::Unreadable { .. }) => {
                tracing::error!(%error, "a reminder is passed over");
                return Ok(());
            }
            done => done?,
        }
        match self.table.delete(row.key.clone(), row.version, self.op()).await {
            // Another sweep was first.
            Err(Error::Conflict) => Ok(()),
            done => done,
        }
    }

    async fn remind(&self, row: &Row) -> Result<()> {
        let Due { owner, what } = Due::read(row)?;
        match what {
            What::Expiring { connection, expires_at } => self.expiring(owner, connection, expires_at).await,
            What::Retry { .. } | What::Release { .. } => Ok(()),
        }
    }

    /// Whoever changed the expiry wrote another row: this one is about nothing any more.
    async fn expiring(&self, owner: OwnerId, id: ConnectionId, expires_at: Timestamp) -> Result<()> {
        let connection = match Shelf::<Connection>::new(&*self.table, owner).get(id).await {
            Ok(connection) => connection,
            Err(Error::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        if connection.status == Status::Revoked || connection.expires_at != Some(expires_at) {
            return Ok(());
        }
        let notice = Notice { connection: id, at: self.clock.now(), about: About::Expiring { expires_at } };
        match self.table.put(notice.put(owner)?, self.op()).await {
            // It was told already.
            Err(Error::Conflict) => Ok(()),
            told => told.map(|_| ()),
        }
    }

    fn op(&self) -> OpId {
        OpId::new(self.clock.now(), self.entropy.bytes())
    }
}
