//! A change of the owner's data as somebody sees it: what its states show through a scope. What that scope does not
//! cover is not there, so that an item which leaves it is gone, and one which comes into it is new.

use super::{Change, STAMPS, Verb};
use crate::Result;
use crate::access::{Facts, Hidden, Resource, Scope};
use crate::id::{ConnectionId, UndoId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub verb: Sight,
    pub before: Option<Map<String, Value>>,
    pub after: Option<Map<String, Value>>,
    /// The names of the fields that are not as they were, but for those that every write changes.
    pub fields: Vec<String>,
    /// Only if the scope shows who wrote.
    pub by: Option<By>,
    pub undo: Option<UndoId>,
}

/// One state of it.
struct Shown {
    fields: Map<String, Value>,
    shows_source: bool,
    /// What the owner hid then.
    hidden: Hidden,
}

/// What happened, for whom sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Sight {
    Created,
    Updated,
    /// Back from the trash.
    Restored,
    /// Deleted, or out of what the grant covers.
    Removed,
}

/// Who wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum By {
    /// Whoever asks.
    Own,
    Owner,
    #[serde(untagged)]
    Connection(ConnectionId),
}

impl Change {
    /// `None` if the scope, which is one of reading this resource, shows nothing of it.
    pub fn seen(&self, scope: &Scope<'_>) -> Result<Option<Seen>> {
        let (before, after) = (self.shown(&self.before, scope)?, self.shown(&self.after, scope)?);
        let verb = match (&before, &after, self.verb) {
            (None, None, _) => return Ok(None),
            (None, Some(_), Verb::Restored) => Sight::Restored,
            (None, Some(_), _) => Sight::Created,
            (Some(_), Some(_), _) => Sight::Updated,
            (Some(_), None, _) => Sight::Removed,
        };
        let hidden = |state: &Option<Shown>| state.as_ref().map(|state| state.hidden);
        let is_veiled_as_before = hidden(&before) == hidden(&after);
        let shows_source = after.as_ref().or(before.as_ref()).is_some_and(|state| state.shows_source);
        let (before, after) = (before.map(|state| state.fields), after.map(|state| state.fields));
        let fields = differing(before.as_ref(), after.as_ref());
        // Whoever cannot see what changed is not told that something did, unless a copy has to let go of it.
        if (verb, self.verb) == (Sight::Updated, Verb::Updated) && fields.is_empty() && is_veiled_as_before {
            return Ok(None);
        }
        let by = shows_source.then(|| self.by(scope.asked_by()));
        Ok(Some(Seen { verb, before, after, fields, by, undo: by.and(self.source.undo) }))
    }

    fn by(&self, asking: ConnectionId) -> By {
        match self.source.connection {
            None => By::Owner,
            Some(id) if id == asking => By::Own,
            Some(id) => By::Connection(id),
        }
    }

    /// What there is of this state.
    fn shown(&self, state: &Option<Value>, scope: &Scope<'_>) -> Result<Option<Shown>> {
        let Some(state) = state else { return Ok(None) };
        // Rules about connections have no filters: there is nothing to ask of one.
        let facts = match self.resource {
            Resource::Connections => Facts::default(),
            _ => Facts::of(&self.noun, state).map_err(|error| self.unreadable(&error))?,
        };
        let subject = facts.subject();
        let Some(scope) = scope.of(&subject) else { return Ok(None) };
        let mut fields = state.as_object().cloned().unwrap_or_default();
        fields.retain(|field, _| scope.shows(field));
        Ok(Some(Shown { fields, shows_source: scope.shows("source"), hidden: subject.hidden }))
    }
}

/// What is in only one of them, or not the same in both.
pub(crate) fn differing(
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Vec<String> {
    let empty = Map::new();
    let (before, after) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    names.filter(differs).filter(|name| !STAMPS.contains(&name.as_str())).cloned().collect()
}
