//! What a connection may do. `decide` is the only place that allows; every face asks it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The nouns of an owner's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Read,
    Write,
    Delete,
}

/// One line of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub resource: Resource,
    pub actions: BTreeSet<Action>,
}

/// What one connection may do. Empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grant(pub Vec<Rule>);

/// A name for a usual grant; it expands when the connection is made, so that the owner can edit the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    ReadOnly,
    ReadWrite,
    FullAccess,
}

/// The decision: may this grant do this action on this resource?
pub fn decide(grant: &Grant, action: Action, resource: Resource) -> crate::Result<()> {
    let allowed = grant.0.iter().any(|rule| rule.resource == resource && rule.actions.contains(&action));
    if allowed { Ok(()) } else { Err(crate::Error::Denied { action, resource }) }
}

impl Preset {
    pub fn grant(self) -> Grant {
        use Action::{Delete, Read, Write};
        let actions: BTreeSet<Action> = match self {
            Self::ReadOnly => [Read].into(),
            Self::ReadWrite => [Read, Write].into(),
            Self::FullAccess => [Read, Write, Delete].into(),
        };
        Grant(Resource::ALL.map(|resource| Rule { resource, actions: actions.clone() }).into())
    }
}

impl Resource {
    pub const ALL: [Self; 8] = [
        Self::Profile,
        Self::Preferences,
        Self::LifeAreas,
        Self::Goals,
        Self::Tasks,
        Self::Memories,
        Self::Collections,
        Self::Integrations,
    ];
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Profile => "profile",
            Self::Preferences => "preferences",
            Self::LifeAreas => "life_areas",
            Self::Goals => "goals",
            Self::Tasks => "tasks",
            Self::Memories => "memories",
            Self::Collections => "collections",
            Self::Integrations => "integrations",
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Action; 3] = [Action::Read, Action::Write, Action::Delete];

    #[test]
    fn an_empty_grant_allows_nothing() {
        for resource in Resource::ALL {
            for action in ACTIONS {
                assert!(decide(&Grant::default(), action, resource).is_err());
            }
        }
    }

    #[test]
    fn a_grant_allows_exactly_its_rules() {
        let grant = Grant(vec![Rule { resource: Resource::Tasks, actions: [Action::Write].into() }]);
        for resource in Resource::ALL {
            for action in ACTIONS {
                let expected = resource == Resource::Tasks && action == Action::Write;
                assert_eq!(decide(&grant, action, resource).is_ok(), expected, "{action} {resource}");
            }
        }
    }

    #[test]
    fn presets_widen_step_by_step() {
        let allowed = |preset: Preset| {
            ACTIONS.map(|action| decide(&preset.grant(), action, Resource::Memories).is_ok())
        };
        assert_eq!(allowed(Preset::ReadOnly), [true, false, false]);
        assert_eq!(allowed(Preset::ReadWrite), [true, true, false]);
        assert_eq!(allowed(Preset::FullAccess), [true, true, true]);
    }
}
