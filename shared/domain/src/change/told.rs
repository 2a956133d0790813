//! What one connection may know of a change: through its grant, like everything else.

use super::{Change, Seen, Sight, Verb};
use crate::Result;
use crate::access::Action;
use crate::connection::{Connection, Hook};
use crate::id::ConnectionId;
use jiff::Timestamp;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// `task.created`: what it is for whom is told.
    pub event: String,
    pub object: Map<String, Value>,
    /// Which connection made the change, none if it was the owner; only if it may read that.
    pub source: Option<Option<ConnectionId>>,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
}

impl Change {
    /// `None` for what this connection did not ask for or may not read. Whether it is paused or at its end is a
    /// matter of now; its hours are those of the moment when it happened.
    pub fn told(&self, connection: &Connection, now: Timestamp) -> Result<Option<Told>> {
        let Some(Hook { config, .. }) = connection.hook(now) else { return Ok(None) };
        let Ok(scope) = connection.decide(Action::Read, self.resource, self.at) else { return Ok(None) };
        let Some(seen) = self.seen(&scope)? else { return Ok(None) };
        let told = self.told_of(seen);
        Ok(Some(told).filter(|told| config.asks_for(&told.event)))
    }

    fn told_of(&self, seen: Seen) -> Told {
        let verb = match (seen.verb, self.verb) {
            (Sight::Removed, _) => Verb::Deleted,
            (Sight::Created, Verb::Updated) => Verb::Created,
            (_, verb) => verb,
        };
        let event = format!("{}.{verb}", self.noun);
        let mut object = seen.after.or(seen.before).unwrap_or_default();
        if verb != self.verb && verb == Verb::Deleted {
            // Why it is gone, and what it is now, are not for whom it is gone.
            object.retain(|field, _| field == "id");
            return Told { event, object, source: None, changed: Vec::new() };
        }
        let source = seen.by.map(|_| self.source.connection);
        Told { event, object, source, changed: seen.fields }
    }
}
