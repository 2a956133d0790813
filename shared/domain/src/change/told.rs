//! What one connection may know of a change: through its grant, like everything else.

use super::names::{ANY, Event};
use super::{Change, Seen, Sight, Verb};
use crate::access::{ALWAYS, Action, Resource};
use crate::connection::{Connection, Hook};
use crate::id::ConnectionId;
use crate::text::present;
use crate::{Result, operation};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// `task.created`: what it is for whom is told.
    #[serde(default)]
    pub event: String,
    pub object: Map<String, Value>,
    /// Which of the item's changes it is.
    pub sequence: Option<u64>,
    /// Where the item is read, unless it is gone.
    pub link: Option<String>,
    /// Which connection made the change, none if it was the owner; only if it may read that.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub source: Option<Option<ConnectionId>>,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
    /// It never happened: its owner wants to see how it arrives.
    #[serde(default)]
    pub test: bool,
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

    /// What it may be told as, whoever is told; of a record by no collection's name.
    pub fn events(&self) -> impl Iterator<Item = String> {
        let leaves = (self.before.is_some() && self.verb != Verb::Deleted).then_some(Verb::Deleted);
        let turns: &[Verb] = if self.verb == Verb::Updated { &[Verb::Created, Verb::Completed] } else { &[] };
        let collection = (self.noun == "record").then_some(ANY);
        let named = move |verb: Verb| Event { noun: &self.noun, collection, verb: verb.name() }.to_string();
        [self.verb].into_iter().chain(leaves).chain(turns.iter().copied()).map(named)
    }

    fn told_of(&self, seen: Seen) -> Told {
        let verb = match (seen.verb, self.verb) {
            (Sight::Removed, _) => Verb::Deleted,
            (Sight::Created, Verb::Updated) => Verb::Created,
            (Sight::Updated, Verb::Updated) if self.completes(&seen) => Verb::Completed,
            (_, verb) => verb,
        };
        let mut object = seen.after.or(seen.before).unwrap_or_default();
        let collection = object.get("collection").and_then(Value::as_str).filter(|_| self.noun == "record");
        let event = Event { noun: &self.noun, collection, verb: verb.name() }.to_string();
        let link = if verb == Verb::Deleted { None } else { link(&self.noun, &object) };
        let (sequence, mut source, mut changed) = (self.sequence(), None, Vec::new());
        if verb == Verb::Deleted && self.verb != verb {
            // Why it is gone, and what it is now, are not for whom it is gone.
            object.retain(|field, _| ALWAYS.contains(&field.as_str()));
        } else {
            (source, changed) = (seen.by.map(|_| self.source.connection), seen.fields);
        }
        Told { event, object, sequence, link, source, changed, test: false }
    }

    /// Whether it is done now and was not, as far as the scope shows.
    fn completes(&self, seen: &Seen) -> bool {
        let is_done =
            |state: &Option<Map<String, Value>>| Some(state.as_ref()?.get("status")? == "completed");
        let (before, after) = (is_done(&seen.before), is_done(&seen.after));
        matches!(self.resource, Resource::Tasks | Resource::Goals)
            && (before, after) == (Some(false), Some(true))
    }
}

/// Where it is read, if all that the address names may be known.
pub fn link(noun: &str, object: &Map<String, Value>) -> Option<String> {
    let field = |name: &str| object.get(name)?.as_str();
    let path = if noun == "connection" { "/connections/{id}" } else { operation::place(noun)? };
    let mut link = path.replace("{id}", field("id")?);
    if path.contains("{collection}") {
        link = link.replace("{collection}", field("collection")?);
    }
    Some(link)
}

#[cfg(test)]
mod tests {
    use super::super::names::nouns;
    use super::super::{EventFilter, TOLD};
    use super::*;
    use crate::id::{ChangeId, OwnerId, RequestId};
    use crate::shelf::Source;
    use serde_json::json;

    fn change(resource: Resource, noun: &str, verb: Verb, before: Option<Value>) -> Change {
        let (owner, at, noun) = (OwnerId::of("test", "one"), Timestamp::UNIX_EPOCH, noun.to_owned());
        let (id, source) = (ChangeId::of(owner, "x", 1), Source::of(None, RequestId::from_bytes([0; 16])));
        Change { id, owner, resource, noun, verb, at, source, before, after: None }
    }

    /// Who hears of none of a change's events is not even asked whether they are told.
    #[test]
    fn whatever_somebody_is_told_a_change_as_is_one_of_its_events() {
        let state = |status: &str| json!({ "id": "x", "collection": "books", "status": status });
        let sights = [Sight::Created, Sight::Updated, Sight::Restored, Sight::Removed];
        let mut told = 0;
        for (resource, noun) in TOLD.into_iter().flat_map(|of| nouns(of).iter().map(move |noun| (of, *noun)))
        {
            let verbs = Verb::of(resource).iter().copied().filter(|verb| *verb != Verb::Completed);
            for (verb, sight) in verbs.flat_map(|verb| sights.map(|sight| (verb, sight))) {
                let was_there = matches!(sight, Sight::Updated | Sight::Removed);
                let change = change(resource, noun, verb, was_there.then(|| state("open")));
                let seen = |of: Value| of.as_object().cloned();
                let (before, after) = (change.before.clone().and_then(seen), seen(state("completed")));
                let after = after.filter(|_| sight != Sight::Removed);
                let seen = Seen { verb: sight, before, after, fields: vec![], by: None, undo: None };
                let event = change.told_of(seen).event;
                let mut filters = change.events().map(|event| EventFilter::try_from(event).unwrap());
                assert!(filters.any(|filter| filter.matches(&event)), "{verb} {sight:?}: {event}");
                told += 1;
            }
        }
        assert!(told > 100, "{told}");
    }
}
