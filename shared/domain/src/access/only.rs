//! Filters: which items of a resource a rule covers.

use super::Hidden;
use crate::collection::{Collection, CollectionName, Sensitivity};
use crate::id::{ConnectionId, LifeAreaId};
use crate::profile::Visible;
use crate::shelf::Entity as _;
use crate::text::{List, Text};
use crate::when_due::Due;
use crate::zone::Zone;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub type Tag = Text<1, 60>;

/// An item is covered if it meets every criterion that is given, each by any of its values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Only {
    #[serde(skip_serializing_if = "List::is_empty")]
    pub life_areas: List<LifeAreaId, 50>,
    #[serde(skip_serializing_if = "List::is_empty")]
    pub tags: List<Tag, 50>,
    #[serde(skip_serializing_if = "List::is_empty")]
    pub collections: List<CollectionName, 50>,
    /// Only what this connection itself made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// What filters ask of an item.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    pub life_area: Option<LifeAreaId>,
    pub tags: &'a [Tag],
    pub collection: Option<&'a str>,
    pub created_by: Option<ConnectionId>,
    pub hidden: Hidden,
    pub is_sensitive: bool,
}

/// What answers that: the item itself, or whatever knows as much of it.
pub trait Filtered {
    fn in_area(&self, area: LifeAreaId) -> bool;
    fn tagged(&self, tag: &Tag) -> bool;
    fn in_collection(&self, name: &CollectionName) -> bool;
    fn made_by(&self, connection: ConnectionId) -> bool;
    /// Only who names its collection knows it.
    fn is_sensitive(&self) -> bool {
        false
    }
    /// What the owner hides of it from everyone.
    fn hidden(&self) -> Hidden {
        Hidden::default()
    }
}

impl Filtered for Subject<'_> {
    fn in_area(&self, area: LifeAreaId) -> bool {
        self.life_area == Some(area)
    }

    fn tagged(&self, tag: &Tag) -> bool {
        self.tags.contains(tag)
    }

    fn in_collection(&self, name: &CollectionName) -> bool {
        self.collection == Some(name.as_str())
    }

    fn made_by(&self, connection: ConnectionId) -> bool {
        self.created_by == Some(connection)
    }

    fn is_sensitive(&self) -> bool {
        self.is_sensitive
    }

    fn hidden(&self) -> Hidden {
        self.hidden
    }
}

/// The same, read from an item's JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Facts {
    life_area_id: Option<LifeAreaId>,
    #[serde(alias = "labels")]
    tags: Vec<Tag>,
    collection: Option<String>,
    created_by: Option<ConnectionId>,
    visible_to_agents: Visible,
    expires_at: Option<Due>,
    sensitivity: Sensitivity,
}

impl Facts {
    /// Of an item of this noun.
    pub fn of(noun: &str, item: &Value) -> serde_json::Result<Self> {
        let mut facts = Self::deserialize(item)?;
        if noun == Collection::NAME {
            facts.collection = item.get("name").and_then(Value::as_str).map(str::to_owned);
        }
        Ok(facts)
    }

    /// Whether it has ended by itself.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.as_ref().is_some_and(|end| end.is_overdue(now, &Zone::UTC))
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject {
            life_area: self.life_area_id,
            tags: &self.tags,
            collection: self.collection.as_deref(),
            created_by: self.created_by,
            hidden: self.visible_to_agents.hidden(),
            is_sensitive: self.sensitivity == Sensitivity::Sensitive,
        }
    }
}

impl Only {
    pub fn covers(&self, item: &impl Filtered, by: ConnectionId) -> bool {
        let named = || self.collections.iter().any(|name| item.in_collection(name));
        (self.life_areas.is_empty() || self.life_areas.iter().any(|area| item.in_area(*area)))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| item.tagged(tag)))
            && (self.collections.is_empty() && !item.is_sensitive() || named())
            && (!self.own || item.made_by(by))
    }
}
