//! Who the owner is. There is one for each owner.

mod locale;
mod rules;
mod visible;

pub use locale::Locale;
pub use visible::Visible;

use crate::access::{Day, Item, Resource, Subject, TimeOfDay};
use crate::id::Me;
use crate::noun::noun;
use crate::operation;
use crate::text::{List, Text};
use crate::zone::Zone;
use jiff::civil::Weekday;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

noun! {
    /// Who the owner is, as agents should know it.
    Profile, NewProfile, ProfilePatch: Me, "profile", operation::PROFILE;
    required {}
    defaulted {
        /// Which of the other fields connections may know; those that are not named, they may. Only the owner sees and
        /// writes this; what is not named in a change stays as it is.
        visible_to_agents: Visible,
    }
    optional {
        /// What to call them.
        display_name | "name": Text<1, 100>,
        pronouns: Text<1, 40>,
        /// By whose clocks their days begin and end; UTC as long as it is not known.
        time_zone | "timezone": Zone,
        /// Their language, perhaps with a script and a region.
        locale | "language": Locale,
        /// The day that their weeks begin on; Monday as long as it is not known.
        week_start: Day,
        work_hours: WorkHours,
        /// What is worth knowing about them.
        about | "bio": Text<0, 2000>,
    }
    derived {}
}

/// When the owner works, by their own clocks. From 22:00 to 06:00 means the night that begins on such a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct WorkHours {
    /// Every day, if none is named.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub days: List<Day, 7>,
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

impl Profile {
    /// By whose clocks an owner's days begin and end.
    pub fn zone(profile: Option<&Self>) -> Zone {
        profile.and_then(|profile| profile.time_zone.clone()).unwrap_or(Zone::UTC)
    }

    /// The day that an owner's weeks begin on.
    pub fn week(profile: Option<&Self>) -> Weekday {
        profile.and_then(|profile| profile.week_start).map_or(Weekday::Monday, Weekday::from)
    }
}

impl Item for Profile {
    const RESOURCE: Resource = Resource::Profile;
    const FREE_TEXT: &'static [&'static str] = &["display_name", "pronouns", "about"];

    fn subject(&self) -> Subject<'_> {
        Subject { created_by: self.created_by, hidden: self.visible_to_agents.hidden(), ..Subject::default() }
    }
}
