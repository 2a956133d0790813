//! Something to reach, for which there may be tasks and smaller goals.

mod along;
mod depth;
mod filter;
mod rules;

pub use filter::GoalFilter;

use crate::access::{Item, Resource, Subject};
use crate::filter::NEVER;
use crate::filter::{Day, State};
use crate::id::{GoalId, LifeAreaId, OwnerId};
use crate::noun::noun;
use crate::number::Whole;
use crate::object::Object;
use crate::operation;
use crate::table::{Places, Query, Slot};
use crate::task::{Description, Labels, Priority, Title};
use crate::text::{List, Text};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

noun! {
    /// Something to reach.
    Goal, NewGoal, GoalPatch: GoalId, "goal", operation::GOALS;
    required {
        /// What is to be reached, in a few words.
        title | "name": Title,
    }
    defaulted {
        status: Status,
        priority: Priority,
        progress_mode: ProgressMode,
        /// In percent. Where the mode is `auto`, it follows from the goal's tasks and cannot be written.
        progress: Percent,
        /// How one will know that it is reached.
        success_criteria: List<Text<1, 500>, 10>,
        tags | "labels": Labels,
        /// Whatever else an app wants to keep with it, at most 4 kB.
        metadata: Object<4096>,
    }
    optional {
        description | "notes": Description,
        /// The life area that it belongs to.
        life_area_id: LifeAreaId,
        /// The goal that it is a part of.
        parent_id: GoalId,
        start_date: Day,
        /// When it is to be reached.
        target_date | "due" | "due_date": Day,
    }
    derived {
        completed_at: Timestamp,
        tally: Tally,
    }
}

pub type Percent = Whole<0, 100>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    #[default]
    #[serde(alias = "todo", alias = "open", alias = "in_progress")]
    Active,
    Paused,
    #[serde(alias = "done", alias = "complete")]
    Completed,
    #[serde(alias = "archived", alias = "cancelled", alias = "canceled")]
    Abandoned,
}

/// Whether progress follows from the tasks of the goal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ProgressMode {
    #[default]
    Auto,
    Manual,
}

/// The tasks of a goal, without those that were cancelled. Minutes are as estimated; a task without an estimate counts
/// for 30.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    pub tasks: i64,
    pub done: i64,
    pub minutes: i64,
    pub minutes_done: i64,
}

impl State for Status {
    const ALL: &'static [Self] = &[Self::Active, Self::Paused, Self::Completed, Self::Abandoned];

    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Abandoned => "abandoned",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }
}

impl Item for Goal {
    const RESOURCE: Resource = Resource::Goals;
    const FREE_TEXT: &'static [&'static str] =
        &["title", "description", "success_criteria", "tags", "metadata"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            life_area: self.life_area_id,
            tags: self.tags.as_slice(),
            created_by: self.created_by,
            ..Subject::default()
        }
    }

    fn found_at(&self) -> Places {
        let Self { id, status, .. } = self;
        let target = self.target_date.map_or_else(|| NEVER.to_owned(), |date| date.to_string());
        let state = if status.is_open() { "open" } else { "closed" };
        let mut places = Places::from([
            (Slot::First, format!("goal/{state}/{target}/{id}")),
            (Slot::Third, format!("goal/{}/{id}", status.name())),
        ]);
        places.extend(self.parent_id.map(|parent| (Slot::Second, format!("goal/in/{parent}/{id}"))));
        places.extend(self.life_area_id.map(|area| (Slot::Fourth, format!("goal/area/{area}/{id}"))));
        places
    }
}

impl Goal {
    pub fn of_status(owner: OwnerId, status: Status) -> Query {
        Query::places(owner, Slot::Third, &format!("goal/{}/", status.name()))
    }

    /// Earliest first, what has no date last.
    pub fn by_target(owner: OwnerId, is_open: bool) -> Query {
        Query::places(owner, Slot::First, if is_open { "goal/open/" } else { "goal/closed/" })
    }

    pub fn of_area(owner: OwnerId, area: LifeAreaId) -> Query {
        Query::places(owner, Slot::Fourth, &format!("goal/area/{area}/"))
    }

    /// The goals that are a part of this one.
    pub fn below(owner: OwnerId, id: GoalId) -> Query {
        Query::places(owner, Slot::Second, &format!("goal/in/{id}/"))
    }
}
