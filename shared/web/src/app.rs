//! What a handler can reach: the ports of the host that it runs in.

use crate::owner::Identity;
use crate::recall::Kept;
use crate::remembered::Remembered;
use crate::site::Site;
use domain::clock::{Clock, Entropy};
use domain::connection::Connection;
use domain::data_keys::DataKeys;
use domain::id::OpId;
use domain::ledger::Ledger;
use domain::outbound::{Outbound, Reach};
use domain::table::Table;
use serde_json::value::RawValue;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::watch;

#[derive(Clone)]
pub struct App {
    ports: Arc<Ports>,
    pub(crate) entries: Arc<Kept>,
    pub(crate) remembered: Arc<Memory>,
    /// Each call in hand is one who listens to this.
    in_hand: watch::Sender<()>,
}

/// What the rows say that are read most.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) connections: Remembered<Connection>,
    /// Items as they are told to who may read all of them.
    pub(crate) items: Remembered<RawValue>,
}

pub struct Ports {
    pub table: Arc<dyn Table>,
    pub keys: Arc<DataKeys>,
    pub ledger: Arc<dyn Ledger>,
    pub identity: Arc<dyn Identity>,
    pub reach: Arc<dyn Reach>,
    pub outbound: Arc<dyn Outbound>,
    pub site: Site,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl App {
    pub fn new(ports: Ports) -> Self {
        Self {
            ports: Arc::new(ports),
            entries: Arc::default(),
            remembered: Arc::default(),
            in_hand: watch::Sender::new(()),
        }
    }

    /// The call is in hand for as long as this is kept.
    pub(crate) fn begin(&self) -> watch::Receiver<()> {
        self.in_hand.subscribe()
    }

    /// Returns when no call is in hand, also of those whose clients have hung up.
    pub async fn idle(&self) {
        self.in_hand.closed().await;
    }
}

impl Ports {
    pub fn op(&self) -> OpId {
        OpId::new(self.clock.now(), self.entropy.bytes())
    }
}

impl Deref for App {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}
