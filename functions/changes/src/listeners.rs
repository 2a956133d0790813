//! Who is told of what, remembered from batch to batch: what a change costs does not grow with the connections that
//! there are, only with those that it is told to.

use domain::Result;
use domain::access::Resource;
use domain::change::{TOLD, events};
use domain::connection::Connection;
use domain::id::OwnerId;
use domain::schema;
use domain::shelf::Shelf;
use domain::table::Table;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More owners than this are not remembered: the memory of a warm process stays bounded.
const MOST_REMEMBERED: usize = 1_000;

/// By the events that each may hear of: `task.created`, `record.*.created`.
pub(crate) type ByEvent = HashMap<String, Vec<Arc<Connection>>>;

pub(crate) struct Listeners {
    table: Arc<dyn Table>,
    remembered: Mutex<HashMap<OwnerId, Remembered>>,
}

struct Remembered {
    /// That of the row that each write of a webhook touches.
    version: u64,
    /// Whether that was looked up in this batch, of which every change is older than the answer.
    is_fresh: bool,
    listeners: Arc<ByEvent>,
}

impl Listeners {
    pub(crate) fn new(table: Arc<dyn Table>) -> Self {
        Self { table, remembered: Mutex::default() }
    }

    /// They may have changed since the last batch.
    pub(crate) fn begin(&self) {
        for known in self.lock().values_mut() {
            known.is_fresh = false;
        }
    }

    pub(crate) async fn of(&self, owner: OwnerId) -> Result<Arc<ByEvent>> {
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

    async fn read(&self, owner: OwnerId) -> Result<ByEvent> {
        let mut by_event = ByEvent::new();
        for connection in Shelf::<Connection>::new(&*self.table, owner).all().await? {
            let connection = Arc::new(connection);
            let Some(config) = connection.face.webhook() else { continue };
            let reads =
                |resource: &Resource| connection.grant.0.iter().any(|rule| rule.resource == *resource);
            let heard = TOLD.into_iter().filter(reads).flat_map(events);
            for event in heard.filter(|event| config.asks_for(event)) {
                by_event.entry(event).or_default().push(Arc::clone(&connection));
            }
        }
        Ok(by_event)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OwnerId, Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
