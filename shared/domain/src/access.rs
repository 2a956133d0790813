//! What a connection may do. `decide` is the only place that allows; every face asks it.

mod actions;
mod asking;
mod check;
mod fields;
mod hidden;
mod names;
mod only;
mod shown;
mod when;

pub use actions::Actions;
pub use check::{MOST_RULES, checked};
pub use fields::{ALWAYS, Fields};
pub use hidden::Hidden;
pub use only::{Facts, Filtered, Only, Subject, Tag};
pub use shown::{Item, Shown, fields_of, leave_out};
pub use when::{Day, Hours, TimeOfDay, When};

use when::Moment;

use crate::error::Denial;
use crate::id::ConnectionId;
use crate::{Error, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The nouns of an owner's data, and the connections themselves, of which a connection can only be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Profile,
    Preferences,
    LifeAreas,
    Goals,
    Tasks,
    Memories,
    Collections,
    Integrations,
    Connections,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Action {
    Read,
    Write,
    Delete,
}

/// One line of a grant: these actions on this resource, narrowed to some fields, some items, some times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub resource: Resource,
    pub actions: Actions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Fields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Only>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// What it writes and deletes waits until the owner has said yes. Another rule that allows the same without asking
    /// is enough not to be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
}

/// What one connection may do: whatever any of its rules allows. Empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Grant(pub Vec<Rule>);

/// A name for a usual grant; it expands when the connection is made, so that the owner can edit the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Preset {
    ReadOnly,
    ReadWrite,
    FullAccess,
}

/// Who wants to do what, and when.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    pub by: ConnectionId,
    pub action: Action,
    pub resource: Resource,
    pub at: Timestamp,
}

/// What was allowed: the rules that hold, as one bit each.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'g> {
    grant: &'g Grant,
    rules: u64,
    /// Whatever the rules say.
    hidden: Hidden,
    ask: Ask,
}

/// The decision: may this grant do this, and to which items and fields?
pub fn decide(grant: &Grant, ask: Ask) -> Result<Scope<'_>> {
    let (mut rules, mut shut, mut moment) = (0, false, Moment::new(ask.at));
    for (bit, rule) in (0..MOST_RULES).zip(&grant.0) {
        if rule.resource == ask.resource && rule.actions.contains(ask.action) {
            match &rule.when {
                Some(when) if !when.holds(&mut moment) => shut = true,
                _ => rules |= 1 << bit,
            }
        }
    }
    if rules != 0 {
        return Ok(Scope { grant, rules, hidden: Hidden::always(ask.resource), ask });
    }
    let why = if shut { Denial::NotNow } else { Denial::Grant };
    Err(Error::Denied { action: ask.action, resource: ask.resource, why })
}

impl<'g> Scope<'g> {
    /// Every item with every field.
    pub fn is_whole(&self) -> bool {
        let is_any_sensitive = self.ask.resource == Resource::Collections;
        self.hidden.is_nothing()
            && !is_any_sensitive
            && self.rules().any(|rule| rule.only.is_none() && rule.fields.is_none())
    }

    /// Every field of each item that it covers.
    pub fn hides_nothing(&self) -> bool {
        self.hidden.is_nothing() && self.rules().all(|rule| rule.fields.is_none())
    }

    /// Every field of the item that this is the scope of.
    fn is_whole_item(&self) -> bool {
        self.hidden.is_nothing() && self.rules().any(|rule| rule.fields.is_none())
    }

    /// What of this one item is covered; `None` if it is not there for this caller.
    pub fn of(&self, item: &impl Filtered) -> Option<Self> {
        let covers = |rule: &Rule| match &rule.only {
            Some(only) => only.covers(item, self.ask.by),
            None => !item.is_sensitive(),
        };
        let covering = self.bits().filter(|(_, rule)| covers(rule)).map(|(bit, _)| 1 << bit);
        let rules = covering.fold(0, |rules, bit: u64| rules | bit);
        (rules != 0).then_some(Self { rules, ..self.hiding(item.hidden()) })
    }

    /// The same without what the owner hides besides.
    pub fn hiding(&self, hidden: Hidden) -> Self {
        Self { hidden: self.hidden.and(hidden), ..*self }
    }

    /// The first of these names that is a field which is hidden.
    pub fn hides<'n>(&self, names: &'n [String]) -> Option<&'n str> {
        let fields = self.ask.resource.fields();
        let hidden = |name: &&str| fields.contains(name) && !self.shows(name);
        names.iter().map(String::as_str).find(hidden)
    }

    /// Who asked.
    pub fn asked_by(&self) -> ConnectionId {
        self.ask.by
    }

    /// What is said of an item that it does not cover.
    pub fn denial(&self) -> Error {
        Error::Denied { action: self.ask.action, resource: self.ask.resource, why: Denial::Item }
    }

    pub fn shows(&self, field: &str) -> bool {
        !self.hidden.has(self.ask.resource, field)
            && self.rules().any(|rule| rule.fields.as_ref().is_none_or(|fields| fields.cover(field)))
    }

    /// Those that hold.
    pub fn rules(&self) -> impl Iterator<Item = &'g Rule> {
        self.bits().map(|(_, rule)| rule)
    }

    fn bits(&self) -> impl Iterator<Item = (usize, &'g Rule)> {
        let rules = self.rules;
        (0..MOST_RULES).zip(&self.grant.0).filter(move |(bit, _)| rules & (1 << bit) != 0)
    }
}

impl Grant {
    /// The same actions on every kind of the owner's data.
    pub fn over_all_data(actions: Actions) -> Self {
        let data = Resource::ALL.into_iter().filter(|resource| *resource != Resource::Connections);
        Self(data.map(|resource| Rule::whole(resource, actions)).collect())
    }

    /// Whether some of it does not hold at this time.
    pub fn is_shut_in_part(&self, at: Timestamp) -> bool {
        let is_shut = |when: &When| !when.holds(&mut Moment::new(at));
        self.0.iter().filter_map(|rule| rule.when.as_ref()).any(is_shut)
    }
}

impl Rule {
    pub const fn whole(resource: Resource, actions: Actions) -> Self {
        Self { resource, actions, fields: None, only: None, when: None, ask: false }
    }
}

impl Preset {
    pub const ALL: [Self; 3] = [Self::ReadOnly, Self::ReadWrite, Self::FullAccess];

    pub fn grant(self) -> Grant {
        use Action::{Delete, Read, Write};
        Grant::over_all_data(match self {
            Self::ReadOnly => [Read].into(),
            Self::ReadWrite => [Read, Write].into(),
            Self::FullAccess => [Read, Write, Delete].into(),
        })
    }
}

impl Action {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Delete];
}

impl Resource {
    pub const ALL: [Self; 9] = [
        Self::Profile,
        Self::Preferences,
        Self::LifeAreas,
        Self::Goals,
        Self::Tasks,
        Self::Memories,
        Self::Collections,
        Self::Integrations,
        Self::Connections,
    ];
}

#[cfg(test)]
mod tests;
