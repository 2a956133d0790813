//! Which events a webhook asks for.

use super::Verb;
use super::names::{ANY, Event, nouns};
use crate::access::Resource;
use crate::collection::CollectionName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `task.created`, `task.*` or `*`; of records also those of one collection: `record.books.created`, `record.books.*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct EventFilter(String);

/// What there are events of, so far.
pub const TOLD: [Resource; 8] = [
    Resource::Tasks,
    Resource::Goals,
    Resource::LifeAreas,
    Resource::Memories,
    Resource::Collections,
    Resource::Profile,
    Resource::Preferences,
    Resource::Connections,
];

impl EventFilter {
    /// Of an event of any collection (`record.*.created`), whether it may be meant.
    pub fn matches(&self, event: &str) -> bool {
        let Some(wanted) = Event::of(&self.0) else { return true };
        Event::of(event).is_some_and(|told| wanted.covers(&told))
    }

    /// Whose events it names; `None` if it is `*`.
    pub fn resource(&self) -> Option<Resource> {
        let Event { noun, .. } = Event::of(&self.0)?;
        TOLD.into_iter().find(|resource| nouns(*resource).contains(&noun))
    }
}

impl Event<'_> {
    fn covers(&self, told: &Self) -> bool {
        let fits = |wanted: &str, given: &str| [wanted, given].contains(&ANY) || wanted == given;
        let of_collection = match (self.collection, told.collection) {
            (None, _) => true,
            (Some(wanted), given) => wanted == ANY || given.is_some_and(|given| fits(wanted, given)),
        };
        self.noun == told.noun && of_collection && (self.verb == ANY || self.verb == told.verb)
    }

    fn is_known(&self) -> bool {
        let is_name = |name: &str| name == ANY || name.parse::<CollectionName>().is_ok();
        let of = TOLD.into_iter().find(|resource| nouns(*resource).contains(&self.noun));
        let is_verb = |of| self.verb == ANY || Verb::of(of).iter().any(|verb| verb.name() == self.verb);
        of.is_some_and(is_verb) && self.collection.is_none_or(|name| self.noun == "record" && is_name(name))
    }
}

/// Every event that there is of a resource; of records those of any collection.
pub fn events(resource: Resource) -> impl Iterator<Item = String> {
    let collection = |noun: &str| (noun == "record").then_some(ANY);
    let of = move |noun: &'static str| {
        let each = Verb::of(resource).iter();
        each.map(move |verb| Event { noun, collection: collection(noun), verb: verb.name() }.to_string())
    };
    nouns(resource).iter().copied().flat_map(of)
}

impl TryFrom<String> for EventFilter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == ANY || Event::of(&text).is_some_and(|event| event.is_known()) {
            return Ok(Self(text));
        }
        let all: Vec<_> = TOLD.into_iter().flat_map(events).collect();
        Err(format!(
            "there is no event `{text}`; use `*`, `task.*`, `connection.*`, `record.books.*` or one of {}",
            all.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_segments_decide() {
        let asks = |filter: &str, event: &str| {
            EventFilter::try_from(filter.to_owned()).unwrap_or_else(|why| panic!("{why}")).matches(event)
        };
        for (filter, told, untold) in [
            ("*", "task.created", ""),
            ("task.*", "task.completed", "goal.completed"),
            ("task.updated", "task.updated", "task.completed"),
            ("record.created", "record.books.created", "record.created.deleted"),
            ("record.*.created", "record.created.created", "record.books.updated"),
            ("record.*", "record.created", "collection.created"),
            ("record.created.*", "record.created.deleted", "record.books.created"),
            ("record.books.*", "record.books.restored", "record.bookshelf.restored"),
            ("record.books.created", "record.books.created", "record.created"),
            ("record.books.created", "record.*.created", "record.*.deleted"),
            ("collection.*", "collection.created", "record.collection.created"),
        ] {
            assert!(asks(filter, told), "{filter} means {told}");
            assert!(untold.is_empty() || !asks(filter, untold), "{filter} does not mean {untold}");
        }
    }

    #[test]
    fn what_never_happens_is_no_event() {
        for text in [
            "",
            "task",
            "task.",
            "task.paused",
            "memory.completed",
            "task.home.created",
            "record.B.created",
            "x.*",
        ] {
            assert!(EventFilter::try_from(text.to_owned()).is_err(), "{text}");
        }
        for event in TOLD.into_iter().flat_map(events) {
            assert!(EventFilter::try_from(event.clone()).is_ok(), "{event}");
        }
    }
}
