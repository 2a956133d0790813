//! What one connection may know of a change: through its grant, like everything else.

use super::{Change, Verb};
use crate::Result;
use crate::access::{Action, Facts, Resource};
use crate::connection::Connection;
use crate::id::ConnectionId;
use jiff::Timestamp;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct Told {
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
        let Some((config, _)) = connection.listens(now) else { return Ok(None) };
        let asked = config.asks_for(&self.event());
        let scope = connection.decide(Action::Read, self.resource, self.at);
        let (true, Ok(scope)) = (asked, scope) else { return Ok(None) };
        let object = self.object()?;
        // Rules about connections have no filters: there is nothing to ask of one.
        let facts = match self.resource {
            Resource::Connections => Facts::default(),
            _ => Facts::of(&self.noun, object).map_err(|error| self.unreadable(&error))?,
        };
        let Some(scope) = scope.of(&facts.subject()) else { return Ok(None) };
        let mut object = object.as_object().cloned().unwrap_or_default();
        object.retain(|field, _| scope.shows(field));
        let mut changed = self.fields();
        changed.retain(|field| scope.shows(field));
        // Whoever cannot see what changed is not told that something did.
        let nothing = self.verb == Verb::Updated && changed.is_empty();
        let source = scope.shows("source").then_some(self.source.connection);
        Ok((!nothing).then_some(Told { object, source, changed }))
    }
}
