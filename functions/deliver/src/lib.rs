//! Delivers to webhooks: one event at a time or, where events were parked, what is parked, in order. What is read and
//! written on the way is the event's own row and the webhook's health; nothing is remembered here.

mod endpoint;
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
