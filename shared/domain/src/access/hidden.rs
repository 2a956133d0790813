//! What an owner hides from every connection, whatever its grant says.

use super::Resource;

/// A bit for each field of one resource, in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden(u64);

impl Hidden {
    pub(super) fn always(resource: Resource) -> Self {
        match resource {
            // What is hidden is not even told to be.
            Resource::Profile => Self::of(resource, ["visible_to_agents"]),
            _ => Self::default(),
        }
    }

    pub fn of<'n>(resource: Resource, names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().fold(0, |bits, name| bits | bit(resource, name)))
    }

    pub(super) fn has(self, resource: Resource, field: &str) -> bool {
        !self.is_nothing() && self.0 & bit(resource, field) != 0
    }

    pub(super) const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

fn bit(resource: Resource, field: &str) -> u64 {
    resource.fields().iter().position(|name| *name == field).map_or(0, |at| 1 << at)
}
