//! Delivers to webhooks: one event at a time or, where events were parked, what is parked, in order. What is read and
//! written on the way is the event's own row and the webhook's health; nothing is remembered here.

mod endpoint;
mod look;
mod park;
mod release;
mod run;
mod send;
mod tell;

use async_trait::async_trait;
use domain::Result;
use domain::clock::{Clock, Entropy};
use domain::data_keys::DataKeys;
use domain::delivery::{Errand, Job};
use domain::outbound::Outbound;
use domain::outcome::{Consumer, Outcome};
use domain::queue::{Queue, Received};
use domain::table::Table;
use endpoint::Endpoint;
use send::Try;
use std::sync::Arc;

pub struct Deliver {
    pub table: Arc<dyn Table>,
    pub keys: Arc<DataKeys>,
    pub outbound: Arc<dyn Outbound>,
    pub queue: Arc<dyn Queue>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Deliver {
    /// The messages of one webhook: all of them at once, if what is for it is parked. Otherwise, or where one of them is
    /// different, nothing is done.
    pub async fn park_all(&self, messages: &[Received]) -> Result<bool> {
        let errands =
            messages.iter().map(|message| Errand::read(&message.body)).collect::<Result<Vec<_>>>()?;
        let Some(&Errand { owner, connection, .. }) = errands.first() else { return Ok(false) };
        let wanted: Option<Vec<_>> = errands
            .into_iter()
            .map(|errand| match errand.job {
                Job::Send { event, from, due, again: None }
                    if (errand.owner, errand.connection) == (owner, connection) =>
                {
                    Some(Try { event, from, due, again: None })
                }
                _ => None,
            })
            .collect();
        let Some(wanted) = wanted else { return Ok(false) };
        Endpoint { ports: self, owner, id: connection }.park_all(&wanted).await
    }
}

#[async_trait]
impl Consumer<Received> for Deliver {
    async fn consume(&self, message: Received) -> Result<Outcome> {
        let Errand { owner, connection, job } = Errand::read(&message.body)?;
        let endpoint = Endpoint { ports: self, owner, id: connection };
        match job {
            Job::Send { event, from, due, again } => endpoint.send(Try { event, from, due, again }).await,
            Job::Release { due, failed_since } => endpoint.release(due, failed_since).await,
        }
    }
}
