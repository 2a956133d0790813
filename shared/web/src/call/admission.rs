//! Whether a call is let in.

use super::Inner;
use domain::connection::{Connection, gate};
use domain::error::Refusal;
use domain::key::Holder;
use domain::limits::{self, Settled, Standing, Windows};
use domain::shelf::{Entity as _, read};
use domain::{Error, Result, schema};
use futures_util::future::join;
use std::sync::Arc;

/// What was found out about the key and its limits.
pub(crate) struct Admission {
    /// The connection, if its key holds and its limits leave room for this call.
    pub(crate) record: Result<Arc<Connection>>,
    /// None where the key does not hold, or it could not be counted.
    pub(crate) settled: Option<Settled>,
    /// As `settled`: how much is left is told to nobody else.
    pub(crate) standing: Option<Standing>,
    pub(crate) activity_days: Option<u16>,
}

impl Inner {
    /// The gate lets the call in or refuses it, in one step; at the same time the record is read, which says the rest.
    pub(super) async fn admit(&self) -> Admission {
        let Holder { owner, connection, ref key } = self.holder;
        if self.is_run {
            // Its place was taken when it asked.
            let lives = |record: Arc<Connection>| record.lives(self.at).map(|()| record);
            let record = self.record().await.and_then(lives);
            let activity_days = record.as_ref().ok().map(|record| record.activity_days);
            return Admission { record, settled: None, standing: None, activity_days };
        }
        let call = limits::Call { owner, connection, at: self.at };
        let (row, claim) = (schema::rate(owner, connection), gate::claim(key, self.in_address, self.at));
        let (record, taken) = join(self.record(), self.app.table.take(&row, &claim)).await;
        let activity_days = record.as_ref().ok().map(|record| record.activity_days);
        let refused = |record| Admission { record, settled: None, standing: None, activity_days };
        let taken = match taken {
            Ok(taken) if taken.is_taken || claim.is_open(&taken.counters) => taken,
            Ok(_) => return refused(Err(self.why_shut(record).await)),
            Err(error) => return refused(record.and_then(|record| self.holds(&record)).and(Err(error))),
        };
        let standing = Standing::of(Windows::at(self.at), &taken.counters);
        let settled = Some(Settled::of(call, &taken, &standing));
        let full = || standing.reached().map_or(Error::Busy, Error::Limited);
        let record = if taken.is_taken { record } else { Err(full()) };
        Admission { record, settled, standing: Some(standing), activity_days }
    }

    async fn record(&self) -> Result<Arc<Connection>> {
        let key = Connection::key(self.holder.owner, self.holder.connection);
        let row = self.app.table.get(&key).await?.ok_or(Error::Unauthenticated(Refusal::Deleted))?;
        let record = self.app.remembered.connections.of(&row, |row| read(row).map(Arc::new))?;
        Ok(match self.token {
            Some(actions) => Arc::new(Connection::clone(&record).narrowed(actions)),
            None => record,
        })
    }

    /// Why the gate does not know this key. A record that does not say so was read just before it changed.
    async fn why_shut(&self, record: Result<Arc<Connection>>) -> Error {
        let why = |record: Result<Arc<Connection>>| record.and_then(|record| self.holds(&record)).err();
        if let Some(why) = why(record) {
            return why;
        }
        why(self.record().await).unwrap_or_else(|| {
            tracing::error!(connection = %self.holder.connection, "a connection's gate is not as its record says");
            Error::Busy
        })
    }

    fn holds(&self, record: &Connection) -> Result<()> {
        record.admit(&self.holder.key, self.at).map_err(|error| match error {
            Error::Unauthenticated(Refusal::Replaced) if self.token.is_some() => {
                Error::Unauthenticated(Refusal::TakenBack)
            }
            error => error,
        })?;
        if self.in_address && !record.face.takes_key_from_address() {
            return Err(Error::Unauthenticated(Refusal::InAddress));
        }
        Ok(())
    }
}
