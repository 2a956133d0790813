//! Which events a webhook asks for.

use super::Verb;
use super::names::nouns;
use crate::access::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `task.created`, `task.*` or `*`.
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
    pub fn matches(&self, event: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => event.starts_with(prefix),
            None => self.0 == event,
        }
    }

    /// Whose events it names; `None` if it is `*`.
    pub fn resource(&self) -> Option<Resource> {
        let (named, _) = self.0.split_once('.')?;
        TOLD.into_iter().find(|resource| nouns(*resource).contains(&named))
    }
}

/// Every event that there is of a resource.
pub fn events(resource: Resource) -> impl Iterator<Item = String> {
    let of = move |noun| Verb::of(resource).iter().map(move |verb| format!("{noun}.{verb}"));
    nouns(resource).iter().flat_map(of)
}

impl TryFrom<String> for EventFilter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut all = TOLD.into_iter().flat_map(events);
        let whole = TOLD.into_iter().flat_map(nouns).any(|noun| text == format!("{noun}.*"));
        if text == "*" || whole || all.any(|event| event == text) {
            return Ok(Self(text));
        }
        let all: Vec<_> = TOLD.into_iter().flat_map(events).collect();
        Err(format!(
            "there is no event `{text}`; use `*`, `task.*`, `connection.*` or one of {}",
            all.join(", ")
        ))
    }
}
