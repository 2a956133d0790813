//! Who is told of what, remembered from batch to batch: what a change costs does not grow with the connections that
//! there are, only with those that it is told to.

use domain::Result;
use domain::access::Resource;
use domain::change::TOLD;
use domain::connection::Connection;
use domain::id::OwnerId;
use domain::shelf::Shelf;
use domain::table::Table;
use domain::{clock::Clock, schema};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More owners than this are not remembered: the memory of a warm process stays bounded.
const MOST_REMEMBERED: usize = 1_000;

pub(crate) type ByResource = BTreeMap<Resource, Vec<Connection>>;

pub(crate) struct Listeners {
    table: Arc<dyn Table>,
    clock: Arc<dyn Clock>,
    remembered: Mutex<HashMap<OwnerId, Remembered>>,
}

struct Remembered {
    /// That of the row that each write of a webhook touches.
    version: u64,
    /// Whether that was looked up in this batch, of which every change is older than the answer.
    is_fresh: bool,
    listeners: Arc<ByResource>,
}

impl Listeners {
    pub(crate) fn new(table: Arc<dyn Table>, clock: Arc<dyn Clock>) -> Self {
        Self { table, clock, remembered: Mutex::default() }
    }

    /// They may have changed since the last batch.
    pub(crate) fn begin(&self) {
        for known in self.lock().values_mut() {
            known.is_fresh = false;
        }
    }

    pub(crate) async fn of(&self, owner: OwnerId) -> Result<Arc<ByResource>> {
        let known = self
            .lock()
            .get(&owner)
            .map(|known| (known.version, known.is_fresh, Arc::clone(&known.listeners)));
        if let Some((_, true, listeners)) = &known {
            return Ok(Arc::clone(listeners));
        }
        // First the version, then the webhooks: what comes between is read again with the next batch.
        let version = self.table.get(&schema::hooks(owner)).await?.map_or(0, |row| row.version);
        let listeners = match known {
            Some((same, _, listeners)) if same == version => listeners,
            _ => Arc::new(self.read(owner).await?),
        };
        let mut remembered = self.lock();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(owner, Remembered { version, is_fresh: true, listeners: Arc::clone(&listeners) });
        Ok(listeners)
    }

    async fn read(&self, owner: OwnerId) -> Result<ByResource> {
        let (mut by_resource, now) = (ByResource::new(), self.clock.now());
        for connection in Shelf::<Connection>::new(&*self.table, owner).all().await? {
            let Some(hook) = connection.hook(now) else { continue };
            let reads = |resource| connection.grant.0.iter().any(|rule| rule.resource == resource);
            let asks = |resource| hook.config.may_ask_for(resource);
            for resource in TOLD.into_iter().filter(|resource| reads(*resource) && asks(*resource)) {
                by_resource.entry(resource).or_default().push(connection.clone());
            }
        }
        Ok(by_resource)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OwnerId, Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
