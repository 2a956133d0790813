//! What events are called.

use super::Verb;
use crate::access::Resource;
use std::fmt;

/// Stands for any name.
pub(super) const ANY: &str = "*";

/// The parts of an event's name: `task.created`, `record.books.created`.
pub(super) struct Event<'a> {
    pub(super) noun: &'a str,
    /// Where a record lies.
    pub(super) collection: Option<&'a str>,
    pub(super) verb: &'a str,
}

impl<'a> Event<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let (noun, rest) = text.split_once('.')?;
        let (collection, verb) =
            rest.rsplit_once('.').map_or((None, rest), |(name, verb)| (Some(name), verb));
        Some(Self { noun, collection, verb })
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { noun, collection, verb } = self;
        match collection {
            Some(collection) => write!(f, "{noun}.{collection}.{verb}"),
            None => write!(f, "{noun}.{verb}"),
        }
    }
}

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
        const COMPLETED: &[Verb] =
            &[Verb::Created, Verb::Updated, Verb::Completed, Verb::Deleted, Verb::Restored];
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
            Resource::Tasks | Resource::Goals => COMPLETED,
            Resource::Connections => CONNECTION,
            _ => DATA,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Completed => "completed",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Revoked => "revoked",
            Self::Rotated => "rotated",
            Self::Expiring => "expiring",
            Self::LimitWarning => "limit_warning",
            Self::LimitReached => "limit_reached",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
