//! What events are called.

use super::Verb;
use crate::access::Resource;
use std::fmt;

/// What there are events of.
pub(super) const fn nouns(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Profile => &["profile"],
        Resource::Preferences => &["preferences"],
        Resource::LifeAreas => &["life_area"],
        Resource::Goals => &["goal"],
        Resource::Tasks => &["task"],
        Resource::Memories => &["memory"],
        Resource::Collections => &["collection", "record"],
        Resource::Integrations => &["integration"],
        Resource::Connections => &["connection"],
    }
}

impl Verb {
    pub(super) const fn of(resource: Resource) -> &'static [Self] {
        const DATA: &[Verb] = &[Verb::Created, Verb::Updated, Verb::Deleted, Verb::Restored];
        const CONNECTION: &[Verb] = &[
            Verb::Created,
            Verb::Updated,
            Verb::Paused,
            Verb::Disabled,
            Verb::Revoked,
            Verb::Rotated,
            Verb::Deleted,
            Verb::Expiring,
            Verb::LimitWarning,
            Verb::LimitReached,
        ];
        match resource {
            Resource::Connections => CONNECTION,
            _ => DATA,
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Revoked => "revoked",
            Self::Rotated => "rotated",
            Self::Expiring => "expiring",
            Self::LimitWarning => "limit_warning",
            Self::LimitReached => "limit_reached",
        })
    }
}
