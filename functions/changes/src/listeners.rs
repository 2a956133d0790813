//! Who is told of what, and who parks it, remembered from batch to batch: what a change costs does not grow with the
//! connections that there are, only with those that it is told to.

use crate::legible;
use domain::Result;
use domain::access::Resource;
use domain::change::{TOLD, events};
use domain::connection::Connection;
use domain::delivery::Health;
use domain::id::{ConnectionId, OwnerId};
use domain::schema;
use domain::shelf::Shelf;
use domain::table::Table;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// As many rows as are read at once.
pub(crate) const AT_ONCE: usize = 100;

/// More owners than this are not remembered: the memory of a warm process stays bounded.
const MOST_REMEMBERED: usize = 1_000;

/// By the events that each may hear of: `task.created`, `record.*.created`.
pub(crate) type ByEvent = HashMap<String, Vec<Arc<Listener>>>;

pub(crate) struct Listener {
    pub(crate) connection: Connection,
    /// What is for it is parked.
    pub(crate) parks: bool,
}

pub(crate) struct Listeners {
    table: Arc<dyn Table>,
    remembered: Mutex<HashMap<OwnerId, Remembered>>,
}

struct Remembered {
    /// That of the row that is touched whenever a webhook is written, or begins or ends to park.
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
        let connections = Shelf::<Connection>::new(&*self.table, owner).all().await?;
        let hooks: Vec<_> = connections.into_iter().filter(|one| one.face.webhook().is_some()).collect();
        let parking = self.parking(owner, &hooks).await?;
        for connection in hooks {
            let parks = parking.contains(&connection.id);
            let listener = Arc::new(Listener { connection, parks });
            for event in heard(&listener.connection) {
                by_event.entry(event).or_default().push(Arc::clone(&listener));
            }
        }
        Ok(by_event)
    }

    async fn parking(&self, owner: OwnerId, hooks: &[Connection]) -> Result<HashSet<ConnectionId>> {
        let mut parking = HashSet::new();
        for page in hooks.chunks(AT_ONCE) {
            let keys: Vec<_> = page.iter().map(|hook| schema::health(owner, hook.id)).collect();
            for (hook, row) in page.iter().zip(self.table.get_many(&keys).await?) {
                if legible(Health::of(hook.id, row.as_ref()))?.is_some_and(|health| health.parking) {
                    parking.insert(hook.id);
                }
            }
        }
        Ok(parking)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OwnerId, Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events that a webhook may hear of, and asks for.
fn heard(connection: &Connection) -> impl Iterator<Item = String> {
    let reads = |resource: &Resource| connection.grant.0.iter().any(|rule| rule.resource == *resource);
    let asked = |event: &String| connection.face.webhook().is_some_and(|config| config.asks_for(event));
    TOLD.into_iter().filter(reads).flat_map(events).filter(asked)
}
