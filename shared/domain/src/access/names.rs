//! What resources and actions are called.

use super::{Action, Resource};
use std::fmt;

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
            Self::Connections => "connections",
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
